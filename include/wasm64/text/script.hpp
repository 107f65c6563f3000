#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/features.hpp"
#include "wasm64/module/types.hpp"
#include "wasm64/text/token.hpp"

// Test scripts, as the official suite writes them: modules, actions on them, assertions about the outcome.

namespace wasm64::text {

/// What kind of value a script writes or expects.
enum class script_type : std::uint8_t {
  i32,
  i64,
  f32,
  f64,
  v128,
  null,     ///< `(ref.null ht)`
  func,     ///< some function reference: expected only, like the following except `extern_` and `host`
  extern_,  ///< `(ref.extern n)`: an external reference to the host value n
  host,     ///< `(ref.host n)`: the host value n as an internal reference
  i31,
  struct_,
  array,
  eq,
  any,
  exn,
  ref,      ///< any reference that is not null
};

/// An argument.
struct script_value {
  script_type type = script_type::i32;
  std::array<std::uint64_t, 2> bits{};  ///< number, vector (low half first), or n of a reference
  heap_type heap{};                     ///< of a null
};

/// What a float, or a lane of floats, has to be.
enum class nan_pattern : std::uint8_t { exact, canonical, arithmetic };

/// An expected result.
struct expected_value {
  script_value value;
  bool has_bits = true;            ///< references without a number leave it open
  bool has_heap = false;           ///< `(ref.null)` leaves the type open
  std::uint8_t lanes = 1;          ///< of a vector with float lanes, as many patterns count; otherwise 1
  std::array<nan_pattern, 4> nan{};
  vector<expected_value> either;   ///< when not empty, one of these; everything above is meaningless then
};

/// A module of a script, in any of its forms.
struct script_module {
  enum class form_type : std::uint8_t { text, binary, quote };
  form_type form = form_type::text;
  std::string name;         ///< identifier, empty when there is none
  bool is_definition = false;  ///< `(module definition ...)`: nothing is instantiated yet
  std::string_view source;  ///< text form: a view into the script
  std::string bytes;        ///< binary form: the binary; quote form: the text
  position at;

  /// The binary; for the text forms, translated now.
  result<byte_vector> to_binary(const feature_set& features = {}) const;
};

/// `(invoke $module? "name" value*)` or `(get $module? "name")`.
struct script_action {
  bool is_get = false;
  std::string module;  ///< empty: the module defined last
  std::string name;
  vector<script_value> args;
};

/// What a command does; the grammar is that of the official test suite.
enum class script_command_kind : std::uint8_t {
  module,         ///< instantiate `module`, or only keep it when it is a definition
  instance,       ///< instantiate the definition `definition` as `name`
  register_,      ///< give the instance `name` (empty: the last) the name `text` for imports
  action,
  assert_return,
  assert_trap,    ///< of `action`, or of the instantiation of `module` when `has_module`
  assert_exhaustion,
  assert_exception,
  assert_malformed,
  assert_invalid,
  assert_malformed_custom,
  assert_invalid_custom,
  assert_unlinkable,
  unsupported,    ///< of several threads: `(thread ...)`, `(wait ...)`
};

/// One command of a script.
struct script_command {
  script_command_kind kind = script_command_kind::unsupported;
  position at;
  bool has_module = false;
  script_module module;
  script_action action;
  vector<expected_value> expected;
  std::string text;        ///< the message an assertion expects, or the name of `register_`
  std::string name;        ///< `instance`, `register_`
  std::string definition;  ///< `instance`: empty for the definition met last
};

/// Reads a script; views point into `source`, which must outlive the result. Modules are not translated yet. A source
/// that is one module without its `(module ...)` is a script of one command. Errors as `parse_module`.
result<vector<script_command>> parse_script(std::string_view source);

}  // namespace wasm64::text

#if WASM64_IMPLEMENTATION
#include "wasm64/text/script_impl.hpp"
#endif
