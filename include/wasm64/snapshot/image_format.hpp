#pragma once

#include "wasm64/snapshot/tree_format.hpp"

// Where what stands in the file of an image (snapshot/tree_image.hpp). Only the process's own user writes such files,
// so they need no more than to be told from others.

namespace wasm64::image_format {

inline constexpr std::uint64_t alignment = 65536;  ///< of the pages' end: the largest pages of a host
inline constexpr std::uint64_t max_size = std::uint64_t{1} << 56;
inline constexpr std::uint64_t node_size = tree_format::fan_out * sizeof(content_id);

constexpr std::uint64_t pages_end(std::uint64_t size) noexcept {
  return (size + alignment - 1) / alignment * alignment;
}

/// The number of nodes of a level.
constexpr std::uint64_t node_count(std::uint64_t size, unsigned level) noexcept {
  const std::uint64_t each = tree_format::pages_of_child(level + 1);
  return (tree_format::page_count(size) + each - 1) / each;
}

/// Where the nodes of a level begin; those of one above the top are the trailer.
constexpr std::uint64_t nodes_at(std::uint64_t size, unsigned level) noexcept {
  std::uint64_t at = pages_end(size);
  for (unsigned below = 1; below < level; ++below) at += node_count(size, below) * node_size;
  return at;
}

/// At the end. Written last, and with it the file has its full size.
struct trailer {
  char magic[8] = {'\0', 'w', '6', '4', 'i', 'm', 'g', '\1'};
  std::uint64_t size = 0;
  content_id root;

  friend bool operator==(const trailer&, const trailer&) = default;
};

constexpr std::uint64_t trailer_at(std::uint64_t size) noexcept {
  return nodes_at(size, tree_format::height(size) + 1);
}

}  // namespace wasm64::image_format
