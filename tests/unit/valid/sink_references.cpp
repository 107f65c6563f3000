// What a sink is told of references, structures, arrays and casts.

#include <string>

#include "tests/support/wat.hpp"
#include "wasm64/valid/function.hpp"

using namespace wasm64;

namespace {

struct recorder : null_sink {
  std::string calls;

  void note(std::string what) { calls += (calls.empty() ? "" : " ") + what; }
  void note(op o, std::uint32_t a, std::uint32_t b) {
    note(info(o).text + (":" + std::to_string(a)) + "," + std::to_string(b));
  }
  static std::string text(val_type t) { return (t.nullable ? "null-" : "") + describe(t.heap); }

  void on_local_get(std::uint32_t index, val_type type) { note("get" + std::to_string(index) + ":" + text(type)); }
  void on_local_set(std::uint32_t index, val_type type) { note("set" + std::to_string(index) + ":" + text(type)); }
  void on_drop(val_type type) { note("drop" + (type.is_ref() ? ":" + text(type) : std::string())); }
  void on_block(op, std::span<const val_type>, std::span<const val_type> results, bool reachable) {
    note("block" + (results.empty() ? std::string() : ":" + text(results[0])) + (reachable ? "" : "?"));
  }
  void on_call_ref(std::uint32_t type) { note("call_ref:" + std::to_string(type)); }
  void on_return_call_ref(std::uint32_t type) { note("return_call_ref:" + std::to_string(type)); }
  void on_ref_as_non_null() { note("as_non_null"); }
  void on_br_on_null(std::uint32_t depth) { note("br_on_null:" + std::to_string(depth)); }
  void on_br_on_non_null(std::uint32_t depth) { note("br_on_non_null:" + std::to_string(depth)); }
  void on_ref_test(val_type target) { note("test:" + text(target)); }
  void on_ref_cast(val_type target) { note("cast:" + text(target)); }
  void on_br_on_cast(op o, std::uint32_t depth, val_type target) {
    note(info(o).text + (":" + std::to_string(depth)) + "," + text(target));
  }
  void on_struct_op(op o, std::uint32_t type, std::uint32_t field) { note(o, type, field); }
  void on_array_op(op o, std::uint32_t type, std::uint32_t other) { note(o, type, other); }
  void on_ref_op(op o) { note(info(o).text); }
};

/// The calls for the one function of a module with that code, behind a function, a structure and two arrays.
std::string calls_of(const std::string& code) {
  const auto m = test::compile_wat(R"((module (type (func)) (type (struct (field i8 (mut i32)))) (type (array (mut i8)))
    (type (array (mut anyref))) (func (param anyref (ref null 1) (ref null 2) (ref null 0)) (local (ref 2)) )" +
                                   code + R"() (data "ab") (data "ab") (elem anyref (ref.null any))))");
  recorder sink;
  REQUIRE(validate_function(*m, 0, sink).has_value());
  return sink.calls;
}

}  // namespace

TEST_CASE("a sink is told of typed references", "[valid][sink]") {
  CHECK(calls_of("(call_ref 0 (local.get 3))") == "get3:null-0 call_ref:0");
  CHECK(calls_of("(return_call_ref 0 (local.get 3)) (call_ref 0)") == "get3:null-0 return_call_ref:0");
  CHECK(calls_of("(drop (ref.as_non_null (local.get 1)))") == "get1:null-1 as_non_null drop:1");
  CHECK(calls_of("(drop (br_on_null 0 (local.get 0)))") == "get0:null-any br_on_null:0 drop:any");
  CHECK(calls_of("(drop (block (result (ref 1)) (br_on_non_null 0 (local.get 1)) (unreachable)))") ==
        "block:1 get1:null-1 br_on_non_null:0 drop:1");
}

TEST_CASE("a sink is told of casts with their targets", "[valid][sink]") {
  CHECK(calls_of("(drop (ref.test (ref 1) (local.get 0)))") == "get0:null-any test:1 drop");
  CHECK(calls_of("(drop (ref.cast (ref null struct) (local.get 0)))") ==
        "get0:null-any cast:null-struct drop:null-struct");
  CHECK(calls_of("(drop (block (result anyref) (br_on_cast 0 anyref (ref 1) (local.get 0))))") ==
        "block:null-any get0:null-any br_on_cast:0,1 drop:null-any");
  CHECK(calls_of("(drop (block (result anyref) (br_on_cast_fail 0 anyref (ref null 1) (local.get 0))))") ==
        "block:null-any get0:null-any br_on_cast_fail:0,null-1 drop:null-any");
}

TEST_CASE("a sink is told of structures and arrays with their immediates", "[valid][sink]") {
  CHECK(calls_of("(drop (struct.new_default 1))") == "struct.new_default:1,0 drop:1");
  CHECK(calls_of("(drop (struct.get_u 1 0 (local.get 1)))") == "get1:null-1 struct.get_u:1,0 drop");
  CHECK(calls_of("(struct.set 1 1 (local.get 1) (i32.const 1))") == "get1:null-1 struct.set:1,1");
  CHECK(calls_of("(drop (array.new_fixed 2 2 (i32.const 1) (i32.const 1)))") == "array.new_fixed:2,2 drop:2");
  CHECK(calls_of("(drop (array.new_data 2 1 (i32.const 1) (i32.const 1)))") == "array.new_data:2,1 drop:2");
  CHECK(calls_of("(drop (array.len (local.get 2)))") == "get2:null-2 array.len:0,0 drop");
  CHECK(calls_of("(array.copy 3 3 (ref.null 3) (i32.const 0) (ref.null 3) (i32.const 0) (i32.const 0))") ==
        "array.copy:3,3");
  CHECK(calls_of("(array.init_elem 3 0 (ref.null 3) (i32.const 0) (i32.const 0) (i32.const 0))") ==
        "array.init_elem:3,0");
  CHECK(calls_of("(drop (extern.convert_any (ref.i31 (i32.const 1))))") == "ref.i31 extern.convert_any drop:extern");
  CHECK(calls_of("(local.set 4 (array.new_default 2 (i32.const 1))) (drop (local.get 4))") ==
        "array.new_default:2,0 set4:2 get4:2 drop:2");
}

TEST_CASE("a sink hears of unreachable references by their blocks only", "[valid][sink]") {
  CHECK(calls_of("(unreachable) (ref.as_non_null) (br_on_null 0) (drop) (struct.get 1 1) (array.get_u 2) (drop)"
                 " (block (result (ref 1)) (unreachable)) (ref.cast (ref 1)) (ref.test (ref 1)) (drop)") == "block:1?");
}
