#pragma once

#include <cstddef>
#include <cstdint>

#include "wasm64/base/containers.hpp"
#include "wasm64/lower/code.hpp"
#include "wasm64/storage/id.hpp"

// What compiled code and the engine agree on. Compiled code works on the interpreter's own objects and stack: nothing
// else holds state at a call, so that a call can go on in the interpreter wherever it stops.

namespace wasm64 {
struct instance;
struct machine;
struct func_instance;
struct global_instance;
struct table_instance;
class memory_instance;
}  // namespace wasm64

namespace wasm64::aot {

/// Goes up with every change of what this header and aot/translator.hpp describe.
inline constexpr std::uint32_t abi_version = 3;

/// How compiled code and what it calls end: 0, `step::suspended`, or the `errc` of a trap. An exception is
/// `errc::trap_uncaught_exception` on its way, with the object in `machine::thrown`.
using call_status = std::uint32_t;

/// As `step::suspended`, but the interpreter goes on at once where the innermost frame was left: compiled code does not
/// look at its fuel everywhere, and does not begin what might need more than there is.
inline constexpr call_status interpreted = 4;

/// Handed to `helper::leave` only: stack or budget may be too little for a call, or a tail call goes elsewhere, so the
/// interpreter is to run the frame until the function returns. 0 is answered then, with results over the arguments.
inline constexpr call_status rest_interpreted = 3;

struct context;

/// What compiled code is not told of the call budget, and helpers add to what it tells them. So a function that looks
/// whether its own activation is covered has also seen that an ordinary callee is.
inline constexpr std::uint64_t budget_in_hand = call_budget::pack(1, 256);

/// The one signature that crosses tiers. Arguments are in the slots below the header of `fp`, results go over them
/// (lower/code.hpp: `fp - frame::header - area`). `budget` is what is left of the call budget before this call, but for
/// `budget_in_hand`. All of it covers the call: whoever calls has seen to that.
using entry = call_status (*)(context*, word* fp, std::uint64_t budget);

/// What compiled code calls. `a` and `b` mean what the comment says.
enum class helper : std::uint32_t {
  call,  ///< any function by index `a` in the instance; `fp` is the callee's frame, arguments below its header
  call_ref,  ///< the same for the function instance `a`, which is not null
  check_type,  ///< whether function instance `a` is of canonical type `b`: 0 or the trap. No frame, no budget
  interpret,  ///< runs function `a` of the module by the interpreter in `fp`, its own frame: native stack is short
  operate,  ///< the operation `a` (`operation`) with immediates `b` on the slots at `fp`, see there
  out_of_fuel,  ///< the fuel is less than `a`: 0 where the next slice covers it, `step::suspended` if it is below zero,
                ///< or `interpreted`
  leave,  ///< a frame is left with status `b`; `a` is the site. Answers the status. What the frame leaves of the call
          ///< budget is in the machine, if no call is what it stops in
  caught,  ///< whether the exception on its way has tag `a` of the instance: 1 or 0. `a` of ~0 means any. 1 ends the
           ///< exception's way, and what is caught is in the slots that `b` names (`caught_slots`)
  count_
};
using helper_entry = call_status (*)(context*, word* fp, std::uint64_t budget, std::uint64_t a, std::uint64_t b);

/// `a` of `helper::caught` for every exception.
inline constexpr std::uint64_t any_tag = ~std::uint64_t{0};

/// Slots that `helper::caught` writes to, 16 bits each: the first of payload values that are no references, the first
/// of those that are, and that of the exception; the latter is negative where nobody wants it.
constexpr std::uint64_t caught_slots(std::int32_t payload, std::int32_t references, std::int32_t exception) noexcept {
  return std::uint64_t{static_cast<std::uint16_t>(payload)} |
         std::uint64_t{static_cast<std::uint16_t>(references)} << 16 |
         std::uint64_t{static_cast<std::uint16_t>(exception)} << 32;
}

/// What compiled code is handed: one per instance. All but `vm`'s content is constant while the instance lives, but for
/// what the pointed-to objects hold.
struct context {
  machine* vm;
  const helper_entry* helpers;
  instance* in;
  func_instance* const* funcs;  ///< by function index
  memory_instance* const* memories;
  global_instance* const* globals;
  table_instance* const* tables;
  const std::uint32_t* type_ids;  ///< canonical id of every type of the module
  std::uint64_t native_limit;  ///< address on the native stack below which functions are interpreted
  std::uint64_t budget_ends;  ///< the bits of a call budget that are set where it is exceeded
  memory_instance* memory;  ///< the first of `memories`, if there is any
  table_instance* table;  ///< the first of `tables`, if there is any
};

/// What a compiled function of an instance is known by where it is called as a value: an address that belongs to the
/// context, whose allocation goes on for a byte per type of the module. `type` is the module's own canonical id
/// (`module::type_ids`), so the key can be told without looking anything up.
inline std::uint64_t native_key(const context* of, std::uint32_t type) noexcept {
  return reinterpret_cast<std::uintptr_t>(of) + type;
}

/// A place of compiled code that can be left otherwise than by returning.
struct site {
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  std::uint32_t function = 0;  ///< index in the module
  std::uint32_t offset = 0;  ///< of the instruction in the module's bytes, for stack traces
  /// Where the interpreter goes on, a word index of the function lowered with the same metering (`map_point`); `none`
  /// where only traps leave. Before `helper::leave` with `step::suspended`, `interpreted` or `rest_interpreted`,
  /// compiled code has written every local that is needed there (lower/liveness.hpp) to its slot and every operand that
  /// the point has as `temporary` to that slot, and fuel to the machine; of a tail call, arguments and what is called
  /// to their slots (`tail_call_point`), and fuel.
  std::uint32_t word = none;
  std::uint32_t cell = none;  ///< of calls: the word index of the call's cell
  friend bool operator==(const site&, const site&) = default;
};

/// Code as a generator makes it: position-independent, without any reference that is open.
struct native_code {
  byte_vector code;  ///< executable and constant bytes, to be mapped at a page
  vector<std::uint32_t> entries;  ///< by defined function: where its `entry` begins, plus 1; 0 for interpreted ones
  vector<std::uint32_t> bodies;  ///< the same for what `call_indirect` calls within the image
  vector<site> sites;
  content_id generator;  ///< fingerprint of the generator that made it; zeros where it did not say
};

}  // namespace wasm64::aot
