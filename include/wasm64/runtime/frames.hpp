#pragma once

#include <algorithm>
#include <cstdint>

#include "wasm64/runtime/machine.hpp"

namespace wasm64 {

inline const func_code& function_of(const word* fp) noexcept {
  return *reinterpret_cast<const func_code*>(fp[frame::function]);
}
inline const word* return_pc_of(const word* fp) noexcept { return reinterpret_cast<const word*>(fp[frame::return_pc]); }
inline word* caller_of(const word* fp) noexcept { return reinterpret_cast<word*>(fp[frame::caller]); }

/// Walks the activations of a run from the innermost outwards. A frame whose return address is the machine's `restore`
/// cell was entered from another instance; one that returns to `halt` was entered from the host.
class frame_walk {
 public:
  frame_walk(const machine& vm, const word* from_pc, word* from_fp) noexcept
      : pc(from_pc), fp(from_fp), in(vm.current), vm_(vm), crossing_(vm.crossings.size()) {}

  /// Goes to the caller. False when the host is the caller; the walk then stays.
  bool up() noexcept {
    const word* back = return_pc_of(fp);
    if (back == vm_.restore) {
      const machine::crossing& c = vm_.crossings[--crossing_];
      back = c.return_pc;  // `halt` behind a tail call to another instance out of what the host had called
      in = c.from;
    }
    if (back == vm_.halt) return false;
    fp = caller_of(fp);
    pc = back;
    returning = true;
    return true;
  }

  /// The word index of the instruction being executed: return addresses point behind their call.
  std::uint32_t position() const noexcept {
    return static_cast<std::uint32_t>(pc - function_of(fp).words.data()) - (returning ? 1 : 0);
  }
  std::size_t crossings() const noexcept { return crossing_; }

  const word* pc;
  word* fp;
  instance* in;
  bool returning = false;

 private:
  const machine& vm_;
  std::size_t crossing_;
};

}  // namespace wasm64
