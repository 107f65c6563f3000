#pragma once

#include <span>

#include "wasm64/runtime/machine.hpp"

namespace wasm64 {

/// What a host function may do with the module that called it. Valid during the call only. A machine has one for all
/// calls, because whatever runs within a call puts the machine back to where it was.
class caller {
 public:
  explicit caller(machine& vm) noexcept : vm_(vm) {}

  machine& vm() const noexcept { return vm_; }
  /// The instance whose code made the call; null when the host called the function directly.
  instance* module_instance() const noexcept { return vm_.current; }
  /// Memory 0 of the calling instance, or null. Its base may move when it grows.
  memory_instance* memory() const noexcept {
    const instance* const in = module_instance();
    return in == nullptr ? nullptr : in->memory(0);
  }

  /// Says why the host function fails. Answers false, as it then does.
  bool fail(error why) const noexcept {
    vm_.host_failure = std::move(why);
    return false;
  }
  /// How the host function ends, with the error of a failure.
  bool end(const result<void>& outcome) const { return outcome.has_value() || fail(outcome.assume_error()); }

  /// How a host function ends that answers later: `return from.suspend();` where it answers a `result`, and
  /// `return from.fail(errc::pending);` in a `host_entry`. The call fails with `errc::pending` and waits in its store
  /// for `store_base::resume` with the results. Inside another host function's call it traps with
  /// `trap_cannot_suspend`.
  static auto suspend() { return wasm64::fail(errc::pending); }

  /// A view of the caller's memory 0; fails with `errc::out_of_bounds`.
  result<std::span<std::uint8_t>> bytes(std::uint64_t address, std::uint64_t length) const {
    const memory_instance* m = memory();
    if (m == nullptr || !m->in_bounds(address, length)) return wasm64::fail(errc::out_of_bounds);
    return std::span<std::uint8_t>(m->base + address, static_cast<std::size_t>(length));
  }

 private:
  machine& vm_;
};

}  // namespace wasm64
