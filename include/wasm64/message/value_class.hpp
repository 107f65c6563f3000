#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "wasm64/base/result.hpp"
#include "wasm64/base/shared_bytes.hpp"
#include "wasm64/config.hpp"
#include "wasm64/message/host_object.hpp"
#include "wasm64/message/integer.hpp"
#include "wasm64/message/path.hpp"
#include "wasm64/message/value_kind.hpp"

namespace wasm64 {

struct map_entry;

namespace detail {
struct list_node;
struct map_node;
}  // namespace detail

/// A message or a part of one. A message is a value of kind map.
///
/// Copies share: they cost one reference, whatever the size. A change copies what is shared along its path, one level
/// of child references at a time, and happens in place where the value is the only owner; so keeping a message and
/// deriving the next from it costs what the change costs, not what the state weighs.
///
/// Maps are kept in the order of `compare_keys`, then of the exact key. A lookup takes the exact key, else the first
/// that differs in case only. A list is read by path as a map with the keys 1, 2, …. A map has a private part beside
/// its keys, which only the private operations reach.
class message_value {
 public:
  message_value() noexcept = default;
  template <std::same_as<bool> T>
  message_value(T b) noexcept : kind_(value_kind::boolean), negative_(b) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  message_value(T n) noexcept : message_value(integer(n)) {}  // NOLINT(google-explicit-constructor)
  message_value(integer n) noexcept : kind_(value_kind::integer), negative_(n.negative) { payload_.bits = n.bits; }
  /// Any NaN becomes the canonical one, so that equal messages have equal bytes.
  message_value(double d) noexcept;  // NOLINT(google-explicit-constructor)
  message_value(std::string_view text) : message_value(shared_bytes(text)) {}  // NOLINT(google-explicit-constructor)
  message_value(const char* text) : message_value(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  message_value(const std::string& text)
      : message_value(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  message_value(bytes_view bytes) : message_value(shared_bytes(bytes)) {}  // NOLINT(google-explicit-constructor)
  message_value(shared_bytes bytes);  // NOLINT(google-explicit-constructor)
  message_value(host_object object);  // NOLINT(google-explicit-constructor)

  message_value(const message_value& other) noexcept;
  message_value(message_value&& other) noexcept
      : payload_(other.payload_), kind_(std::exchange(other.kind_, value_kind::null)), negative_(other.negative_) {}
  message_value& operator=(message_value other) noexcept {
    std::swap(payload_, other.payload_);
    std::swap(kind_, other.kind_);
    std::swap(negative_, other.negative_);
    return *this;
  }
  ~message_value() { release(); }

  /// The request to remove a key, as an item of a set.
  static message_value unset() noexcept;
  static message_value list(vector<message_value> elements);
  /// Among equal keys the last wins; private keys and nulls are left out.
  static message_value map(vector<std::pair<std::string, message_value>> entries = {});

  value_kind kind() const noexcept { return kind_; }
  bool is_null() const noexcept { return kind_ == value_kind::null; }
  bool is_map() const noexcept { return kind_ == value_kind::map; }

  // The contents. Each answers false, zero or empty for a value of another kind.
  bool as_bool() const noexcept { return kind_ == value_kind::boolean && negative_; }
  integer as_integer() const noexcept;
  double as_float() const noexcept;
  bytes_view as_bytes() const noexcept;
  std::string_view as_text() const noexcept { return wasm64::as_text(as_bytes()); }
  /// The bytes without a copy; they live as long as any of their owners.
  shared_bytes as_shared_bytes() const noexcept;
  host_object as_host() const noexcept;
  std::span<const message_value> elements() const noexcept;
  std::span<const map_entry> entries() const noexcept;

  /// What the one key names (it is not split at '/'), or null. The pointer lives until this value changes.
  const message_value* find_key(std::string_view key) const noexcept;
  /// What the path names, or null; the empty path names the value itself.
  const message_value* find(std::string_view path) const noexcept;
  message_value get(std::string_view path) const noexcept;
  /// The keys of a map, or "1", "2", … of a list. Private keys are never among them.
  vector<std::string> keys() const;

  /// Puts `item` at `path`; missing maps on the way are made. A null item changes nothing, `unset` removes, and unset
  /// keys inside `item` remove theirs. A list takes an item at a position it has or the next one; any other key turns
  /// it into a map. On failure (nesting too deep; the path leads through a value that has no keys, or through a
  /// private key) nothing has changed. `path` must not point into this value.
  result<void> set(std::string_view path, message_value item, set_mode mode = set_mode::deep);
  /// Removes what the path names, if anything.
  void remove(std::string_view path);

  /// The same for the private part of this map. A first segment "priv…" is dropped from the path.
  const message_value* find_private(std::string_view path) const noexcept;
  message_value get_private(std::string_view path) const noexcept;
  /// Replaces; a null item removes.
  result<void> set_private(std::string_view path, message_value item);

  /// Levels of lists and maps below and including this one; 0 for everything else.
  std::size_t depth() const noexcept;

  /// Equal kinds and contents. Private parts do not count; host objects are equal when they are the same object.
  friend bool operator==(const message_value& a, const message_value& b) { return equal(a, b); }

 private:
  friend class value_editor;
  friend class value_decoder;

  /// Takes entries that are in order, without private keys and nulls.
  static message_value map_of(vector<map_entry> ordered);
  static bool equal(const message_value& a, const message_value& b);
  detail::counted* shared_node() const noexcept;
  void release() noexcept;
  void destroy_node() noexcept;
  bool holds_unset() const noexcept;
  message_value* find_owned(std::string_view path) noexcept;

  union payload {
    std::uint64_t bits = 0;
    double number;
    detail::list_node* list;
    detail::map_node* map;
    shared_bytes::node* bytes;  ///< null for no bytes
    detail::host_node* host;  ///< null for no object
  };

  payload payload_;
  value_kind kind_ = value_kind::null;
  bool negative_ = false;  ///< the sign of an integer; the truth of a boolean
};

/// One key of a map with its value.
struct map_entry {
  map_entry() = default;
  map_entry(shared_bytes k, message_value i) noexcept
      : key(std::move(k)), item(std::move(i)), head(detail::key_head(key.text())) {}

  std::string_view name() const noexcept { return key.text(); }

  shared_bytes key;
  message_value item;
  std::uint64_t head = 0;  ///< of the key, so that a lookup seldom reads one
};

}  // namespace wasm64
