#include "wasm64/valid/function.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/binary/module_bytes.hpp"
#include "wasm64/binary/decode.hpp"
#include "wasm64/valid/module.hpp"

using namespace wasm64;
using test::bytes;

namespace {

/// The error of a function of type [] -> [] with this code; `first` is the offset of its first instruction.
constexpr std::uint64_t first = 23;

error failure(const bytes& code, const feature_set& features = {}) {
  auto decoded = decode(test::module_with_body({0x00, 0x00}, code));
  REQUIRE(decoded.has_value());
  auto validated = validate(decoded.value(), features);
  REQUIRE_FALSE(validated.has_value());
  return validated.error();
}

bool is_valid(const bytes& code) {
  auto decoded = decode(test::module_with_body({0x00, 0x00}, code));
  REQUIRE(decoded.has_value());
  return validate(decoded.value()).has_value();
}

}  // namespace

TEST_CASE("a type mismatch names both types and the instruction's offset", "[valid][function]") {
  const error e = failure({0x41, 0x00, 0x42, 0x00, 0x6A, 0x1A, 0x0B});
  CHECK(e.code == errc::type_mismatch);
  CHECK(e.offset == first + 4);
  CHECK(e.detail == "expected i32, found i64");
  CHECK(failure({0x6A, 0x1A, 0x0B}).detail == "expected i32, found nothing");
  CHECK(failure({0x41, 0x00, 0x0B}).code == errc::type_mismatch);
}

TEST_CASE("code after a jump is polymorphic", "[valid][function]") {
  CHECK(is_valid({0x00, 0x6A, 0x1A, 0x0B}));
  CHECK(is_valid({0x00, 0x1B, 0x1B, 0x1A, 0x0B}));
  CHECK_FALSE(is_valid({0x00, 0x42, 0x00, 0x6A, 0x1A, 0x0B}));
  CHECK_FALSE(is_valid({0x02, 0x40, 0x00, 0x0B, 0x6A, 0x1A, 0x0B}));
}

TEST_CASE("malformed bodies are no invalid bodies", "[valid][function]") {
  CHECK(failure({0xFF, 0x0B}).code == errc::illegal_opcode);
  CHECK(failure({0xFC, 0x7F, 0x0B}).code == errc::illegal_opcode);
  CHECK(failure({0x41, 0x80}).code == errc::unexpected_end);
  CHECK(failure({0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x0B}).code == errc::integer_too_long);
  CHECK(failure({0x02, 0x40, 0x0B}).code == errc::unexpected_end);
  CHECK(failure({0x0B, 0x01}).code == errc::end_opcode_expected);
  CHECK(failure({0x05, 0x0B}).code == errc::illegal_opcode);
  CHECK(failure({0xFC, 0x09, 0x00, 0x0B}).code == errc::data_count_required);
  const error cut = failure({0x44, 0x00, 0x00, 0x0B});
  CHECK(cut.code == errc::unexpected_end);
  CHECK(cut.offset == first + 1);
}

TEST_CASE("every prefix of a body fails cleanly", "[valid][function]") {
  const bytes whole = {0x03, 0x40, 0x41, 0x00, 0x0E, 0x01, 0x00, 0x01, 0x0B, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x1A, 0x0B};
  REQUIRE(is_valid(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const error e = failure(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    CHECK(static_cast<unsigned>(e.code) < 0x200);
  }
}

TEST_CASE("indices out of range are named by what they index", "[valid][function]") {
  CHECK(failure({0x20, 0x00, 0x1A, 0x0B}).code == errc::unknown_local);
  CHECK(failure({0x23, 0x00, 0x1A, 0x0B}).code == errc::unknown_global);
  CHECK(failure({0x10, 0x01, 0x0B}).code == errc::unknown_function);
  CHECK(failure({0x0C, 0x01, 0x0B}).code == errc::unknown_label_index);
  CHECK(failure({0x3F, 0x00, 0x1A, 0x0B}).code == errc::unknown_memory);
  CHECK(failure({0x41, 0x00, 0x25, 0x00, 0x1A, 0x0B}).code == errc::unknown_table);
  CHECK(failure({0x08, 0x00, 0x0B}).code == errc::unknown_tag);
  CHECK(failure({0x02, 0x05, 0x0B, 0x0B}).code == errc::unknown_type);
  CHECK(failure({0xFC, 0x0D, 0x00, 0x0B}).code == errc::unknown_elem_segment);
  CHECK(failure({0xD2, 0x00, 0x1A, 0x0B}).code == errc::undeclared_function_ref);
}

TEST_CASE("a feature that is off or not run is named", "[valid][function]") {
  feature_set features;
  features.tail_calls = false;
  const error off = failure({0x12, 0x00, 0x0B}, features);
  CHECK(off.code == errc::unsupported_feature);
  CHECK(off.detail == "tail calls");
  features.threads = features.wide_arithmetic = features.reference_types = false;
  CHECK(failure({0xFE, 0x03, 0x00, 0x0B}, features).detail == "threads");
  CHECK(failure({0xFC, 0x13, 0x0B}, features).detail == "wide arithmetic");
  CHECK(failure({0xD0, 0x6F, 0x1A, 0x0B}, features).detail == "reference types");
  features.reference_types = true;
  features.gc = false;
  features.function_references = false;
  CHECK(failure({0xD0, 0x6E, 0x1A, 0x0B}, features).detail == "gc");
  CHECK(failure({0x00, 0xD4, 0x1A, 0x0B}, features).detail == "typed references");
}

TEST_CASE("deep nesting takes no native stack", "[valid][function]") {
  constexpr std::size_t depth = 500'000;
  module m;
  m.types.resize(1);
  m.func_types.push_back(0);
  m.funcs.resize(1);
  for (std::size_t i = 0; i < depth; ++i) m.bytes.insert(m.bytes.end(), {0x02, 0x40});
  m.bytes.resize(m.bytes.size() + depth + 1, 0x0B);
  m.funcs[0].body = {0, static_cast<std::uint32_t>(m.bytes.size())};
  CHECK(validate(m).has_value());
}

TEST_CASE("small code cannot ask for a huge operand stack", "[valid][function]") {
  module m;
  m.types.resize(2);
  m.types[1].func.results.resize(1'000, types::i32);
  m.func_types.assign({0u, 1u});
  m.funcs.resize(2);
  m.funcs[1].type = 1;
  for (int i = 0; i < 2'000; ++i) m.bytes.insert(m.bytes.end(), {0x10, 0x01});
  m.bytes.insert(m.bytes.end(), {0x00, 0x0B});
  m.funcs[0].body = {0, static_cast<std::uint32_t>(m.bytes.size())};
  m.funcs[1].body = {static_cast<std::uint32_t>(m.bytes.size()) - 2, 2};
  auto validated = validate(m);
  REQUIRE_FALSE(validated.has_value());
  CHECK(validated.error().code == errc::implementation_limit);
}
