#pragma once

#include <map>
#include <random>

#include "tests/support/catch.hpp"
#include "wasm64/snapshot/tree.hpp"
#include "wasm64/storage/memory_store.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64::test {

/// The tree of some bytes by its definition: all objects, and the root.
struct reference_tree {
  std::map<content_id, byte_vector> objects;
  tree_root root;

  explicit reference_tree(bytes_view bytes) {
    std::vector<tree_root> ids;
    for (std::size_t at = 0; at < bytes.size(); at += 4096) {
      byte_vector page(4096, 0);
      const bytes_view from = bytes.subspan(at, std::min<std::size_t>(4096, bytes.size() - at));
      std::copy(from.begin(), from.end(), page.begin());
      ids.push_back(std::count(page.begin(), page.end(), 0) == 4096 ? tree_root() : put(std::move(page)));
    }
    do {
      std::vector<tree_root> above;
      for (std::size_t at = 0; at < ids.size(); at += 64) {
        byte_vector node(8, 0);
        for (std::size_t i = at; i < std::min(at + 64, ids.size()); ++i) {
          if (!ids[i]) continue;
          node[(i - at) / 8] = static_cast<std::uint8_t>(node[(i - at) / 8] | 1u << (i - at) % 8);
          node.insert(node.end(), ids[i]->bytes.begin(), ids[i]->bytes.end());
        }
        above.push_back(node.size() == 8 ? tree_root() : put(std::move(node)));
      }
      ids = std::move(above);
    } while (ids.size() > 1);
    if (!ids.empty()) root = ids[0];
  }

  tree_root put(byte_vector object) {
    const content_id id = sha256(view_of(object)).value();
    objects.emplace(id, std::move(object));
    return id;
  }
};

/// Applies what a reader tells to bytes.
struct bytes_sink : page_sink {
  byte_vector bytes;
  std::size_t pages = 0;
  std::size_t zero_pages = 0;

  explicit bytes_sink(std::uint64_t size) : bytes(size, 0) {}
  explicit bytes_sink(const byte_vector& now, std::uint64_t size) : bytes(now) { bytes.resize(size, 0); }
  result<void> page(std::uint64_t index, bytes_view page) override {
    const std::size_t at = index * 4096;
    std::copy_n(page.begin(), std::min<std::size_t>(4096, bytes.size() - at),
                bytes.begin() + static_cast<std::ptrdiff_t>(at));
    ++pages;
    return success();
  }
  result<void> zeros(page_range range) override {
    for (std::uint64_t at = range.first * 4096; at < (range.first + range.count) * 4096 && at < bytes.size(); ++at) {
      bytes[at] = 0;
    }
    zero_pages += range.count;
    return success();
  }
};

/// The same numbers everywhere.
class generator {
 public:
  explicit generator(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t operator()() { return static_cast<std::uint32_t>(engine_()); }
  void discard(unsigned count) { engine_.discard(count); }

 private:
  std::mt19937 engine_;
};

inline byte_vector random_bytes(std::size_t size, std::uint32_t seed) {
  generator random(seed);
  byte_vector bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

}  // namespace wasm64::test
