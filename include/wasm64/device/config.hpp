#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "wasm64/device/moment.hpp"
#include "wasm64/exec/engine.hpp"
#include "wasm64/host/file_types.hpp"
#include "wasm64/snapshot/snapshot.hpp"

namespace wasm64 {

/// What a call of an import does for which there is no library.
enum class undefined_import : std::uint8_t {
  stub,  ///< answers zero of each result type and is logged in the message
  trap,  ///< traps with `trap_undefined_import`
};

/// Devices by type, see `default_device_config::siblings`.
template <class... Devices>
struct device_list {};

/// Compile-time choices of a device. Derive from it and override single members.
struct default_device_config {
  /// The configuration of the stores that instances live in.
  using engine = engine_config;
  /// Other devices that messages may name. Each is a struct with
  ///
  ///     static constexpr std::string_view name = "test-device@1.0";
  ///     template <class M>
  ///     static result<device_response<message_value_t<M>>> call(device_base<M>& node, std::string_view key,
  ///                                                            message_value_t<M> base,
  ///                                                            const message_value_t<M>& request);
  ///
  /// and may have
  ///
  ///     static constexpr bool has_key(std::string_view key) noexcept;  // other keys are read from the message
  ///     template <class M>
  ///     static result<import_answer<M>> import(device_base<M>& node, import_call<M>& call);
  ///     template <class M>
  ///     static std::unique_ptr<import_library<M>> make_library(device_base<M>& node);
  ///
  /// As an import library, named when an instance is made, the last two answer its imports without a lookup: in place,
  /// see `import_handler`, or as host functions, see `import_library`.
  using siblings = device_list<>;
  /// Those of which every instance gets the library, behind what the message and the node's options define.
  using builtin_libraries = device_list<>;
  /// Time and randomness as guests see them, from the message that a call begins with and its request.
  using clock = message_clock;
  using random = message_random;
  static constexpr undefined_import undefined_imports = undefined_import::stub;
  /// Entries of the log of stubbed calls; the oldest are dropped. 0 for no log.
  static constexpr std::size_t max_undefined_calls = 100;
};

/// What a stack does when one of its devices fails.
enum class stack_failure : std::uint8_t {
  fail,  ///< fails as well, saying which device it was
  stop,  ///< answers `error` with a message of `reason`, `device-number` and `info`
};

/// Run-time choices of a device.
struct device_options {
  wasm64::limits limits{};
  decode_limits image_limits{};
  /// How states are restored; `images`, where it is given, outlives the device.
  restore_options restoring{};
  /// Bytes of images that stay decoded for the next instance although none uses them.
  std::size_t idle_image_bytes = std::size_t{64} << 20;
  /// Compiles the modules of messages whose `Mode` is `AOT`; null, and those are interpreted like the others.
  std::shared_ptr<code_provider> compiler;
  /// Compiles the others as well.
  bool compiles_all = false;
  /// Exports that `compute` may call; empty for all. Requests come from users, so a process that must be entered
  /// through one function only says so here.
  vector<std::string> entry_points;
  /// Function and parameters of the base message win over those of the request.
  bool base_function_first = false;
  stack_failure on_stack_failure = stack_failure::fail;
  /// How often a stack may start over because a device answers `pass`.
  std::uint64_t max_passes = 10'000;
  /// Devices that one outermost call may run, and how deep inside each other.
  std::uint64_t max_steps = 1'000'000;
  std::size_t max_nesting = 64;
  /// Fuel of one `compute`, nested calls included, when the engine is metered.
  std::int64_t fuel = std::numeric_limits<std::int64_t>::max();
  /// Fuel after which a call is suspended, when the engine is metered; 0 for never. `compute` then answers `pending`.
  std::int64_t fuel_slice = 0;
  /// `snapshot` answers a message with the state at `<output-prefix>/State`, which can be merged into the base as it
  /// is, instead of at `body`.
  bool snapshot_as_state = false;
  /// What a guest can use up of files.
  file_limits files{};
  /// Host functions that come before all libraries; no message can change them.
  linker libraries;
};

}  // namespace wasm64
