#pragma once

#include "wasm64/device/device_base.hpp"
#include "wasm64/device/message_device.hpp"

namespace wasm64 {

/// `stack@1.0`: runs a key through the devices of `device-stack`, a list or map of device names.
///
/// The mode is `mode` of the request, else of the base: "Fold" (default) hands the message from device to device, 1, 2,
/// …; "Map" gives each the same message and collects the answers that are ok, by the keys of `device-stack`. Only the
/// keys of `stack-keys` go through the stack, if the message has that; `set` and `keys` never do. A device finds its
/// place in the stack at `device-key`, and its entries of `input-prefixes` and `output-prefixes` as `input-prefix` and
/// `output-prefix`. The key `transform` answers a message of which each key K is the message with entry K active.
///
/// In a fold, a device without the key is passed over; one that answers something else than a map, or `skip`, ends the
/// fold; `pass` starts it over with `pass` one higher, at most `device_options::max_passes` times. What a failure does
/// is `device_options::on_stack_failure`. Afterwards the prefixes are those before the last device, which is what
/// HyperBEAM does, and `previous-device` and `previous-…-prefix` stay.
///
/// A device of a fold that answers `pending` ends it for now: the fold's place is kept at `stack-pending`, and the same
/// key goes on with that device when its request has a `resume`, which only that device gets to see. What waits in a
/// map cannot: it is dropped, as everything that is not ok.
///
/// Devices that declare their keys get the message without another owner and can change it in place.
struct stack_device {
  static constexpr std::string_view name = "stack@1.0";
  static constexpr bool has_key(std::string_view key) noexcept {
    return !same_device_key(key, "set") && !same_device_key(key, "keys");
  }

  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>& node, std::string_view key,
                                                          message_value_t<M> base, const message_value_t<M>& request);
};

namespace detail {

/// One key on its way through a stack.
template <class M>
class stack_run {
  using value = message_value_t<M>;
  using response = device_response<value>;

  /// Where a fold is, and what its message had before.
  struct place {
    value device;
    value pass;
    std::uint64_t passes = 1;
    std::uint64_t n = 1;
  };

 public:
  stack_run(device_base<M>& node, std::string_view key, value request) noexcept
      : node_(node), key_(key), request_(std::move(request)) {}

  /// In the private part: the next key is the name of an entry.
  static constexpr std::string_view transformer = "stack-transformer";

  result<response> fold(value base) {
    place at{M::get_key(base, "device"), M::get_key(base, "pass")};
    const bool goes_on = M::kind(peek_key<M>(request_, "resume")) != value_kind::null;
    if (goes_on) {
      WASM64_TRY(base, taken_up(std::move(base), at));
    } else {
      WASM64_CHECK(put<M>(base, "pass", M::make_integer(1)));
    }
    std::uint64_t visited = 0;  // devices without the key are no steps of the node
    for (std::uint64_t n = at.n;; ++n) {
      WASM64_TRY(const value entry, entry_of(base, std::to_string(n)));
      if (M::kind(entry) == value_kind::null) break;
      if (visited++ == node_.options().max_steps) return fail(errc::resolution_limit, "device-stack");
      const bool is_resumed = goes_on && visited == 1;
      if (!is_resumed) {
        WASM64_TRY(base, activate(std::move(base), entry, M::make_integer(n)));
      }
      result<response> answer = run(text_of<M>(entry), base);
      if (is_resumed) request_ = M::remove(std::move(request_), "resume");
      if (!answer.has_value()) {
        error e = std::move(answer).assume_error();
        if (e.code == errc::unknown_key) continue;
        return failed(n, entry, std::move(e), {});
      }
      response done = std::move(answer).assume_value();
      const bool is_map = M::kind(done.message) == value_kind::map;
      if (done.status == device_status::ok && !is_map) return done;
      if (done.status == device_status::error) {
        const std::string said(text_of<M>(done.message).substr(0, 256));
        return failed(n, entry, error(errc::device_failed, said), std::move(done.message));
      }
      if (!is_map) return failed(n, entry, error(errc::device_failed, "unexpected result"), std::move(done.message));
      base = std::move(done.message);
      if (done.status == device_status::pending) return put_off(std::move(base), at, n);
      if (done.status == device_status::skip) break;
      if (done.status != device_status::pass) continue;
      if (at.passes++ == node_.options().max_passes) return fail(errc::resolution_limit, "passes");
      WASM64_TRY(const std::uint64_t before, count_at<M>(base, "pass", 1));
      WASM64_CHECK(put<M>(base, "pass", M::make_integer(before + 1)));
      n = 0;
    }
    return restored(std::move(base), at);
  }

