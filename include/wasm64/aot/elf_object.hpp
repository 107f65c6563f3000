#pragma once

#include <span>
#include <string>
#include <string_view>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"

// From what compilers write to code that runs wherever it is put: relocatable ELF objects of x86-64 and AArch64 are
// laid out one behind the other, and every reference between them is resolved as a distance. What would need an address
// (tables of pointers, the global offset table), a place to write or another library is refused.

namespace wasm64::aot {

/// A function that an object defines for others.
struct linked_symbol {
  std::string name;
  std::uint32_t offset = 0;  ///< in the code
};

/// Code without open references. It may be mapped at any page.
struct linked_object {
  byte_vector code;  ///< all executable sections, then all constants
  vector<linked_symbol> symbols;  ///< sorted by name

  /// The function of that name, or null.
  const linked_symbol* find(std::string_view name) const noexcept;
};

/// A reference that nothing defines.
struct undefined_reference {
  std::string name;  ///< what is missing
  std::string function;  ///< whose code refers to it; empty where no function's does
};

/// Puts objects together, all for the same processor. Objects may be anything: bytes that are no object, have sections
/// or relocations of other kinds, or define a symbol twice fail with `aot_unsupported_object`. A symbol that none
/// defines is `aot_undefined_symbol`; all references to such ones are added to `missing`, if there is one.
result<linked_object> link_objects(std::span<const bytes_view> objects, vector<undefined_reference>* missing = nullptr);

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/elf_object_impl.hpp"
#endif
