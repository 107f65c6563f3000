#pragma once

// function_validator: atomic instructions (threads proposal).

#include "wasm64/valid/function.hpp"

namespace wasm64 {

/// Alignment is not a hint here: it has to be natural.
template <class Sink>
bool function_validator<Sink>::atomic(op o) {
  memarg arg;
  if (!read_memory_access(o, in_, arg)) return false;
  if (arg.align_log2 != access_log2(o)) return fail(errc::atomic_alignment);
  if (!pop_letters(o, module_.memories[arg.memory].limits.address_type())) return false;
  if (reachable()) sink_->on_atomic(o, arg);
  push_letters(o);
  return true;
}

template <class Sink>
bool function_validator<Sink>::atomic_fence() {
  const std::uint64_t at = in_.offset();
  if (in_.u8() != 0) return in_.fail(errc::zero_byte_expected, at);
  if (reachable()) sink_->on_atomic(op::atomic_fence, {});
  return true;
}

}  // namespace wasm64
