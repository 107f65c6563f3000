#include "wasm64/valid/module.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/binary/module_bytes.hpp"
#include "wasm64/binary/decode.hpp"

using namespace wasm64;
using test::bytes;
using test::module_bytes;
using test::section;

namespace {

errc outcome_of(const bytes& binary, const feature_set& features = {}) {
  auto decoded = decode(binary, features);
  if (!decoded.has_value()) return decoded.error().code;
  auto validated = validate(decoded.value(), features);
  return validated.has_value() ? errc{} : validated.error().code;
}

const bytes no_type = section(1, {0x01, 0x60, 0x00, 0x00});

}  // namespace

TEST_CASE("the empty module is valid", "[valid][module]") { CHECK(outcome_of(module_bytes({})) == errc{}); }

TEST_CASE("memories keep to their address type's pages", "[valid][module]") {
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x00, 0x80, 0x80, 0x04})})) == errc{});
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x00, 0x81, 0x80, 0x04})})) == errc::memory_size_limit);
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x04, 0x81, 0x80, 0x04})})) == errc{});
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x01, 0x02, 0x01})})) == errc::size_minimum_greater);
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x08, 0x01, 0x05})})) == errc::invalid_page_size);
}

TEST_CASE("shared memories have a maximum", "[valid][module]") {
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x03, 0x01, 0x02})})) == errc{});
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x07, 0x01, 0x02})})) == errc{});
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x02, 0x01})})) == errc::shared_memory_maximum);
  CHECK(outcome_of(module_bytes({section(4, {0x01, 0x70, 0x03, 0x01, 0x02})})) == errc::malformed_limits_flags);
}

TEST_CASE("memories of one-byte pages have at most as many as their address type counts", "[valid][module]") {
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00})})) == errc{});
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x08, 0x80, 0x80, 0x80, 0x80, 0x10, 0x00})})) ==
        errc::memory_size_limit);
  CHECK(outcome_of(module_bytes(
            {section(5, {0x01, 0x0C, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x00})})) == errc{});
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x09, 0x02, 0x01, 0x00})})) == errc::size_minimum_greater);
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x08, 0x01, 0x10})})) == errc{});
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x08, 0x01, 0x40})})) == errc::malformed_page_size);
}

TEST_CASE("features can be switched off", "[valid][module]") {
  feature_set features;
  features.memory64 = false;
  features.multi_memory = false;
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x04, 0x01})}), features) == errc::unsupported_feature);
  CHECK(outcome_of(module_bytes({section(5, {0x02, 0x00, 0x01, 0x00, 0x01})}), features) == errc::multiple_memories);
  CHECK(outcome_of(module_bytes({section(5, {0x02, 0x00, 0x01, 0x00, 0x01})})) == errc{});
}

TEST_CASE("without later features a module is refused as earlier versions did", "[valid][module]") {
  feature_set features;
  features.memory64 = features.reference_types = features.threads = features.custom_page_sizes = false;
  const bytes two_tables = section(4, {0x02, 0x70, 0x00, 0x01, 0x70, 0x00, 0x01});
  CHECK(outcome_of(module_bytes({two_tables})) == errc{});
  CHECK(outcome_of(module_bytes({two_tables}), features) == errc::multiple_tables);
  const bytes huge = section(5, {0x01, 0x00, 0x80, 0x80, 0x80, 0x80, 0x10});
  CHECK(outcome_of(module_bytes({huge})) == errc::memory_size_limit);
  CHECK(outcome_of(module_bytes({huge}), features) == errc::integer_too_large);
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x03, 0x01, 0x02})}), features) == errc::unsupported_feature);
  CHECK(outcome_of(module_bytes({section(5, {0x01, 0x08, 0x01, 0x00})}), features) == errc::unsupported_feature);
  CHECK(outcome_of(module_bytes({section(4, {0x01, 0x6F, 0x00, 0x01})}), features) == errc::unsupported_feature);
}

