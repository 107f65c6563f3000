#pragma once

#include "tests/device/support.hpp"
#include "wasm64/device/multipass.hpp"
#include "wasm64/device/patch.hpp"
#include "wasm64/device/stack.hpp"

namespace device_tests {

/// Messages of a policy, written down; devices of tests are written over any.
template <class M>
struct words {
  using val = typename M::value_type;

  static val txt(std::string_view text) { return M::make_binary(as_bytes(text)); }
  static val num(std::int64_t n) { return M::make_integer(n); }
  static val obj(std::initializer_list<std::pair<std::string, val>> entries) {
    return M::make_map(vector<message_entry_t<M>>(entries));
  }
  static val seq(std::initializer_list<val> elements) { return M::make_list(vector<val>(elements)); }
  static val names(std::initializer_list<std::string_view> texts) {
    vector<val> elements;
    for (const std::string_view t : texts) elements.push_back(txt(t));
    return M::make_list(std::move(elements));
  }
  static val put(val m, std::string_view path, val item) {
    return take(M::set(std::move(m), path, std::move(item), set_mode::replace));
  }
  /// Texts in quotes and integers, lists and maps with sorted keys: enough to compare.
  static std::string show(const val& v) {
    switch (M::kind(v)) {
      case value_kind::null: return "nothing";
      case value_kind::boolean: return M::as_bool(v) ? "true" : "false";
      case value_kind::integer: return std::to_string(M::as_integer(v).as_int64());
      case value_kind::floating: return std::to_string(M::as_float(v));
      case value_kind::binary: return "'" + std::string(as_text(M::as_bytes(v))) + "'";
      case value_kind::list:
      case value_kind::map: break;
      default: return "?";
    }
    const bool is_map = M::kind(v) == value_kind::map;
    vector<std::string> keys = M::keys(v);
    if (is_map) std::sort(keys.begin(), keys.end());
    std::string all;
    for (const std::string& key : keys) {
      if (!all.empty()) all += ", ";
      if (is_map) all += key + ": ";
      all += show(M::get_key(v, key));
    }
    return is_map ? "{" + all + "}" : "[" + all + "]";
  }
  static std::string at(const val& m, std::string_view path) { return show(M::get(m, path)); }
  static std::string text_at(const val& m, std::string_view path) { return std::string(text_of<M>(M::get(m, path))); }
};

using w = words<policy>;

struct fixed_text {
  char characters[24] = {};
  template <std::size_t N>
  consteval fixed_text(const char (&text)[N]) {  // NOLINT(google-explicit-constructor)
    for (std::size_t i = 0; i + 1 < N; ++i) characters[i] = text[i];
  }
  constexpr operator std::string_view() const noexcept { return characters; }  // NOLINT(google-explicit-constructor)
};

/// `append` adds the separator and the request's `bin` to `result`; in the third pass nothing.
template <fixed_text Separator, device_status Status = device_status::ok>
struct append_device {
  static constexpr std::string_view name = Separator;
  static constexpr bool has_key(std::string_view key) noexcept { return key == "append"; }

  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view, message_value_t<M> base,
                                                          const message_value_t<M>& request) {
    using response = device_response<message_value_t<M>>;
    using of = words<M>;
    if (of::at(base, "pass") == "3") return response{device_status::ok, std::move(base)};
    const std::string result = of::text_at(base, "result") + std::string(name) + of::text_at(request, "bin");
    return response{Status, of::put(std::move(base), "result", of::txt(result))};
  }
};

/// What a device does without saying which keys it has.
template <fixed_text Name, class F>
struct other_device {
  static constexpr std::string_view name = Name;

  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>& node, std::string_view key,
                                                          message_value_t<M> base, const message_value_t<M>& request) {
    return F::template run<M>(node, key, std::move(base), request);
  }
};

template <class... Devices>
struct config_with : default_device_config {
  using siblings = device_list<Devices..., stack_device, multipass_device, patch_device>;
};

/// A node with some devices beside the usual ones.
template <class... Devices>
struct node_with {
  using val = policy::value_type;

  explicit node_with(device_options options = {}) : node(store, std::move(options)) {}

  memory_store store;
  wasm64::device<policy, memory_store, config_with<Devices...>> node;

  /// `how` is a request or a path.
  template <class How>
  device_response<val> resolve(val base, const How& how) {
    return take(node.resolve(std::move(base), how));
  }
  /// What the path leads to, as a text.
  std::string show(val base, std::string_view path) {
    const auto found = resolve(std::move(base), path);
    CHECK(found.status == device_status::ok);
    return w::show(found.message);
  }
  /// The failure of a path.
  error failure(val base, std::string_view path) {
    auto found = node.resolve(std::move(base), path);
    return found.has_value() ? error(errc{}) : std::move(found).assume_error();
  }
};

}  // namespace device_tests
