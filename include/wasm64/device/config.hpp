#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "wasm64/exec/engine.hpp"

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
  /// Other devices that import libraries may name. Each is a struct with
  ///
  ///     static constexpr std::string_view name = "test-device@1.0";
  ///     template <class Device, class Value>
  ///     static result<device_response<Value>> call(Device& from, std::string_view key, Value base,
  ///                                                const Value& request);
  ///
  /// and fails with `errc::unknown_key` for keys it does not have. When it has
  ///
  ///     template <class Device, class M>
  ///     static result<import_answer<M>> import(Device& from, import_call<M>& call);
  ///
  /// imports go there instead, in place: see `import_handler`.
  using siblings = device_list<>;
  static constexpr undefined_import undefined_imports = undefined_import::stub;
  /// Entries of the log of stubbed calls; the oldest are dropped. 0 for no log.
  static constexpr std::size_t max_undefined_calls = 100;
};

/// Run-time choices of a device.
struct device_options {
  wasm64::limits limits{};
  decode_limits image_limits{};
  /// Exports that `compute` may call; empty for all. Requests come from users, so a process that must be entered
  /// through one function only says so here.
  vector<std::string> entry_points;
  /// Function and parameters of the base message win over those of the request.
  bool base_function_first = false;
  /// Fuel of one `compute`, nested calls included, when the engine is metered.
  std::int64_t fuel = std::numeric_limits<std::int64_t>::max();
  /// `snapshot` answers a message with the state at `<output-prefix>/State`, which can be merged into the base as it
  /// is, instead of at `body`.
  bool snapshot_as_state = false;
  /// Host functions; what is defined here is bound when an instance is made, and no message can change it.
  linker libraries;
};

}  // namespace wasm64
