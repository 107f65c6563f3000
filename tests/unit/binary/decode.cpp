#include "wasm64/binary/decode.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/binary/module_bytes.hpp"

using namespace wasm64;
using test::bytes;
using test::joined;
using test::module_bytes;
using test::section;

namespace {

error decode_failure(const bytes& binary) {
  auto decoded = decode(binary);
  REQUIRE_FALSE(decoded.has_value());
  return decoded.error();
}

/// One of every section: an imported function, a function, a table, a memory, a tag, a global, exports, segments.
bytes full_module() {
  return module_bytes({
      section(1, {0x02, 0x60, 0x01, 0x7F, 0x01, 0x7F, 0x60, 0x00, 0x00}),
      section(2, {0x01, 0x03, 'e', 'n', 'v', 0x01, 'f', 0x00, 0x00}),
      section(3, {0x01, 0x01}),
      section(4, {0x01, 0x70, 0x01, 0x01, 0x0A}),
      section(5, {0x01, 0x04, 0x02}),
      section(13, {0x01, 0x00, 0x01}),
      section(6, {0x01, 0x7F, 0x01, 0x41, 0x2A, 0x0B}),
      section(7, {0x02, 0x03, 'r', 'u', 'n', 0x00, 0x01, 0x03, 'm', 'e', 'm', 0x02, 0x00}),
      section(8, {0x01}),
      section(9, {0x01, 0x00, 0x41, 0x00, 0x0B, 0x01, 0x01}),
      section(12, {0x01}),
      section(10, {0x01, 0x04, 0x01, 0x03, 0x7E, 0x0B}),
      section(11, {0x01, 0x00, 0x42, 0x08, 0x0B, 0x02, 'h', 'i'}),
      section(0, {0x04, 'n', 'a', 'm', 'e', 0x00, 0x02, 0x01, 'm', 0x01, 0x04, 0x01, 0x01, 0x01, 'g'}),
  });
}

}  // namespace

TEST_CASE("every section is decoded", "[binary][decode]") {
  auto decoded = decode(full_module());
  REQUIRE(decoded.has_value());
  const module& m = decoded.value();
  REQUIRE(m.types.size() == 2);
  CHECK(m.types[0].func.params[0] == types::i32);
  REQUIRE(m.imports.size() == 1);
  CHECK(m.imports[0].module == "env");
  CHECK(m.imports[0].name == "f");
  CHECK(m.imported_funcs == 1);
  REQUIRE(m.func_types.size() == 2);
  CHECK(m.func_types[1] == 1);
  REQUIRE(m.tables.size() == 1);
  CHECK(m.tables[0].type.limits.max == 10);
  REQUIRE(m.memories.size() == 1);
  CHECK(m.memories[0].limits.is_64);
  CHECK(m.memories[0].limits.min == 2);
  CHECK_FALSE(m.memories[0].limits.has_max);
  REQUIRE(m.tags.size() == 1);
  CHECK(m.tags[0].type == 1);
  REQUIRE(m.globals.size() == 1);
  CHECK(m.globals[0].type.is_mutable);
  CHECK(m.globals[0].init.size == 3);
  REQUIRE(m.find_export("run") != nullptr);
  CHECK(m.find_export("run")->index == 1);
  CHECK(m.has_start);
  REQUIRE(m.elems.size() == 1);
  CHECK(m.elems[0].indices[0] == 1);
  REQUIRE(m.funcs.size() == 1);
  CHECK(m.funcs[0].locals[0].count == 3);
  CHECK(m.funcs[0].locals[0].type == types::i64);
  CHECK(m.view(m.funcs[0].body).size() == 1);
  REQUIRE(m.datas.size() == 1);
  CHECK(as_text(m.view(m.datas[0].init)) == "hi");
  CHECK(m.name == "m");
  CHECK(m.func_name(1) == "g");
  CHECK(m.func_name(0).empty());
}

TEST_CASE("every prefix of a module fails cleanly or is a smaller module", "[binary][decode]") {
  const bytes whole = full_module();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    auto decoded = decode(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    if (decoded.has_value()) continue;
    const auto code = static_cast<unsigned>(decoded.error().code);
    CHECK(code >= 0x100);
    CHECK(code < 0x200);
    CHECK(decoded.error().offset <= size);
  }
}

TEST_CASE("the header is checked word by word", "[binary][decode]") {
  CHECK(decode_failure({}).code == errc::unexpected_end);
  CHECK(decode_failure({0x00, 0x61, 0x73}).code == errc::unexpected_end);
  CHECK(decode_failure({0x00, 0x61, 0x73, 0x6E, 0x01, 0x00, 0x00, 0x00}).code == errc::bad_magic);
  const error version = decode_failure({0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00});
  CHECK(version.code == errc::bad_version);
  CHECK(version.offset == 4);
}

