#pragma once

#include "wasm64/lower/references.hpp"
#include "wasm64/runtime/machine.hpp"
#include "wasm64/runtime/reference.hpp"

// Whether a reference is of a type (specification 4.2.13).
WASM64_HOT_BEGIN
namespace wasm64::exec {

WASM64_HOT word header_of(word reference) noexcept { return *reinterpret_cast<const word*>(reference); }

WASM64_HOT bool is_of_kind(word reference, std::uint32_t set) noexcept {
  using namespace reference_set;
  if (reference == 0) return (set & null) != 0;
  if ((reference & reference::i31_bit) != 0) return (set & i31) != 0;
  if ((reference & reference::host_bits) != 0) return (set & host) != 0;
  return (set & struct_ << (header_of(reference) >> 1 & 3)) != 0;
}
/// `pattern` is the tag of the type, and whether null will do (lower/references.hpp).
WASM64_HOT bool is_object_of(const machine& vm, word reference, std::uint32_t pattern) noexcept {
  if (reference == 0) return (pattern & 1) != 0;
  if ((reference & reference::tag_mask) != 0) return false;
  const auto tag = static_cast<std::uint32_t>(header_of(reference));
  return (tag | 1) == (pattern | 1) || vm.types.is_subtype(tag >> 3, pattern >> 3);
}
WASM64_HOT bool is_func_of(const machine& vm, word reference, std::uint32_t pattern) noexcept {
  if (reference == 0) return (pattern & 1) != 0;
  const std::uint32_t id = reinterpret_cast<const func_instance*>(reference)->type_id;
  return vm.types.is_subtype(id, pattern >> 1);
}

}  // namespace wasm64::exec
WASM64_HOT_END
