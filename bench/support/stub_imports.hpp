#pragma once

#include "wasm64/wasm64.hpp"

namespace wasm64::bench {

/// Answers every import of a module with something of the right type, so that any module can be instantiated: functions
/// return zeros.
inline result<linker> stub_imports(store_base& engine, const module& m) {
  linker stubs;
  stubs.otherwise([](const import_desc&, const func_type& type) {
    return untyped_host_func(
        type, [](caller&, std::span<const value>, std::span<value>) -> result<void> { return success(); });
  });
  for (const import_desc& i : m.imports) {
    definition d;
    switch (i.kind) {
      case extern_kind::func: continue;
      case extern_kind::table: {
        WASM64_TRY(d.table, engine.make_table(i.table));
        break;
      }
      case extern_kind::memory: {
        WASM64_TRY(d.memory, engine.make_memory(i.memory));
        break;
      }
      case extern_kind::global: d.global = engine.make_global(i.global, 0); break;
      case extern_kind::tag: d.tag = engine.make_tag(m.types[i.tag.type].func); break;
    }
    stubs.define(i.module, i.name, std::move(d));
  }
  return stubs;
}

}  // namespace wasm64::bench
