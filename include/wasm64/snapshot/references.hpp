#pragma once

#include "wasm64/snapshot/manifest.hpp"
#include "wasm64/storage/garbage.hpp"

namespace wasm64 {

/// What a stored object refers to, for `collect_garbage`: manifests to their trees, nodes to what is below them, and
/// anything else to the manifests that are in it, as messages have them, and to the ids that it has as text.
///
/// Kinds: 0 for anything, the level for the nodes of a tree. What pages look like never matters. An object that is not
/// what it is referred to as refers to nothing: no snapshot can be restored with it.
struct snapshot_references {
  result<void> operator()(const content_id& id, std::uint8_t kind, bytes_view bytes, reference_list& to) const {
    if (kind == 0) {
      find_manifests(bytes, to);
      return text_references()(id, kind, bytes, to);
    }
    const auto node = tree_format::read_node(bytes);
    if (!node.has_value()) return success();
    const tree_format::node_view& children = node.assume_value();
    for (unsigned i = 0; i < static_cast<unsigned>(std::popcount(children.children)); ++i) {
      if (kind == 1) to.add_leaf(children.id(i));
      else to.add(children.id(i), static_cast<std::uint8_t>(kind - 1));
    }
    return success();
  }

 private:
  static_assert(tree_format::max_height < reference_list::kinds);

  static void find_manifests(bytes_view bytes, reference_list& to) {
    constexpr auto& magic = snapshot_format::magic;
    const std::string_view text = as_text(bytes);
    const std::string_view wanted(reinterpret_cast<const char*>(magic.data()), magic.size());
    for (std::size_t at = text.find(wanted); at != text.npos; at = text.find(wanted, at + 1)) {
      std::size_t size = 0;
      const result<snapshot_manifest> found = decode_manifest(bytes.subspan(at), size);
      if (!found.has_value()) continue;
      const snapshot_manifest& m = found.assume_value();
      for (const content_id& module : m.modules) to.add_known(module);
      for (const snapshot_manifest::memory& memory : m.memories) add_tree(memory.root, memory.size(), to);
      add_tree(m.state, m.state_size, to);
    }
  }
  static void add_tree(const tree_root& root, std::uint64_t size, reference_list& to) {
    if (root) to.add(*root, static_cast<std::uint8_t>(tree_format::height(size)));
  }
};

}  // namespace wasm64
