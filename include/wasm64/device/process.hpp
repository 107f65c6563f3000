#pragma once

#include <algorithm>

#include "wasm64/device/device_base.hpp"
#include "wasm64/device/fields.hpp"

namespace wasm64 {

namespace detail {

/// One call of `process@1.0`.
template <class M>
class process_call {
 public:
  using message = typename M::value_type;
  using response = device_response<message>;

  explicit process_call(device_base<M>& n) : node_(n) {}

  result<response> init(message base) {
    WASM64_TRY(base, defined(std::move(base)));
    return start(std::move(base));
  }

  result<response> schedule(message base, const message& request) {
    return run_as(scheduler, "schedule", std::move(base), request);
  }
  result<response> slot(message base, const message& request) {
    return run_as(scheduler, "slot", std::move(base), request);
  }

  /// Runs what is scheduled up to a slot; up to the latest one without it. A slot that was suspended goes on first.
  result<response> compute(message base, const message& slot, const message& resume) {
    WASM64_TRY(base, defined(std::move(base)));
    const bool is_new = is_null<M>(M::get_key(base, "initialized"));
    WASM64_TRY(response loaded, is_new ? start(std::move(base)) : load(std::move(base)));
    if (loaded.status != device_status::ok) return loaded;
    base = std::move(loaded.message);
    std::int64_t at = at_slot(base);
    WASM64_TRY(const std::int64_t target, target_of(base, slot));
    if (target < at) {
      return failed({}, "compute", target, "slot " + std::to_string(at) + " is computed already");
    }
    message with = resume;
    while (at < target) {
      WASM64_TRY(response done, step(std::move(base), at + 1, std::exchange(with, message())));
      if (done.status != device_status::ok) return done;
      base = std::move(done.message);
      ++at;
    }
    return response{device_status::ok, std::move(base)};
  }

  result<response> snapshot(message base) {
    vector<message_entry_t<M>> fields;
    fields.push_back({"path", make_text<M>("snapshot")});
    fields.push_back({"mode", make_text<M>("Map")});
    return run_as(execution, "snapshot", std::move(base), M::make_map(std::move(fields)));
  }

  result<response> normalize(message base) {
    WASM64_TRY(base, defined(std::move(base)));
    return load(std::move(base));
  }

  result<response> terminate(message base) {
    return run_as(execution, "terminate", std::move(base), request_for("terminate"));
  }

 private:
  static constexpr std::string_view scheduler = "scheduler";
  static constexpr std::string_view execution = "execution";

  static message request_for(std::string_view path) {
    vector<message_entry_t<M>> fields;
    fields.push_back({"path", make_text<M>(path)});
    return M::make_map(std::move(fields));
  }
  static std::int64_t at_slot(const message& base) {
    const message at = M::get_key(base, "at-slot");
    return M::kind(at) == value_kind::integer ? M::as_integer(at).as_int64() : -1;
  }

  /// The definition of a process is its message as it came; a stack may be given as a text.
  static result<message> defined(message base) {
    if (is_null<M>(M::get_key(base, "process"))) {
      vector<message_entry_t<M>> fields;
      for (std::string& key : M::keys(base)) {
        message item = M::get_key(base, key);
        fields.push_back({std::move(key), std::move(item)});
      }
      WASM64_CHECK(put<M>(base, "process", M::make_map(std::move(fields))));
    }
    const message stack = M::get_key(base, "execution-stack");
    if (is_null<M>(stack) || !is_null<M>(M::get_key(base, "device-stack"))) return result<message>(std::move(base));
    WASM64_TRY(message devices, M::kind(stack) == value_kind::binary ? devices_of(string_of<M>(stack)) : stack);
    WASM64_CHECK(put<M>(base, "device-stack", std::move(devices)));
    return result<message>(std::move(base));
  }

  /// `"a@1.0", "b@1.0"`, with quotation marks or without.
  static result<message> devices_of(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    vector<message> devices;
    for (;;) {
      text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
      const bool is_quoted = text.starts_with('"');
      if (is_quoted) text.remove_prefix(1);
      const std::size_t end = std::min(text.find(is_quoted ? '"' : ','), text.size());
      std::string_view one = text.substr(0, end);
      text.remove_prefix(end);
      if (is_quoted) {
        if (text.empty()) return fail(errc::malformed_message, "execution-stack");
        text.remove_prefix(1);
        text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
      } else {
        one = one.substr(0, one.find_last_not_of(blank) + 1);
      }
      if (one.empty()) return fail(errc::malformed_message, "execution-stack");
      devices.push_back(make_text<M>(one));
      if (text.empty()) return M::make_list(std::move(devices));
      if (text.front() != ',') return fail(errc::malformed_message, "execution-stack");
      text.remove_prefix(1);
    }
  }

