#pragma once

#include "wasm64/message/check.hpp"
#include "wasm64/message/document.hpp"
#include "wasm64/message/encode.hpp"

namespace wasm64 {

/// A document as a message.
template <class D>
struct document_message {
  D document{};
  /// What a document cannot hold: an object of the host in the place of a document, or the lists and maps of the
  /// document that have private parts, as maps, with nothing else in them. Inside private parts it holds objects too.
  message_value hidden;

  document_message() = default;
  document_message(D d) : document(std::move(d)) {}  // NOLINT(google-explicit-constructor)
};

namespace detail {

/// What of a value goes into `hidden`.
inline message_value document_hidden(const message_value& v) {
  if (v.kind() == value_kind::host) return v;
  vector<std::pair<std::string, message_value>> entries;
  const auto look = [&](std::string key, const message_value& child) {
    if (message_value part = document_hidden(child); !part.is_null())
      entries.push_back({std::move(key), std::move(part)});
  };
  for (std::size_t i = 0; i < v.elements().size(); ++i) look(std::to_string(i + 1), v.elements()[i]);
  for (const map_entry& entry : v.entries()) look(std::string(entry.name()), entry.item);
  const message_value secret = v.get_private("");
  if (entries.empty() && secret.is_null()) return {};
  message_value made = message_value::map(std::move(entries));
  if (!secret.is_null()) (void)made.set_private("", secret);
  return made;
}

/// The inverse: the value of a document together with what is hidden.
inline message_value document_revealed(message_value plain, const message_value& hidden) {
  if (hidden.kind() == value_kind::host) return hidden;
  if (!hidden.is_map()) return plain;
  if (plain.kind() == value_kind::list) {
    vector<message_value> elements(plain.elements().begin(), plain.elements().end());
    for (const map_entry& entry : hidden.entries()) {
      const std::size_t at = list_position(entry.name());
      if (at < elements.size()) elements[at] = document_revealed(std::move(elements[at]), entry.item);
    }
    return message_value::list(std::move(elements));
  }
  vector<std::pair<std::string, message_value>> entries;
  for (const map_entry& entry : plain.entries()) {
    const message_value* const part = hidden.find_key(entry.name());
    entries.push_back({std::string(entry.name()), part == nullptr ? entry.item : document_revealed(entry.item, *part)});
  }
  for (const map_entry& entry : hidden.entries()) {
    if (plain.find_key(entry.name()) == nullptr) entries.push_back({std::string(entry.name()), entry.item});
  }
  message_value made = message_value::map(std::move(entries));
  if (const message_value secret = hidden.get_private(""); !secret.is_null()) (void)made.set_private("", secret);
  return made;
}

/// Whether there is an object of the host outside private parts.
inline bool shows_host(const message_value& hidden) {
  for (const map_entry& entry : hidden.entries()) {
    if (shows_host(entry.item)) return true;
  }
  return hidden.kind() == value_kind::host;
}

/// Drops what belongs to lists and maps that are no longer there.
template <class D>
message_value document_pruned(const message_value& hidden, const D* document) {
  if (document == nullptr || !is_container(document_traits<D>::kind(*document))) return {};
  vector<std::pair<std::string, message_value>> entries;
  for (const map_entry& entry : hidden.entries()) {
    message_value kept = document_pruned(entry.item, document_child(*document, entry.name()));
    if (!kept.is_null()) entries.push_back({std::string(entry.name()), std::move(kept)});
  }
  message_value made = message_value::map(std::move(entries));
  if (const message_value secret = hidden.get_private(""); !secret.is_null()) (void)made.set_private("", secret);
  return made;
}

/// After the element of a list at `removed` is gone, those behind it have other keys.
inline message_value document_shifted(const message_value& hidden, std::size_t removed) {
  vector<std::pair<std::string, message_value>> entries;
  for (const map_entry& entry : hidden.entries()) {
    const std::size_t at = list_position(entry.name());
    if (at != removed) entries.push_back({std::to_string(at > removed ? at : at + 1), entry.item});
  }
  return message_value::map(std::move(entries));
}

}  // namespace detail

/// The message policy for documents of type `D`, which `document_traits<D>` adapts. Reading a part copies it; setting
/// works in place when the message is moved in. Documents have no `unset`: use `remove`.
template <class D>
struct document_message_policy {
  using value_type = document_message<D>;
  using traits = document_traits<D>;

