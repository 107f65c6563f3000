#pragma once

#include <algorithm>
#include <cstdint>

#include "wasm64/base/containers.hpp"

namespace wasm64 {

/// Neighbouring pages of 4096 bytes.
struct page_range {
  std::uint64_t first = 0;
  std::uint64_t count = 0;

  std::uint64_t end() const noexcept { return first + count; }
  friend bool operator==(const page_range&, const page_range&) = default;
};

/// Ranges that ascend and do not touch.
using page_ranges = vector<page_range>;

/// Adds pages behind all that are there, or touching the last.
inline void add_range(page_ranges& to, page_range pages) {
  if (pages.count == 0) return;
  if (!to.empty() && to.back().end() >= pages.first) {
    page_range& last = to.back();
    if (pages.end() > last.end()) last.count = pages.end() - last.first;
  } else {
    to.push_back(pages);
  }
}

/// All pages that are in one or the other.
inline page_ranges joined(const page_ranges& a, const page_ranges& b) {
  page_ranges all;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    const bool is_first = j == b.size() || (i < a.size() && a[i].first < b[j].first);
    add_range(all, is_first ? a[i++] : b[j++]);
  }
  return all;
}

/// Those that are within a range.
inline page_ranges common(const page_ranges& a, page_range b) {
  page_ranges both;
  auto range = std::partition_point(a.begin(), a.end(), [&](const page_range& r) { return r.end() <= b.first; });
  for (; range != a.end() && range->first < b.end(); ++range) {
    const std::uint64_t first = std::max(range->first, b.first);
    add_range(both, {first, std::min(range->end(), b.end()) - first});
  }
  return both;
}

/// Those of the first that are not in the second.
inline page_ranges without(const page_ranges& a, const page_ranges& b) {
  page_ranges rest;
  for (const page_range& range : a) {
    std::uint64_t at = range.first;
    for (const page_range& gone : common(b, range)) {
      add_range(rest, {at, gone.first - at});
      at = gone.end();
    }
    add_range(rest, {at, range.end() - at});
  }
  return rest;
}

inline std::uint64_t page_count(const page_ranges& ranges) noexcept {
  std::uint64_t count = 0;
  for (const page_range& range : ranges) count += range.count;
  return count;
}

/// The same ranges when they are few, else with the smallest gaps between them closed, until half of those are left.
inline page_ranges with_few(const page_ranges& ranges, std::size_t most) {
  if (ranges.size() <= most) return ranges;
  vector<std::uint64_t> gaps;
  for (std::size_t i = 1; i < ranges.size(); ++i) gaps.push_back(ranges[i].first - ranges[i - 1].end());
  const auto kept = gaps.begin() + static_cast<std::ptrdiff_t>(most / 2);
  std::nth_element(gaps.begin(), kept, gaps.end(), [](std::uint64_t a, std::uint64_t b) { return a > b; });
  const std::uint64_t closed = *kept;
  page_ranges fewer;
  for (const page_range& range : ranges) {
    const bool is_near = !fewer.empty() && range.first - fewer.back().end() <= closed;
    add_range(fewer, is_near ? page_range{fewer.back().end(), range.end() - fewer.back().end()} : range);
  }
  return fewer;
}

}  // namespace wasm64
