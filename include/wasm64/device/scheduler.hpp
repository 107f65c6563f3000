#pragma once

#include <memory>

#include "wasm64/device/device_base.hpp"
#include "wasm64/device/fields.hpp"

namespace wasm64 {

namespace detail {

/// The assignments of a process. Messages that derive from each other share it, as they share their instance.
template <class M>
struct schedule_queue {
  std::int64_t first = 0;  ///< the slot of the first one
  vector<typename M::value_type> assignments;

  std::int64_t end() const { return first + static_cast<std::int64_t>(assignments.size()); }
};

template <class M>
class scheduler {
 public:
  using message = typename M::value_type;
  using queue = std::shared_ptr<schedule_queue<M>>;

  static queue queue_of(const message& base) {
    const message found = M::get_private(base, "scheduler");
    if (M::kind(found) != value_kind::host) return nullptr;
    const host_object object = M::as_host(found);
    const queue* const held = object.template get<queue>();
    return held != nullptr ? *held : nullptr;
  }

  /// The first slot is the one behind `at-slot`, so that a restored process goes on where it was. Fails with
  /// `malformed_message` when that is no slot.
  static result<message> start(message base) {
    if (queue_of(base) != nullptr) return result<message>(std::move(base));
    auto made = std::make_shared<schedule_queue<M>>();
    WASM64_TRY(made->first, behind(base));
    return M::set_private(std::move(base), "scheduler", M::make_host(host_object::make(std::move(made))));
  }

  static result<message> add(schedule_queue<M>& to, const message& request) {
    message body = M::get_key(request, "body");
    if (is_null<M>(body)) body = M::remove(request, "path");
    if (M::kind(body) != value_kind::map) return fail(errc::malformed_request, "body");
    vector<message_entry_t<M>> fields;
    fields.push_back({"slot", M::make_integer(to.end())});
    for (const char* key : {"block-height", "timestamp", "hash-chain"})
      fields.push_back({key, M::get_key(request, key)});
    fields.push_back({"body", std::move(body)});
    message assignment = M::make_map(std::move(fields));
    to.assignments.push_back(assignment);
    return assignment;
  }

  static result<message> next(const schedule_queue<M>& from, const message& base, const message& request) {
    const bool has_slot = M::kind(M::get_key(base, "at-slot")) == value_kind::integer;
    WASM64_TRY(std::int64_t slot, has_slot ? behind(base) : from.first);
    if (const message asked = M::get_key(request, "slot"); M::kind(asked) == value_kind::integer) {
      slot = M::as_integer(asked).as_int64();
    }
    if (slot < from.first || slot >= from.end()) {
      return fail(errc::not_found, "slot " + std::to_string(slot));
    }
    return from.assignments[static_cast<std::size_t>(slot - from.first)];
  }

 private:
  /// The slot behind `at-slot`; 0 without one. The limit leaves room for any schedule.
  static result<std::int64_t> behind(const message& base) {
    const message at = M::get_key(base, "at-slot");
    if (M::kind(at) != value_kind::integer || M::as_integer(at) == integer(-1)) return std::int64_t{0};
    const integer n = M::as_integer(at);
    if (n.negative || n.bits >= std::uint64_t{1} << 62) return fail(errc::malformed_message, "at-slot");
    return n.as_int64() + 1;
  }
};

}  // namespace detail

/// The `scheduler@1.0` device: gives messages their slots and hands them out in order. What is scheduled is in memory,
/// in the private part of the message, and shared by all messages that derive from it.
///
/// | key | effect |
/// |---|---|
/// | `init`, `normalize` | there is a schedule; its first slot is the one behind `at-slot`, or 0 |
/// | `schedule` | adds the request's `body`, else the request itself; answers the assignment |
/// | `next` | the assignment of the request's `slot`, else of the one behind `at-slot`; fails with `not_found` |
/// | `slot` | `current`: the latest slot, −1 before the first |
///
/// An assignment has `slot`, `body`, and the `block-height`, `timestamp` and `hash-chain` of the request. Other keys
/// fail with `malformed_request` where there is no schedule yet, or nothing to add to it, and all of them with
/// `malformed_message` for an `at-slot` that is no slot.
struct scheduler_device {
  static constexpr std::string_view name = "scheduler@1.0";

  static constexpr bool has_key(std::string_view key) noexcept {
    for (const std::string_view known : {"init", "normalize", "schedule", "next", "slot"}) {
      if (same_device_key(key, known)) return true;
    }
    return false;
  }

  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view key,
                                                          message_value_t<M> base, const message_value_t<M>& request) {
    using scheduler = detail::scheduler<M>;
    using message = message_value_t<M>;
    const auto ok = [](message m) { return device_response<message>{device_status::ok, std::move(m)}; };
    if (!has_key(key)) return fail(errc::unknown_key, std::string(key));
    if (same_device_key(key, "init") || same_device_key(key, "normalize")) {
      WASM64_TRY(base, scheduler::start(std::move(base)));
      return ok(std::move(base));
    }
    const auto queue = scheduler::queue_of(base);
    if (queue == nullptr) return fail(errc::malformed_request, "no schedule before init");
    if (same_device_key(key, "slot")) {
      vector<message_entry_t<M>> fields;
      fields.push_back({"current", M::make_integer(queue->end() - 1)});
      return ok(M::make_map(std::move(fields)));
    }
    WASM64_TRY(message answer, same_device_key(key, "schedule") ? scheduler::add(*queue, request)
                                                                : scheduler::next(*queue, base, request));
    return ok(std::move(answer));
  }
};

}  // namespace wasm64
