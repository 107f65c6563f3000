#pragma once

#include <string>
#include <vector>

// Code for every handler of typed function references, structures and arrays, in the module of native_stack.cpp.

namespace wasm64::test {

inline constexpr const char* object_definitions = R"(
  (type $void (func)) (type $box (struct (field i64)))
  (type $all (struct (field (mut i8)) (field (mut i16)) (field (mut i32)) (field (mut i64)) (field (mut f32))
                     (field (mut f64)) (field (mut anyref)) (field (mut v128))))
  (type $i8s (array (mut i8))) (type $i16s (array (mut i16))) (type $i32s (array (mut i32)))
  (type $i64s (array (mut i64))) (type $f32s (array (mut f32))) (type $f64s (array (mut f64)))
  (type $refs (array (mut anyref))) (type $funcs (array (mut funcref)))
  (type $v128s (array (mut v128)))
  (global $o (ref $all) (struct.new_default $all))
  (global $any anyref (struct.new_default $all)) (global $null anyref (ref.null any))
  (global $number i31ref (ref.i31 (i32.const -5))) (global $fn funcref (ref.func $nothing))
  (global $i8s (ref $i8s) (array.new_default $i8s (i32.const 32)))
  (global $i16s (ref $i16s) (array.new_default $i16s (i32.const 32)))
  (global $i32s (ref $i32s) (array.new_default $i32s (i32.const 32)))
  (global $i64s (ref $i64s) (array.new_default $i64s (i32.const 32)))
  (global $f32s (ref $f32s) (array.new_default $f32s (i32.const 32)))
  (global $f64s (ref $f64s) (array.new_default $f64s (i32.const 32)))
  (global $v128s (ref $v128s) (array.new_default $v128s (i32.const 32)))
  (global $refs (ref $refs) (array.new_default $refs (i32.const 32)))
  (global $funcs (ref $funcs) (array.new_default $funcs (i32.const 32)))
  (func $tail_ref (return_call_ref $void (ref.func $other)))
)";

inline std::vector<std::string> object_code() {
  std::vector<std::string> code = {
      "(call_ref $void (ref.func $nothing))",
      "(call_ref $void (ref.func $host))",
      "(call_ref $void (ref.func $other))",
      "(call $tail_ref)",
      "(drop (ref.as_non_null (global.get $any)))",
      "(drop (ref.cast (ref null none) (global.get $null)))",
      "(drop (ref.test (ref i31) (global.get $any)))",
      "(drop (ref.test (ref $all) (global.get $any)))",
      "(drop (ref.test (ref $void) (global.get $fn)))",
      "(drop (ref.cast (ref struct) (global.get $any)))",
      "(drop (ref.cast (ref $all) (global.get $any)))",
      "(drop (ref.cast (ref $void) (global.get $fn)))",
      "(drop (ref.i31 (local.get $i)))",
      "(drop (ref.i31 (i32.xor (local.get $i) (i32.const 8))))",
      "(drop (i31.get_s (global.get $number)))",
      "(drop (i31.get_u (global.get $number)))",
      "(struct.set $all 0 (global.get $o) (local.get $i))",
      "(struct.set $all 1 (global.get $o) (local.get $i))",
      "(struct.set $all 2 (global.get $o) (local.get $i))",
      "(struct.set $all 3 (global.get $o) (local.get $I))",
      "(struct.set $all 6 (global.get $o) (global.get $any))",
      "(struct.set $all 7 (global.get $o) (local.get $v))",
      "(drop (array.len (global.get $i8s)))",
      "(drop (struct.new $box (local.get $I)))",
      "(drop (struct.new_default $all))",
      "(drop (array.new $i8s (local.get $i) (i32.const 9)))",
      "(drop (array.new_default $i64s (i32.const 9)))",
      "(drop (array.new_fixed $i16s 3 (local.get $i) (local.get $j) (i32.const 9)))",
      "(drop (array.new_data $i8s $d (i32.const 0) (i32.const 0)))",
      "(drop (array.new_elem $funcs $s (i32.const 0) (i32.const 0)))",
      "(array.fill $i16s (global.get $i16s) (i32.const 1) (local.get $i) (i32.const 20))",
      "(array.copy $i32s $i32s (global.get $i32s) (i32.const 1) (global.get $i32s) (i32.const 2) (i32.const 20))",
      "(array.init_data $i8s $d (global.get $i8s) (i32.const 1) (i32.const 0) (i32.const 0))",
      "(array.init_elem $funcs $s (global.get $funcs) (i32.const 1) (i32.const 0) (i32.const 0))",
  };
  for (const char* access : {"_s $all 0", "_u $all 0", "_s $all 1", "_u $all 1", " $all 2", " $all 3", " $all 4",
                             " $all 5", " $all 6", " $all 7"}) {
    code.push_back("(drop (struct.get" + std::string(access) + " (global.get $o)))");
  }
  for (const char* index : {"(local.get $i)", "(i32.xor (local.get $i) (i32.const 8))"}) {
    const std::string at = index;
    for (const char* access :
         {"_s $i8s", "_u $i8s", "_s $i16s", "_u $i16s", " $i32s", " $i64s", " $f32s", " $f64s", " $refs", " $v128s"}) {
      const std::string text = access;
      const std::string array = text.substr(text.find('$'));
      code.push_back("(drop (array.get" + text + " (global.get " + array + ") " + at + "))");
    }
    for (const char* array : {"$i8s", "$i16s", "$i32s"}) {
      code.push_back("(array.set " + std::string(array) + " (global.get " + array + ") " + at + " (local.get $i))");
    }
    code.push_back("(array.set $i64s (global.get $i64s) " + at + " (local.get $I))");
    code.push_back("(array.set $v128s (global.get $v128s) " + at + " (local.get $v))");
  }
  return code;
}

}  // namespace wasm64::test