TEST_CASE("sections come once and in order", "[binary][decode]") {
  const bytes types = section(1, {0x00});
  CHECK(decode(module_bytes({types, section(2, {0x00}), section(0, {0x00}), section(3, {0x00})})).has_value());
  const error twice = decode_failure(module_bytes({types, types}));
  CHECK(twice.code == errc::misplaced_section);
  CHECK(twice.offset == 11);
  CHECK(decode_failure(module_bytes({section(6, {0x00}), section(13, {0x00})})).code == errc::misplaced_section);
  CHECK(decode_failure(module_bytes({section(14, {0x00})})).code == errc::malformed_section_id);
}

TEST_CASE("a section's content fills its size", "[binary][decode]") {
  CHECK(decode_failure(module_bytes({section(1, {0x00, 0x00})})).code == errc::section_size_mismatch);
  CHECK(decode_failure(module_bytes({{0x01, 0x05, 0x00}})).code == errc::length_out_of_bounds);
  CHECK(decode_failure(module_bytes({section(0, {0x02, 'n'})})).code == errc::length_out_of_bounds);
  CHECK(decode_failure(module_bytes({section(0, {0x01, 0xFF})})).code == errc::malformed_utf8);
}

TEST_CASE("functions and data segments must be as many as announced", "[binary][decode]") {
  const bytes types = section(1, {0x01, 0x60, 0x00, 0x00});
  CHECK(decode_failure(module_bytes({types, section(3, {0x01, 0x00})})).code == errc::function_code_mismatch);
  CHECK(decode_failure(module_bytes({section(12, {0x01})})).code == errc::data_count_mismatch);
}

TEST_CASE("flags and kinds outside their range are malformed", "[binary][decode]") {
  CHECK(decode_failure(module_bytes({section(5, {0x01, 0x10, 0x00})})).code == errc::malformed_limits_flags);
  CHECK(decode_failure(module_bytes({section(4, {0x01, 0x70, 0x02, 0x00})})).code == errc::malformed_limits_flags);
  CHECK(decode_failure(module_bytes({section(4, {0x01, 0x7F, 0x00, 0x00})})).code == errc::malformed_reference_type);
  CHECK(decode_failure(module_bytes({section(6, {0x01, 0x7F, 0x02, 0x41, 0x00, 0x0B})})).code ==
        errc::malformed_mutability);
  CHECK(decode_failure(module_bytes({section(2, {0x01, 0x00, 0x00, 0x05, 0x00})})).code == errc::malformed_import_kind);
  CHECK(decode_failure(module_bytes({section(7, {0x01, 0x00, 0x05, 0x00})})).code == errc::malformed_export_kind);
  CHECK(decode_failure(module_bytes({section(1, {0x01, 0x5D, 0x00})})).code == errc::malformed_type);
  CHECK(decode_failure(module_bytes({section(9, {0x01, 0x08})})).code == errc::malformed_elements_kind);
  CHECK(decode_failure(module_bytes({section(11, {0x01, 0x03})})).code == errc::malformed_data_kind);
}

TEST_CASE("a global's expression ends at its end", "[binary][decode]") {
  const error illegal = decode_failure(module_bytes({section(6, {0x01, 0x7F, 0x00, 0xFF, 0x0B})}));
  CHECK(illegal.code == errc::illegal_opcode);
  CHECK(illegal.offset == 13);
  CHECK(decode_failure(module_bytes({section(6, {0x01, 0x7F, 0x00, 0x01, 0x0B})})).code ==
        errc::constant_expression_required);
  CHECK(decode_failure(module_bytes({section(6, {0x01, 0x7F, 0x00, 0x41, 0x00})})).code == errc::unexpected_end);
}

TEST_CASE("a malformed name section is ignored", "[binary][decode]") {
  auto decoded = decode(module_bytes({section(0, {0x04, 'n', 'a', 'm', 'e', 0x00, 0x02, 0x01, 'm', 0x01, 0x7F})}));
  REQUIRE(decoded.has_value());
  CHECK(decoded.value().name.empty());
}

TEST_CASE("the types of the garbage collection proposal are decoded", "[binary][decode]") {
  // (rec (type (sub (struct (field (mut i8))))) (type (sub final 0 (struct (field (mut i8)) (field (ref 0))))))
  auto decoded = decode(module_bytes({section(1, {0x01, 0x4E, 0x02, 0x50, 0x00, 0x5F, 0x01, 0x78, 0x01, 0x4F, 0x01,
                                                  0x00, 0x5F, 0x02, 0x78, 0x01, 0x64, 0x00, 0x00})}));
  REQUIRE(decoded.has_value());
  const module& m = decoded.value();
  REQUIRE(m.types.size() == 2);
  CHECK_FALSE(m.types[0].is_final);
  CHECK(m.types[0].group_size == 2);
  CHECK(m.types[1].supers[0] == 0);
  CHECK(m.types[1].fields[1].type == val_type::ref(heap_type{0}, false));
}
