#pragma once

#include <iterator>

#include "wasm64/aot/target.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace wasm64::aot {

namespace detail {

inline constexpr std::uint8_t ebx = 1;
inline constexpr std::uint8_t ecx = 2;
inline constexpr std::uint8_t ymm = 0x06;
inline constexpr std::uint8_t zmm = 0xE6;

// clang-format off
inline constexpr cpu_feature x86_features[] = {
    {"sse3", 1, ecx, 0},         {"ssse3", 1, ecx, 9},        {"cx16", 1, ecx, 13},        {"sse4.1", 1, ecx, 19},
    {"sse4.2", 1, ecx, 20},      {"popcnt", 1, ecx, 23},      {"sahf", 0x80000001, ecx, 0},
    {"lzcnt", 0x80000001, ecx, 5}, {"movbe", 1, ecx, 22},     {"bmi", 7, ebx, 3},          {"bmi2", 7, ebx, 8},
    {"avx", 1, ecx, 28, ymm},    {"f16c", 1, ecx, 29, ymm},   {"fma", 1, ecx, 12, ymm},    {"avx2", 7, ebx, 5, ymm},
    {"avx512f", 7, ebx, 16, zmm}, {"avx512dq", 7, ebx, 17, zmm}, {"avx512cd", 7, ebx, 28, zmm},
    {"avx512bw", 7, ebx, 30, zmm}, {"avx512vl", 7, ebx, 31, zmm}};

inline constexpr cpu_feature arm_features[] = {
    {"aes", 0, 0, 3},   {"sha2", 0, 0, 6},   {"crc", 0, 0, 7},    {"lse", 0, 0, 8},      {"fullfp16", 0, 0, 9},
    {"rdm", 0, 0, 12},  {"jsconv", 0, 0, 13}, {"complxnum", 0, 0, 14}, {"rcpc", 0, 0, 15}, {"dotprod", 0, 0, 20}};
// clang-format on
static_assert(std::size(x86_features) <= 64 && std::size(arm_features) <= 64);

#if defined(__x86_64__)

/// The registers that the system saves for programs; none where it does not say.
inline std::uint32_t saved_registers() noexcept {
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
  constexpr std::uint32_t has_xgetbv = 1u << 27;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & has_xgetbv) == 0) return 0;
  __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return a;
}

inline bool has(const cpu_feature& feature, std::uint32_t saved) noexcept {
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(feature.leaf, 0, &a, &b, &c, &d) == 0) return false;
  return ((feature.reg == ebx ? b : c) >> feature.bit & 1) != 0 && (saved & feature.state) == feature.state;
}

#endif

}  // namespace detail

WASM64_INLINE std::span<const cpu_feature> features_of(architecture arch) noexcept {
  if (arch == architecture::x86_64) return detail::x86_features;
  if (arch == architecture::aarch64) return detail::arm_features;
  return {};
}

WASM64_INLINE code_target running_target() noexcept {
  code_target here = baseline_target();
#if defined(__x86_64__)
  const std::uint32_t saved = detail::saved_registers();
  for (std::size_t i = 0; i < std::size(detail::x86_features); ++i) {
    if (detail::has(detail::x86_features[i], saved)) here.features |= std::uint64_t{1} << i;
  }
#elif defined(__aarch64__) && defined(__linux__)
  const std::uint64_t capabilities = ::getauxval(AT_HWCAP);
  for (std::size_t i = 0; i < std::size(detail::arm_features); ++i) {
    here.features |= (capabilities >> detail::arm_features[i].bit & 1) << i;
  }
#endif
  return here;
}

}  // namespace wasm64::aot