  static value_kind kind(const value_type& m) noexcept {
    return m.hidden.kind() == value_kind::host ? value_kind::host : traits::kind(m.document);
  }
  static bool as_bool(const value_type& m) noexcept { return traits::as_bool(m.document); }
  static integer as_integer(const value_type& m) noexcept { return traits::as_integer(m.document); }
  static double as_float(const value_type& m) noexcept { return traits::as_float(m.document); }
  static bytes_view as_bytes(const value_type& m) noexcept { return traits::as_bytes(m.document); }
  static std::size_t list_size(const value_type& m) noexcept { return traits::size(m.document); }
  static value_type list_element(const value_type& m, std::size_t i) {
    return part(&traits::element(m.document, i), m.hidden.find_key(std::to_string(i + 1)));
  }
  static host_object as_host(const value_type& m) noexcept { return m.hidden.as_host(); }

  static value_type make_bool(bool b) { return traits::make(b); }
  static value_type make_integer(integer n) { return traits::make(n); }
  static value_type make_float(double d) { return traits::make(message_value(d).as_float()); }
  static value_type make_binary(bytes_view bytes) { return traits::make(bytes); }
  static value_type make_list(vector<value_type> elements) {
    value_type made(traits::make_list());
    vector<std::pair<std::string, message_value>> hidden;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      traits::append(made.document, std::move(elements[i].document));
      if (!elements[i].hidden.is_null()) hidden.push_back({std::to_string(i + 1), std::move(elements[i].hidden)});
    }
    if (!hidden.empty()) made.hidden = message_value::map(std::move(hidden));
    return made;
  }
  static value_type make_map(vector<std::pair<std::string, value_type>> entries) {
    value_type made(traits::make_map());
    vector<std::pair<std::string, message_value>> hidden;
    for (auto& [key, item] : entries) {
      if (is_private_key(key) || kind(item) == value_kind::null) continue;
      D* const found = traits::find(made.document, key);
      (found != nullptr ? *found : traits::insert(made.document, key)) = std::move(item.document);
      if (!item.hidden.is_null()) hidden.push_back({key, std::move(item.hidden)});
    }
    if (!hidden.empty()) made.hidden = message_value::map(std::move(hidden));
    return made;
  }
  static value_type make_host(host_object object) {
    value_type made;
    made.hidden = message_value(std::move(object));
    return made;
  }

  static value_type get(const value_type& m, std::string_view path) {
    return part(detail::document_find(m.document, path), m.hidden.find(path));
  }
  static value_kind kind_at(const value_type& m, std::string_view path) {
    const message_value* const hidden = m.hidden.find(path);
    if (hidden != nullptr && hidden->kind() == value_kind::host) return value_kind::host;
    const D* const found = detail::document_find(m.document, path);
    return found != nullptr ? traits::kind(*found) : value_kind::null;
  }
  static value_type get_key(const value_type& m, std::string_view key) {
    return part(detail::document_child(m.document, key), m.hidden.find_key(key));
  }
  static vector<std::string> keys(const value_type& m) {
    vector<std::string> names;
    if (kind(m) == value_kind::list) {
      for (std::size_t i = 1; i <= traits::size(m.document); ++i) names.push_back(std::to_string(i));
    } else if (kind(m) == value_kind::map) {
      traits::each(m.document, [&](std::string_view key, const D& item) {
        if (traits::kind(item) != value_kind::null && !is_private_key(key)) names.push_back(std::string(key));
        return true;
      });
    }
    return names;
  }

  static result<value_type> set(value_type m, std::string_view path, value_type item, set_mode mode) {
    const auto refuse = [&](errc code) { return fail(code, std::string(path.substr(0, 256))); };
    if (detail::shows_host(item.hidden)) return refuse(errc::malformed_message);
    if (kind(item) == value_kind::null) return m;
    std::size_t levels = 0;
    const D* at = &m.document;
    std::string_view key;
    for (path_segments walk(path); walk.next(key); ++levels) {
      if (levels == max_value_depth) return refuse(errc::nesting_too_deep);
      if (is_private_key(key)) return refuse(errc::malformed_message);
      if (at == nullptr || traits::kind(*at) == value_kind::null) continue;
      if (!detail::is_container(traits::kind(*at))) return refuse(errc::malformed_message);
      at = detail::document_child(*at, key);
    }
    if (levels == 0 && kind(item) != value_kind::map) return refuse(errc::malformed_message);
    if (levels + detail::document_depth(item.document, max_value_depth) > max_value_depth) {
      return refuse(errc::nesting_too_deep);
    }
    D* place = &m.document;
    for (path_segments walk(path); walk.next(key);) place = &detail::document_place(*place, key);
    detail::document_assign(*place, std::move(item.document), mode);
    if (mode == set_mode::replace) m.hidden.remove(path);
    WASM64_CHECK(m.hidden.set(path, std::move(item.hidden), mode));
    if (mode == set_mode::deep && !m.hidden.is_null()) m.hidden = detail::document_pruned(m.hidden, &m.document);
    return m;
  }

