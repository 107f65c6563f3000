#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "wasm64/base/shared_bytes.hpp"
#include "wasm64/device/config.hpp"
#include "wasm64/device/fields.hpp"
#include "wasm64/device/guest.hpp"
#include "wasm64/device/names.hpp"
#include "wasm64/message/check.hpp"
#include "wasm64/storage/any_store.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64 {

/// How a key ended. A failed `result` is a failure that has no message.
enum class device_status : std::uint8_t {
  ok,
  error,
  skip,
  pass,
  /// It has to wait and says for what in its message. The same key goes on, with this message as its base and the same
  /// request but for a `resume`.
  pending,
};

/// What a key answers when it is called by name.
template <class Value>
struct device_response {
  device_status status = device_status::ok;
  Value message;
};

/// How a device takes a key.
enum class key_support : std::uint8_t {
  no_device,  ///< there is no such device
  message,  ///< it leaves the key to `message@1.0`
  declared,  ///< it says that it has the key
  undeclared,  ///< it may have the key: it does not say which it has
};

namespace detail {
struct inline_key;
struct path_part;
template <class M>
class step_request;
}  // namespace detail

/// The keys of a device. They depend on the message policy only, so devices that differ in the rest share their code.
template <class Message>
class device_base {
  static_assert(check_message_policy<Message>());

 public:
  using message_policy = Message;
  using message = message_value_t<Message>;
  using response = device_response<message>;

  device_base(const device_base&) = delete;
  device_base& operator=(const device_base&) = delete;

  /// Calls a key by its name; case does not matter, '-' is '_'. What is no key of the device is read from the message,
  /// and fails with `unknown_key` when it is not there.
  result<response> call(std::string_view key, message base, const message& request = {});
  /// Calls a key of this device or of a sibling, by the device's name.
  result<response> call(std::string_view device_name, std::string_view key, message base, const message& request);

  /// Follows the request's `path`, a text in the form of `path_part.hpp` or a list of keys: each step runs one key on
  /// the result of the step before, by the device that this names (else `message@1.0`), and sees the other keys of the
  /// request. The first status that is not ok ends it. A base, or an intermediate result, that is an id of 43
  /// characters is read from storage. Fails with `unknown_key` or `unknown_device` and the name, `not_found` and the
  /// id, `malformed_request` and the part of the path, `resolution_limit`, or as the devices do.
  result<response> resolve(message base, const message& request);
  template <class Path>
    requires std::convertible_to<const Path&, std::string_view>
  result<response> resolve(message base, const Path& path) {
    return resolve_text(std::move(base), path, {}, false);
  }

  /// How the device of that name takes a key.
  key_support support(std::string_view device_name, std::string_view key) const;
  const device_options& options() const noexcept { return options_; }

  /// Makes an instance of the image at `<input-prefix>/image`, else `<input-prefix>/WASM-Image`: an id, a message with
  /// a `body`, or bytes; else of `body`. `<input-prefix>/Memory-Limit` ("1-gb", "512-mb", a number of bytes) and
  /// `…/Compute-Limit` (fuel of a call) lower what the options allow. With a `pass` other than 1, an instance that is
  /// there stays. The private part gets `instance`, `import-resolver`, `read` and `write` under `<output-prefix>`.
  /// Fails with `no_image`, `image_not_found`, `unknown_mode`, `malformed_message` for such a limit, or as compiling,
  /// linking and starting a module do.
  result<message> init(message base);

  /// Calls `function` with `parameters`, each looked for in the request's body, the request, the base. Results are at
  /// `results/<output-prefix>/type` and `…/output`: "ok" and a list, or "error" and a text; the latter is no failure.
  /// A program that exits with code 0 has ended well, with an empty list.
  /// Without a function, or with a `pass` other than 1, nothing is called.
  ///
  /// A call that cannot go on for now is suspended: the type is "pending", the output a map that says in `waiting-for`
  /// for what: "fuel", when it has spent a slice, or "import", which then is at `module`, `func`, `func-sig` and
  /// `args`, when its handler answers later. The message may be stored, with `snapshot`, and restored elsewhere. A
  /// request with `resume` goes on: anything for fuel; for an import a map with `results`, or with `error`, a text with
  /// which it traps. Fails with `instance_busy` when another call is pending, with `not_suspended` when none is.
  result<message> compute(message base, const message& request = {});

  /// Answers an import: by the library at `<output-prefix>/stdlib/<module>`, else as `Config::undefined_imports` says.
  result<import_answer<Message>> import(import_call<Message>& call);
  /// The same for a request with `module`, `func`, `args` and `func-sig`: a message with `results` and `state`.
  result<message> import(message base, const message& request);

  /// A message whose `body` is the state of the instance; `device_options::snapshot_as_state` has it elsewhere. Fails
  /// with `no_instance`, or as `capture` does.
  result<message> snapshot(const message& base);

  /// Sees to it that there is an instance: makes one from the snapshot at `snapshot/[<device-key>/]body`, or at
  /// `<output-prefix>/State` there or in the message, which is ours or a bare memory. Both are removed. Fails with
  /// `no_instance`, or as `init` and `restore` do.
  result<message> normalize(message base);

  /// Destroys the instance, for every message that holds it. Fails with `no_instance` or `instance_busy`.
  result<message> terminate(message base);

  /// The instance of a message, or null.
  std::shared_ptr<guest<Message>> instance_of(const message& base) const {
    return instance_at(base, output_prefix(base));
  }

