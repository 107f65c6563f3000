#pragma once

#include <bit>
#include <initializer_list>

#include "tests/unit/host/emscripten_program.hpp"

namespace wasm64::test {

/// A module of four pages that passes its arguments on to one function of Emscripten's library.
class emscripten_guest {
 public:
  static constexpr std::uint64_t memory_size = 4 * 65536;

  /// `params` by letters: i for i32, l for i64, p for a pointer or size; `answer` is the result's type, or empty.
  emscripten_guest(bool memory64, const std::string& function, const std::string& params, wasi_context& host,
                   const std::string& answer = "i32", const std::string& more = {})
      : context(host), memory64_(memory64) {
    const std::string address = memory64 ? "i64" : "i32";
    std::string given, gets;
    for (std::size_t i = 0; i < params.size(); ++i) {
      given += params[i] == 'i' ? " i32" : params[i] == 'l' ? " i64" : " " + address;
      gets += " local.get " + std::to_string(i);
      types_.push_back(params[i] == 'l' || (params[i] == 'p' && memory64) ? types::i64 : types::i32);
    }
    const std::string type = "(param" + given + ") (result " + answer + ")";
    const auto m = compile_wat("(module (import \"env\" \"" + function + "\" (func $f " + type + ")) " + more +
                               "(memory " + address + " 4 16) (func (export \"call\") " + type + gets + " call $f))");
    define_emscripten(machine_.imports, *m, context);
    in_ = &machine_.add(m);
  }

  result<value> attempt(std::initializer_list<std::uint64_t> arguments) {
    vector<value> values, results;
    for (const std::uint64_t a : arguments) {
      const val_type t = types_[values.size()];
      values.push_back({t, t == types::i32 ? a & UINT32_MAX : a, 0});
    }
    const auto done = machine_.st.call(*in_->exported_func("call"), view_of(values), results);
    if (!done.has_value()) return fail(done.error());
    return results[0];
  }
  /// The answer as a signed number.
  std::int64_t operator()(std::initializer_list<std::uint64_t> arguments) {
    const value v = attempt(arguments).value();
    return v.type == types::i32 ? v.as_i32() : static_cast<std::int64_t>(v.bits);
  }
  double number() { return std::bit_cast<double>(attempt({}).value().bits); }
  errc failure(std::initializer_list<std::uint64_t> arguments) { return attempt(arguments).error().code; }

  memory_instance& memory() { return *in_->memory(0); }
  std::uint64_t width() const { return memory64_ ? 8 : 4; }
  std::uint8_t* at(std::uint64_t address) { return memory().base + address; }
  void text(std::uint64_t address, const std::string& t) { std::memcpy(at(address), t.c_str(), t.size() + 1); }
  std::string text(std::uint64_t address) { return reinterpret_cast<const char*>(at(address)); }
  template <class T>
  T load(std::uint64_t address) {
    return load_le<T>(at(address));
  }
  template <class T>
  void store(std::uint64_t address, T v) {
    store_le(at(address), v);
  }

  emscripten_context context;

 private:
  bool memory64_;
  vector<val_type> types_;
  engine<> machine_;
  instance* in_ = nullptr;
};

}  // namespace wasm64::test
