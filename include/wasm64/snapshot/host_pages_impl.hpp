#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <utility>

#include "wasm64/snapshot/host_pages.hpp"

#if defined(__linux__)
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace wasm64 {

namespace detail {

#if defined(__linux__)

// The interface of Linux 6.7, which is newer than the headers that systems have.
namespace linux_pages {

inline constexpr std::uint64_t write_protection_async = 1 << 15;
inline constexpr int user_mode_only = 1;  // needs no privilege

struct region {
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t categories;
};
struct scan_argument {
  std::uint64_t size = sizeof(scan_argument);
  std::uint64_t flags = 0;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t walk_end = 0;
  std::uint64_t regions = 0;
  std::uint64_t region_count = 0;
  std::uint64_t max_pages = 0;
  std::uint64_t inverted = 0;
  std::uint64_t all_of = 0;
  std::uint64_t any_of = 0;
  std::uint64_t returned = 0;
};
inline constexpr unsigned long scan = _IOWR('f', 16, scan_argument);
inline constexpr std::uint64_t protect_matching = 1 << 0;
inline constexpr std::uint64_t fail_unless_watched = 1 << 1;
inline constexpr std::uint64_t is_written = 1 << 1;
inline constexpr std::uint64_t is_of_file = 1 << 2;
inline constexpr std::uint64_t is_present = 1 << 3;
inline constexpr std::uint64_t is_swapped = 1 << 4;
inline constexpr std::uint64_t is_zero_page = 1 << 5;

/// File descriptors speak of the process that opened them, so a child process opens its own.
struct descriptors {
  int page_map = -1;
  int faults = -1;
};

WASM64_INLINE descriptors open_descriptors() noexcept {
  descriptors opened;
  opened.page_map = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  opened.faults = static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | user_mode_only));
  uffdio_api api{};
  api.api = UFFD_API;
  api.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | write_protection_async;
  if (opened.faults >= 0 && (opened.page_map < 0 || ::ioctl(opened.faults, UFFDIO_API, &api) != 0)) {
    ::close(opened.faults);
    opened.faults = -1;
  }
  return opened;
}

WASM64_INLINE descriptors descriptors_of_process() noexcept {
  static std::mutex guard;
  static descriptors opened;
  static pid_t opened_by = 0;
  const pid_t process = ::getpid();
  if (__atomic_load_n(&opened_by, __ATOMIC_ACQUIRE) == process) return opened;
  const std::lock_guard lock(guard);
  if (opened_by == process) return opened;
  if (opened.page_map >= 0) ::close(opened.page_map);
  if (opened.faults >= 0) ::close(opened.faults);
  opened = open_descriptors();
  __atomic_store_n(&opened_by, process, __ATOMIC_RELEASE);
  return opened;
}

/// Addresses as pages of the memory at `base`.
inline page_range pages_between(std::uint64_t start, std::uint64_t end, const std::uint8_t* base) noexcept {
  constexpr std::uint64_t page_size = 4096;
  const auto origin = reinterpret_cast<std::uintptr_t>(base);
  return {(start - origin) / page_size, (end - start) / page_size};
}

}  // namespace linux_pages

WASM64_INLINE std::uint64_t host_page_size() noexcept {
  const long size = ::sysconf(_SC_PAGESIZE);
  return size >= 4096 && size <= 65536 && size % 4096 == 0 ? static_cast<std::uint64_t>(size) : 0;
}

WASM64_INLINE std::uint64_t fork_count() noexcept {
  static std::uint64_t count = 0;
  static const int registered = [] {
    const auto add = [] { __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED); };
    return ::pthread_atfork(add, nullptr, nullptr);
  }();
  static_cast<void>(registered);
  return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

WASM64_INLINE bool can_watch_writes() noexcept { return linux_pages::descriptors_of_process().faults >= 0; }

WASM64_INLINE bool watch_writes(std::uint8_t* base, std::uint64_t size) noexcept {
  const int faults = linux_pages::descriptors_of_process().faults;
  if (faults < 0) return false;
  uffdio_register watched{};
  watched.range.start = reinterpret_cast<std::uintptr_t>(base);
  watched.range.len = size;
  watched.mode = UFFDIO_REGISTER_MODE_WP;
  return ::ioctl(faults, UFFDIO_REGISTER, &watched) == 0;
}

/// Appends what matches. The caller has set what is asked for.
WASM64_INLINE bool scan_pages(int page_map, linux_pages::scan_argument a, const std::uint8_t* base, page_range pages,
                              page_ranges& to) {
  using namespace linux_pages;
  std::array<region, 512> regions;
  a.start = reinterpret_cast<std::uintptr_t>(base) + pages.first * 4096;
  a.end = a.start + pages.count * 4096;
  a.regions = reinterpret_cast<std::uintptr_t>(regions.data());
  a.region_count = regions.size();
  while (a.start != a.end) {
    const int count = ::ioctl(page_map, scan, &a);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 || a.walk_end <= a.start || a.walk_end > a.end) return false;
    for (int i = 0; i < count; ++i) {
      const region& r = regions[static_cast<std::size_t>(i)];
      add_range(to, pages_between(r.start, r.end, base));
    }
    a.start = a.walk_end;
  }
  return true;
}

