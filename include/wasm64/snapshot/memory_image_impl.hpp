#pragma once

#include "wasm64/runtime/machine.hpp"
#include "wasm64/snapshot/snapshot.hpp"

namespace wasm64 {

WASM64_INLINE result<byte_vector> memory_image(const instance& of) {
  if (of.vm->nesting != 0) return fail(errc::instance_busy);
  const memory_instance* const memory = of.memory(0);
  if (memory == nullptr) return byte_vector();
  return byte_vector(memory->base, memory->base + memory->size);
}

WASM64_INLINE result<void> restore_memory_image(instance& in, bytes_view image) {
  if (in.vm->nesting != 0) return fail(errc::instance_busy);
  if (image.size() % snapshot_format::memory_page_size != 0) return fail(errc::snapshot_malformed, "not whole pages");
  memory_instance* const memory = in.memory(0);
  if (memory == nullptr) {
    if (image.empty()) return success();
    return fail(errc::snapshot_incompatible, "no memory");
  }
  if (image.size() < memory->size) return fail(errc::snapshot_incompatible, "smaller than the memory");
  const std::uint64_t delta = (image.size() - memory->size) >> memory->type.page_size_log2;
  switch (memory->grow(delta)) {
    case memory_instance::grown::yes: break;
    case memory_instance::grown::refused: return fail(errc::snapshot_incompatible, "larger than the memory can be");
    case memory_instance::grown::host_failed: return fail(errc::out_of_memory);
  }
  if (!image.empty()) std::memcpy(memory->base, image.data(), image.size());
  return success();
}

}  // namespace wasm64
