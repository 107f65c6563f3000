#pragma once

#include <iterator>

#include "wasm64/aot/target.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace wasm64::aot {

namespace cpu {

// clang-format off
inline constexpr std::string_view x86_names[] = {
    "sse3", "ssse3", "cx16", "sse4.1", "sse4.2", "popcnt", "sahf", "lzcnt", "movbe", "bmi", "bmi2",
    "avx", "f16c", "fma", "avx2", "avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl"};
inline constexpr std::string_view arm_names[] = {
    "aes", "sha2", "crc", "lse", "fullfp16", "rdm", "jsconv", "complxnum", "rcpc", "dotprod"};
// clang-format on

#if defined(__x86_64__)

/// Registers of CPUID that tell of instruction sets.
enum class word : std::uint8_t { basic, structured, extended };

struct place {
  word in;
  std::uint8_t bit;
  std::uint8_t state = 0;  ///< registers that the system must save for programs, as bits of XCR0
};

inline constexpr std::uint8_t ymm = 0x06;
inline constexpr std::uint8_t zmm = 0xE6;
using enum word;
inline constexpr place places[] = {{basic, 0},
                                   {basic, 9},
                                   {basic, 13},
                                   {basic, 19},
                                   {basic, 20},
                                   {basic, 23},
                                   {extended, 0},
                                   {extended, 5},
                                   {basic, 22},
                                   {structured, 3},
                                   {structured, 8},
                                   {basic, 28, ymm},
                                   {basic, 29, ymm},
                                   {basic, 12, ymm},
                                   {structured, 5, ymm},
                                   {structured, 16, zmm},
                                   {structured, 17, zmm},
                                   {structured, 28, zmm},
                                   {structured, 30, zmm},
                                   {structured, 31, zmm}};
static_assert(std::size(places) == std::size(x86_names));

inline std::uint64_t features() noexcept {
  unsigned words[3] = {};
  unsigned a = 0, b = 0, c = 0, d = 0, saved = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) != 0) words[0] = c;
  constexpr unsigned has_xgetbv = 1u << 27;
  if ((words[0] & has_xgetbv) != 0) __asm__ volatile("xgetbv" : "=a"(saved), "=d"(d) : "c"(0));
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) words[1] = b;
  if (__get_cpuid(0x80000001, &a, &b, &c, &d) != 0) words[2] = c;
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < std::size(places); ++i) {
    const bool has = (words[static_cast<std::size_t>(places[i].in)] >> places[i].bit & 1) != 0;
    if (has && (saved & places[i].state) == places[i].state) found |= std::uint64_t{1} << i;
  }
  return found;
}

#elif defined(__aarch64__) && defined(__linux__)

/// In AT_HWCAP.
inline constexpr std::uint8_t places[] = {3, 6, 7, 8, 9, 12, 13, 14, 15, 20};
static_assert(std::size(places) == std::size(arm_names));

inline std::uint64_t features() noexcept {
  const std::uint64_t capabilities = ::getauxval(AT_HWCAP);
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < std::size(places); ++i) found |= (capabilities >> places[i] & 1) << i;
  return found;
}

#else

inline std::uint64_t features() noexcept { return 0; }

#endif

}  // namespace cpu

WASM64_AOT_INLINE std::span<const std::string_view> features_of(architecture arch) noexcept {
  if (arch == architecture::x86_64) return cpu::x86_names;
  if (arch == architecture::aarch64) return cpu::arm_names;
  return {};
}

WASM64_AOT_INLINE code_target running_target() noexcept {
  code_target here = baseline_target();
  here.features = cpu::features();
  return here;
}

}  // namespace wasm64::aot