  static value_type remove(value_type m, std::string_view path) {
    if (path_segments(path).empty()) return m;
    D* parent = &m.document;
    std::string_view key;
    path_segments walk(path);
    while (walk.next(key) && !walk.empty()) {
      parent = detail::document_child(*parent, key);
      if (parent == nullptr) return m;
    }
    const D* const child = detail::document_child(std::as_const(*parent), key);
    if (child == nullptr) return m;
    m.hidden.remove(path);
    if (traits::kind(*parent) == value_kind::list) {
      traits::erase(*parent, list_position(key));
      const std::string_view above = path.substr(0, static_cast<std::size_t>(key.data() - path.data()));
      if (const message_value* hidden = m.hidden.find(above); hidden != nullptr && hidden->is_map()) {
        (void)m.hidden.set(above, detail::document_shifted(*hidden, list_position(key)), set_mode::replace);
      }
      return m;
    }
    std::string exact;
    traits::each(std::as_const(*parent), [&](std::string_view name, const D& item) {
      if (&item == child) exact = name;
      return &item != child;
    });
    traits::erase(*parent, exact);
    return m;
  }

  static value_type get_private(const value_type& m, std::string_view path) {
    const message_value* const found = m.hidden.find_private(path);
    if (found == nullptr) return {};
    result<D> document = document_from_value<D>(*found);
    if (!document.has_value()) return {};
    value_type made(std::move(document).assume_value());
    made.hidden = detail::document_hidden(*found);
    return made;
  }
  static result<value_type> set_private(value_type m, std::string_view path, value_type item) {
    if (kind(m) == value_kind::null) m.document = traits::make_map();
    if (kind(m) != value_kind::map) return fail(errc::malformed_message, std::string(path.substr(0, 256)));
    WASM64_TRY(message_value plain, document_to_value(item.document));
    WASM64_CHECK(m.hidden.set_private(path, detail::document_revealed(std::move(plain), item.hidden)));
    return m;
  }

  static result<byte_vector> encode(const value_type& m) {
    if (detail::shows_host(m.hidden)) return fail(errc::malformed_message, "host object outside a private part");
    WASM64_TRY(const message_value plain, document_to_value(m.document));
    return wasm64::encode_message(plain);
  }
  static result<value_type> decode(bytes_view bytes) {
    WASM64_TRY(const message_value plain, wasm64::decode_message(bytes));
    WASM64_TRY(D document, document_from_value<D>(plain));
    return value_type(std::move(document));
  }

  /// The message as JSON text, with keys in the order of the encoding, so that equal messages have equal texts of one
  /// library; see `json_form` for what JSON cannot say. Fails with nesting_too_deep, or malformed_utf8 for a key.
  static result<std::string> to_text(const value_type& m) {
    WASM64_TRY(const message_value plain, document_to_value(m.document));
    WASM64_TRY(const D document, document_from_value<D>(plain, json_form::text));
    return traits::print(document);
  }
  /// The inverse, for any JSON text. Fails with malformed_message or nesting_too_deep.
  static result<value_type> from_text(std::string_view text) {
    WASM64_TRY(const D document, traits::parse(text));
    WASM64_TRY(const message_value plain, document_to_value(document, json_form::text));
    WASM64_TRY(D made, document_from_value<D>(plain));
    return value_type(std::move(made));
  }

 private:
  static value_type part(const D* found, const message_value* hidden) {
    value_type made;
    if (found != nullptr) made.document = *found;
    if (hidden != nullptr && (found != nullptr || hidden->kind() == value_kind::host)) made.hidden = *hidden;
    return made;
  }
};

}  // namespace wasm64
