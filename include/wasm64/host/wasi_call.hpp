#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "wasm64/exec/slow.hpp"
#include "wasm64/host/wasi_context.hpp"
#include "wasm64/runtime/host.hpp"

namespace wasm64::detail {

/// One call of a WASI function: its arguments and the caller's memory, whatever its address width.
class wasi_call {
 public:
  wasi_call(wasi_context& c, const caller& from, const word* slots, bool memory64) noexcept
      : wasi_call(c, from.memory(), slots, memory64) {}
  wasi_call(wasi_context& c, memory_instance* memory, const word* slots, bool memory64) noexcept
      : context(c), memory_(memory), slots_(slots), memory64_(memory64) {}

  std::uint32_t i32(std::size_t n) const noexcept { return static_cast<std::uint32_t>(slots_[n]); }
  /// An argument that is an address, a size, or 64 bits by itself; narrower ones come zero-extended.
  std::uint64_t u64(std::size_t n) const noexcept { return slots_[n]; }
  std::uint64_t address_size() const noexcept { return memory64_ ? 8 : 4; }

  bool in_bounds(std::uint64_t address, std::uint64_t count, std::uint64_t unit = 1) const noexcept {
    return memory_ != nullptr && count <= memory_->size / unit && memory_->in_bounds(address, count * unit);
  }
  /// Checked before by `in_bounds`.
  std::uint8_t* at(std::uint64_t address) const noexcept { return memory_->base + address; }
  std::span<std::uint8_t> bytes(std::uint64_t address, std::uint64_t size) const noexcept {
    return {at(address), static_cast<std::size_t>(size)};
  }
  std::uint64_t load_address(std::uint64_t from) const noexcept {
    return memory64_ ? load_le<std::uint64_t>(at(from)) : load_le<std::uint32_t>(at(from));
  }
  void store_address(std::uint64_t to, std::uint64_t v) const noexcept {
    if (memory64_) store_le(at(to), v);
    else store_le(at(to), static_cast<std::uint32_t>(v));
  }

  wasi_context& context;

 private:
  memory_instance* memory_;
  const word* slots_;
  bool memory64_;
};

/// Takes the fuel for what a call has done, which files, buffers and texts limit. It is done, so that fuel may go below
/// zero, and the program stops at its next block; then it can go on.
inline void pay_for_work(wasi_context& context, machine& vm) noexcept {
  vm.fuel -= static_cast<std::int64_t>(std::exchange(context.work, std::uint64_t{0}) >> exec::slow::bytes_per_fuel);
}

/// A WASI function; `proc_exit` alone answers no errno.
using wasi_function = wasi_errno (*)(const wasi_call&);

}  // namespace wasm64::detail
