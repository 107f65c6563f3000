#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "wasm64/device/file_attributes.hpp"
#include "wasm64/device/file_names.hpp"
#include "wasm64/host/file_tree.hpp"
#include "wasm64/message/concept.hpp"

namespace wasm64::detail {

/// The key as a map has it, which may differ in case; empty when it has none. Policies may offer this as `stored_key`,
/// which spares going through all keys.
template <class M>
std::string stored_key(const typename M::value_type& map, std::string_view key) {
  if constexpr (requires { std::string(M::stored_key(map, key)); }) {
    return std::string(M::stored_key(map, key));
  } else {
    if (M::kind(M::get_key(map, key)) == value_kind::null) return {};
    std::string similar;
    for (std::string& k : M::keys(map)) {
      if (k == key) return std::move(k);
      if (similar.empty() && same_key(k, key)) similar = std::move(k);
    }
    return similar;
  }
}

/// A file or directory that a message holds: maps are directories, binaries are files, and nothing else is either. What
/// messages do not say otherwise is in a second map of the same shape (see `file_attributes`).
template <class M>
class message_origin final : public file_origin {
 public:
  using value = typename M::value_type;

  message_origin(value item, value extra, std::string key)
      : item_(std::move(item)), extra_(std::move(extra)), key_(std::move(key)) {
    if (M::kind(item_) == value_kind::map) {
      if (M::kind(extra_) == value_kind::map) attributes_ = file_attributes::parse(text_of(M::get_key(extra_, ".")));
    } else {
      attributes_ = file_attributes::parse(text_of(extra_));
    }
  }

  file_type type() const override {
    if (M::kind(item_) == value_kind::map) return file_type::directory;
    return attributes_.link.empty() ? file_type::regular_file : file_type::symbolic_link;
  }
  file_times times() const override { return attributes_.times; }
  bytes_view bytes() const override {
    if (!attributes_.link.empty()) return as_bytes(attributes_.link);
    return M::kind(item_) == value_kind::binary ? M::as_bytes(item_) : bytes_view();
  }
  std::string first_name() const override { return attributes_.first_name; }
  vector<std::string> other_names() const override { return attributes_.other_names; }

  std::shared_ptr<const file_origin> find(std::string_view name) const override {
    std::string key = key_of(name);
    if (key.empty()) return nullptr;
    value item = M::get_key(item_, key), extra;
    if (M::kind(extra_) == value_kind::map) extra = M::get_key(extra_, key);
    const value_kind kind = M::kind(item);
    if (kind != value_kind::map && kind != value_kind::binary) item = value();
    auto found = std::make_shared<message_origin>(std::move(item), std::move(extra), std::move(key));
    if (found->is_directory() || M::kind(found->item_) == value_kind::binary) {
      found->attributes_.link.clear();
      found->attributes_.first_name.clear();
      return found;
    }
    if (found->attributes_.link.empty() && found->attributes_.first_name.empty()) return nullptr;
    return found;
  }

  void list(void (*visit)(void* state, std::string_view name), void* state) const override {
    const auto visit_keys = [&](const value& map) {
      for (const std::string& key : M::keys(map)) {
        if (const std::string name = file_name_of(key); !name.empty()) visit(state, name);
      }
    };
    visit_keys(item_);
    if (M::kind(extra_) == value_kind::map) visit_keys(extra_);
  }

  void measure(std::uint64_t& bytes, std::uint64_t& nodes) const override { measure(item_, bytes, nodes); }

  /// The key that a name has here; empty when there is none.
  std::string key_of(std::string_view name) const {
    const std::string plain = plain_file_key(name), other = other_file_key(name);
    for (const value* map : {&item_, &extra_}) {
      if (M::kind(*map) != value_kind::map) continue;
      if (std::string key = stored_key<M>(*map, plain); key == plain) return key;
      if (std::string key = stored_key<M>(*map, other); !key.empty()) return key;
    }
    return {};
  }
  /// The key that stands in the way of a new one because it differs in case only; empty when none does.
  std::string rival_of(std::string_view key) const {
    for (const value* map : {&item_, &extra_}) {
      if (M::kind(*map) != value_kind::map) continue;
      if (std::string stored = stored_key<M>(*map, key); !stored.empty() && stored != key) return stored;
    }
    return {};
  }
  bool has_item(std::string_view key) const { return M::kind(M::get_key(item_, key)) != value_kind::null; }
  bool has_extra(std::string_view key) const {
    return M::kind(extra_) == value_kind::map && M::kind(M::get_key(extra_, key)) != value_kind::null;
  }
  const std::string& key() const noexcept { return key_; }

 private:
  static std::string_view text_of(const value& v) {
    return M::kind(v) == value_kind::binary ? as_text(M::as_bytes(v)) : std::string_view();
  }
  bool is_directory() const { return M::kind(item_) == value_kind::map; }

  /// The nesting of messages is limited, and so is this recursion.
  static void measure(const value& item, std::uint64_t& bytes, std::uint64_t& nodes) {
    for (const std::string& key : M::keys(item)) {
      const value child = M::get_key(item, key);
      if (M::kind(child) == value_kind::map) measure(child, bytes, nodes);
      else if (M::kind(child) == value_kind::binary) bytes += M::as_bytes(child).size();
      ++nodes;
    }
  }

  value item_;
  value extra_;
  std::string key_;
  file_attributes attributes_;
};

}  // namespace wasm64::detail
