#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "wasm64/device/fields.hpp"
#include "wasm64/message/json.hpp"
#include "wasm64/storage/sha256.hpp"

// Messages as AO guests read them, and what guests answer as messages.

namespace wasm64::detail {

template <class M>
struct json_struct {
  using message = typename M::value_type;
  using entries = vector<message_entry_t<M>>;

  /// `Id`, `Anchor`, `Owner`, `From`, `Tags`, `Target`, `Data` and `Signature` of a message. One that brings its `Tags`
  /// as a list was JSON before and stays as it is, but for commitments and bytes that are no text.
  static result<message> of(const message& m) {
    const message tags = M::get_key(m, "tags");
    if (M::kind(tags) == value_kind::list) return as_it_was(m);
    entries fields;
    WASM64_TRY(message id, id_of(m));
    message owner = owner_of(m);
    message from = M::get_key(m, "from-process");
    if (is_null<M>(from)) from = M::get_key(m, "from");
    fields.push_back({"Id", std::move(id)});
    fields.push_back({"From", is_null<M>(from) ? owner : std::move(from)});
    fields.push_back({"Owner", std::move(owner)});
    fields.push_back({"Anchor", field(m, "anchor")});
    fields.push_back({"Target", field(m, "target")});
    fields.push_back({"Data", field(m, "data")});
    fields.push_back({"Signature", signature_of(m)});
    fields.push_back({"Tags", tags_of(m)});
    return M::make_map(std::move(fields));
  }

  /// The `id` of a message, or the hash of its contents.
  static result<message> id_of(const message& m) {
    message id = M::get_key(m, "id");
    if (M::kind(id) == value_kind::binary && !M::as_bytes(id).empty()) {
      const bytes_view bytes = M::as_bytes(id);
      if (bytes.size() != sizeof(content_id::bytes) || is_utf8(bytes)) return id;
      WASM64_TRY(const content_id raw, parse_id(bytes));
      return make_text<M>(to_text(raw));
    }
    WASM64_TRY(const byte_vector encoded, M::encode(m));
    WASM64_TRY(const content_id hash, sha256(view_of(encoded)));
    return make_text<M>(to_text(hash));
  }

  /// An entry of an answer's list as a message: keys in lower case, tags among them. What only the host may say is
  /// left out.
  static result<message> flat(const message& m) {
    if (M::kind(m) != value_kind::map) return fail(errc::malformed_message, "not an object");
    entries fields;
    for (const std::string& key : M::keys(m)) {
      const bool is_forged = same_key(key, "from-process") || same_key(key, "from-image") || same_key(key, "anchor");
      if (!is_forged && !same_key(key, "tags")) fields.push_back({lower(key), M::get_key(m, key)});
    }
    const message tags = M::get_key(m, "tags");
    const bool is_list = M::kind(tags) == value_kind::list;
    if (!is_list && !is_null<M>(tags)) return fail(errc::malformed_message, "Tags");
    for (std::size_t i = 0; is_list && i < M::list_size(tags); ++i) {
      const message& tag = M::list_element(tags, i);
      const std::string name = M::kind(tag) == value_kind::map ? string_of<M>(M::get_key(tag, "name")) : std::string();
      if (name.empty()) return fail(errc::malformed_message, "a tag without a name");
      fields.push_back({lower(name), M::get_key(tag, "value")});
    }
    return M::make_map(std::move(fields));
  }

 private:
  static message as_it_was(message m) {
    for (const char* key : {"commitments", "image", "wasm-image"}) {
      const message item = M::get_key(m, key);
      const bool is_left_out = same_key(key, "commitments") ? !is_null<M>(item) : is_raw(item);
      if (is_left_out) m = M::remove(std::move(m), key);
    }
    return m;
  }

  static std::string lower(std::string_view text) {
    std::string made(text);
    for (char& c : made) c = ascii_lower(c);
    return made;
  }

  static bool is_field(std::string_view key) {
    for (const std::string_view name :
         {"id", "from-process", "from", "owner", "anchor", "target", "data", "signature", "tags", "commitments"}) {
      if (same_key(key, name)) return true;
    }
    return false;
  }

  static message field(const message& m, std::string_view key) {
    message found = M::get_key(m, key);
    return is_null<M>(found) ? make_text<M>("") : found;
  }

  /// What the first commitment that has the key says.
  static message committed(const message& m, std::string_view key) {
    const message commitments = M::get_key(m, "commitments");
    if (M::kind(commitments) != value_kind::map) return {};
    for (const std::string& id : M::keys(commitments)) {
      const message one = M::get_key(commitments, id);
      message found = M::kind(one) == value_kind::map ? M::get_key(one, key) : message();
      if (!is_null<M>(found)) return found;
    }
    return {};
  }
  static message owner_of(const message& m) {
    message owner = M::get_key(m, "owner");
    if (is_null<M>(owner)) owner = committed(m, "committer");
    return is_null<M>(owner) ? make_text<M>("") : owner;
  }
  static message signature_of(const message& m) {
    message signature = M::get_key(m, "signature");
    if (is_null<M>(signature)) signature = committed(m, "signature");
    return is_null<M>(signature) ? make_text<M>("") : signature;
  }

  /// Those that were signed, where the message still says which; else every other key that has a text.
  static message tags_of(const message& m) {
    vector<message> tags;
    const message original = committed(m, "original-tags");
    if (M::kind(original) == value_kind::list) return original;
    if (M::kind(original) == value_kind::map) {
      for (std::size_t i = 1; i <= M::keys(original).size(); ++i) {
        message tag = M::get_key(original, std::to_string(i));
        if (!is_null<M>(tag)) tags.push_back(std::move(tag));
      }
      return M::make_list(std::move(tags));
    }
    vector<std::string> keys = M::keys(m);
    std::sort(keys.begin(), keys.end());
    for (const std::string& key : keys) {
      if (is_field(key) && !same_key(key, "from-process")) continue;
      message text = tag_text(M::get_key(m, key));
      if (is_null<M>(text)) continue;
      entries tag;
      tag.push_back({"name", make_text<M>(header_case(key))});
      tag.push_back({"value", std::move(text)});
      tags.push_back(M::make_map(std::move(tag)));
    }
    return M::make_list(std::move(tags));
  }

  /// Bytes that are no text, such as an image.
  static bool is_raw(const message& v) {
    if (M::kind(v) != value_kind::binary) return false;
    const bytes_view bytes = M::as_bytes(v);
    return std::find(bytes.begin(), bytes.end(), 0) != bytes.end() || !is_utf8(bytes);
  }

  /// Scalars as text; binaries that are no text, lists and maps are no tags.
  static message tag_text(const message& v) {
    switch (M::kind(v)) {
      case value_kind::binary: return is_raw(v) ? message() : v;
      case value_kind::boolean:
      case value_kind::integer:
      case value_kind::floating: {
        std::string text;
        return print_json<M>(text, v, 0).has_value() ? make_text<M>(text) : message();
      }
      default: return {};
    }
  }

  static std::string header_case(std::string_view key) {
    std::string made(key);
    bool is_first = true;
    for (char& c : made) {
      if (is_first && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
      is_first = c == '-';
    }
    return made;
  }
};

}  // namespace wasm64::detail
