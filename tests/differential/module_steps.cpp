#include "module_steps.hpp"

#include <array>

#include "exports.hpp"
#include "fuzzing_support.hpp"

namespace differential {
namespace {

using wasm64::val_type;

constexpr std::array<std::uint64_t, 12> integers = {1,
                                                    2,
                                                    0x7f,
                                                    0x80,
                                                    0xffff,
                                                    0x10000,
                                                    0x7fffffff,
                                                    0x80000000,
                                                    ~std::uint64_t{0},
                                                    0x100000000,
                                                    std::uint64_t{1} << 63,
                                                    0x0123456789abcdef};
constexpr std::array<double, 8> floats = {1.0, -0.0, -1.5, 0.5, 2147483648.0, -9223372036854775808.0, 1e300, 1e-310};

/// A number or vector that depends on `seed` only.
value chosen(val_type t, std::size_t seed) {
  const std::uint64_t i = integers[seed % integers.size()];
  const double f = floats[seed % floats.size()];
  switch (t.code) {
    case wasm64::type_code::i32: return value::i32(static_cast<std::int32_t>(i));
    case wasm64::type_code::i64: return value::i64(static_cast<std::int64_t>(i));
    case wasm64::type_code::f32: return value::f32(static_cast<float>(f));
    case wasm64::type_code::f64: return value::f64(f);
    case wasm64::type_code::v128: return {t, i, integers[(seed + 5) % integers.size()]};
    default: return {t, 0, 0};
  }
}

bool has_zeros(const wasm64::func_type& type) {
  for (const val_type t : type.params) {
    if (t.is_ref() && !t.nullable) return false;
  }
  return true;
}

}  // namespace

void run_module_steps(session& in, record& to, wasm64::bytes_view binary) {
  const auto compiled = wasm64::compile(binary);
  if (!compiled.has_value()) {
    in.instantiate("module", binary);
    return;
  }
  fuzzing_support support(in, to);
  support.offer(*compiled.assume_value());
  const session::number n = in.instantiate("module", binary);
  const instance* made = in.at(n);
  if (made == nullptr) return;
  support.use(*made);
  to.step("module", "exports", json_object().number("instance", n).number("count", own_exports(*made->source)));
  for (std::size_t round = 0; round < 2; ++round) {
    for (std::size_t e = 0; e < own_exports(*made->source); ++e) {
      const wasm64::export_desc& exported = made->source->exports[e];
      const std::string at = "round " + std::to_string(round) + ", " + exported.name;
      if (exported.kind != wasm64::extern_kind::func) continue;
      const wasm64::func_type& type = *made->funcs[exported.index]->type;
      if (round != 0 && type.params.empty()) continue;
      if (!has_zeros(type)) {
        in.skip(at, "signature");
        continue;
      }
      std::vector<value> arguments;
      for (std::size_t p = 0; p < type.params.size(); ++p) {
        const val_type t = type.params[p];
        if (t.is_ref()) arguments.push_back(in.null_for(*made->funcs[exported.index], p));
        else arguments.push_back(round == 0 ? value{t, 0, 0} : chosen(t, 7 * e + 3 * p));
      }
      in.call(at, n, exported.name, arguments);
      in.store().abandon();
    }
  }
  in.state("end", n);
}

}  // namespace differential
