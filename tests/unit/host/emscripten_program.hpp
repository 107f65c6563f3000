#pragma once

#include <string>

#include "tests/support/wat.hpp"
#include "wasm64/host/emscripten.hpp"

namespace wasm64::test {

/// A program for Emscripten's library, written as text for both pointer widths: `%p` stands for the type of pointers.
struct emscripten_program {
  wasi_context host;
  emscripten_context context{host};
  engine<> machine;
  instance* in = nullptr;

  emscripten_program(bool memory64, std::string_view text, const limits& l = {}) : machine(l) {
    const auto m = compile_wat(for_width(memory64, text));
    define_emscripten(machine.imports, *m, context);
    in = &machine.add(m);
  }

  static std::string for_width(bool memory64, std::string_view text) {
    std::string source(text);
    for (std::size_t at = source.find("%p"); at != std::string::npos; at = source.find("%p", at)) {
      source.replace(at, 2, memory64 ? "i64" : "i32");
    }
    return source;
  }

  std::int32_t call(std::string_view name) { return machine.call<std::int32_t>(*in, name); }
  std::int32_t call(std::string_view name, std::int32_t argument) {
    return machine.call<std::int32_t>(*in, name, argument);
  }
  /// The trap a call ends with, as text.
  std::string failure(std::string_view name) {
    vector<value> results;
    (void)machine.failure_with(*in, name, {}, results);
    trap t = machine.st.last_trap();
    t.frames.clear();
    t.depth = 0;
    return to_string(t);
  }
};

/// What every program has: a stack pointer with its functions, `setThrew`, a table.
inline constexpr std::string_view emscripten_runtime = R"(
  (memory (export "memory") %p 2)
  (table (export "__indirect_function_table") 16 16 funcref)
  (global $sp (mut %p) (%p.const 65536))
  (global $threw (export "threw") (mut %p) (%p.const 0))
  (global $value (export "value") (mut i32) (i32.const 0))
  (global $second (mut i32) (i32.const 0))
  (global $heap (mut %p) (%p.const 70000))
  (func (export "setThrew") (param %p i32)
    (if (%p.eqz (global.get $threw)) (then (global.set $threw (local.get 0)) (global.set $value (local.get 1)))))
  (func $reset (global.set $threw (%p.const 0)) (global.set $value (i32.const 0)))
  (func (export "emscripten_stack_get_current") (result %p) (global.get $sp))
  (func (export "_emscripten_stack_restore") (param %p) (global.set $sp (local.get 0)))
  (func (export "_emscripten_tempret_set") (param i32) (global.set $second (local.get 0)))
  (func $malloc (export "malloc") (param %p) (result %p)
    (global.get $heap)
    (global.set $heap (%p.add (global.get $heap) (local.get 0))))
)";

}  // namespace wasm64::test
