#pragma once

#include "wasm64/host/emscripten_context.hpp"
#include "wasm64/runtime/host.hpp"
#include "wasm64/runtime/store.hpp"

namespace wasm64::detail {

/// The library as one instance sees it.
struct emscripten_binding {
  emscripten_context& context;
  const instance& program;
  bool memory64;

  std::uint64_t pointer_size() const noexcept { return memory64 ? 8 : 4; }
  val_type pointer() const noexcept { return memory64 ? types::i64 : types::i32; }
  /// Reads and writes `size` bytes; the callers have looked whether they are in the memory.
  std::uint8_t* at(std::uint64_t address) const noexcept { return program.memory()->base + address; }
  bool in_bounds(std::uint64_t address, std::uint64_t size) const noexcept {
    return program.memory() != nullptr && program.memory()->in_bounds(address, size);
  }
  std::uint64_t load_pointer(std::uint64_t from) const noexcept {
    return memory64 ? load_le<std::uint64_t>(at(from)) : load_le<std::uint32_t>(at(from));
  }
  void store_pointer(std::uint64_t to, std::uint64_t v) const noexcept {
    if (memory64) store_le(at(to), v);
    else store_le(at(to), static_cast<std::uint32_t>(v));
  }
  /// An exported function of that type, or null.
  func_instance* exported(std::string_view name, const func_type& type) const noexcept {
    func_instance* const f = program.exported_func(name);
    return f != nullptr && *f->type == type ? f : nullptr;
  }
};

/// What such a function does: as `host_entry`, answering its failure.
using emscripten_function = result<void> (*)(const emscripten_binding&, word* slots);

/// A function type by letters, results behind '>': i is i32, l is i64, d is f64, p is a pointer or size.
inline func_type emscripten_type(const char* letters, bool memory64) {
  func_type type;
  vector<val_type>* to = &type.params;
  for (; *letters != '\0'; ++letters) {
    switch (*letters) {
      case '>': to = &type.results; break;
      case 'i': to->push_back(types::i32); break;
      case 'l': to->push_back(types::i64); break;
      case 'd': to->push_back(types::f64); break;
      default: to->push_back(memory64 ? types::i64 : types::i32); break;
    }
  }
  return type;
}

}  // namespace wasm64::detail
