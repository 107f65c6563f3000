#pragma once

#include <algorithm>
#include <concepts>

#include "wasm64/device/device_base.hpp"
#include "wasm64/device/json_struct.hpp"

namespace wasm64 {

namespace detail {

/// One call of `json-iface@1.0`.
template <class M>
class json_iface {
 public:
  using message = typename M::value_type;
  using response = device_response<message>;

  static result<response> init(message base) {
    if (message process = M::get_key(base, "process"); M::kind(process) == value_kind::map) {
      WASM64_TRY(message id, json_struct<M>::id_of(process));
      WASM64_CHECK(put<M>(base, "process/id", std::move(id)));
    }
    WASM64_CHECK(put<M>(base, "function", make_text<M>("handle")));
    return response{device_status::ok, std::move(base)};
  }

  /// The texts of the message and of its environment become the parameters: as pointers, where there is a writer.
  static result<response> prepare(message base, const message& request) {
    const std::string prefix = string_at<M>(base, "output-prefix");
    WASM64_TRY(const message given, message_struct(base, request));
    WASM64_TRY(const std::string text, wasm64::print_json<M>(given));
    WASM64_TRY(const std::string environment, environment_of(base, prefix));
    vector<message> parameters;
    WASM64_TRY(base, M::set_private(std::move(base), join(prefix, "answer"), {}));
    const auto writer = handle<guest_writer<M>>(base, join(prefix, "write"));
    for (const std::string* json : {&text, &environment}) {
      if (writer.to == nullptr) {
        parameters.push_back(make_text<M>(*json));
        continue;
      }
      const result<std::uint64_t> address = writer(as_bytes(*json));
      if (!address.has_value()) {
        release(base, prefix, M::make_list(std::move(parameters)));
        return failed(std::move(base), "WASM execution error.", to_string(address.assume_error()));
      }
      parameters.push_back(M::make_integer(address.assume_value()));
    }
    WASM64_CHECK(put<M>(base, "parameters", M::make_list(std::move(parameters))));
    WASM64_CHECK(put<M>(base, "function", make_text<M>("handle")));
    return response{device_status::ok, std::move(base)};
  }

  static result<response> collect(message base) {
    const std::string prefix = string_at<M>(base, "output-prefix");
    const std::string results = join("results", prefix);
    const std::string type = string_at<M>(base, join(results, "type"));
    const message output = M::get(base, join(results, "output"));
    if (!same_key(type, "ok")) return failed(std::move(base), "WASM execution error.", string_of<M>(output));
    result<byte_vector> answer = read(base, prefix, output);
    // After a trap the guest's storage is left as it is: its allocator may have been in the middle of something.
    release(base, prefix, M::get_key(base, "parameters"));
    if (!answer.has_value()) return unreadable(std::move(base), answer.assume_error());
    const std::string_view text = as_text(view_of(answer.assume_value()));
    WASM64_TRY(base, M::set_private(std::move(base), join(prefix, "answer"), make_text<M>(text)));
    result<message> parsed = parse_json<M>(text);
    if (!parsed.has_value()) return unreadable(std::move(base), parsed.assume_error());
    result<vector<message_entry_t<M>>> found = results_of(base, parsed.assume_value());
    if (!found.has_value()) return unreadable(std::move(base), found.assume_error());
    return done(replace_results(std::move(base), std::move(found).assume_value()));
  }

 private:
  using entries = vector<message_entry_t<M>>;

  static result<response> done(result<message> m) {
    if (!m.has_value()) return fail(std::move(m).assume_error());
    return response{device_status::ok, std::move(m).assume_value()};
  }
  static result<response> failed(message base, std::string_view what, std::string_view why) {
    entries found;
    found.push_back({"body", make_text<M>(what)});
    found.push_back({"reason", make_text<M>(why)});
    WASM64_TRY(base, replace_results(std::move(base), std::move(found)));
    return response{device_status::error, std::move(base)};
  }
  static result<response> unreadable(message base, const error& why) {
    return failed(std::move(base), "JSON error parsing result output.", to_string(why));
  }

  /// Nothing of an earlier message stays.
  static result<message> replace_results(message base, entries found) {
    small_vector<std::string_view, 8> stale;
    if (const auto& before = peek_key<M>(base, "results"); M::kind(before) == value_kind::map) {
      for (const std::string_view name :
           {"data", "error", "outbox", "patches", "spawns", "assignments", "body", "reason"}) {
        const auto is_it = [name](const message_entry_t<M>& entry) { return entry.first == name; };
        if (std::any_of(found.begin(), found.end(), is_it)) continue;
        if (!is_null<M>(peek_key<M>(before, name))) stale.push_back(name);
      }
    }
    for (const std::string_view name : stale) base = M::remove(std::move(base), join("results", name));
    for (auto& [name, item] : found) {
      WASM64_CHECK(put<M>(base, join("results", name), std::move(item)));
    }
    return result<message>(std::move(base));
  }