  result<response> map(value base) {
    const value devices = M::get_key(base, "device-stack");
    if (!has_entries(devices)) return fail(errc::no_device_stack);
    vector<message_entry_t<M>> answers;
    const vector<std::string> keys = M::keys(devices);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (same_key(keys[i], "path") || same_key(keys[i], "hashpath")) continue;
      const value entry = M::get_key(devices, keys[i]);
      value one = i + 1 == keys.size() ? std::move(base) : base;
      WASM64_TRY(one, activate(std::move(one), entry, make_text<M>(keys[i])));
      result<response> answer = run(text_of<M>(entry), one);
      if (!answer.has_value()) {
        if (answer.assume_error().code == errc::resolution_limit) return answer;
      } else if (answer.assume_value().status == device_status::ok) {
        answers.push_back({keys[i], std::move(answer).assume_value().message});
      }
    }
    return response{device_status::ok, M::make_map(std::move(answers))};
  }

  /// The message with one entry of its stack active.
  static result<response> transform(value base, std::string_view key) {
    WASM64_TRY(const value entry, entry_of(base, key));
    if (M::kind(entry) == value_kind::null) return fail(errc::unknown_key, name_in_error(key));
    WASM64_TRY(base, activate(std::move(base), entry, make_text<M>(key)));
    return response{device_status::ok, std::move(base)};
  }

 private:
  static constexpr std::string_view pending = "stack-pending";
  /// What a device finds of the stack in its message; a stack inside of this one has its place there, too.
  static constexpr std::string_view of_place[] = {"device",
                                                  "device-key",
                                                  "pass",
                                                  "input-prefix",
                                                  "output-prefix",
                                                  "previous-device",
                                                  "previous-input-prefix",
                                                  "previous-output-prefix",
                                                  pending};

  /// Leaves the message as after the fold, with the place of device `n` in it.
  static result<response> put_off(value base, const place& at, std::uint64_t n) {
    vector<message_entry_t<M>> kept;
    for (const std::string_view key : of_place) {
      if (value found = M::get_key(base, key); M::kind(found) != value_kind::null) {
        kept.push_back({std::string(key), std::move(found)});
      }
    }
    kept.push_back({"number", M::make_integer(n)});
    kept.push_back({"passes-done", M::make_integer(at.passes)});
    WASM64_TRY(response left, restored(std::move(base), at));
    WASM64_CHECK(put<M>(left.message, pending, M::make_map(std::move(kept))));
    left.status = device_status::pending;
    return left;
  }
  /// Takes the place back out of the message.
  static result<value> taken_up(value base, place& at) {
    const value kept = M::get_key(base, pending);
    if (M::kind(kept) != value_kind::map) return fail(errc::not_suspended, std::string(pending));
    WASM64_TRY(at.n, count_at<M>(kept, "number", 0));
    WASM64_TRY(at.passes, count_at<M>(kept, "passes-done", 1));
    if (at.n == 0) return fail(errc::malformed_message, std::string(pending));
    for (const std::string_view key : of_place) {
      value found = M::get_key(kept, key);
      if (M::kind(found) == value_kind::null) base = M::remove(std::move(base), key);
      else WASM64_CHECK(put<M>(base, key, std::move(found)));
    }
    return result<value>(std::move(base));
  }

  static bool has_entries(const value& devices) {
    return M::kind(devices) == value_kind::map || M::kind(devices) == value_kind::list;
  }

  static result<value> entry_of(const value& base, std::string_view key) {
    const value devices = M::get_key(base, "device-stack");
    if (!has_entries(devices)) return fail(errc::no_device_stack);
    return M::get_key(devices, key);
  }

  static result<value> activate(value base, const value& entry, value device_key) {
    // Names are read as keys, not as paths: entries of a map may be called anything.
    WASM64_TRY(const std::string key, key_of<M>(device_key, "device-key"));
    WASM64_CHECK(put<M>(base, "previous-device", M::get_key(base, "device")));
    WASM64_CHECK(put<M>(base, "previous-input-prefix", M::get_key(base, "input-prefix")));
    WASM64_CHECK(put<M>(base, "previous-output-prefix", M::get_key(base, "output-prefix")));
    WASM64_CHECK(put<M>(base, "device", entry));
    WASM64_CHECK(put<M>(base, "device-key", std::move(device_key)));
    WASM64_CHECK(put<M>(base, "input-prefix", M::get_key(M::get_key(base, "input-prefixes"), key)));
    WASM64_CHECK(put<M>(base, "output-prefix", M::get_key(M::get_key(base, "output-prefixes"), key)));
    return result<value>(std::move(base));
  }

