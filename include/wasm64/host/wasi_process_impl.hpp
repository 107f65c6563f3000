#pragma once

#include "wasm64/host/wasi_call.hpp"

namespace wasm64::detail {

/// Bytes of all texts with their terminating zeros.
inline std::uint64_t size_of_texts(const vector<std::string>& texts) noexcept {
  std::uint64_t size = 0;
  for (const std::string& t : texts) size += t.size() + 1;
  return size;
}

/// args_sizes_get(count, size), environ_sizes_get(count, size)
inline wasi_errno store_sizes(const wasi_call& c, const vector<std::string>& texts) {
  const std::uint64_t width = c.address_size();
  if (!c.in_bounds(c.u64(0), width) || !c.in_bounds(c.u64(1), width)) return wasi_errno::fault;
  c.store_address(c.u64(0), texts.size());
  c.store_address(c.u64(1), size_of_texts(texts));
  return wasi_errno::success;
}

/// args_get(pointers, buffer), environ_get(pointers, buffer)
inline wasi_errno store_texts(const wasi_call& c, const vector<std::string>& texts) {
  const std::uint64_t width = c.address_size();
  std::uint64_t pointers = c.u64(0), buffer = c.u64(1);
  if (!c.in_bounds(pointers, texts.size(), width) || !c.in_bounds(buffer, size_of_texts(texts))) {
    return wasi_errno::fault;
  }
  c.context.work += size_of_texts(texts);
  for (const std::string& t : texts) {
    c.store_address(pointers, buffer);
    std::memcpy(c.at(buffer), t.c_str(), t.size() + 1);
    pointers += width;
    buffer += t.size() + 1;
  }
  return wasi_errno::success;
}

WASM64_INLINE wasi_errno wasi_args_get(const wasi_call& c) { return store_texts(c, c.context.arguments); }
WASM64_INLINE wasi_errno wasi_args_sizes_get(const wasi_call& c) { return store_sizes(c, c.context.arguments); }
WASM64_INLINE wasi_errno wasi_environ_get(const wasi_call& c) { return store_texts(c, c.context.environment); }
WASM64_INLINE wasi_errno wasi_environ_sizes_get(const wasi_call& c) { return store_sizes(c, c.context.environment); }

inline bool is_clock(std::uint32_t id) noexcept {
  return id <= static_cast<std::uint32_t>(wasi_clock::thread_cpu_time);
}

/// clock_time_get(clock, precision, time)
WASM64_INLINE wasi_errno wasi_clock_time_get(const wasi_call& c) {
  const std::uint32_t id = c.i32(0);
  const std::uint64_t answer = c.u64(2);
  if (!is_clock(id)) return wasi_errno::inval;
  if (!c.in_bounds(answer, sizeof(std::uint64_t))) return wasi_errno::fault;
  store_le(c.at(answer), c.context.time(static_cast<wasi_clock>(id)));
  return wasi_errno::success;
}

/// clock_res_get(clock, resolution)
WASM64_INLINE wasi_errno wasi_clock_res_get(const wasi_call& c) {
  const std::uint32_t id = c.i32(0);
  const std::uint64_t answer = c.u64(1);
  if (!is_clock(id)) return wasi_errno::inval;
  if (!c.in_bounds(answer, sizeof(std::uint64_t))) return wasi_errno::fault;
  store_le(c.at(answer), c.context.resolution(static_cast<wasi_clock>(id)));
  return wasi_errno::success;
}

/// random_get(buffer, size)
WASM64_INLINE wasi_errno wasi_random_get(const wasi_call& c) {
  if (!c.in_bounds(c.u64(0), c.u64(1))) return wasi_errno::fault;
  c.context.work += c.u64(1);
  c.context.random(c.bytes(c.u64(0), c.u64(1)));
  return wasi_errno::success;
}

/// sched_yield()
WASM64_INLINE wasi_errno wasi_sched_yield(const wasi_call&) { return wasi_errno::success; }

/// proc_exit(code)
WASM64_INLINE result<void> wasi_proc_exit(wasi_context& context, const word* slots) {
  context.exited = true;
  context.exit_code = static_cast<std::uint32_t>(slots[0]);
  return fail(errc::trap_exit, "code " + std::to_string(context.exit_code));
}

/// proc_raise(signal): ends the program where that is what the signal does, with the code that shells give it.
WASM64_INLINE result<void> wasi_proc_raise(wasi_context& context, word* slots) {
  constexpr std::uint32_t ignored = 1u << 0 | 1u << 16 | 1u << 17 | 1u << 22 | 1u << 27;  // none chld cont urg winch
  constexpr std::uint32_t stopping = 1u << 18 | 1u << 19 | 1u << 20 | 1u << 21;           // stop tstp ttin ttou
  constexpr std::uint32_t last = 30;
  const auto signal = static_cast<std::uint32_t>(slots[0]);
  wasi_errno answer = wasi_errno::success;
  if (signal > last) {
    answer = wasi_errno::inval;
  } else if ((stopping >> signal & 1) != 0) {
    answer = wasi_errno::notsup;
  } else if ((ignored >> signal & 1) == 0) {
    slots[0] = 128 + signal;
    return wasi_proc_exit(context, slots);
  }
  slots[0] = static_cast<word>(answer);
  return success();
}

}  // namespace wasm64::detail
