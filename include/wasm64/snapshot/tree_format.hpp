#pragma once

#include <bit>
#include <optional>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/storage/id.hpp"

// Bytes of a known size as content-addressed objects:
//
//   page = byte{4096}                   the last one filled up with zeros
//   node = children:u64 id:byte{32}*    a bit for each of 64 children, low bits first, and an id for each set bit
//
// Children of the lowest nodes are pages, children of others are nodes. Pages of nothing but zeros do not exist, nor do
// nodes without children. The number of levels follows from the size: the smallest, at least one, that covers it. So
// the same bytes have the same objects, wherever they were written; a reader refuses any other form.

namespace wasm64 {

/// The id of a tree's top node; nothing where all bytes are zero.
using tree_root = std::optional<content_id>;

namespace tree_format {

inline constexpr std::uint64_t page_size = 4096;
inline constexpr unsigned page_size_log2 = 12;
inline constexpr std::uint64_t fan_out = 64;
inline constexpr unsigned fan_out_log2 = 6;
inline constexpr unsigned max_height = 9;  ///< of 2^64 bytes

constexpr std::uint64_t page_count(std::uint64_t size) noexcept {
  return size / page_size + (size % page_size != 0 ? 1 : 0);
}

/// How many pages a child of a node at a level covers; the lowest nodes are at level 1.
constexpr std::uint64_t pages_of_child(unsigned level) noexcept {
  return std::uint64_t{1} << (fan_out_log2 * (level - 1));
}

/// The number of levels for a size.
constexpr unsigned height(std::uint64_t size) noexcept {
  unsigned levels = 1;
  while (levels < max_height && page_count(size) > pages_of_child(levels + 1)) ++levels;
  return levels;
}

/// A stored node whose length fits its bits. What its children may be depends on where it stands.
struct node_view {
  std::uint64_t children = 0;
  bytes_view ids;

  content_id id(unsigned nth_of_set) const noexcept {
    content_id id;
    std::memcpy(id.bytes.data(), ids.data() + nth_of_set * id.bytes.size(), id.bytes.size());
    return id;
  }
};

/// Fails with `snapshot_malformed`.
inline result<node_view> read_node(bytes_view stored) {
  constexpr std::size_t map_size = sizeof(std::uint64_t);
  if (stored.size() < map_size) return fail(errc::snapshot_malformed, "tree node");
  const auto children = load_le<std::uint64_t>(stored.data());
  const auto count = static_cast<std::size_t>(std::popcount(children));
  if (count == 0 || stored.size() != map_size + count * sizeof(content_id::bytes)) {
    return fail(errc::snapshot_malformed, "tree node");
  }
  return node_view{children, stored.subspan(map_size)};
}

}  // namespace tree_format

}  // namespace wasm64
