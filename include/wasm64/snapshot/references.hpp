#pragma once

#include "wasm64/snapshot/manifest.hpp"

namespace wasm64 {

/// What a stored object is, as far as the one that refers to it says: trees say it of everything in them, so that
/// pages, which may look like anything, are never read.
enum class stored_kind : std::uint8_t {
  unknown,  ///< a manifest, a message, anything
  page,
  node,  ///< of the lowest level; of level n it is `node` + n − 1
};

constexpr stored_kind node_kind(unsigned level) noexcept {
  return static_cast<stored_kind>(static_cast<unsigned>(stored_kind::node) + level - 1);
}

namespace detail {

/// The manifest that bytes begin with, and how long it is.
result<snapshot_manifest> decode_manifest(bytes_view bytes, std::size_t& size);

template <class Visit>
result<void> visit_tree(const tree_root& root, std::uint64_t size, Visit& visit) {
  if (!root) return success();
  return visit(*root, node_kind(tree_format::height(size)));
}

template <class Visit>
result<void> visit_node(bytes_view object, stored_kind kind, Visit& visit) {
  const unsigned level = static_cast<unsigned>(kind) - static_cast<unsigned>(stored_kind::node) + 1;
  const stored_kind below = level == 1 ? stored_kind::page : node_kind(level - 1);
  WASM64_TRY(const tree_format::node_view node, tree_format::read_node(object));
  for (std::size_t i = 0; i * sizeof(content_id) < node.ids.size(); ++i) {
    WASM64_CHECK(visit(node.id(static_cast<unsigned>(i)), below));
  }
  return success();
}

/// Texts of ids, each between other characters than those of base64url.
template <class Visit>
result<void> visit_texts(std::string_view text, Visit& visit) {
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && is_base64url(text[end])) ++end;
    if (end - begin == content_id::text_size) {
      const result<content_id> id = parse_id(text.substr(begin, content_id::text_size));
      if (id.has_value()) WASM64_CHECK(visit(id.assume_value(), stored_kind::unknown));
    }
    begin = end + 1;
  }
  return success();
}

}  // namespace detail

/// Calls `visit(const content_id&, stored_kind) -> result<void>` for everything that a stored object refers to: nodes
/// and manifests to what they are made of; anything else to what the manifests refer to that are in it, and to what it
/// has ids of, written as 43 characters. Fails as `visit` does, and with `snapshot_malformed` for a node that is none.
template <class Visit>
result<void> visit_references(bytes_view object, stored_kind kind, Visit&& visit) {
  if (kind == stored_kind::page) return success();
  if (kind != stored_kind::unknown) return detail::visit_node(object, kind, visit);
  constexpr auto& magic = snapshot_format::magic;
  const std::string_view text = as_text(object);
  const std::string_view wanted(reinterpret_cast<const char*>(magic.data()), magic.size());
  for (std::size_t at = text.find(wanted); at != text.npos; at = text.find(wanted, at + 1)) {
    std::size_t size = 0;
    const result<snapshot_manifest> found = detail::decode_manifest(object.subspan(at), size);
    if (!found.has_value()) continue;
    const snapshot_manifest& m = found.assume_value();
    WASM64_CHECK(detail::visit_tree(m.state, m.state_size, visit));
    for (const snapshot_manifest::memory& memory : m.memories) {
      WASM64_CHECK(detail::visit_tree(memory.root, memory.size(), visit));
    }
  }
  return detail::visit_texts(text, visit);
}

}  // namespace wasm64
