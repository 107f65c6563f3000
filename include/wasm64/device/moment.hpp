#pragma once

#include <cstdint>
#include <string_view>

#include "wasm64/message/peek.hpp"

namespace wasm64 {

namespace detail {

/// A count that messages write as an integer or in decimal digits; 0 for everything else.
template <class M>
std::uint64_t count_or_zero(const typename M::value_type& message, std::string_view key) {
  const auto& found = peek_key<M>(message, key);
  if (M::kind(found) == value_kind::integer) {
    const integer n = M::as_integer(found);
    return n.negative ? 0 : n.bits;
  }
  if (M::kind(found) != value_kind::binary || M::as_bytes(found).size() > 19) return 0;
  std::uint64_t n = 0;
  for (const std::uint8_t digit : M::as_bytes(found)) {
    if (digit < '0' || digit > '9') return 0;
    n = n * 10 + (digit - '0');
  }
  return n;
}

}  // namespace detail

/// The clock of guests: what the scheduler wrote into the request, the same at every replay. It stands still during a
/// call. The message of a user, the request's `body`, is not believed.
struct message_clock {
  /// Nanoseconds since 1970, from `timestamp` of the request, else of the base, in milliseconds; else 0.
  template <class M>
  static std::uint64_t nanoseconds(const typename M::value_type& base, const typename M::value_type& request) {
    const std::uint64_t now = detail::count_or_zero<M>(request, "timestamp");
    return (now != 0 ? now : detail::count_or_zero<M>(base, "timestamp")) * 1'000'000;
  }
};

/// The random numbers of guests: they follow from the place of the request in its schedule, so anybody can predict
/// them.
struct message_random {
  /// Where the generator starts: a digest of the request's `slot`, `timestamp` and `hash-chain`.
  template <class M>
  static std::uint64_t seed(const typename M::value_type&, const typename M::value_type& request) {
    std::uint64_t digest = 0xcbf29ce484222325;  // FNV-1a
    const auto add = [&](std::uint8_t byte) { digest = (digest ^ byte) * 0x100000001b3; };
    for (const char* key : {"slot", "timestamp"}) {
      const std::uint64_t n = detail::count_or_zero<M>(request, key);
      for (int shift = 0; shift < 64; shift += 8) add(static_cast<std::uint8_t>(n >> shift));
    }
    const auto& chain = peek_key<M>(request, "hash-chain");
    if (M::kind(chain) == value_kind::binary) {
      for (const std::uint8_t byte : M::as_bytes(chain)) add(byte);
    }
    return digest;
  }
};

}  // namespace wasm64
