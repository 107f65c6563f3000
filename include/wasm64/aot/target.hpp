#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wasm64/config.hpp"

namespace wasm64::aot {

enum class architecture : std::uint16_t { unknown, x86_64, aarch64 };

/// Whose calling convention code follows.
enum class platform : std::uint16_t { unknown, linux_abi, darwin_abi };

/// Where code runs. Whatever is not among the features every processor of the architecture has.
struct code_target {
  architecture arch = architecture::unknown;
  platform system = platform::unknown;
  std::uint64_t features = 0;  ///< that code may use: bit i is for the i-th of `features_of(arch)`

  friend bool operator==(const code_target&, const code_target&) = default;
};

/// Instruction sets that some processors of an architecture lack, by LLVM's names. At most 64, in an order that only
/// ever grows at its end: artifacts have the bits.
std::span<const std::string_view> features_of(architecture arch) noexcept;

/// What this program was compiled for, with no feature.
constexpr code_target baseline_target() noexcept {
  code_target here;
#if defined(__x86_64__)
  here.arch = architecture::x86_64;
#elif defined(__aarch64__)
  here.arch = architecture::aarch64;
#endif
#if defined(__linux__)
  here.system = platform::linux_abi;
#elif defined(__APPLE__)
  here.system = platform::darwin_abi;
#endif
  return here;
}

/// The machine that this runs on with all of its features, asked anew at every call: a machine may have been moved to
/// another processor meanwhile.
code_target running_target() noexcept;

/// Whether code for `wanted` runs on a machine that is `there`.
constexpr bool runs_on(const code_target& wanted, const code_target& there) noexcept {
  return wanted.arch != architecture::unknown && wanted.arch == there.arch && wanted.system != platform::unknown &&
         wanted.system == there.system && (wanted.features & ~there.features) == 0;
}

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/target_impl.hpp"
#endif