  /// Runs the key on `base`, which is moved from unless the answer is `unknown_key`.
  result<response> run(std::string_view device, value& base) {
    switch (node_.support(device, key_)) {
      case key_support::no_device: return fail(errc::unknown_device, name_in_error(device));
      case key_support::declared: {
        result<response> answer = node_.call(device, key_, std::move(base), request_);
        if (answer.has_value() || answer.assume_error().code != errc::unknown_key) return answer;
        return fail(errc::device_failed, answer.assume_error().detail);
      }
      case key_support::message:
        if (!message_device::is_function(key_) && M::kind(M::get_key(base, key_)) == value_kind::null) {
          return fail(errc::unknown_key);
        }
        return node_.call(device, key_, std::move(base), request_);
      case key_support::undeclared: break;
    }
    value before = base;
    result<response> answer = node_.call(device, key_, std::move(base), request_);
    if (!answer.has_value()) base = std::move(before);
    return answer;
  }

  result<response> failed(std::uint64_t n, const value& entry, error e, value info) {
    std::string detail = "device " + std::to_string(n) + " (" + name_in_error(text_of<M>(entry)) + ")";
    if (!e.detail.empty()) detail += ": " + e.detail;
    const bool stops = node_.options().on_stack_failure == stack_failure::stop;
    if (!stops || e.code == errc::resolution_limit) return fail(e.code, std::move(detail));
    if (M::kind(info) == value_kind::null) info = make_text<M>(to_string(e));
    vector<message_entry_t<M>> entries;
    entries.push_back({"reason", make_text<M>("stack_call_failed")});
    entries.push_back({"device-number", M::make_integer(n)});
    entries.push_back({"info", std::move(info)});
    return response{device_status::error, M::make_map(std::move(entries))};
  }

  static result<response> restored(value base, const place& at) {
    const auto reset = [&](std::string_view key, const value& before) -> result<void> {
      if (M::kind(before) != value_kind::null) return put<M>(base, key, before);
      base = M::remove(std::move(base), key);
      return success();
    };
    WASM64_CHECK(reset("device", at.device));
    WASM64_CHECK(put<M>(base, "input-prefix", M::get_key(base, "previous-input-prefix")));
    WASM64_CHECK(put<M>(base, "output-prefix", M::get_key(base, "previous-output-prefix")));
    WASM64_CHECK(reset("device-key", {}));
    WASM64_CHECK(reset("device-stack-previous", {}));
    WASM64_CHECK(reset("pass", at.pass));
    return response{device_status::ok, std::move(base)};
  }

  device_base<M>& node_;
  std::string_view key_;
  value request_;
};

/// True when the message lets the key go through its stack.
template <class M>
bool is_stack_key(const message_value_t<M>& base, std::string_view key) {
  const message_value_t<M> listed = M::get_key(base, "stack-keys");
  if (M::kind(listed) == value_kind::null) return true;
  for (const std::string& position : M::keys(listed)) {
    if (same_device_key(text_of<M>(M::get_key(listed, position)), key)) return true;
  }
  return false;
}

}  // namespace detail

template <class M>
result<device_response<message_value_t<M>>> stack_device::call(device_base<M>& node, std::string_view key,
                                                               message_value_t<M> base,
                                                               const message_value_t<M>& request) {
  using run = detail::stack_run<M>;
  using response = device_response<message_value_t<M>>;
  if (M::kind(M::get_private(base, run::transformer)) != value_kind::null) {
    WASM64_TRY(base, M::set_private(std::move(base), run::transformer, {}));
    return run::transform(std::move(base), key);
  }
  if (!detail::is_stack_key<M>(base, key)) return message_device::call<M>(node, key, std::move(base), request);
  if (same_device_key(key, "transform")) {
    WASM64_TRY(base, M::set_private(std::move(base), run::transformer, M::make_bool(true)));
    return response{device_status::ok, std::move(base)};
  }
  message_value_t<M> mode = M::get_key(request, "mode");
  if (M::kind(mode) == value_kind::null) mode = M::get_key(base, "mode");
  const std::string_view wanted = text_of<M>(mode);
  if (wanted == "Map") return run(node, key, request).map(std::move(base));
  if (wanted == "Fold" || M::kind(mode) == value_kind::null) return run(node, key, request).fold(std::move(base));
  return fail(errc::unknown_mode, name_in_error(wanted));
}

}  // namespace wasm64
