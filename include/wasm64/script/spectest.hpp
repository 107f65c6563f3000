#pragma once

#include <string>
#include <utility>

#include "wasm64/runtime/store.hpp"

namespace wasm64 {

/// Offers what the official suite's modules import as `spectest` (in the specification's repository:
/// interpreter/README.md, "Spectest host module"), and the threads proposal's `shared_memory`. Printing does nothing.
/// Fails when the store's limits do not admit the memories.
inline result<void> define_spectest(linker& to, store_base& in) {
  const auto offer = [&to](const char* name, definition d) { to.define("spectest", name, std::move(d)); };
  const auto func = [&](const char* name, const host_function& f) {
    definition d;
    d.func = in.make_func(f, name);
    offer(name, std::move(d));
  };
  const auto global = [&](const char* name, const value& v) {
    definition d;
    d.global = in.make_global({v.type, false}, v.bits, v.high);
    offer(name, std::move(d));
  };
  func("print", host_func([] {}));
  func("print_i32", host_func([](std::int32_t) {}));
  func("print_i64", host_func([](std::int64_t) {}));
  func("print_f32", host_func([](float) {}));
  func("print_f64", host_func([](double) {}));
  func("print_i32_f32", host_func([](std::int32_t, float) {}));
  func("print_f64_f64", host_func([](double, double) {}));
  global("global_i32", value::i32(666));
  global("global_i64", value::i64(666));
  global("global_f32", value::f32(666.6f));
  global("global_f64", value::f64(666.6));
  for (const bool is_64 : {false, true}) {
    table_type type;
    type.limits = {10, 20, true, is_64, false};
    definition d;
    const result<table_instance*> made = in.make_table(type);
    if (!made.has_value()) continue;
    d.table = made.assume_value();
    offer(is_64 ? "table64" : "table", std::move(d));
  }
  for (const bool is_shared : {false, true}) {
    memory_type type;
    type.limits = {1, 2, true, false, is_shared};
    definition d;
    WASM64_TRY(d.memory, in.make_memory(type));
    offer(is_shared ? "shared_memory" : "memory", std::move(d));
  }
  return success();
}

}  // namespace wasm64
