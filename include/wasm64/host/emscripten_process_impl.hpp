#pragma once

#include <cmath>

#include "wasm64/exec/slow.hpp"
#include "wasm64/host/emscripten_call.hpp"

// Memory, the end of a program, its console.

namespace wasm64::detail {

/// memcpy(to, from, size), also where they overlap
inline emscripten_answer emscripten_memcpy(const emscripten_call& c) {
  const std::uint64_t to = c.u64(0), from = c.u64(1), size = c.u64(2);
  if (!c.in_bounds(to, size) || !c.in_bounds(from, size)) return emscripten_out_of_bounds();
  if (!exec::slow::pay_for(c.vm, size, exec::slow::bytes_per_fuel)) return fail(errc::trap_out_of_fuel);
  if (size != 0) std::memmove(c.at(to), c.at(from), static_cast<std::size_t>(size));
  return static_cast<std::int64_t>(to);
}

/// The most bytes the memory can have. One page less than 4 GiB is a 32-bit program's, so that sizes fit.
inline std::uint64_t emscripten_heap_limit(const emscripten_call& c) noexcept {
  constexpr std::uint64_t most_of_32 = (std::uint64_t{1} << 32) - 65536;
  if (c.memory == nullptr) return 0;
  const std::uint64_t bytes = c.memory->max_pages() << c.memory->type.page_size_log2;
  return c.is_64() ? bytes : std::min(bytes, most_of_32);
}
inline emscripten_answer emscripten_get_heap_max(const emscripten_call& c) {
  return static_cast<std::int64_t>(emscripten_heap_limit(c));
}
inline emscripten_answer emscripten_get_heap_size(const emscripten_call& c) {
  return static_cast<std::int64_t>(c.memory == nullptr ? 0 : c.memory->size);
}

/// resize_heap(size) -> whether the memory has it. As Emscripten does it, the memory grows by a fifth, but by no more
/// than 96 MiB beyond what is asked for, and where that is refused by a tenth or a twentieth.
inline emscripten_answer emscripten_resize_heap(const emscripten_call& c) {
  constexpr std::uint64_t most_extra = std::uint64_t{96} << 20;
  const std::uint64_t wanted = c.u64(0), limit = emscripten_heap_limit(c);
  if (c.memory == nullptr || wanted > limit) return 0;
  const std::uint64_t before = c.memory->size, page = c.memory->type.page_size();
  for (const double part : {0.2, 0.1, 0.05}) {
    const double grown = std::ceil(static_cast<double>(before) * (1 + part));
    const std::uint64_t eager = std::min(static_cast<std::uint64_t>(grown), wanted + most_extra);
    const std::uint64_t pages = (std::min(std::max(wanted, eager), limit) + page - 1) / page;
    const std::uint64_t size = std::min(pages * page, limit);
    if (size <= before) return 1;
    switch (c.memory->grow((size - before) / page)) {
      case memory_instance::grown::yes: return 1;
      case memory_instance::grown::host_failed: return fail(errc::trap_out_of_memory);
      case memory_instance::grown::refused: break;
    }
  }
  return 0;
}

inline emscripten_answer emscripten_nothing(const emscripten_call&) { return 0; }
inline emscripten_answer emscripten_one(const emscripten_call&) { return 1; }

inline emscripten_answer emscripten_abort(const emscripten_call&) { return fail(errc::trap_abort); }
inline emscripten_answer emscripten_unexpected(const emscripten_call&) {
  return fail(errc::trap_abort, "unexpected exception");
}

/// A text for a trap; of hostile length, so cut off.
inline std::string emscripten_excerpt(const emscripten_call& c, std::uint64_t address) {
  std::string_view text;
  if (address == 0 || !c.text(address, text)) return "?";
  return std::string(text.substr(0, 200));
}

/// __assert_fail(condition, file, line, function)
inline emscripten_answer emscripten_assert_fail(const emscripten_call& c) {
  return fail(errc::trap_abort, "assertion failed: " + emscripten_excerpt(c, c.u64(0)) + " at " +
                                    emscripten_excerpt(c, c.u64(1)) + ":" + std::to_string(c.signed_i32(2)) + " in " +
                                    emscripten_excerpt(c, c.u64(3)));
}

/// exit(code)
inline emscripten_answer emscripten_exit(const emscripten_call& c) {
  c.context.exited = true;
  c.context.exit_code = c.i32(0);
  return fail(errc::trap_exit, "code " + std::to_string(c.context.exit_code));
}

/// system(command): there is no shell.
inline emscripten_answer emscripten_system(const emscripten_call& c) {
  return c.u64(0) == 0 ? 0 : -static_cast<std::int64_t>(wasi_errno::nosys);
}

/// metering_gasUsed(): fuel that the call has used so far; 0 where nobody counts
inline emscripten_answer emscripten_fuel_used(const emscripten_call& c) {
  const std::int64_t left = c.vm.fuel + c.vm.withheld;
  return c.library.is_metered && left < c.library.fuel ? c.library.fuel - left : 0;
}

/// A line for the console; refused output is dropped.
template <std::uint32_t Stream>
emscripten_answer emscripten_console(const emscripten_call& c) {
  std::string_view text;
  if (!c.text(c.u64(0), text)) return emscripten_out_of_bounds();
  (void)c.context.write(Stream, as_bytes(text));
  (void)c.context.write(Stream, as_bytes("\n"));
  return 0;
}

/// getentropy(buffer, size)
inline emscripten_answer emscripten_getentropy(const emscripten_call& c) {
  if (!c.in_bounds(c.u64(0), c.u64(1))) return emscripten_out_of_bounds();
  if (!exec::slow::pay_for(c.vm, c.u64(1), exec::slow::bytes_per_fuel)) return fail(errc::trap_out_of_fuel);
  c.context.random(c.bytes(c.u64(0), c.u64(1)));
  return 0;
}

}  // namespace wasm64::detail
