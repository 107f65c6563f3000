#pragma once

#include "wasm64/host/wasi_process_impl.hpp"

namespace wasm64::detail {

/// `subscription`: 48 bytes.
struct wasi_subscription {
  enum kind_of : std::uint8_t { clock = 0, fd_read = 1, fd_write = 2 };
  static constexpr std::uint64_t size = 48;

  explicit wasi_subscription(const std::uint8_t* from) noexcept
      : userdata(load_le<std::uint64_t>(from)),
        kind(from[8]),
        subject(load_le<std::uint32_t>(from + 16)),
        timeout(load_le<std::uint64_t>(from + 24)),
        flags(load_le<std::uint16_t>(from + 40)) {}

  /// When a clock with a valid number shows it, the wait is over.
  std::uint64_t deadline(wasi_context& context) const {
    constexpr std::uint16_t absolute = 1;
    if ((flags & absolute) != 0) return timeout;
    const std::uint64_t now = context.time(static_cast<wasi_clock>(subject)), end = now + timeout;
    return end < now ? ~std::uint64_t{0} : end;
  }

  std::uint64_t userdata;
  std::uint8_t kind;
  std::uint32_t subject;  ///< the clock or the descriptor
  std::uint64_t timeout;
  std::uint16_t flags;
};

/// `event`: 32 bytes.
inline void store_event(std::uint8_t* to, const wasi_subscription& s, wasi_errno e, std::uint64_t bytes) noexcept {
  std::memset(to, 0, 32);
  store_le(to, s.userdata);
  store_le(to + 8, static_cast<std::uint16_t>(e));
  to[10] = s.kind;
  store_le(to + 16, bytes);
}

/// poll_oneoff(subscriptions, events, count, happened). Files and streams are always ready; when there are none, the
/// program waits for the earliest time, and all that are due by then happen. There may be 65,536 at once.
WASM64_INLINE wasi_errno wasi_poll_oneoff(const wasi_call& c) {
  constexpr std::uint64_t event_size = 32;
  const std::uint64_t list = c.u64(0), events = c.u64(1), count = c.u64(2), answer = c.u64(3);
  if (count == 0) return wasi_errno::inval;
  if (!c.in_bounds(list, count, wasi_subscription::size) || !c.in_bounds(events, count, event_size)) {
    return wasi_errno::fault;
  }
  if (!c.in_bounds(answer, c.address_size())) return wasi_errno::fault;
  constexpr std::uint64_t most = 65536;
  if (count > most) return wasi_errno::inval;
  c.context.work += count * (wasi_subscription::size + event_size);
  // Events may be written over subscriptions, so these are read first.
  vector<wasi_subscription> wanted;
  wanted.reserve(static_cast<std::size_t>(count));
  bool waits = true;
  std::uint64_t earliest = ~std::uint64_t{0};
  std::uint32_t waits_for = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    wanted.push_back(wasi_subscription(c.at(list + i * wasi_subscription::size)));
    const wasi_subscription& s = wanted.back();
    if (s.kind > wasi_subscription::fd_write) return wasi_errno::inval;
    const bool is_time = s.kind == wasi_subscription::clock && is_clock(s.subject);
    waits = waits && is_time;
    if (!is_time) continue;
    const std::uint64_t deadline = s.deadline(c.context);
    const std::uint64_t now = c.context.time(static_cast<wasi_clock>(s.subject));
    const std::uint64_t rest = deadline > now ? deadline - now : 0;
    if (i != 0 && rest >= earliest) continue;
    earliest = rest;
    waits_for = s.subject;
  }
  vector<std::uint64_t> deadlines(wanted.size(), std::uint64_t{0});
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].kind == wasi_subscription::clock && is_clock(wanted[i].subject)) {
      deadlines[i] = wanted[i].deadline(c.context);
    }
  }
  if (waits) {
    const auto clock = static_cast<wasi_clock>(waits_for);
    const std::uint64_t now = c.context.time(clock), end = now + earliest;
    c.context.wait(clock, end < now ? ~std::uint64_t{0} : end);
  }
  std::uint64_t happened = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const wasi_subscription& s = wanted[i];
    wasi_errno e = wasi_errno::success;
    std::uint64_t bytes = 0;
    if (s.kind == wasi_subscription::clock) {
      if (!is_clock(s.subject)) e = wasi_errno::inval;
      else if (c.context.time(static_cast<wasi_clock>(s.subject)) < deadlines[i]) continue;
    } else if (s.kind == wasi_subscription::fd_read) {
      e = c.context.files().readable(s.subject, bytes);
    } else {
      e = c.context.files().check(s.subject, file_right::fd_write);
    }
    store_event(c.at(events + happened++ * event_size), s, e, bytes);
  }
  c.store_address(answer, happened);
  return wasi_errno::success;
}

/// sock_accept(fd, flags, fd), sock_recv, sock_send, sock_shutdown: no descriptor is a socket.
WASM64_INLINE wasi_errno wasi_sock(const wasi_call& c) {
  fd_stat stat;
  const wasi_errno e = c.context.files().status(c.i32(0), stat);
  return e == wasi_errno::success ? wasi_errno::notsock : e;
}

}  // namespace wasm64::detail
