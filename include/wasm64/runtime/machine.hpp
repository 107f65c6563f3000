#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>

#include "wasm64/module/type_registry.hpp"
#include "wasm64/runtime/heap.hpp"
#include "wasm64/runtime/instance.hpp"
#include "wasm64/runtime/limits.hpp"
#include "wasm64/runtime/roots.hpp"
#include "wasm64/runtime/trace.hpp"

namespace wasm64 {

/// How a run of the interpreter ended. Other values are the `errc` of a trap.
namespace step {
inline constexpr std::uint32_t next = 0, halted = 1, suspended = 2;
/// Inside a handler only: the rare half of the operation goes on (exec/registers.hpp).
inline constexpr std::uint32_t rare = 3;
}  // namespace step

/// What a suspended call needs to go on.
enum class waits_for : std::uint8_t { nothing, fuel, import };

/// A call of a host function that answers later, and where to go on behind it.
struct awaited_call {
  const func_instance* function = nullptr;  ///< null where no call waits for one
  const word* arguments = nullptr;
  word* results = nullptr;
  const word* pc = nullptr;
  word* fp = nullptr;
  std::uint64_t charge = 0;  ///< of the activation that ended with it as a tail call
};

/// Code that somebody is compiling meanwhile.
class code_to_come {
 public:
  code_to_come(const code_to_come&) = delete;
  code_to_come& operator=(const code_to_come&) = delete;
  virtual ~code_to_come() = default;

  /// Attaches it if it is there. False as long as it may still come. Asked at calls, while code of the store runs.
  virtual bool arrive() = 0;

 protected:
  code_to_come() = default;
};

/// How the interpreter goes on behind compiled code: in two registers, and the place in the machine.
struct native_end {
  word* fp;
  std::uint64_t status;  ///< `step::next`, or how the run has ended
};

/// What compiled code leaves behind on the way out (aot/runtime.hpp).
struct native_frames {
  std::uint64_t limit = 0;  ///< address on the native stack below which no compiled function goes on; 0 outside of any
  word* frame = nullptr;  ///< the innermost frame with a header: where the collector begins

  // Of a call that is being suspended: the frame that was written last, whose caller has yet to say where to return.
  word* callee = nullptr;
  std::size_t crossings = 0;  ///< how many there were before it
  bool has_header = false;  ///< it returns to `halt`, perhaps through a crossing, instead of nowhere yet
  bool has_ended = false;  ///< with the tail call of a host function, which returns in its place

  // Of a trap or an exception: the activations that are gone, innermost first.
  vector<stopped_frame> left;
  std::uint32_t left_depth = 0;
  bool left_innermost = false;  ///< the frame at which the run stopped is among them

  /// After the exception was caught.
  void forget_left() noexcept {
    left.clear();
    left_depth = 0;
    left_innermost = false;
  }
};

/// The abstract machine of a store: what handlers need beyond their registers, and the state at a safe point. One
/// thread at a time.
struct machine {
  // Read and written by handlers.
  std::int64_t fuel = std::numeric_limits<std::int64_t>::max();
  std::uint64_t budget = 0;  ///< see `call_budget`
  instance* current = nullptr;
  global_instance* const* globals = nullptr;  ///< of `current`

  // Fuel in slices: what is not handed out yet, and how much is at once.
  std::int64_t withheld = 0;
  std::int64_t slice = 0;  ///< 0 for all

  // Where a run stopped, or called a host function.
  const word* pc = nullptr;
  word* fp = nullptr;

  // The interpreter's stack. `top` is where the next entry from the host may put its frame; it counts for nothing while
  // WebAssembly runs.
  word* stack = nullptr;
  std::uint64_t stack_words = 0;
  word* top = nullptr;

  /// Activations that were entered from another instance: what to go back to.
  struct crossing {
    instance* from;
    const word* return_pc;
  };
  vector<crossing> crossings;

  /// The store's own cells: `halt`, `restore_instance`, `lower_function`.
  const word* halt = nullptr;
  const word* restore = nullptr;

  wasm64::limits limits;
  std::uint32_t nesting = 0;  ///< runs active on the native stack
  type_registry types;  ///< of all modules of the store
  object_heap heap;
  root_table roots;  ///< what the host holds
  vector<word> pending;  ///< references that something out of line works on

  // Everything of the store in the order in which it was made, which is how snapshots name things.
  vector<instance*> all_instances;
  vector<func_instance*> all_host_funcs;
  vector<memory_instance*> all_memories;
  vector<global_instance*> all_globals;
  vector<table_instance*> all_tables;
  vector<tag_instance*> all_tags;  ///< by number
  std::uint64_t table_elements = 0;  ///< in all of them
  const word* handlers = nullptr;  ///< handler addresses by number
  std::uint32_t (*run)(machine&, const word* pc, word* fp) = nullptr;
  caller* from = nullptr;  ///< what host functions get
  error host_failure;  ///< of the host function that has just answered false
  std::string host_detail;
  word thrown = 0;  ///< the exception that left the outermost frame
  awaited_call awaited;  ///< of the suspended call
  native_frames native;
  vector<std::unique_ptr<wasm64::code_to_come>> code_to_come;  ///< asked at calls of functions that are not open

  /// Lays out the objects of types that were added.
  void lay_out_types() {
    for (std::uint32_t id = static_cast<std::uint32_t>(heap.types.size()); id < types.size(); ++id) {
      heap.types.push_back(object::lay_out(types.type(id), id));
    }
  }

  void hand_out(std::int64_t units) noexcept {
    fuel = slice == 0 ? units : std::min(units, slice);
    withheld = units - fuel;
  }
  /// Hands out the next slice, or as much as `units` take. False, with everything handed out, when that is not enough.
  bool next_slice(std::int64_t units = 0) noexcept {
    const std::int64_t next = std::min(withheld, std::max(units - fuel, slice));
    fuel += next;
    withheld -= next;
    return fuel >= units;
  }
  /// Takes fuel, if there is enough. Slices do not matter.
  bool pay(std::uint64_t units) noexcept {
    if (withheld != 0 && (fuel < 0 || units > static_cast<std::uint64_t>(fuel))) {
      next_slice(static_cast<std::int64_t>(units));
    }
    if (units > static_cast<std::uint64_t>(fuel)) return false;
    fuel -= static_cast<std::int64_t>(units);
    return true;
  }

  void enter(instance* i) noexcept {
    current = i;
    globals = i == nullptr ? nullptr : i->globals.data();
  }
};

}  // namespace wasm64
