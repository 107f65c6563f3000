#pragma once

#include <concepts>
#include <string_view>

#include "wasm64/device/config.hpp"
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

namespace detail {

template <class T>
inline constexpr bool is_device_list = false;
template <class... D>
inline constexpr bool is_device_list<device_list<D...>> = true;

template <class D>
concept has_device_name = requires {
  { D::name } -> std::convertible_to<std::string_view>;
};
template <class T>
inline constexpr bool all_named = false;
template <class... D>
inline constexpr bool all_named<device_list<D...>> = (has_device_name<D> && ...);

}  // namespace detail

template <class C>
concept config_has_siblings = requires { requires detail::is_device_list<typename C::siblings>; };

template <class C>
concept config_has_builtin_libraries = requires { requires detail::is_device_list<typename C::builtin_libraries>; };

namespace detail {

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
    static_assert(all_named<typename Config::siblings>, "sibling device needs `name`, a std::string_view");
  }
  return true;
}

}  // namespace detail
}  // namespace wasm64