/// Protects what matches.
WASM64_INLINE bool mark_pages(int page_map, linux_pages::scan_argument a, const std::uint8_t* base, page_range pages) {
  if (pages.count == 0) return true;
  a.start = reinterpret_cast<std::uintptr_t>(base) + pages.first * 4096;
  a.end = a.start + pages.count * 4096;
  for (;;) {
    const int count = ::ioctl(page_map, linux_pages::scan, &a);
    if (count == 0) return true;
    if (count > 0 || errno != EINTR) return false;
  }
}

WASM64_INLINE bool take_written(std::uint8_t* base, std::uint64_t size, page_state state, page_ranges& to) {
  using namespace linux_pages;
  const descriptors d = descriptors_of_process();
  if (d.faults < 0) return false;
  const page_range all{0, size / 4096};
  scan_argument own;
  own.flags = fail_unless_watched;
  own.inverted = is_of_file | is_zero_page;
  own.all_of = own.inverted;
  own.any_of = is_present | is_swapped;
  own.returned = is_present;
  if (state == page_state::own) {
    own.flags |= protect_matching;
    return scan_pages(d.page_map, own, base, all, to);
  }
  // For exactly this question the kernel takes a path that is ten times as fast. It counts pages as written that were
  // never touched, or only read since their surroundings were written: they are looked at again before they are marked.
  // Marks in large untouched parts would take memory, so there only what was written is marked.
  constexpr std::uint64_t few = 8;
  constexpr std::uint64_t many = 512;
  scan_argument written;
  written.flags = fail_unless_watched;
  written.all_of = written.returned = is_written;
  page_ranges found;
  if (!scan_pages(d.page_map, written, base, all, found)) return false;
  written.flags |= protect_matching;
  written.returned = 0;
  page_range unmarked;
  for (const page_range& pages : found) {
    page_ranges known;
    if (pages.count < few) known = {pages};
    own.flags = fail_unless_watched | (pages.count < many ? 0 : protect_matching);
    if (known.empty() && !scan_pages(d.page_map, own, base, pages, known)) return false;
    for (const page_range& part : known) add_range(to, part);
    if (pages.count >= many) {
      if (!mark_pages(d.page_map, written, base, std::exchange(unmarked, {}))) return false;
    } else {
      if (unmarked.count == 0) unmarked.first = pages.first;
      unmarked.count = pages.end() - unmarked.first;
    }
  }
  return mark_pages(d.page_map, written, base, unmarked);
}

WASM64_INLINE bool find_own(const std::uint8_t* base, std::uint64_t size, page_ranges& to) {
  using namespace linux_pages;
  const std::uint64_t page_size = host_page_size();
  const int page_map = descriptors_of_process().page_map;
  if (page_size == 0 || page_map < 0) return false;
  std::array<std::uint64_t, 1024> entries;
  const auto origin = reinterpret_cast<std::uintptr_t>(base);
  const std::uint64_t end = origin + size;
  for (std::uint64_t at = origin; at < end;) {
    const std::size_t wanted = std::min<std::size_t>(entries.size(), (end - at + page_size - 1) / page_size);
    const ssize_t got = ::pread(page_map, entries.data(), wanted * sizeof(std::uint64_t),
                                static_cast<off_t>(at / page_size * sizeof(std::uint64_t)));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || got % static_cast<ssize_t>(sizeof(std::uint64_t)) != 0) return false;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof(std::uint64_t); ++i, at += page_size) {
      constexpr unsigned present_or_swapped = 6;  // bits 63 and 62; bit 61 says that it is the file's
      const std::uint64_t kind = entries[i] >> 61;
      if ((kind & present_or_swapped) != 0 && (kind & 1) == 0) add_range(to, pages_between(at, at + page_size, base));
    }
  }
  return true;
}

#else

WASM64_INLINE std::uint64_t host_page_size() noexcept { return 0; }
WASM64_INLINE std::uint64_t fork_count() noexcept { return 0; }
WASM64_INLINE bool can_watch_writes() noexcept { return false; }
WASM64_INLINE bool watch_writes(std::uint8_t*, std::uint64_t) noexcept { return false; }
WASM64_INLINE bool take_written(std::uint8_t*, std::uint64_t, page_state, page_ranges&) { return false; }
WASM64_INLINE bool find_own(const std::uint8_t*, std::uint64_t, page_ranges&) { return false; }

#endif

}  // namespace detail

}  // namespace wasm64