  static std::string device_of(const message& base, std::string_view role) {
    std::string named = string_at<M>(base, std::string(role) + "-device");
    if (!named.empty()) return named;
    if (role == scheduler) return "scheduler@1.0";
    return is_null<M>(M::get_key(base, "device-stack")) ? "wasm64@1.0" : "stack@1.0";
  }

  /// Calls a key with the device of a role in the place of this one.
  result<response> run_as(std::string_view role, std::string_view key, message base, const message& request) {
    const message own = M::get_key(base, "device");
    const std::string device = device_of(base, role);
    WASM64_CHECK(put<M>(base, "device", make_text<M>(device)));
    if (is_null<M>(M::get_key(base, "input-prefix"))) {
      WASM64_CHECK(put<M>(base, "input-prefix", make_text<M>("process")));
    }
    if (message prefixes = M::get_key(base, std::string(role) + "-output-prefixes"); !is_null<M>(prefixes)) {
      WASM64_CHECK(put<M>(base, "output-prefixes", std::move(prefixes)));
    }
    WASM64_TRY(response done, node_.call(device, key, std::move(base), request));
    if (M::kind(done.message) == value_kind::map && string_at<M>(done.message, "device") == device) {
      if (is_null<M>(own)) done.message = M::remove(std::move(done.message), "device");
      WASM64_CHECK(put<M>(done.message, "device", own));
    }
    return done;
  }

  /// The same, with every failure as a response that says where it happened.
  result<response> run_phase(std::string_view phase, std::int64_t slot, std::string_view role, std::string_view key,
                             message base, const message& request) {
    result<response> done = run_as(role, key, std::move(base), request);
    if (!done.has_value()) return failed({}, phase, slot, to_string(done.assume_error()));
    const device_status status = done.assume_value().status;
    if (status == device_status::ok || status == device_status::pending) return done;
    return failed(std::move(done.assume_value().message), phase, slot, {});
  }

  static result<response> failed(message why, std::string_view phase, std::int64_t slot, std::string_view reason) {
    if (M::kind(why) != value_kind::map) why = M::make_map({});
    if (!reason.empty()) {
      WASM64_CHECK(put<M>(why, "error", make_text<M>(reason)));
    }
    WASM64_CHECK(put<M>(why, "phase", make_text<M>(phase)));
    WASM64_CHECK(put<M>(why, "attempted-slot", M::make_integer(slot)));
    return response{device_status::error, std::move(why)};
  }

  result<response> start(message base) {
    WASM64_TRY(response done, run_phase("init", -1, scheduler, "init", std::move(base), request_for("init")));
    if (done.status != device_status::ok) return done;
    WASM64_TRY(done, run_phase("init", -1, execution, "init", std::move(done.message), request_for("init")));
    if (done.status != device_status::ok) return done;
    WASM64_CHECK(put<M>(done.message, "initialized", make_text<M>("true")));
    WASM64_CHECK(put<M>(done.message, "at-slot", M::make_integer(-1)));
    return loaded(std::move(done.message));
  }

  static result<response> loaded(message base) {
    WASM64_TRY(base, M::set_private(std::move(base), "process/loaded", M::make_bool(true)));
    return response{device_status::ok, std::move(base)};
  }

  /// What came from a storage has no instance and no schedule yet.
  result<response> load(message base) {
    const bool is_loaded = !is_null<M>(M::get_private(base, "process/loaded"));
    if (is_loaded && is_null<M>(M::get_key(base, "snapshot"))) return response{device_status::ok, std::move(base)};
    const std::int64_t slot = at_slot(base);
    WASM64_TRY(response done, run_phase("normalize", slot, scheduler, "init", std::move(base), request_for("init")));
    if (done.status != device_status::ok) return done;
    WASM64_TRY(done,
               run_phase("normalize", slot, execution, "normalize", std::move(done.message), request_for("normalize")));
    if (done.status != device_status::ok) return done;
    return loaded(M::remove(std::move(done.message), "snapshot"));
  }

  result<std::int64_t> target_of(const message& base, const message& slot) {
    if (!is_null<M>(slot)) {
      WASM64_TRY(const std::uint64_t wanted, count_of<M>(slot, "slot"));
      if (wanted > INT64_MAX) return fail(errc::malformed_request, "slot");
      return static_cast<std::int64_t>(wanted);
    }
    WASM64_TRY(const response latest, run_as(scheduler, "slot", base, request_for("slot")));
    const message current = M::get_key(latest.message, "current");
    if (M::kind(current) != value_kind::integer) return fail(errc::malformed_message, "current");
    return std::max(M::as_integer(current).as_int64(), at_slot(base));
  }