  /// The host's reader or writer in the private part; one without a guest when there is none.
  template <class T>
  static T handle(const message& base, std::string_view path) {
    const message found = M::get_private(base, path);
    if (M::kind(found) != value_kind::host) return {};
    const host_object object = M::as_host(found);
    const T* const held = object.template get<T>();
    return held != nullptr ? *held : T{};
  }

  static result<message> message_struct(const message& base, const message& request) {
    const message body = M::get_key(request, "body");
    if (M::kind(body) != value_kind::map) return fail(errc::malformed_request, "body");
    WASM64_TRY(message made, json_struct<M>::of(body));
    const bool was_json = M::kind(M::get_key(body, "tags")) == value_kind::list;
    message height = M::get_key(request, "block-height");
    if (is_null<M>(height) && !was_json) height = M::make_integer(0);
    message image = make_text<M>(image_id(base));
    if (M::as_bytes(image).empty() && was_json) image = {};
    const auto add = [&](std::string_view key, message item) -> result<void> {
      if (is_null<M>(item) || (was_json && !is_null<M>(M::get_key(made, key)))) return success();
      WASM64_CHECK(put<M>(made, key, std::move(item)));
      return success();
    };
    WASM64_CHECK(add("Block-Height", std::move(height)));
    WASM64_CHECK(add("Module", std::move(image)));
    WASM64_CHECK(add("Timestamp", M::get_key(request, "timestamp")));
    return result<message>(std::move(made));
  }

  /// The latest environment, with what it was made of.
  struct remembered {
    message process;
    message module;
    std::string text;
  };

  /// The same for every message of a process, so it is made again only when the process has changed.
  static result<std::string> environment_of(message& base, std::string_view prefix) {
    remembered now{M::get_key(base, "process"), M::get_key(base, "module"), {}};
    const std::string path = join(prefix, "environment");
    if constexpr (std::equality_comparable<message>) {
      if (const message held = M::get_private(base, path); M::kind(held) == value_kind::host) {
        const host_object object = M::as_host(held);
        const auto* const before = object.template get<remembered>();
        if (before != nullptr && before->process == now.process && before->module == now.module) return before->text;
      }
    }
    entries members;
    for (const auto& [definition, name] : {std::pair(&now.process, "Process"), std::pair(&now.module, "Module")}) {
      if (M::kind(*definition) != value_kind::map) continue;
      WASM64_TRY(message made, json_struct<M>::of(*definition));
      members.push_back({name, std::move(made)});
    }
    WASM64_TRY(std::string text, wasm64::print_json<M>(M::make_map(std::move(members))));
    now.text = text;
    WASM64_TRY(base, M::set_private(std::move(base), path, M::make_host(host_object::make(std::move(now)))));
    return text;
  }

  /// The id of the process's image; nothing when the image is there itself.
  static std::string image_id(const message& base) {
    for (const std::string_view path : {"process/image", "process/wasm-image"}) {
      const message image = M::get(base, path);
      if (M::kind(image) == value_kind::binary && is_image_id(M::as_bytes(image))) return string_of<M>(image);
    }
    return {};
  }

  static result<byte_vector> read(const message& base, std::string_view prefix, const message& output) {
    const auto reader = handle<guest_reader<M>>(base, join(prefix, "read"));
    if (reader.from != nullptr) return reader(output);
    if (M::kind(output) != value_kind::binary) return fail(errc::argument_type_mismatch, "output");
    const bytes_view text = M::as_bytes(output);
    return byte_vector(text.begin(), text.end());
  }

  /// Gives the texts back to the guest, if it takes them; how that ends changes nothing for the message.
  static void release(const message& base, std::string_view prefix, const message& addresses) {
    const auto writer = handle<guest_writer<M>>(base, join(prefix, "write"));
    if (writer.to == nullptr || M::kind(addresses) != value_kind::list || !writer.to->is_alive()) return;
    if (writer.to->module_instance()->exported_func("free") == nullptr) return;
    for (std::size_t i = 0; i < M::list_size(addresses); ++i) {
      vector<message> one;
      one.push_back(M::list_element(addresses, i));
      const import_handler<M> nobody;
      (void)writer.to->call("free", M::make_list(std::move(one)), base, nobody);
    }
  }

