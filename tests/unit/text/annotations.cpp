#include "tests/support/catch.hpp"
#include "wasm64/binary/branch_hints.hpp"
#include "wasm64/binary/custom_sections.hpp"
#include "wasm64/binary/names.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/wasm64.hpp"

using namespace wasm64;

namespace {

module parsed(std::string_view source) {
  const auto binary = text::parse_module(source);
  REQUIRE(binary.has_value());
  auto decoded = decode(view_of(binary.assume_value()));
  REQUIRE(decoded.has_value());
  return std::move(decoded).assume_value();
}

errc parse_failure(std::string_view source) {
  const auto binary = text::parse_module(source);
  return binary.has_value() ? errc{} : binary.assume_error().code;
}

reader content(const module& m, std::string_view name) {
  for (const custom_section& section : custom_sections(m)) {
    if (section.name == name) return reader(view_of(m.bytes), section.content.offset, section.content.size);
  }
  return {};
}

name_section names_of(std::string_view source) {
  const module m = parsed(source);
  name_section names;
  CHECK(read_name_section(content(m, "name"), names));
  return names;
}

std::string listed(const vector<name_map_entry>& names) {
  std::string text;
  for (const name_map_entry& n : names) text += std::to_string(n.index) + ":" + n.name + " ";
  return text;
}
std::string listed(const vector<indirect_names>& map) {
  std::string text;
  for (const indirect_names& of : map) text += std::to_string(of.index) + "{" + listed(of.names) + "}";
  return text;
}

}  // namespace

TEST_CASE("the name section has whatever has an identifier", "[text][annotations]") {
  const name_section names = names_of(R"((module $m
    (type $t (func (param $ignored i32)))
    (type (struct (field i32) (field $f i32) (field i32) (field $g i32)))
    (import "a" "b" (func $imported (type $t) (param $p i32)))
    (import "a" "c" (global $ig i32))
    (table $tab 1 funcref) (memory 1) (memory $mem 1) (global $g i32 (i32.const 0)) (tag $tag)
    (elem $e func) (data "") (data $d "")
    (func (param i32) (param $x i32) (local i64 i64) (local $y i64)
      (block (loop $l (if $i (block $cond (result i32) (i32.const 0)) (then (br $l))))))))");
  CHECK(names.module == "m");
  CHECK(listed(names.types) == "0:t ");
  CHECK(listed(names.funcs) == "0:imported ");
  CHECK(listed(names.locals) == "0{0:p }1{1:x 4:y }");
  CHECK(listed(names.labels) == "1{1:l 2:cond 3:i }");
  CHECK(listed(names.fields) == "1{1:f 3:g }");
  CHECK(listed(names.tables) == "0:tab ");
  CHECK(listed(names.memories) == "1:mem ");
  CHECK(listed(names.globals) == "0:ig 1:g ");
  CHECK(listed(names.elems) == "0:e ");
  CHECK(listed(names.datas) == "1:d ");
  CHECK(listed(names.tags) == "0:tag ");
}

TEST_CASE("name annotations replace identifiers", "[text][annotations]") {
  const name_section names = names_of(R"((module $m (@name "M")
    (type $t (@name "T") (struct (field $f (@name "F") i32) (field (@name "G") i32)))
    (func $a (@name "A B") (param (@name "") i32) (local $x (@name "X") i32) (local.set $x (i32.const 0)))
    (func $b (@name "A B"))))");
  CHECK(names.module == "M");
  CHECK(listed(names.types) == "0:T ");
  CHECK(listed(names.fields) == "0{0:F 1:G }");
  CHECK(listed(names.funcs) == "0:A B 1:A B ");
  CHECK(listed(names.locals) == "0{0: 1:X }");
}

TEST_CASE("name annotations stand where the grammar has a name", "[text][annotations]") {
  for (const char* source : {
           "(module (func) (@name \"x\"))",
           "(func (@name \"x\") (@name \"y\"))",
           "(func (@name \"x\") $f)",
           "(func $f) (export \"f\" (func $f (@name \"x\")))",
           "(func (block (param (@name \"x\")) ))",
           "(func (@name 1))",
           "(func (@name \"x\" \"y\"))",
       }) {
    INFO(source);
    CHECK(parse_failure(source) == errc::annotation_malformed);
  }
}