  /// One slot: its assignment is the request, the results are its alone.
  result<response> step(message base, std::int64_t slot, message resume) {
    vector<message_entry_t<M>> fields;
    fields.push_back({"path", make_text<M>("next")});
    fields.push_back({"slot", M::make_integer(slot)});
    const message ask = M::make_map(std::move(fields));
    WASM64_TRY(response next, run_phase("schedule", slot, scheduler, "next", base, ask));
    if (next.status != device_status::ok) return next;
    message assignment = std::move(next.message);
    const message number = M::get_key(assignment, "slot");
    if (M::kind(number) != value_kind::integer || M::as_integer(number).as_int64() != slot) {
      return failed({}, "schedule", slot, "an assignment of another slot");
    }
    if (is_null<M>(M::get_key(assignment, "path"))) {
      WASM64_CHECK(put<M>(assignment, "path", make_text<M>("compute")));
    }
    if (is_null<M>(resume)) {
      base = M::remove(std::move(base), "results");
    } else {
      WASM64_CHECK(put<M>(assignment, "resume", std::move(resume)));
    }
    const std::string key = string_at<M>(assignment, "path");
    WASM64_TRY(response done, run_phase("compute", slot, execution, key, std::move(base), assignment));
    if (done.status != device_status::ok) return done;
    if (M::kind(done.message) != value_kind::map) return failed({}, "compute", slot, "the answer is no message");
    WASM64_CHECK(put<M>(done.message, "at-slot", M::make_integer(slot)));
    return done;
  }

  device_base<M>& node_;
};

}  // namespace detail

/// The `process@1.0` device: a message that computes what is scheduled for it, slot after slot.
///
/// Its definition is at `process`, where `init` puts the message itself when it is missing. Keys go to the device of a
/// role: `scheduler-device` (default `scheduler@1.0`) and `execution-device` (default `stack@1.0` with a
/// `device-stack`, else `wasm64@1.0`), with `input-prefix` "process" unless there is another, and
/// `<role>-output-prefixes` as `output-prefixes`. `Execution-Stack`, a list or a text such as
/// `"scheduler@1.0", "wasm64@1.0"`, is the `device-stack` when that is missing.
///
/// | key | effect |
/// |---|---|
/// | `init` | the execution's `init`; `initialized` is "true", `at-slot` −1 |
/// | `schedule` | adds a message to the schedule; answers its assignment, with `slot` |
/// | `slot` | what the scheduler says: `current`, the latest slot |
/// | `compute` | runs the assignments behind `at-slot` up to the request's `slot` (default: the latest) |
/// | `now` | `compute` without a slot |
/// | `snapshot` | the execution's, in mode `Map`; put at `snapshot` of a message, that is restored from it |
/// | `normalize` | the execution's, without `snapshot` |
/// | `terminate` | the execution's |
///
/// `compute` initializes or restores the process first where necessary. Each assignment is the request of a key of the
/// execution, its `path` or else `compute`, which starts without `results`.
///
/// A slot whose execution is `pending` ends `compute` with that status; the same request with a `resume` goes on.
///
/// Failures of `init`, `compute` and `normalize` have the status `error` and say where: `phase` (init, normalize,
/// schedule, compute) and `attempted-slot`, with `error` or what the execution's message says. There is no cache of
/// results: who wants an earlier slot keeps that message.
struct process_device {
  static constexpr std::string_view name = "process@1.0";

  static constexpr bool has_key(std::string_view key) noexcept {
    for (const std::string_view known :
         {"init", "schedule", "slot", "compute", "now", "snapshot", "normalize", "terminate"}) {
      if (same_device_key(key, known)) return true;
    }
    return false;
  }

  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>& node, std::string_view key,
                                                          message_value_t<M> base, const message_value_t<M>& request) {
    detail::process_call<M> process(node);
    const auto is = [key](std::string_view name_of_key) { return same_device_key(key, name_of_key); };
    if (is("init")) return process.init(std::move(base));
    if (is("schedule")) return process.schedule(std::move(base), request);
    if (is("slot")) return process.slot(std::move(base), request);
    if (is("compute")) {
      return process.compute(std::move(base), M::get_key(request, "slot"), M::get_key(request, "resume"));
    }
    if (is("now")) return process.compute(std::move(base), {}, M::get_key(request, "resume"));
    if (is("snapshot")) return process.snapshot(std::move(base));
    if (is("normalize")) return process.normalize(std::move(base));
    if (is("terminate")) return process.terminate(std::move(base));
    return fail(errc::unknown_key, std::string(key));
  }
};

}  // namespace wasm64
