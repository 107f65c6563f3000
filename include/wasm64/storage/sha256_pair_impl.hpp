#pragma once

#include <algorithm>
#include <cstddef>

#include "wasm64/storage/sha256.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

// SHA-256 (FIPS 180-4) of two messages of the same size at once, by the instructions of x86 processors for it. One
// message alone leaves them waiting for each other's results half of the time; two in turn take hardly longer than one.

namespace wasm64::detail {

#if defined(__x86_64__)

#define WASM64_SHA __attribute__((target("sha,sse4.1")))

using sha_words [[gnu::vector_size(16)]] = int;  // as the instructions' built-ins have it
using u32_words [[gnu::vector_size(16)]] = unsigned;

/// Whether the processor has the instructions.
inline bool has_sha_instructions() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & 1u << 29) != 0 && __get_cpuid(1, &a, &b, &c, &d) != 0 &&
         (c & 1u << 19) != 0;
}

inline constexpr std::uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The eight words of a hash as the instructions take them: a, b, e, f and c, d, g, h, each from the last.
struct sha_state {
  sha_words abef = {static_cast<int>(0x9b05688c), 0x510e527f, static_cast<int>(0xbb67ae85), 0x6a09e667};
  sha_words cdgh = {0x5be0cd19, 0x1f83d9ab, static_cast<int>(0xa54ff53a), 0x3c6ef372};
};

/// Four words of a message.
WASM64_SHA inline sha_words load_words(const std::uint8_t* from) noexcept {
  using bytes [[gnu::vector_size(16)]] = char;
  bytes v;
  std::memcpy(&v, from, sizeof v);
  return (sha_words)__builtin_shufflevector(v, v, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

WASM64_SHA inline void add_blocks(sha_state (&states)[2], const std::uint8_t* first, const std::uint8_t* second,
                                  std::size_t count) noexcept {
  const std::uint8_t* from[2] = {first, second};
  sha_words abef[2] = {states[0].abef, states[1].abef};
  sha_words cdgh[2] = {states[0].cdgh, states[1].cdgh};
  for (; count != 0; --count) {
    const sha_words abef_before[2] = {abef[0], abef[1]};
    const sha_words cdgh_before[2] = {cdgh[0], cdgh[1]};
    sha_words w[2][4];
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      sha_words k;
      std::memcpy(&k, sha256_constants + 4 * i, sizeof k);
#pragma GCC unroll 2
      for (int n = 0; n < 2; ++n) {
        sha_words& now = w[n][i % 4];
        if (i < 4) {
          now = load_words(from[n] + 16 * i);
        } else {
          const sha_words last = w[n][(i + 3) % 4];
          now = __builtin_ia32_sha256msg1(now, w[n][(i + 1) % 4]);
          const sha_words middle = __builtin_shufflevector(w[n][(i + 2) % 4], last, 1, 2, 3, 4);
          now = __builtin_ia32_sha256msg2((sha_words)((u32_words)now + (u32_words)middle), last);
        }
        const sha_words sum = (sha_words)((u32_words)now + (u32_words)k);
        cdgh[n] = __builtin_ia32_sha256rnds2(cdgh[n], abef[n], sum);
        abef[n] = __builtin_ia32_sha256rnds2(abef[n], cdgh[n], __builtin_shufflevector(sum, sum, 2, 3, 2, 3));
      }
    }
    for (int n = 0; n < 2; ++n) {
      abef[n] = (sha_words)((u32_words)abef[n] + (u32_words)abef_before[n]);
      cdgh[n] = (sha_words)((u32_words)cdgh[n] + (u32_words)cdgh_before[n]);
      from[n] += 64;
    }
  }
  for (int n = 0; n < 2; ++n) {
    states[n].abef = abef[n];
    states[n].cdgh = cdgh[n];
  }
}

inline content_id to_id(const sha_state& s) noexcept {
  content_id id;
  const int words[8] = {s.abef[3], s.abef[2], s.cdgh[3], s.cdgh[2], s.abef[1], s.abef[0], s.cdgh[1], s.cdgh[0]};
  for (std::size_t i = 0; i < 8; ++i) {
    const std::uint32_t word = __builtin_bswap32(static_cast<std::uint32_t>(words[i]));
    std::memcpy(id.bytes.data() + 4 * i, &word, sizeof word);
  }
  return id;
}

/// The ids of two messages of the same size.
WASM64_INLINE void sha256_pair(bytes_view first, bytes_view second, content_id& first_id,
                               content_id& second_id) noexcept {
  sha_state states[2];
  const std::size_t blocks = first.size() / 64;
  add_blocks(states, first.data(), second.data(), blocks);
  // The end: what is left, a bit, zeros, and the size in bits.
  const std::size_t rest = first.size() % 64;
  const std::size_t tail = rest < 56 ? 64 : 128;
  std::uint8_t ends[2][128] = {};
  const std::uint64_t bits = __builtin_bswap64(std::uint64_t{first.size()} * 8);
  for (int n = 0; n < 2; ++n) {
    const bytes_view message = n == 0 ? first : second;
    std::copy_n(message.data() + blocks * 64, rest, ends[n]);
    ends[n][rest] = 0x80;
    std::memcpy(ends[n] + tail - sizeof bits, &bits, sizeof bits);
  }
  add_blocks(states, ends[0], ends[1], tail / 64);
  first_id = to_id(states[0]);
  second_id = to_id(states[1]);
}

#undef WASM64_SHA

#else

inline bool has_sha_instructions() noexcept { return false; }
inline void sha256_pair(bytes_view, bytes_view, content_id&, content_id&) noexcept {}

#endif

}  // namespace wasm64::detail
