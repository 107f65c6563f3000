#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "wasm64/device/device_base.hpp"
#include "wasm64/device/message_files.hpp"
#include "wasm64/host/emscripten.hpp"
#include "wasm64/host/snapshot_parts.hpp"

namespace wasm64 {

/// What Emscripten's JavaScript does for a program, over the files, the time and the streams that WASI shows it.
template <class M>
class emscripten_library final : public import_library<M> {
 public:
  void define(linker& to, const module& m, guest<M>& owner) override {
    files_.attach(owner);
    context_.emplace(owner.host());
    define_emscripten(to, m, *context_);
  }
  void begin(std::int64_t fuel) noexcept override {
    files_.begin();
    context_->forget_exceptions();
    context_->fuel = fuel;
  }
  result<void> start(store_base& in, const instance& made) override { return emscripten_start(in, made); }
  void enter() noexcept override { files_.enter(); }
  result<void> leave(typename M::value_type& state) override { return files_.leave(state); }
  void extend(snapshot_hooks& hooks) override { hooks.parts.push_back(emscripten_part(*context_)); }

 private:
  message_files<M> files_;
  std::optional<emscripten_context> context_;
};

/// The device `emscripten@1.0`: an import library for the module `env`, bound to every instance of nodes that have it
/// among their `builtin_libraries`, without a message naming it.
///
/// What a message offers under `<output-prefix>/stdlib/env` comes first, function by function where it is a plain map;
/// a device there answers all of `env`. Exceptions and longjmp (`invoke_*` and what belongs to it) are always this
/// library's, because nobody else could unwind the program's stack.
struct emscripten_device {
  static constexpr std::string_view name = "emscripten@1.0";

  static constexpr bool has_key(std::string_view) noexcept { return false; }

  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view key, message_value_t<M>,
                                                          const message_value_t<M>&) {
    return fail(errc::unknown_key, std::string(key));
  }

  template <class M>
  static std::unique_ptr<import_library<M>> make_library(device_base<M>&) {
    return std::make_unique<emscripten_library<M>>();
  }
};

}  // namespace wasm64
