#pragma once

#include "wasm64/device/check.hpp"
#include "wasm64/device/device_base.hpp"
#include "wasm64/fwd.hpp"

namespace wasm64 {

/// The `~wasm64@1.0` device: runs WebAssembly over messages. Images come from messages or from a storage policy.
///
/// Keys take the base message by value and answer its successor: give it as an rvalue and it is changed in place. The
/// instance lives in the private part of the message; messages derived from each other share it. A device is used by
/// one thread at a time and refers to its storage.
template <class Message, class Storage, class Config>
class device : public device_base<Message> {
  static_assert(detail::check_policies<Message, Storage, Config>());

  using base_type = device_base<Message>;

 public:
  using typename base_type::message;
  using typename base_type::response;

  explicit device(Storage& storage, device_options options = {})
      : base_type(adapted, any_store(storage), std::move(options)) {}

 private:
  static std::shared_ptr<store_base> make_store(const wasm64::limits& limits) {
    return std::make_shared<store<typename Config::engine>>(limits);
  }

  static result<response> call_sibling(base_type& from, std::string_view name, std::string_view key, message base,
                                       const message& request) {
    result<response> answer = fail(errc::unknown_device, name_in_error(name));
    with_sibling(typename Config::siblings(), name, [&](auto sibling) {
      using type = typename decltype(sibling)::type;
      if constexpr (node_device<type, Message>) {
        if (detail::support_of<type>(key) == key_support::message) {
          answer = message_device::call<Message>(from, key, std::move(base), request);
        } else {
          answer = type::call(from, key, std::move(base), request);
        }
      }
    });
    return answer;
  }

  static key_support support(std::string_view name, std::string_view key) {
    key_support found = key_support::no_device;
    with_sibling(typename Config::siblings(), name,
                 [&](auto sibling) { found = detail::support_of<typename decltype(sibling)::type>(key); });
    return found;
  }

  static import_handler<Message> imports_of(base_type& from, std::string_view name) {
    import_handler<Message> found;
    with_sibling(typename Config::siblings(), name, [&](auto sibling) {
      using type = typename decltype(sibling)::type;
      if constexpr (requires(import_call<Message>& call) { type::import(from, call); }) {
        found =
            import_handler<Message>::in_place([&from](import_call<Message>& call) { return type::import(from, call); });
      }
    });
    return found;
  }

  static std::unique_ptr<import_library<Message>> library_of(base_type& from, std::string_view name) {
    std::unique_ptr<import_library<Message>> made;
    with_sibling(typename Config::siblings(), name, [&](auto sibling) {
      using type = typename decltype(sibling)::type;
      if constexpr (requires { type::make_library(from); }) made = type::make_library(from);
    });
    return made;
  }

  static vector<std::unique_ptr<import_library<Message>>> builtin_libraries(base_type& from) {
    vector<std::unique_ptr<import_library<Message>>> made;
    [&]<class... D>(device_list<D...>) {
      (made.push_back(D::make_library(from)), ...);
    }(typename Config::builtin_libraries());
    return made;
  }

  static call_moment moment(const typename base_type::message& base, const typename base_type::message& request) {
    return {Config::clock::template nanoseconds<Message>(base, request),
            Config::random::template seed<Message>(base, request)};
  }

  /// Calls `use` with the type of the sibling that has the name, if any.
  template <class... D, class F>
  static void with_sibling(device_list<D...>, [[maybe_unused]] std::string_view name, F&& use) {
    (void)((is_called<D>(name) && (use(std::type_identity<D>()), true)) || ...);
  }

  template <class D>
  static constexpr bool is_called([[maybe_unused]] std::string_view name) noexcept {
    if constexpr (node_device_has_name<D>) return same_device(D::name, name);
    else return false;
  }

  static constexpr typename base_type::policies adapted{&make_store,
                                                        Config::engine::features,
                                                        Config::undefined_imports,
                                                        Config::max_undefined_calls,
                                                        &call_sibling,
                                                        &support,
                                                        &imports_of,
                                                        &library_of,
                                                        &builtin_libraries,
                                                        &moment};
};

}  // namespace wasm64