 protected:
  /// What storage and configuration come down to.
  struct policies {
    std::shared_ptr<store_base> (*make_store)(const wasm64::limits& limits);
    feature_set features;
    undefined_import undefined_imports;
    std::size_t max_undefined_calls;
    result<response> (*call_sibling)(device_base& from, std::string_view name, std::string_view key, message base,
                                     const message& request);
    key_support (*support)(std::string_view name, std::string_view key);
    /// What the sibling of that name answers imports with; empty when it does not.
    import_handler<Message> (*imports_of)(device_base& from, std::string_view name);
    /// The host functions of the sibling of that name; null when it has none.
    std::unique_ptr<import_library<Message>> (*library_of)(device_base& from, std::string_view name);
    vector<std::unique_ptr<import_library<Message>>> (*builtin_libraries)(device_base& from);
    call_moment (*moment)(const message& base, const message& request);
  };

  device_base(const policies& p, any_store storage, device_options options)
      : policies_(p), storage_(storage), options_(std::move(options)) {}
  ~device_base() = default;

 private:
  enum class start_function : bool { skip, run };
  struct default_resolver {
    device_base* owner;
    result<import_answer<Message>> operator()(import_call<Message>& call) const { return owner->import(call); }
  };

  /// One level of calls inside of calls; the outermost counts the steps of all.
  class nesting {
   public:
    explicit nesting(device_base& node) noexcept : node_(node) {
      if (node_.depth_++ == 0) node_.steps_ = 0;
    }
    nesting(const nesting&) = delete;
    nesting& operator=(const nesting&) = delete;
    ~nesting() { --node_.depth_; }
    /// Fails with `resolution_limit` and the name of what is about to run.
    result<void> check(std::string_view what) const {
      if (node_.depth_ <= node_.options_.max_nesting && ++node_.steps_ <= node_.options_.max_steps) return success();
      return fail(errc::resolution_limit, std::string(what.substr(0, 256)));
    }

   private:
    device_base& node_;
  };
  static constexpr std::size_t max_inline_keys = 1024;  ///< of one part of a path

  result<response> resolve_text(message base, std::string_view path, const message& request, bool has_path);
  result<response> resolve_list(message base, const message& path, const message& request);
  result<response> resolve_part(message base, const detail::path_part& part, detail::step_request<Message>& requests,
                                bool is_whole);
  result<response> step(message base, std::string_view key, const message& request);
  result<message> loaded(message base);
  result<void> put_keys(message& to, std::string_view keys);
  result<message> inline_value(const detail::inline_key& key);

  static std::string text_at(const message& m, std::string_view path);
  static std::string output_prefix(const message& m) { return text_at(m, "output-prefix"); }
  static std::string join(std::string_view prefix, std::string_view rest) { return detail::join(prefix, rest); }
  static host_object object_at(const message& m, std::string_view path);
  static std::shared_ptr<guest<Message>> instance_at(const message& m, std::string_view prefix);
  static result<message> set(message m, std::string_view path, message item) {
    return Message::set(std::move(m), path, std::move(item), set_mode::replace);
  }
  static message text(std::string_view t) { return Message::make_binary(as_bytes(t)); }

  result<response> computed(message base, const message& request);
  result<response> answered(typename guest<Message>::outcome done, std::string_view prefix,
                            const std::shared_ptr<guest<Message>>& instance);
  result<std::shared_ptr<const module>> image_of(const message& base);
  result<std::shared_ptr<const module>> load(bytes_view wasm);
  result<message> make_instance(message base, start_function start);
  result<std::shared_ptr<guest<Message>>> ready(message& base, std::string_view prefix);
  result<message> hold(message base, std::string_view prefix, const std::shared_ptr<guest<Message>>& made);
  result<void> restore(guest<Message>& fresh, bytes_view state);
  static message snapshot_in(const message& base, std::string_view state);
  message wanted(const message& base, const message& request, std::string_view key) const;
  bool may_enter(std::string_view function) const noexcept;
  static message list_of(message found);
  static host_object resolver_at(const message& base, std::string_view prefix) {
    return object_at(base, detail::joined_path({prefix, "import-resolver"}));
  }
  /// The handler that somebody put in the place of the device's own, which is not an `import_handler`; else that.
  const import_handler<Message>& handler_in(const host_object& resolver) const noexcept {
    const auto* const other = resolver.template get<import_handler<Message>>();
    return other != nullptr ? *other : imports_;
  }
  void add_libraries(guest<Message>& to, linker& imports, const module& source, const message& base,
                     std::string_view prefix);
  static host_object handler_at(const import_call<Message>& call, std::string_view prefix);
  result<import_answer<Message>> ask(const message& library, import_call<Message>& call);
  result<import_answer<Message>> undefined(import_call<Message>& call, std::string_view prefix);
  static vector<message_entry_t<Message>> request_of(const import_call<Message>& call, std::string_view path);
  static result<import_answer<Message>> answer_from(const message& response);

  const policies& policies_;
  any_store storage_;
  device_options options_;
  const import_handler<Message> imports_ = import_handler<Message>::in_place(default_resolver{this});
  const message ok_ = text("ok");
  std::size_t depth_ = 0;  ///< calls that are going on, see `nesting`
  std::uint64_t steps_ = 0;
  vector<std::weak_ptr<const module>> modules_;  ///< those in use, to be shared between instances
};

}  // namespace wasm64

#include "wasm64/device/call.hpp"
#include "wasm64/device/image.hpp"
#include "wasm64/device/key_compute.hpp"
#include "wasm64/device/key_import.hpp"
#include "wasm64/device/key_init.hpp"
#include "wasm64/device/key_normalize.hpp"
#include "wasm64/device/key_snapshot.hpp"
#include "wasm64/device/key_terminate.hpp"
#include "wasm64/device/resolve.hpp"
