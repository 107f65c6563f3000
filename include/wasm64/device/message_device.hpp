#pragma once

#include "wasm64/device/committed_keys.hpp"
#include "wasm64/device/device_base.hpp"

namespace wasm64 {

/// `message@1.0`: what every message can do that names no device. Keys are read: exactly, else without regard to case;
/// private ones never. Besides there are
///
/// - `keys`: the list of the public keys;
/// - `set`: the keys of the request, which may be paths, merged into the message; with `set-mode` = `explicit` each
///   replaces what was there. Reserved keys are left out, `unset` removes a key, absent values change nothing;
/// - `set_path`: `value` of the request becomes the message's `path`;
/// - `remove`: removes the key that `item` names, or all of `items`.
///
/// A change of a key that a commitment covers drops the `commitments`.
struct message_device {
  static constexpr std::string_view name = "message@1.0";

  /// True for the keys above; all others are read.
  static constexpr bool is_function(std::string_view key) noexcept {
    return same_device_key(key, "keys") || same_device_key(key, "set") || same_device_key(key, "set-path") ||
           same_device_key(key, "remove");
  }

  /// Keys with a meaning of their own, which `set` leaves alone.
  static constexpr bool is_reserved(std::string_view key) noexcept {
    for (const std::string_view reserved :
         {"id", "commitments", "committers", "keys", "path", "set", "remove", "verify", "set-mode"}) {
      if (same_device_key(key, reserved)) return true;
    }
    return false;
  }

  /// Fails with `unknown_key`, `malformed_request`, or as the policy's `set` does.
  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view key,
                                                          message_value_t<M> base, const message_value_t<M>& request) {
    const value_kind kind = M::kind(base);
    const bool has_keys = kind == value_kind::map || kind == value_kind::list || kind == value_kind::null;
    if (!has_keys) return fail(errc::unknown_key, name_in_error(key));
    if (same_device_key(key, "keys")) return response<M>(keys<M>(base));
    if (same_device_key(key, "set")) return response<M>(set<M>(std::move(base), request));
    if (same_device_key(key, "set-path")) return response<M>(set_path<M>(std::move(base), request));
    if (same_device_key(key, "remove")) return response<M>(remove<M>(std::move(base), request));
    message_value_t<M> found = M::get_key(base, key);
    if (M::kind(found) == value_kind::null) return fail(errc::unknown_key, name_in_error(key));
    return response<M>(std::move(found));
  }

  template <class M>
  static result<message_value_t<M>> set(message_value_t<M> base, const message_value_t<M>& request) {
    const message_value_t<M> mode = M::get_key(request, "set-mode");
    const bool is_explicit = text_of<M>(mode) == "explicit";
    if (M::kind(mode) != value_kind::null && !is_explicit && text_of<M>(mode) != "deep") {
      return fail(errc::malformed_request, "set-mode");
    }
    return merge<M>(std::move(base), {}, request, is_explicit ? set_mode::replace : set_mode::deep);
  }

  /// Sets the keys of `from` that are not reserved below `path`; those that are paths come last.
  template <class M>
  static result<message_value_t<M>> merge(message_value_t<M> base, std::string_view path,
                                          const message_value_t<M>& from, set_mode mode) {
    if (M::kind(base) == value_kind::null) base = M::make_map({});
    detail::committed_keys<M> committed(base);
    const value_kind target = peek_kind<M>(base, path);
    // Maps merge in time proportional to their sizes, which one key after the other would not.
    const bool at_once = mode == set_mode::deep && (target == value_kind::map || target == value_kind::null);
    vector<message_entry_t<M>> merged;
    vector<message_entry_t<M>> others;
    for (std::string& key : M::keys(from)) {
      if (is_reserved(key)) continue;
      message_value_t<M> item = M::get_key(from, key);
      committed.touch(base, place_of(path, key), item);
      const bool is_path = key.empty() || key.find('/') != key.npos;
      const bool is_merged = at_once && !is_path && M::kind(item) != value_kind::unset;
      (is_merged ? merged : others).push_back({std::move(key), std::move(item)});
    }
    if (!merged.empty()) {
      WASM64_CHECK(put<M>(base, path, M::make_map(std::move(merged)), mode));
    }
    for (auto& [key, item] : others) {
      const std::string place = place_of(path, key);
      if (M::kind(item) == value_kind::unset) base = M::remove(std::move(base), place);
      else WASM64_CHECK(put<M>(base, place, std::move(item), mode));
    }
    return committed.drop_if_touched(std::move(base));
  }

 private:
  static std::string place_of(std::string_view path, std::string_view key) {
    return path_segments(path).empty() ? std::string(key) : detail::join(path, key);
  }

  template <class M>
  static result<device_response<message_value_t<M>>> response(result<message_value_t<M>> done) {
    if (!done.has_value()) return fail(std::move(done).assume_error());
    return device_response<message_value_t<M>>{device_status::ok, std::move(done).assume_value()};
  }

  template <class M>
  static message_value_t<M> keys(const message_value_t<M>& base) {
    vector<message_value_t<M>> names;
    for (const std::string& key : M::keys(base)) names.push_back(make_text<M>(key));
    return M::make_list(std::move(names));
  }

  template <class M>
  static result<message_value_t<M>> set_path(message_value_t<M> base, const message_value_t<M>& request) {
    message_value_t<M> value = M::get_key(request, "value");
    if (M::kind(value) == value_kind::unset) return M::remove(std::move(base), "path");
    if (M::kind(value) == value_kind::null) return fail(errc::malformed_request, "value");
    return M::set(std::move(base), "path", std::move(value), set_mode::replace);
  }

  template <class M>
  static result<message_value_t<M>> remove(message_value_t<M> base, const message_value_t<M>& request) {
    const message_value_t<M> item = M::get_key(request, "item");
    const message_value_t<M> items = M::get_key(request, "items");
    if (M::kind(item) != value_kind::null) {
      WASM64_TRY(const std::string key, key_of<M>(item, "item"));
      detail::committed_keys<M> committed(base);
      committed.touch(base, key, {});
      return committed.drop_if_touched(M::remove(std::move(base), key));
    }
    if (M::kind(items) != value_kind::list && M::kind(items) != value_kind::map) {
      return fail(errc::malformed_request, "item");
    }
    detail::committed_keys<M> committed(base);
    for (const std::string& position : M::keys(items)) {
      WASM64_TRY(const std::string key, key_of<M>(M::get_key(items, position), "items"));
      committed.touch(base, key, {});
      base = M::remove(std::move(base), key);
    }
    return committed.drop_if_touched(std::move(base));
  }
};

}  // namespace wasm64
