#pragma once

#include <cstdint>
#include <memory>

#include "wasm64/base/containers.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/module/object_layout.hpp"

namespace wasm64 {

struct instance;

/// Code is a stream of 64-bit words. One cell is
///
///     word 0   handler
///     word 1   | d : i16 | a : i16 | imm : 32 bits |      b and c are the lower and upper half of imm
///     word 2…  what the operation needs beyond that: a wide constant, a branch target and fuel, a callee
///
/// `d` is the destination slot, `a` and `b` are operand slots, relative to the frame pointer. Cells hold handler and
/// code addresses, so code is bound to one process and never stored; snapshots speak of WebAssembly offsets.
using word = std::uint64_t;

/// Words a cell of each kind takes.
namespace cell_size {
inline constexpr std::uint32_t plain = 2, wide = 3, branch = 4;
}

/// What a frame keeps between its arguments and its locals: return address, caller's frame, function.
///
///     … | arguments, later results (area slots) | return pc | caller frame | func_code | locals | references |
///     temporaries
///                                                 fp[-3]      fp[-2]         fp[-1]      fp[0] …
///
/// `references` (locals, then temporaries) have an index range of their own, so that roots are found without maps.
namespace frame {
inline constexpr std::int32_t header = 3;
inline constexpr std::int32_t return_pc = -3, caller = -2, function = -1;
/// Largest slot number lowering hands out; slots are 16-bit.
inline constexpr std::int32_t max_slot = 32000;
}  // namespace frame

enum class catch_kind : std::uint8_t { tag, tag_ref, all, all_ref };

/// One handler of a protected range.
struct catch_entry {
  catch_kind kind = catch_kind::all;
  std::uint32_t tag = 0;
  std::uint32_t handler = 0;     ///< word index of the code that continues
  std::int32_t payload = 0;      ///< slot of the first non-reference payload value
  std::int32_t ref_payload = 0;  ///< slot of the first reference payload value
  std::int32_t exception = -1;   ///< slot that receives the exception reference, or -1
};

/// A protected range of words. Ranges nest; `parent` is where the search goes on when no handler fits.
struct try_region {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::int32_t parent = -1;
  std::uint32_t first_catch = 0;
  std::uint32_t catch_count = 0;
};

struct module_code;

/// The code of one function.
struct func_code {
  const word* entry = nullptr;     ///< the `lower_function` cell until the function is lowered
  // What calls do themselves, the cell `enter` for everybody else.
  const word* body = nullptr;      ///< `entry`, or behind `enter`
  std::uint32_t zeroed = 0;        ///< slots to zero
  std::uint32_t cost = 0;          ///< fuel of the entry leader
  std::uint64_t charge = 0;        ///< what an activation takes from the call budget, see `call_budget`
  std::uint32_t index = 0;         ///< function index in the module
  std::int32_t area = 0;           ///< slots of the argument/result area
  std::int32_t first_ref = 0;      ///< first slot of the reference range
  std::int32_t ref_slots = 0;      ///< slots of the reference range
  vector<std::int32_t> ref_params;  ///< slots of reference parameters
  bool has_tail_calls = false;
  vector<word> words;
  vector<try_region> regions;
  vector<catch_entry> catches;
  module_code* owner = nullptr;
  const void* native = nullptr;  ///< where compiled code is entered (aot/abi.hpp); calls go there, `words` or not

  /// Lets calls enter the words; what stands in `enter` is kept for them.
  void open() noexcept;
};

/// Call depth and stack size are limited by the module's text alone: an activation costs one frame and
/// params + locals + maximum operand height in 8-byte values. Both counters live in one word, so a call checks them
/// with one subtraction and one test: frames in the upper half, values in the lower, each exhausted when its top bit
/// is set.
namespace call_budget {
WASM64_HOT_BEGIN
/// By value and without instrumentation, as handlers use it too.
WASM64_HOT constexpr bool exceeded(std::uint64_t left) noexcept {
  return static_cast<std::int64_t>(left) < 0 || static_cast<std::int32_t>(left) < 0;
}
WASM64_HOT_END
inline constexpr std::uint64_t end_bits = 0x8000000080000000;
constexpr std::uint64_t pack(std::uint32_t frames, std::uint32_t values) noexcept {
  return std::uint64_t{frames} << 32 | values;
}
}  // namespace call_budget

/// The code of a module for one machine configuration. Functions are lowered when first called, so a `module_code`
/// belongs to one store; it is not shared between threads.
struct module_code {
  std::shared_ptr<const module> source;
  bool metered = false;
  vector<func_code> funcs;  ///< defined functions
  const vector<object::layout>* layouts = nullptr;  ///< of the store, by canonical id
  vector<std::uint32_t> type_ids;                   ///< canonical id of every type in the store
  // Compiled code of the module, if there is any (aot/runtime.hpp).
  std::shared_ptr<const void> native_image;
  void (*bind_native)(instance&) = nullptr;  ///< makes the functions of a new instance call it
  word native_cell[cell_size::wide] = {};    ///< what compiled functions are entered by

  const func_code& of(std::uint32_t index) const noexcept { return funcs[index - source->imported_funcs]; }
};

inline void func_code::open() noexcept {
  if (native != nullptr) return;
  entry = body = words.data();
  if (zeroed == 0 && !owner->metered) return;
  cost = static_cast<std::uint32_t>(words[cell_size::plain]);
  body += cell_size::wide;
}

/// Slots that values of these types take, in order.
inline std::int32_t slot_count(const vector<val_type>& types) noexcept {
  std::uint32_t slots = 0;
  for (const val_type type : types) slots += type.slots();
  return static_cast<std::int32_t>(slots);
}

}  // namespace wasm64