TEST_CASE("constant expressions see earlier globals and compute", "[valid][module]") {
  const bytes first_global = {0x7F, 0x00, 0x41, 0x01, 0x0B};
  const bytes sum = {0x7F, 0x00, 0x23, 0x00, 0x41, 0x02, 0x6A, 0x0B};
  CHECK(outcome_of(module_bytes({section(6, test::joined({{0x02}, first_global, sum}))})) == errc{});
  CHECK(outcome_of(module_bytes({section(6, test::joined({{0x02}, sum, first_global}))})) == errc::unknown_global);
  feature_set features;
  features.extended_const = false;
  CHECK(outcome_of(module_bytes({section(6, test::joined({{0x02}, first_global, sum}))}), features) ==
        errc::unsupported_feature);
  CHECK(outcome_of(module_bytes({section(6, {0x01, 0x7F, 0x00, 0x42, 0x01, 0x0B})})) == errc::type_mismatch);
  CHECK(outcome_of(module_bytes({section(6, {0x01, 0x7F, 0x00, 0x0B})})) == errc::type_mismatch);
}

TEST_CASE("exports have different names and exist", "[valid][module]") {
  const bytes memory = section(5, {0x01, 0x00, 0x01});
  CHECK(outcome_of(module_bytes({memory, section(7, {0x02, 0x01, 'a', 0x02, 0x00, 0x01, 'b', 0x02, 0x00})})) == errc{});
  CHECK(outcome_of(module_bytes({memory, section(7, {0x02, 0x01, 'a', 0x02, 0x00, 0x01, 'a', 0x02, 0x00})})) ==
        errc::duplicate_export);
  CHECK(outcome_of(module_bytes({memory, section(7, {0x01, 0x01, 'a', 0x02, 0x01})})) == errc::unknown_memory);
}

TEST_CASE("a start function takes and gives nothing", "[valid][module]") {
  const bytes imported = section(2, {0x01, 0x01, 'm', 0x01, 'f', 0x00, 0x00});
  CHECK(outcome_of(module_bytes({no_type, imported, section(8, {0x00})})) == errc{});
  CHECK(outcome_of(module_bytes({no_type, imported, section(8, {0x01})})) == errc::unknown_function);
  CHECK(outcome_of(module_bytes({section(1, {0x01, 0x60, 0x01, 0x7F, 0x00}), imported, section(8, {0x00})})) ==
        errc::invalid_start_function);
}

TEST_CASE("tags have no results", "[valid][module]") {
  CHECK(outcome_of(module_bytes({no_type, section(13, {0x01, 0x00, 0x00})})) == errc{});
  CHECK(outcome_of(module_bytes({section(1, {0x01, 0x60, 0x00, 0x01, 0x7F}), section(13, {0x01, 0x00, 0x00})})) ==
        errc::non_empty_tag_result);
  CHECK(outcome_of(module_bytes({no_type, section(13, {0x01, 0x00, 0x01})})) == errc::unknown_type);
}

TEST_CASE("functions named outside bodies are declared", "[valid][module]") {
  auto decoded = decode(
      module_bytes({no_type, section(2, {0x02, 0x01, 'm', 0x01, 'f', 0x00, 0x00, 0x01, 'm', 0x01, 'g', 0x00, 0x00}),
                    section(7, {0x01, 0x01, 'e', 0x00, 0x01}), section(9, {0x01, 0x03, 0x00, 0x02, 0x01, 0x01})}));
  REQUIRE(decoded.has_value());
  REQUIRE(validate(decoded.value()).has_value());
  REQUIRE(decoded.value().declared_funcs.size() == 1);
  CHECK(decoded.value().declared_funcs[0] == 1);
}

TEST_CASE("types of a feature that is off are refused by name", "[valid][module]") {
  auto decoded = decode(module_bytes({section(1, {0x01, 0x5F, 0x00})}));
  REQUIRE(decoded.has_value());
  REQUIRE(validate(decoded.value()).has_value());
  feature_set features;
  features.gc = false;
  auto validated = validate(decoded.value(), features);
  REQUIRE_FALSE(validated.has_value());
  CHECK(validated.error().code == errc::unsupported_feature);
  CHECK(validated.error().detail == "gc");
  CHECK(outcome_of(module_bytes({section(1, {0x01, 0x60, 0x01, 0x64, 0x05, 0x00})})) == errc::unknown_type);
}
