#pragma once

#include "wasm64/device/device_base.hpp"
#include "wasm64/device/message_device.hpp"

namespace wasm64 {

/// `patch@1.0`: moves messages from one place of the base into another, `/results/outbox` to `/` for example.
///
/// `compute`, or `patches`, takes those below the source that have the `method` PATCH or this device, and merges them
/// into the target without that mark; `all` moves all that is at the source. The source is `patch-from` of the
/// request, of the base, or `from` of the request, of the base, else `/`; the target likewise `patch-to` or `to`. A
/// source that begins with `req:` is read from the request, where nothing is removed. `init`, `normalize` and
/// `snapshot` answer the message as it is. A target with a device of its own is changed by that device's `set`.
struct patch_device {
  static constexpr std::string_view name = "patch@1.0";
  static constexpr bool has_key(std::string_view key) noexcept {
    for (const std::string_view own : {"compute", "patches", "all", "init", "normalize", "snapshot"}) {
      if (same_device_key(key, own)) return true;
    }
    return false;
  }

  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>& node, std::string_view key,
                                                          message_value_t<M> base, const message_value_t<M>& request) {
    const bool all = same_device_key(key, "all");
    if (all || same_device_key(key, "compute") || same_device_key(key, "patches")) {
      WASM64_TRY(base, move<M>(node, std::move(base), request, all));
    }
    return device_response<message_value_t<M>>{device_status::ok, std::move(base)};
  }

 private:
  struct place {
    std::string path;
    bool is_in_request = false;
  };

  template <class M>
  static result<place> place_of(const message_value_t<M>& base, const message_value_t<M>& request,
                                std::string_view key) {
    const std::string_view short_key = key.substr(std::string_view("patch-").size());
    for (const std::string_view wanted : {key, short_key}) {
      for (const message_value_t<M>* m : {&request, &base}) {
        const message_value_t<M> found = M::get_key(*m, wanted);
        if (M::kind(found) == value_kind::null) continue;
        std::string_view path = text_of<M>(found);
        if (M::kind(found) != value_kind::binary) return fail(errc::malformed_request, std::string(wanted));
        const bool is_in_request = path.starts_with("req:");
        if (is_in_request) path.remove_prefix(4);
        else if (path.starts_with("base:")) path.remove_prefix(5);
        return place{std::string(path), is_in_request};
      }
    }
    return place{};
  }

  template <class M>
  static bool is_patch(const message_value_t<M>& m) {
    return M::kind(m) == value_kind::map && (text_of<M>(M::get_key(m, "method")) == "PATCH" || is_marked<M>(m));
  }
  template <class M>
  static bool is_marked(const message_value_t<M>& m) {
    return same_device(text_of<M>(M::get_key(m, "device")), name);
  }

  template <class M>
  static result<message_value_t<M>> move(device_base<M>& node, message_value_t<M> base,
                                         const message_value_t<M>& request, bool all) {
    WASM64_TRY(const place from, place_of<M>(base, request, "patch-from"));
    WASM64_TRY(const place to, place_of<M>(base, request, "patch-to"));
    if (to.is_in_request) return fail(errc::malformed_request, "patch-to");
    const bool is_root = path_segments(from.path).empty();
    vector<message_value_t<M>> patches;
    if (all) {
      if (is_root && !from.is_in_request) return fail(errc::malformed_request, "patch-from");
      message_value_t<M> found = M::get(from.is_in_request ? request : base, from.path);
      if (M::kind(found) == value_kind::null) return result<message_value_t<M>>(std::move(base));
      if (M::kind(found) != value_kind::map) return fail(errc::malformed_message, name_in_error(from.path));
      patches.push_back(std::move(found));
      if (!from.is_in_request) base = M::remove(std::move(base), from.path);
    } else {
      WASM64_TRY(base, take_patches<M>(std::move(base), request, from, patches));
    }
    for (const message_value_t<M>& patch : patches) {
      WASM64_TRY(base, apply<M>(node, std::move(base), to.path, patch));
    }
    return result<message_value_t<M>>(std::move(base));
  }

  /// Moves the patches of the source into `patches`, in the order of their keys.
  template <class M>
  static result<message_value_t<M>> take_patches(message_value_t<M> base, const message_value_t<M>& request,
                                                 const place& from, vector<message_value_t<M>>& patches) {
    const bool is_root = path_segments(from.path).empty();
    vector<message_entry_t<M>> kept;
    vector<std::string> taken;
    bool is_list = false;
    {
      const message_value_t<M> source = M::get(from.is_in_request ? request : base, from.path);
      is_list = M::kind(source) == value_kind::list;
      for (std::string& key : M::keys(source)) {
        message_value_t<M> item = M::get_key(source, key);
        if (is_patch<M>(item)) {
          const bool is_marked_patch = is_marked<M>(item);
          item = M::remove(std::move(item), "method");
          patches.push_back(is_marked_patch ? M::remove(std::move(item), "device") : std::move(item));
          taken.push_back(std::move(key));
        } else if (!is_root && !from.is_in_request) {
          kept.push_back({std::move(key), std::move(item)});
        }
      }
    }
    if (taken.empty() || from.is_in_request) return result<message_value_t<M>>(std::move(base));
    if (is_root) {
      for (std::size_t i = taken.size(); i-- > 0;) base = M::remove(std::move(base), taken[i]);
      return result<message_value_t<M>>(std::move(base));
    }
    message_value_t<M> rest;
    if (is_list) {
      vector<message_value_t<M>> elements;
      for (auto& [key, item] : kept) elements.push_back(std::move(item));
      rest = M::make_list(std::move(elements));
    } else {
      rest = M::make_map(std::move(kept));
    }
    return M::set(std::move(base), from.path, std::move(rest), set_mode::replace);
  }

  template <class M>
  static result<message_value_t<M>> apply(device_base<M>& node, message_value_t<M> base, std::string_view to,
                                          const message_value_t<M>& patch) {
    if (!path_segments(to).empty()) {
      const message_value_t<M> device = M::get(base, std::string(to).append("/device"));
      if (M::kind(device) == value_kind::binary) {
        message_value_t<M> target = M::get(base, to);
        base = M::remove(std::move(base), to);
        WASM64_TRY(auto done, node.call(text_of<M>(device), "set", std::move(target), patch));
        if (done.status != device_status::ok) return fail(errc::device_failed, name_in_error(text_of<M>(device)));
        return M::set(std::move(base), to, std::move(done.message), set_mode::replace);
      }
    }
    return message_device::merge<M>(std::move(base), to, patch, set_mode::deep);
  }
};

}  // namespace wasm64