TEST_CASE("branch hints become a section in front of the code", "[text][annotations]") {
  const module m = parsed(R"((module
    (@custom "late" (before code))
    (import "a" "b" (func))
    (func)
    (func (local i32)
      (@metadata.code.branch_hint "\01") (if (block (result i32) (local.get 0)) (then))
      local.get 0
      (@metadata.code.branch_hint "\00") if end
      (block (@metadata.code.branch_hint "\01") (br_if 0 (local.get 0))))))");
  const vector<custom_section> sections = custom_sections(m);
  REQUIRE(sections.size() == 2);
  CHECK(sections[0].name == branch_hint_section);
  CHECK(sections[1].name == "late");
  CHECK(sections[1].behind == section_id::function);
  const auto read = read_branch_hints(content(m, branch_hint_section));
  REQUIRE(read.has_value());
  const vector<function_hints>& all = read.assume_value();
  REQUIRE(all.size() == 1);
  CHECK(all[0].func == 2);
  REQUIRE(all[0].hints.size() == 3);
  // local i32 (3 bytes), block (2), local.get (2), end (1), then `if`
  CHECK(all[0].hints[0].offset == 8);
  CHECK(all[0].hints[0].is_likely);
  CHECK(all[0].hints[1].offset == 13);
  CHECK_FALSE(all[0].hints[1].is_likely);
  CHECK(all[0].hints[2].offset == 20);
  CHECK(validate_custom_sections(m).has_value());
}

TEST_CASE("hints stand before an instruction of a function", "[text][annotations]") {
  for (const char* source : {
           "(@metadata.code.branch_hint \"\\00\") (func)",
           "(func (@metadata.code.branch_hint \"\\00\"))",
           "(func (@metadata.code.branch_hint \"\\00\") (param i32))",
           "(func (if (i32.const 0) (@metadata.code.branch_hint \"\\00\") (then)))",
           "(func (@metadata.code.branch_hint \"\\02\") (nop))",
           "(func (@metadata.code.branch_hint \"\") (nop))",
           "(func (@metadata.code.branch_hint \"\\00\") (@metadata.code.branch_hint \"\\00\") (nop))",
           "(global i32 (@metadata.code.branch_hint \"\\00\") (i32.const 0))",
       }) {
    INFO(source);
    CHECK(parse_failure(source) == errc::annotation_malformed);
  }
}

TEST_CASE("the section of branch hints is checked on demand", "[text][annotations]") {
  const auto outcome = [](std::string_view section) {
    const std::string source = "(func) (@custom \"metadata.code.branch_hint\" " + std::string(section) +
                               ") (func (local.get 0) (br_if 0) (if (i32.const 0) (then)))"
                               "(func (param i32) (local.get 0) (br_if 0))";
    const module m = parsed(source);
    const auto checked = validate_custom_sections(m);
    return checked.has_value() ? errc{} : checked.error().code;
  };
  CHECK(outcome(R"((before code) "\00")") == errc{});
  CHECK(outcome(R"((before code) "\01\02\01\03\01\00")") == errc{});
  CHECK(outcome(R"((before code) "\02\01\01\03\01\00\02\01\03\01\01")") == errc{});
  // no such instruction, or another one
  CHECK(outcome(R"((before code) "\01\02\01\04\01\00")") == errc::invalid_annotation);
  CHECK(outcome(R"((before code) "\01\02\01\01\01\00")") == errc::invalid_annotation);
  CHECK(outcome(R"((before code) "\01\02\01\ff\ff\ff\ff\0f\01\00")") == errc::invalid_annotation);
  // no such function
  CHECK(outcome(R"((before code) "\01\03\01\03\01\00")") == errc::invalid_annotation);
  // a value that is none, not ascending, too short, too long, misplaced
  CHECK(outcome(R"((before code) "\01\02\01\03\01\02")") == errc::malformed_custom_section);
  CHECK(outcome(R"((before code) "\01\02\01\03\02\00\00")") == errc::malformed_custom_section);
  CHECK(outcome(R"((before code) "\01\02\02\03\01\00\03\01\00")") == errc::malformed_custom_section);
  CHECK(outcome(R"((before code) "\02\02\01\03\01\00\02\01\03\01\00")") == errc::malformed_custom_section);
  CHECK(outcome(R"((before code) "\00\00")") == errc::malformed_custom_section);
  CHECK(outcome(R"((before code) "")") == errc::unexpected_end);
  CHECK(outcome(R"((before code) "\ff\ff\ff\ff\0f")") == errc::length_out_of_bounds);
  CHECK(outcome(R"("\00")") == errc::malformed_custom_section);
}