  static result<entries> results_of(const message& base, const message& answer) {
    if (M::kind(answer) != value_kind::map) return fail(errc::malformed_message, "not an object");
    const message ok = M::get_key(answer, "ok");
    if (M::kind(ok) != value_kind::boolean || !M::as_bool(ok)) {
      const std::string why = string_of<M>(M::get_key(answer, "error"));
      return fail(errc::malformed_message, why.empty() ? "not ok" : why);
    }
    const message given = M::get_key(answer, "response");
    if (M::kind(given) != value_kind::map) return fail(errc::malformed_message, "response");
    entries found;
    if (message why = M::get_key(given, "Error"); !is_null<M>(why)) {
      found.push_back({"data", why});
      found.push_back({"error", std::move(why)});
    } else {
      found.push_back({"data", data_of(M::get_key(given, "Output"))});
    }
    WASM64_TRY(vector<message> messages, list_of(given, "Messages"));
    for (message& m : messages) {
      WASM64_TRY(m, from_here(std::move(m), base));
    }
    WASM64_TRY(vector<message> spawns, list_of(given, "Spawns"));
    WASM64_TRY(vector<message> assignments, list_of(given, "Assignments"));
    WASM64_TRY(vector<message> patches, list_of(given, "patches"));
    found.push_back({"outbox", numbered(std::move(messages))});
    found.push_back({"spawns", numbered(std::move(spawns))});
    found.push_back({"assignments", numbered(std::move(assignments))});
    found.push_back({"patches", M::make_list(std::move(patches))});
    return found;
  }

  static message data_of(const message& output) {
    message data = M::kind(output) == value_kind::map ? M::get_key(output, "data") : output;
    return is_null<M>(data) ? make_text<M>("") : data;
  }

  static result<vector<message>> list_of(const message& given, std::string_view name) {
    vector<message> flattened;
    const message found = M::get_key(given, name);
    if (is_null<M>(found)) return flattened;
    if (M::kind(found) != value_kind::list) return fail(errc::malformed_message, std::string(name) + " is not a list");
    for (std::size_t i = 0; i < M::list_size(found); ++i) {
      result<message> one = json_struct<M>::flat(M::list_element(found, i));
      if (!one.has_value()) {
        return fail(errc::malformed_message, join(name, std::to_string(i + 1)) + ": " + one.assume_error().detail);
      }
      flattened.push_back(std::move(one).assume_value());
    }
    return flattened;
  }

  static message numbered(vector<message> list) {
    entries members;
    for (message& m : list) members.push_back({std::to_string(members.size() + 1), std::move(m)});
    return M::make_map(std::move(members));
  }

  static result<message> from_here(message m, const message& base) {
    if (const std::string id = string_at<M>(base, "process/id"); !id.empty()) {
      WASM64_CHECK(put<M>(m, "from-process", make_text<M>(id)));
    }
    if (const std::string id = image_id(base); !id.empty()) {
      WASM64_CHECK(put<M>(m, "from-image", make_text<M>(id)));
    }
    return result<message>(std::move(m));
  }
};

}  // namespace detail

/// The `json-iface@1.0` device: lets a guest with `handle(message, environment) -> answer`, all of them addresses of
/// NUL-terminated JSON texts, run in a stack in front of `wasm64@1.0`, twice for each message.
///
/// | key | effect |
/// |---|---|
/// | `init` | `function` is "handle"; a `process` without an `id` gets the hash of its contents |
/// | `compute`, `pass` 1 | writes the request's `body` and `{"Process": …}` into the guest, addresses to `parameters` |
/// | `compute`, `pass` 2 | reads the answer at `results/<output-prefix>/output`; the texts go back to `free` |
///
/// A message has `Id`, `Anchor`, `Owner`, `From`, `Tags`, `Target`, `Data`, `Signature`, `Module`, `Block-Height`, and
/// `Timestamp` if the request has one; `Block-Height` is 0 without one. A message whose `Tags` are a list was JSON
/// before and keeps its own members. Members are in the order of their names.
///
/// The answer goes to `results`: `data`, `outbox`, `spawns` and `assignments` (maps from 1, 2, …), `patches` (a list),
/// and `error` if the guest says so. Entries have their keys in lower case and their tags among them; those of the
/// outbox get `from-process` and `from-image`. HyperBEAM drops spawns and assignments, and frees nothing. The text of
/// the answer is in the private part at `<output-prefix>/answer`.
///
/// A trap, or an answer that is not `{"ok":true,"response":{…}}`, ends with the status `error`; the message then says
/// what at `results/body` and why at `results/reason`. Without a `body` it fails with `malformed_request`.
struct json_iface_device {
  static constexpr std::string_view name = "json-iface@1.0";

  static constexpr bool has_key(std::string_view key) noexcept {
    return same_device_key(key, "init") || same_device_key(key, "compute");
  }

  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view key,
                                                          message_value_t<M> base, const message_value_t<M>& request) {
    using iface = detail::json_iface<M>;
    if (same_device_key(key, "init")) return iface::init(std::move(base));
    if (!same_device_key(key, "compute")) return fail(errc::unknown_key, std::string(key));
    const message_value_t<M> pass = M::get_key(base, "pass");
    const bool is_number = M::kind(pass) == value_kind::integer;
    if (is_number && M::as_integer(pass) == integer(1)) return iface::prepare(std::move(base), request);
    if (is_number && M::as_integer(pass) == integer(2)) return iface::collect(std::move(base));
    return device_response<message_value_t<M>>{device_status::ok, std::move(base)};
  }
};

}  // namespace wasm64
