#pragma once

#include <cstdint>

#include "wasm64/runtime/store.hpp"

// A suspended call in the terms of WebAssembly: what a snapshot keeps of it, and how it comes back in another store.

namespace wasm64 {

/// A value of a frame. Its type is here by its code only, which is what it takes to store it; what references may refer
/// to follows from the code, and `restore_call` checks it.
struct suspended_value {
  type_code type = type_code::none;
  word bits = 0;  ///< as slots hold it: numbers zero-extended, references as runtime/reference.hpp has them
  word high = 0;  ///< upper half of a v128
  friend bool operator==(const suspended_value&, const suspended_value&) = default;
};

/// An activation. `offset` is that of an instruction in the module's bytes, and stands for one place beside it:
///
///     a call          inside: the arguments are off the operand stack, the results not yet on it; of every frame but
///                     the innermost, and of the innermost when the call waits for a host function
///     memory.fill, …  in front of it; for want of fuel, as the following
///     loop, if, else, br_if, br_on_…, end, catch, catch_all
///                     behind it, in the block whose fuel has been charged
///     the function's entry of the code section (`func_def::entry`)
///                     in front of the first instruction
struct suspended_frame {
  std::uint32_t instance = 0;  ///< ordinal in `machine::all_instances`
  std::uint32_t function = 0;  ///< index in the instance's module
  std::uint32_t offset = 0;
  vector<suspended_value> locals;  ///< parameters first; one that has no value yet is null or what it was before
  vector<suspended_value> operands;  ///< the lowest first
  vector<suspended_value> caught;  ///< exceptions of the legacy catch bodies around the place, the outermost first
  /// References that lay on the operand stack before, by how many references were below them; null where one lies now,
  /// and without nulls at the end. Nothing reads them, but the collector keeps what they refer to, and where the heap
  /// limit is reached depends on that.
  vector<suspended_value> leftovers;
  friend bool operator==(const suspended_frame&, const suspended_frame&) = default;
};

/// A suspended call. All references in it are those of its store, good until the store runs again.
struct suspended_call {
  waits_for what = waits_for::nothing;  ///< `fuel` or `import`
  const func_instance* entry = nullptr;  ///< what the host called
  const func_instance* import = nullptr;  ///< the host function that is to answer
  vector<suspended_value> arguments;  ///< that it was called with
  /// Innermost first. The frame that made a tail call is not among them, so that there may be none at all when the
  /// call waits for an import. The innermost one waits for the fuel, or for the call of `import` or of a function that
  /// ended with a tail call of it.
  vector<suspended_frame> frames;
  friend bool operator==(const suspended_call&, const suspended_call&) = default;
};

/// Shows every value of a record to `visit`, with its type and where references can be replaced.
template <class Call, class Visit>
void each_value(Call& call, Visit visit) {
  for (auto& v : call.arguments) visit(v);
  for (auto& f : call.frames) {
    for (auto& v : f.locals) visit(v);
    for (auto& v : f.operands) visit(v);
    for (auto& v : f.caught) visit(v);
    for (auto& v : f.leftovers) visit(v);
  }
}

/// The suspended call of a store. The same state gives the same record, whatever the compiler and the configuration.
/// Fails with `not_suspended`.
result<suspended_call> capture_call(store_base& of);

/// Makes a suspended call that of a store which is idle and has the same instances; `resume` then goes on with it.
/// Memories, tables, globals and fuel are not part of it. The record may come from anybody, as long as its pointers and
/// references are to what is in the store: everything is checked before anything changes. Fails with `instance_busy`,
/// and with `suspension_mismatch` where no call of these instances can be in such a state; the detail says where.
result<void> restore_call(store_base& in, const suspended_call& call);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/runtime/suspension_impl.hpp"
#endif
