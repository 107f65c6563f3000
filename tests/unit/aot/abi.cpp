#include <cstring>

#include "wasm64/aot/abi.hpp"
#include "wasm64/aot/layout.hpp"

#include "tests/support/wat.hpp"
#include "tests/unit/lower/random_generator.hpp"
#include "wasm64/lower/lower.hpp"
#include "wasm64/storage/sha256.hpp"

// Compiled code writes its frames as the interpreter has them, and says by word index where the interpreter goes on. So
// an artifact is right only with the lowering that it was made with.

using namespace wasm64;

namespace {

/// All of a function's lowering that compiled code knows of, as numbers.
void describe(const code_map& map, std::string& to) {
  const auto add = [&](auto... numbers) { ((to += std::to_string(numbers) + " "), ...); };
  for (const code_position& at : map.positions) add(at.word, at.offset);
  for (const std::int32_t slot : map.local_slots) add(slot);
  for (const map_point& p : map.points) {
    add(p.at.word, p.at.offset, static_cast<int>(p.kind), p.superseded, p.cell, p.area);
    for (const map_value& v : p.stack) add(static_cast<int>(v.where), v.slot, v.local, v.bits);
  }
}

std::string lowering_of(const module& m, bool metered) {
  module_code code;
  code.source = std::shared_ptr<const module>(std::shared_ptr<const module>(), &m);
  code.metered = metered;
  code.type_ids = m.type_ids;
  const vector<word> handlers(handler_count * handler_entries);
  prepare(code, handlers.data());
  std::string described;
  for (func_code& f : code.funcs) {
    code_map map;
    REQUIRE(lower_function(handlers.data(), code, f, &map).has_value());
    describe(map, described);
  }
  return described;
}

}  // namespace

TEST_CASE("a table's elements are where compiled code looks for them", "[aot]") {
  table_instance t{};
  t.elements.resize(3);
  const auto* bytes = reinterpret_cast<const std::byte*>(&t);
  const void* data = nullptr;
  std::size_t size = 0;
  std::memcpy(&data, bytes + aot::layout::table_data, sizeof data);
  std::memcpy(&size, bytes + aot::layout::table_size, sizeof size);
  CHECK(data == t.elements.data());
  CHECK(size == 3);
}

TEST_CASE("abi: artifacts of this version fit the lowering", "[aot]") {
  std::string described;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    using generator = test::program_generator;
    const test::random_program p =
        generator(seed, seed % 2 == 0 ? generator::operands::all : generator::operands::numbers).make();
    const auto m = test::compile_wat(test::program_printer(p).text);
    described += lowering_of(*m, false) + lowering_of(*m, true);
  }
  INFO(
      "Lowering has changed, or only the random programs. If lowering, raise aot::abi_version, so that no artifact "
      "from "
      "before is used.");
  CHECK(aot::abi_version == 3);
  CHECK(to_text(sha256(as_bytes(described)).value()) == "VuZ8UJ1n6x90uQF_qMem5fW9C32vGFi83hMBg5aPuvA");
}
