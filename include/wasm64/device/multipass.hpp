#pragma once

#include "wasm64/device/device_base.hpp"
#include "wasm64/device/fields.hpp"

namespace wasm64 {

/// `multipass@1.0`: answers `pass` until the message's `pass` has reached its `passes`; both are 1 when absent. As the
/// last device of a stack it makes the stack run that often.
struct multipass_device {
  static constexpr std::string_view name = "multipass@1.0";
  static constexpr bool has_key(std::string_view key) noexcept {
    return !same_device_key(key, "set") && !same_device_key(key, "keys");
  }

  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view, message_value_t<M> base,
                                                          const message_value_t<M>&) {
    WASM64_TRY(const std::uint64_t passes, count_at<M>(base, "passes", 1));
    WASM64_TRY(const std::uint64_t pass, count_at<M>(base, "pass", 1));
    const device_status status = pass < passes ? device_status::pass : device_status::ok;
    return device_response<message_value_t<M>>{status, std::move(base)};
  }
};

}  // namespace wasm64
