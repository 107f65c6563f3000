#pragma once

#include <concepts>
#include <string_view>

#include "wasm64/device/device_base.hpp"
#include "wasm64/message/check.hpp"
#include "wasm64/storage/check.hpp"

namespace wasm64 {

template <class C>
concept config_has_engine = requires {
  requires memory_policy<typename C::engine::memory>;
  { C::engine::features } -> std::convertible_to<feature_set>;
  { C::engine::metered } -> std::convertible_to<bool>;
};

template <class C>
concept config_has_undefined_imports = requires {
  { C::undefined_imports } -> std::convertible_to<undefined_import>;
};

template <class C, class M>
concept config_has_clock = requires(const message_value_t<M>& m) {
  { C::clock::template nanoseconds<M>(m, m) } -> std::same_as<std::uint64_t>;
};

template <class C, class M>
concept config_has_random = requires(const message_value_t<M>& m) {
  { C::random::template seed<M>(m, m) } -> std::same_as<std::uint64_t>;
};

template <class C>
concept config_has_max_undefined_calls = requires {
  { C::max_undefined_calls } -> std::convertible_to<std::size_t>;
};

// A device that messages may name is a struct of static functions; `message_device` is a model. `call` runs a key: the
// base is its to change, a status says how it ended, a failure has no message. Keys that `has_key` refuses are read
// from the message.

template <class D>
concept node_device_has_name = requires {
  { D::name } -> std::convertible_to<std::string_view>;
};

template <class D>
concept node_device_tells_keys = !requires { &D::has_key; } || requires(std::string_view key) {
  { D::has_key(key) } -> std::same_as<bool>;
};

template <class D, class M>
concept node_device_calls =
    requires(device_base<M>& node, std::string_view key, message_value_t<M> base, const message_value_t<M>& request) {
      { D::call(node, key, std::move(base), request) } -> std::same_as<result<device_response<message_value_t<M>>>>;
    };

namespace detail {
template <class D, class M>
concept has_import_member = requires { &D::import; } || requires { &D::template import <M>; };
template <class D, class M>
concept has_library_member = requires { &D::make_library; } || requires { &D::template make_library<M>; };
}  // namespace detail

template <class D, class M>
concept node_device_answers_imports =
    !detail::has_import_member<D, M> || requires(device_base<M>& node, import_call<M>& call) {
      { D::import(node, call) } -> std::same_as<result<import_answer<M>>>;
    };

template <class D, class M>
concept library_device = requires(device_base<M>& node) {
  { D::make_library(node) } -> std::convertible_to<std::unique_ptr<import_library<M>>>;
};

template <class D, class M>
concept node_device_makes_library = !detail::has_library_member<D, M> || library_device<D, M>;

/// A device over messages of policy M.
template <class D, class M>
concept node_device = node_device_has_name<D> && node_device_tells_keys<D> && node_device_calls<D, M> &&
                      node_device_answers_imports<D, M> && node_device_makes_library<D, M>;

namespace detail {

template <class D>
constexpr key_support support_of([[maybe_unused]] std::string_view key) {
  if constexpr (requires { D::has_key(key); }) return D::has_key(key) ? key_support::declared : key_support::message;
  else return key_support::undeclared;
}

template <class T>
inline constexpr bool is_device_list = false;
template <class... D>
inline constexpr bool is_device_list<device_list<D...>> = true;

}  // namespace detail

template <class C>
concept config_has_siblings = requires { requires detail::is_device_list<typename C::siblings>; };

template <class C>
concept config_has_builtin_libraries = requires { requires detail::is_device_list<typename C::builtin_libraries>; };

/// Says in words what a device lacks to be named by messages.
template <class D, class M>
consteval bool check_node_device() {
  static_assert(node_device_has_name<D>, "sibling device needs `name`, a std::string_view");
  static_assert(node_device_tells_keys<D>, "sibling device's `has_key` must be static: `(std::string_view) -> bool`");
  static_assert(node_device_calls<D, M>,
                "sibling device needs a static `call(device_base<M>&, std::string_view, value, const value&)` that "
                "returns result<device_response<value>>");
  static_assert(node_device_answers_imports<D, M>,
                "sibling device's `import` must be static: `(device_base<M>&, import_call<M>&) -> "
                "result<import_answer<M>>`");
  static_assert(node_device_makes_library<D, M>,
                "sibling device's `make_library` must be static: `(device_base<M>&) -> "
                "std::unique_ptr<import_library<M>>`");
  return true;
}

namespace detail {

template <class M, class... D>
consteval bool check_siblings(device_list<D...>) {
  return (check_node_device<D, M>() && ...);
}

template <class M, class... D>
consteval bool check_builtin_libraries(device_list<D...>) {
  static_assert((library_device<D, M> && ...),
                "builtin library needs a static `make_library(device_base<M>&) -> std::unique_ptr<import_library<M>>`");
  return true;
}

/// Says in words what the policies of a device lack.
template <class Message, class Storage, class Config>
consteval bool check_policies() {
  static_assert(check_message_policy<Message>());
  static_assert(check_storage_policy<Storage>());
  static_assert(config_has_engine<Config>, "device config needs `engine`: derive one from `engine_config`");
  static_assert(config_has_undefined_imports<Config>, "device config needs `undefined_imports`, an `undefined_import`");
  static_assert(config_has_max_undefined_calls<Config>, "device config needs `max_undefined_calls`, a number");
  static_assert(config_has_clock<Config, Message>,
                "device config needs `clock` with `static uint64_t nanoseconds<M>(const value&, const value&)`");
  static_assert(config_has_random<Config, Message>,
                "device config needs `random` with `static uint64_t seed<M>(const value&, const value&)`");
  static_assert(config_has_builtin_libraries<Config>, "device config needs `builtin_libraries`, a `device_list<...>`");
  static_assert(config_has_siblings<Config>, "device config needs `siblings`, a `device_list<...>`");
  if constexpr (config_has_siblings<Config>) {
    check_siblings<Message>(typename Config::siblings());
  }
  if constexpr (config_has_builtin_libraries<Config>) {
    check_builtin_libraries<Message>(typename Config::builtin_libraries());
  }
  return true;
}

}  // namespace detail
}  // namespace wasm64
