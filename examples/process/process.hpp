#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wasm64/device/ao.hpp"
#include "wasm64/wasm64.hpp"

/// Nothing here limits what a message may cost, so fuel need not be counted.
struct process_config : wasm64::ao_config {
  using engine = wasm64::engine_config;
};

/// An AO process: a module inside the device, fed one message after the other.
class process {
 public:
  using message = wasm64::message_value;

  /// Without a store there are no checkpoints; it must outlive the process. `stub` makes every import answer zero,
  /// except `clock_time_get`, which answers 1, and Emscripten's exceptions and longjmp.
  process(wasm64::filesystem_store* store, bool stub) : store_(store), stub_(stub) {}

  /// Makes the instance, from the last checkpoint of this image and environment when there is one. The environment is
  /// the text that `pass` gives to the guest; `handle` needs it to be a JSON object.
  wasm64::result<void> start(std::string_view image, std::string environment);

  /// Runs a message through the stack of an AO process, and answers the guest's text.
  wasm64::result<std::string> handle(message one);
  /// Calls `handle` with a text and the environment as they are, and answers the text it returns.
  wasm64::result<std::string> pass(std::string_view text);
  /// Counts a message that never reached the guest.
  void skip() noexcept { ++handled_; }
  /// How many messages the state has behind it.
  std::uint64_t handled() const noexcept { return handled_; }

  /// Writes the state and names it, so that `start` finds it. Afterwards either all of it is there, or the checkpoint
  /// before still is.
  wasm64::result<void> checkpoint();

  /// SHA-256 of all of memory 0, as hexadecimal digits.
  wasm64::result<std::string> memory_hash() const;

 private:
  wasm64::result<message> definition(std::string_view image) const;
  wasm64::result<bool> resume(const message& base);
  wasm64::result<message> next_request();
  wasm64::result<message> call(std::string_view function, wasm64::vector<message> parameters, const message& request);

  wasm64::filesystem_store* store_;
  bool stub_;
  wasm64::memory_store images_;  // images come as bytes; nothing is looked up by id
  std::optional<wasm64::ao_device<wasm64::memory_store, wasm64::default_message_policy, process_config>> device_;
  message state_;
  std::string environment_;
  std::string root_;  ///< the checkpoint's name in the store
  std::uint64_t handled_ = 0;
};
