#pragma once

#include <memory>
#include <string_view>

#include "wasm64/device/device_base.hpp"
#include "wasm64/device/message_files.hpp"
#include "wasm64/host/wasi.hpp"

namespace wasm64 {

/// WASI preview 1 over the files of a message: host functions, which see the message by `message_files`.
template <class M>
class wasi_library final : public import_library<M> {
 public:
  void define(linker& to, const module& m, guest<M>& owner) override {
    files_.attach(owner);
    define_wasi(to, m, owner.host());
  }
  void begin(std::int64_t) noexcept override { files_.begin(); }
  void enter() noexcept override { files_.enter(); }
  result<void> leave(typename M::value_type& state) override { return files_.leave(state); }

 private:
  message_files<M> files_;
};

/// The device `wasi@1.0`. As an import library it gives instances WASI preview 1.
///
/// `init` prepares a message: a library for `wasi_snapshot_preview1` at `<output-prefix>/stdlib`, under `wasm` where
/// the message has no output prefix, standard streams at `vfs/dev`, and descriptors for them at `file-descriptors`.
/// What is there already stays. `compute` answers the message as it is, `stdout` what was printed.
struct wasi_device {
  static constexpr std::string_view name = "wasi@1.0";

  static constexpr bool has_key(std::string_view key) noexcept {
    return same_device_key(key, "init") || same_device_key(key, "compute") || same_device_key(key, "stdout");
  }

  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view key,
                                                          message_value_t<M> base, const message_value_t<M>&) {
    using response = device_response<message_value_t<M>>;
    if (same_device_key(key, "stdout")) return response{device_status::ok, M::get(base, "vfs/dev/stdout")};
    if (same_device_key(key, "init")) {
      WASM64_TRY(base, init<M>(std::move(base)));
    } else if (!same_device_key(key, "compute")) {
      return fail(errc::unknown_key, std::string(key));
    }
    return response{device_status::ok, std::move(base)};
  }

  /// Answers what the host functions do not: imports that somebody asks for by the `import` key of a message.
  template <class M>
  static result<import_answer<M>> import(device_base<M>&, import_call<M>& call) {
    if (call.instance == nullptr) return fail(errc::no_instance);
    guest<M>& owner = *call.instance;
    const result<memory_instance*> found = owner.main_memory();
    memory_instance* const memory = found.has_value() ? found.assume_value() : nullptr;
    const result<func_type> type = wasi_type(call.func, memory != nullptr && memory->type.limits.is_64);
    if (!type.has_value()) return fail(errc::unknown_key, std::string(call.func));
    const vector<val_type>& params = type.assume_value().params;
    if (M::kind(call.args) != value_kind::list || M::list_size(call.args) != params.size()) {
      return fail(errc::arity_mismatch, std::string(call.func));
    }
    word slots[max_params] = {};
    for (std::size_t i = 0; i < params.size(); ++i) {
      WASM64_TRY(slots[i], to_wasm<M>(M::list_element(call.args, i), params[i]));
    }
    message_files<M> files(owner, call.state);
    const result<void> done = call_wasi(call.func, owner.host(), memory, slots);
    WASM64_CHECK(files.leave(call.state));
    WASM64_CHECK(done);
    vector<typename M::value_type> results;
    if (!type.assume_value().results.empty()) results.push_back(M::make_integer(slots[0]));
    return import_answer<M>{M::make_list(std::move(results)), {}};
  }

  template <class M>
  static std::unique_ptr<import_library<M>> make_library(device_base<M>&) {
    return std::make_unique<wasi_library<M>>();
  }

 private:
  static constexpr std::size_t max_params = 9;  // of path_open

  template <class M>
  static result<message_value_t<M>> init(message_value_t<M> base) {
    using message = message_value_t<M>;
    const auto text = [](std::string_view t) { return M::make_binary(as_bytes(t)); };
    const auto set = [&](const std::string& path, message item) -> result<void> {
      if (peek_kind<M>(base, path) != value_kind::null) return success();
      WASM64_TRY(base, M::set(std::move(base), path, std::move(item), set_mode::replace));
      return success();
    };
    const message prefix = M::get_key(base, "output-prefix");
    std::string library = M::kind(prefix) == value_kind::binary ? std::string(as_text(M::as_bytes(prefix))) : "";
    if (library.empty()) library = "wasm";
    WASM64_CHECK(set(library.append("/stdlib/wasi_snapshot_preview1/device"), text("WASI@1.0")));
    constexpr const char* streams[] = {"stdin", "stdout", "stderr"};
    for (int fd = 0; fd < 3; ++fd) {
      const std::string descriptor = "file-descriptors/" + std::to_string(fd);
      WASM64_CHECK(set(descriptor + "/filename", text(std::string("/dev/") + streams[fd])));
      WASM64_CHECK(set(descriptor + "/offset", M::make_integer(0)));
    }
    for (const char* const stream : streams) WASM64_CHECK(set(std::string("vfs/dev/") + stream, text("")));
    return result<message>(std::move(base));
  }
};

}  // namespace wasm64
