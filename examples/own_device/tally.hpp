#pragma once

#include "wasm64/device/device.hpp"

/// `tally@1.0`: `add` adds the request's `amount` to the message's `total`, which modules import as `total` () → i64.
/// Other keys are read from the message.
struct tally_device {
  static constexpr std::string_view name = "tally@1.0";
  static constexpr bool has_key(std::string_view key) noexcept { return wasm64::same_device_key(key, "add"); }

  template <class M>
  static wasm64::result<wasm64::device_response<wasm64::message_value_t<M>>> call(
      wasm64::device_base<M>&, std::string_view, wasm64::message_value_t<M> base,
      const wasm64::message_value_t<M>& request) {
    WASM64_TRY(const auto total, wasm64::count_at<M>(base, "total", 0));
    WASM64_TRY(const auto amount, wasm64::count_at<M>(request, "amount", 1));
    WASM64_CHECK(wasm64::put<M>(base, "total", M::make_integer(total + amount)));
    return wasm64::device_response<wasm64::message_value_t<M>>{wasm64::device_status::ok, std::move(base)};
  }

  template <class M>
  static wasm64::result<wasm64::import_answer<M>> import(wasm64::device_base<M>&, wasm64::import_call<M>& call) {
    if (call.func != "total") return fail(wasm64::errc::unknown_key, std::string(call.func));
    WASM64_TRY(const auto total, wasm64::count_at<M>(call.state, "total", 0));
    return wasm64::import_answer<M>{M::make_list({M::make_integer(total)}), {}};
  }
};
