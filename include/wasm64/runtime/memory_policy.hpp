#pragma once

#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#define WASM64_HAS_MMAP 1
#else
#define WASM64_HAS_MMAP 0
#endif

namespace wasm64 {

/// How the bytes of linear memories are obtained. `reserve` answers space for `capacity` bytes of which the first
/// `size` read as zero and may be written, or null; `grow` makes more of it usable, in place or by moving, and answers
/// the base, or null when the host has no memory; `release` gives everything back.
template <class P>
concept memory_policy = requires(std::uint8_t* base, std::uint64_t n) {
  { P::reserve(n, n) } -> std::same_as<std::uint8_t*>;
  { P::grow(base, n, n, n) } -> std::same_as<std::uint8_t*>;
  { P::release(base, n) } -> std::same_as<void>;
};

/// A policy may say `static constexpr bool is_mapped = true`: the space is a private mapping of whole host pages that
/// never moves, so that pages may be mapped anew with the same access, and `release` unmaps whatever is there then.
/// Snapshots then find changed pages without comparing, and restore by mapping (snapshot/page_tracker.hpp).
template <class P>
inline constexpr bool is_mapped_memory = requires { requires P::is_mapped; };

/// The same three operations as a table, so that the interpreter does not depend on the policy's type.
struct memory_operations {
  std::uint8_t* (*reserve)(std::uint64_t size, std::uint64_t capacity);
  std::uint8_t* (*grow)(std::uint8_t* base, std::uint64_t size, std::uint64_t new_size, std::uint64_t capacity);
  void (*release)(std::uint8_t* base, std::uint64_t capacity);
  bool is_mapped;
};

template <memory_policy P>
inline constexpr memory_operations operations_of{&P::reserve, &P::grow, &P::release, is_mapped_memory<P>};

#if WASM64_HAS_MMAP
/// Reserves address space for the whole capacity and makes pages accessible as the memory grows: the base never moves,
/// and untouched pages cost nothing. No signal handler is involved; every access is checked.
struct reserved_memory {
  static constexpr bool is_mapped = true;

  static std::uint8_t* reserve(std::uint64_t size, std::uint64_t capacity) noexcept {
    const std::uint64_t space = padded(capacity);
    void* base = ::mmap(nullptr, space, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return nullptr;
    if (size != 0 && ::mprotect(base, padded(size), PROT_READ | PROT_WRITE) != 0) {
      ::munmap(base, space);
      return nullptr;
    }
    return static_cast<std::uint8_t*>(base);
  }
  static std::uint8_t* grow(std::uint8_t* base, std::uint64_t size, std::uint64_t new_size, std::uint64_t) noexcept {
    if (size != 0 && padded(size) == padded(new_size)) return base;  // memories of one-byte pages grow in small steps
    return ::mprotect(base, padded(new_size), PROT_READ | PROT_WRITE) == 0 ? base : nullptr;
  }
  static void release(std::uint8_t* base, std::uint64_t capacity) noexcept {
    if (base != nullptr) ::munmap(base, padded(capacity));
  }

 private:
  static constexpr std::uint64_t host_page = 65536;  // a multiple of every page size in use
  static std::uint64_t padded(std::uint64_t size) noexcept {
    return size == 0 ? host_page : (size + host_page - 1) & ~(host_page - 1);
  }
};
#endif

/// The portable fallback: plain allocation; growing may move the base.
struct allocated_memory {
  static std::uint8_t* reserve(std::uint64_t size, std::uint64_t) noexcept {
    return static_cast<std::uint8_t*>(std::calloc(size == 0 ? 1 : size, 1));
  }
  static std::uint8_t* grow(std::uint8_t* base, std::uint64_t size, std::uint64_t new_size, std::uint64_t) noexcept {
    auto* moved = static_cast<std::uint8_t*>(std::realloc(base, new_size == 0 ? 1 : new_size));
    if (moved != nullptr) std::memset(moved + size, 0, new_size - size);
    return moved;
  }
  static void release(std::uint8_t* base, std::uint64_t) noexcept { std::free(base); }
};

#if WASM64_HAS_MMAP
using default_memory = reserved_memory;
#else
using default_memory = allocated_memory;
#endif

}  // namespace wasm64
