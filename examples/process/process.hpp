#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wasm64/device/ao.hpp"
#include "wasm64/wasm64.hpp"

/// An AO process: a module inside the device, fed one message after the other.
class process {
 public:
  using message = wasm64::message_value;

  struct options {
    /// Every import answers zero, except `clock_time_get`, which answers 1, and Emscripten's exceptions and longjmp.
    bool stub = false;
    /// Where memories that were restored are kept, to be mapped the next time; null for nowhere. Outlives the process.
    wasm64::image_directory* images = nullptr;
    /// Compiles the module; null, and it is interpreted.
    std::shared_ptr<wasm64::code_provider> compiler;
    /// Fuel between two checkpoints in the middle of a message; 0 for none.
    std::int64_t fuel_slice = 0;
    /// The message, and how many slices of it, behind which the process stops; 0 for never.
    std::uint64_t stop_message = 0;
    std::uint64_t stop_slice = 0;
  };

  /// Without a store there are no checkpoints; it must outlive the process.
  process(std::optional<wasm64::any_store> store, options with);

  /// Makes the instance, from the last checkpoint of this image and environment when there is one. The environment is
  /// the text that `pass` gives to the guest; `handle` needs it to be a JSON object.
  wasm64::result<void> start(std::string_view image, std::string environment);

  /// Runs a message through the stack of an AO process, and answers the guest's text. A message that the process has
  /// stopped in goes on; it must be the same. There is no answer when the process stops in it.
  wasm64::result<std::string> handle(message one);
  /// The same by a call of `handle` with a text and the environment as they are.
  wasm64::result<std::string> pass(std::string_view text);
  /// Counts a message that never reached the guest.
  void skip() noexcept { ++handled_; }
  /// Whether the process has stopped in the middle of a message, as asked or because a checkpoint failed.
  bool is_stopped() const noexcept { return is_stopped_; }
  /// How many messages the state has behind it, whole.
  std::uint64_t handled() const noexcept { return handled_; }

  /// Writes the state and names it, so that `start` finds it. Afterwards either all of it is there, or the checkpoint
  /// before still is. Fails with `conflict` when another process has written one since.
  wasm64::result<void> checkpoint();
  /// The id of the state, which commits to everything that a checkpoint keeps.
  wasm64::result<wasm64::content_id> state_id();

  /// SHA-256 of all of memory 0, as hexadecimal digits.
  wasm64::result<std::string> memory_hash() const;

 private:
  using device_type = wasm64::device_base<wasm64::default_message_policy>;

  wasm64::result<message> definition(std::string_view image) const;
  wasm64::result<message> last_record();
  wasm64::result<void> resume(message base, const message& found);
  wasm64::result<message> record();
  wasm64::result<message> begin_message();
  /// Runs `step`, which answers what a key of the device does with a message and a request, to the end of the message.
  template <class Step>
  wasm64::result<wasm64::device_response<message>> run(message request, Step&& step);

  wasm64::memory_store none_;  ///< where the states of a process without a store go
  std::optional<wasm64::any_store> store_;
  wasm64::any_store objects_;
  options with_;
  std::shared_ptr<device_type> device_;
  message state_;
  message before_;  ///< what a message that fails leaves of the state; its instance is as the failure left it
  std::string environment_;
  std::string root_;  ///< the checkpoint's name in the store
  std::optional<wasm64::content_id> checkpoint_;
  std::uint64_t handled_ = 0;
  bool is_stopped_ = false;
  std::uint64_t slices_ = 0;  ///< of the message that the state is in the middle of
};
