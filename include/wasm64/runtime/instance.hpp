#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/lower/code.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/runtime/memory.hpp"
#include "wasm64/runtime/value.hpp"

namespace wasm64 {

struct instance;
struct machine;
class caller;

/// What a host function does: read its arguments from `slots`, write its results over them (8-byte slots, v128 two;
/// i32 and f32 zero-extended). It answers false after `caller::fail`, which becomes a trap with that code.
using host_entry = bool (*)(void* environment, caller& from, word* slots);

/// A function instance (specification 4.2.6): code of a module, or a host function. Its address is the function
/// reference.
struct func_instance {
  const func_code* code = nullptr;  ///< null for host functions
  instance* owner = nullptr;        ///< null for host functions
  const func_type* type = nullptr;
  std::uint32_t type_id = 0;        ///< canonical id in its store
  std::uint32_t index = 0;          ///< in its module; of a host function its place in `machine::all_host_funcs`
  std::int32_t area = 0;            ///< slots of arguments or results, whichever is more
  const void* native = nullptr;     ///< what compiled code of the same instance calls, if the function is compiled
  /// Of a compiled function: its type and instance in one number, which no other function of the store has that is
  /// not of both (aot/abi.hpp, `native_key`).
  std::uint64_t native_key = 0;
  const void* native_context = nullptr;  ///< the owner's, if the function is compiled
  std::uint64_t native_charge = 0;  ///< what it takes of the call budget, if it is compiled
  host_entry host = nullptr;
  void* environment = nullptr;
  std::shared_ptr<void> keep_alive;  ///< owns `environment`
  std::string name;                  ///< of a host function, for stack traces
};

/// A table instance (specification 4.2.7). Elements are references as slots hold them; a type index is a canonical id.
struct table_instance {
  table_type type;
  vector<word> elements;
  std::uint64_t max_elements = 0;

  bool in_bounds(std::uint64_t from, std::uint64_t count) const noexcept {
    return count <= elements.size() && from <= elements.size() - count;
  }
};

/// A global instance (specification 4.2.9). A type index is a canonical id.
struct global_instance {
  word bits = 0;
  word high = 0;
  global_type type;
};

/// A tag instance (specification 4.2.10); its address is its identity.
struct tag_instance {
  const func_type* type = nullptr;
  std::uint32_t type_id = 0;
  std::uint32_t number = 0;  ///< in its store; exceptions name their tag by it
  std::string name;          ///< of a tag of the host: what traps say when nobody catches it
};

/// A module instance (specification 4.2.5). All vectors are indexed as the module's index spaces, imports first.
struct instance {
  std::shared_ptr<const module> source;
  module_code* code = nullptr;
  machine* vm = nullptr;
  std::uint32_t number = 0;  ///< its place in `machine::all_instances`
  vector<func_instance*> funcs;
  vector<table_instance*> tables;
  vector<memory_instance*> memories;
  vector<global_instance*> globals;
  vector<tag_instance*> tags;
  vector<std::uint32_t> type_ids;   ///< canonical id of every type in the store
  vector<vector<word>> elems;       ///< values of the element segments that are expressions (specification 4.2.10)
  vector<std::uint8_t> dropped_elems;
  vector<std::uint8_t> dropped_datas;
  std::shared_ptr<void> native;  ///< what compiled code is handed, if there is any (aot/abi.hpp)

  memory_instance* memory(std::uint32_t index = 0) const noexcept {
    return index < memories.size() ? memories[index] : nullptr;
  }
  /// The exported function, memory, … of that name, or null.
  func_instance* exported_func(std::string_view name) const noexcept {
    const export_desc* e = source->find_export(name);
    return e != nullptr && e->kind == extern_kind::func ? funcs[e->index] : nullptr;
  }
  memory_instance* exported_memory(std::string_view name) const noexcept {
    const export_desc* e = source->find_export(name);
    return e != nullptr && e->kind == extern_kind::memory ? memories[e->index] : nullptr;
  }
  global_instance* exported_global(std::string_view name) const noexcept {
    const export_desc* e = source->find_export(name);
    return e != nullptr && e->kind == extern_kind::global ? globals[e->index] : nullptr;
  }
  table_instance* exported_table(std::string_view name) const noexcept {
    const export_desc* e = source->find_export(name);
    return e != nullptr && e->kind == extern_kind::table ? tables[e->index] : nullptr;
  }
};

}  // namespace wasm64
