#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "wasm64/config.hpp"
#include "wasm64/runtime/caller.hpp"
#include "wasm64/runtime/entry.hpp"
#include "wasm64/runtime/linker.hpp"

namespace wasm64 {

struct suspended_call;
namespace detail {
class call_restorer;
}
namespace aot {
struct code_view;
result<void> attach_running(store_base& to, const std::shared_ptr<const module>& m, code_view code);
}  // namespace aot

/// Whether an instance's start function runs: one that is about to be restored has it behind it.
enum class start_function : bool { skip, run };

/// Who has compiled code for modules (aot/tier.hpp). Stores ask at instantiation, on their own thread.
class code_provider {
 public:
  code_provider(const code_provider&) = delete;
  code_provider& operator=(const code_provider&) = delete;
  virtual ~code_provider() = default;

  /// Attaches code of a module to a store where there is some; without, functions are interpreted. A failure is that of
  /// the instantiation.
  virtual result<void> provide(store_base& to, const std::shared_ptr<const module>& m) = 0;

 protected:
  code_provider() = default;
};

/// What a configuration adds to a store: handlers by number, the function that runs them, and the memory policy.
struct store_backend {
  const word* handlers;
  std::uint32_t (*run)(machine&, const word* pc, word* fp);
  const memory_operations* memory;
  bool metered;
};

/// Owns instances and everything in them (specification 4.2.3). One thread at a time; stores are independent of each
/// other and share modules only. Neither copied nor moved: instances point into it. Use it through `store<Config>`.
class store_base {
  friend result<suspended_call> capture_call(store_base& of);
  friend class detail::call_restorer;
  friend result<void> aot::attach_running(store_base& to, const std::shared_ptr<const module>& m, aot::code_view code);

 public:
  store_base(const store_base&) = delete;
  store_base& operator=(const store_base&) = delete;
  ~store_base() { backend_.memory->release(reinterpret_cast<std::uint8_t*>(machine_.stack), stack_bytes_); }

  /// Instantiates a module (specification 4.7.2), its start function included. The instance lives as long as the store,
  /// also when a segment or the start function traps, because other instances may already refer to it. Fails with
  /// `unknown_import`, `incompatible_import`, `limit_exceeded`, `out_of_memory` or a trap; where the start function is
  /// suspended, as `call` does, and `starting` has the instance.
  result<instance*> instantiate(std::shared_ptr<const module> m, const linker& imports = {},
                                start_function start = start_function::run);

  /// Calls a function (specification 4.7.3). Arguments must match its type. A trap is an error with its code;
  /// `last_trap` then has the stack trace, and the store can be used on. With `errc::trap_out_of_fuel` and
  /// `errc::pending`, `resume` goes on where the call stopped, as long as `suspended`.
  result<void> call(const func_instance& f, std::span<const value> arguments, vector<value>& results);

  /// The call with values in slots (`call_area`), unchecked: for typed and hot callers.
  result<void> call_slots(const func_instance& f) {
    if (WASM64_UNLIKELY(suspended_)) return fail(errc::instance_busy);
    entry_record e;
    const std::uint32_t status = enter(f, e);
    if (WASM64_LIKELY(status == step::halted)) return success();
    return stopped(status, e);
  }
  /// Where the next call's arguments go and its results come from.
  word* call_area() noexcept { return machine_.top; }

  /// Calls with C++ types: `store.call<std::int64_t>(f, 1, 2.0)`. The types are checked against the function's.
  template <class R = void, wasm_typed... A>
  result<R> call(const func_instance& f, A... arguments) {
    const bool is_possible = takes<R, A...>(*f.type) && !suspended_;
    if (WASM64_UNLIKELY(!is_possible)) return fail(refusal(*f.type, sizeof...(A), !std::is_void_v<R>));
    word* const slots = call_area();
    [[maybe_unused]] word* to = slots;
    ((*to++ = wasm_type<A>::to(arguments)), ...);
    entry_record e;
    const std::uint32_t status = enter(f, e);
    if (WASM64_UNLIKELY(status != step::halted)) return fail(failure(status, e));
    if constexpr (std::is_void_v<R>) return success();
    else return wasm_type<R>::from(slots[0]);
  }

  bool suspended() const noexcept { return suspended_; }
  /// Whether what a suspended call waits for is only its next slice of fuel.
  bool has_next_slice() const noexcept {
    return waiting_for() == waits_for::fuel && machine_.withheld > 0 && fuel() >= 0;
  }
  waits_for waiting_for() const noexcept {
    if (!suspended_) return waits_for::nothing;
    return machine_.awaited.function == nullptr ? waits_for::fuel : waits_for::import;
  }
  /// Goes on with the suspended call once there is fuel. Its results are delivered here. Fails as `call`; with
  /// `not_suspended`; and with `pending`, where it is a host function that the call waits for.
  result<void> resume(vector<value>& results);

  /// The host function that is to answer; null unless the call waits for one.
  const func_instance* awaited() const noexcept { return suspended_ ? machine_.awaited.function : nullptr; }
  /// What it was called with.
  void awaited_arguments(vector<value>& arguments);
  /// Goes on with what the host function answers. Fails as `call` does, and before anything has changed with
  /// `not_suspended`, `arity_mismatch`, `argument_type_mismatch` and as references do (runtime/rooted.hpp).
  result<void> resume(std::span<const value> answer, vector<value>& results);
  /// Ends the call as if the host function had failed so: with a trap, which is the answer.
  result<void> resume_failed(const error& why);

  /// Gives the suspended call up.
  void abandon() noexcept {
    if (suspended_) leave(machine_, pending_);
    running_again();
    starting_ = nullptr;
  }
  /// The instance whose start function the suspended call is: `instantiate` has failed with `trap_out_of_fuel` or
  /// `pending`, and when `resume` has succeeded the instance is as it would have answered. Null otherwise.
  instance* starting() const noexcept { return starting_; }

  /// Fuel in units of the cost table, version 1 (binary/opcode.def); only a metered store counts. Spending below zero
  /// happens at the leader whose block cannot be paid, and is made up for by the next `add_fuel`.
  std::int64_t fuel() const noexcept { return machine_.fuel + machine_.withheld; }
  void set_fuel(std::int64_t units) noexcept {
    if (metered()) machine_.hand_out(units);  // bulk operations look at it in every store
  }
  void add_fuel(std::int64_t units) noexcept {
    std::int64_t sum = 0;
    set_fuel(__builtin_add_overflow(fuel(), units, &sum) ? std::numeric_limits<std::int64_t>::max() : sum);
  }
  bool metered() const noexcept { return backend_.metered; }
  /// Hands fuel out in slices of that size, from the next `set_fuel` on; 0 for all at once. When a slice is used up the
  /// call is suspended with fuel left, and `resume` hands out the next. Calls of host functions that call back in take
  /// further slices instead. What a program does does not depend on slices.
  void set_fuel_slice(std::int64_t units) noexcept { machine_.slice = std::max<std::int64_t>(units, 0); }

  /// The latest trap with its stack trace.
  const trap& last_trap();
  /// The exception that the latest `trap_uncaught_exception` was about.
  /// Null where there is none. See runtime/rooted.hpp for what is in it.
  value last_exception();

  const wasm64::limits& limits() const noexcept { return machine_.limits; }
  machine& vm() noexcept { return machine_; }

  // Type indices in the types of what is made are canonical ids of `vm().types`.

  /// A host function as a reference, for tables and arguments.
  func_instance* make_func(const host_function& f, std::string name = {});
  result<table_instance*> make_table(const table_type& type, word init = 0);
  result<memory_instance*> make_memory(const memory_type& type);
  /// The content is as slots hold it.
  global_instance* make_global(const global_type& type, word bits, word high = 0);
  tag_instance* make_tag(const func_type& type, std::string name = {});

  /// A global's content. Objects in it are held until the innermost scope ends (runtime/rooted.hpp).
  value get(const global_instance& g);
  /// Fails with `argument_type_mismatch` and as references do (runtime/rooted.hpp); mutability is not looked at.
  result<void> set(global_instance& g, const value& v);
  /// An element of a table; fails with `out_of_bounds`.
  result<value> get(const table_instance& t, std::uint64_t index);
  result<void> set(table_instance& t, std::uint64_t index, const value& v);

  /// Instances to come run the code that somebody has compiled for their modules.
  void use(std::shared_ptr<code_provider> provider) noexcept { code_provider_ = std::move(provider); }

  /// Asks for the code at calls of functions, until it is there.
  void expect(std::unique_ptr<code_to_come> code) { machine_.code_to_come.push_back(std::move(code)); }

  /// Lowers every function of an instance now instead of at its first call.
  result<void> lower_all(instance& in);

 protected:
  store_base(const store_backend& backend, const wasm64::limits& l);

 private:
  /// Whether a function has the signature. The types of C++ are numbers, which their codes tell.
  template <class R, class... A>
  static bool takes(const func_type& t) noexcept {
    if (t.params.size() != sizeof...(A) || t.results.size() != !std::is_void_v<R>) return false;
    [[maybe_unused]] const val_type* param = t.params.data();
    const bool matches = ((param++->code == wasm_type<A>::type.code) && ...);
    if constexpr (std::is_void_v<R>) return matches;
    else return matches && t.results[0].code == wasm_type<R>::type.code;
  }
  error refusal(const func_type& t, std::size_t arguments, std::size_t results) const;
  error failure(std::uint32_t status, const entry_record& e);
  /// Runs a function to its end; where that is not `step::halted`, `stopped` has to follow.
  std::uint32_t enter(const func_instance& f, entry_record& e) {
    if (WASM64_UNLIKELY(f.code == nullptr)) return call_host_directly(f);
    std::uint32_t status = start(machine_, f, e);
    if (WASM64_UNLIKELY(status == step::suspended && machine_.nesting > 1)) status = spend_slices();
    if (WASM64_LIKELY(status == step::halted)) leave(machine_, e);
    return status;
  }
  std::uint32_t call_host_directly(const func_instance& f);
  /// Goes on with a run that cannot be suspended, as long as there is fuel.
  std::uint32_t spend_slices();
  void running_again() noexcept {
    suspended_ = false;
    machine_.awaited = {};
  }
  result<void> go_on(vector<value>& results);
  result<void> stopped(std::uint32_t status, const entry_record& e);
  result<void> bind_imports(instance& in, const linker& imports);
  func_instance* make_func(const host_function& f, std::string name, std::uint32_t type_id);
  tag_instance* make_tag(const func_type& type, std::uint32_t type_id);
  result<void> initialize(instance& in);
  module_code& code_of(const std::shared_ptr<const module>& m, const vector<std::uint32_t>& ids);

  store_backend backend_;
  machine machine_;
  caller caller_;
  std::uint64_t stack_bytes_ = 0;
  word cells_[6] = {};  ///< halt, restore_instance, lower_function
  bool suspended_ = false;
  entry_record pending_;
  instance* starting_ = nullptr;
  std::shared_ptr<code_provider> code_provider_;
  trap trap_;
  vector<stopped_frame> unresolved_;  ///< of `trap_`, until somebody reads it
  vector<std::unique_ptr<module_code>> codes_;
  vector<std::unique_ptr<instance>> instances_;
  vector<std::unique_ptr<func_instance>> funcs_;
  vector<std::unique_ptr<vector<func_instance>>> func_blocks_;
  vector<std::unique_ptr<table_instance>> tables_;
  vector<std::unique_ptr<memory_instance>> memories_;
  vector<std::unique_ptr<global_instance>> globals_;
  vector<std::unique_ptr<tag_instance>> tags_;
  vector<std::shared_ptr<const func_type>> host_types_;
};

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/runtime/instantiate_impl.hpp"
#include "wasm64/runtime/store_impl.hpp"
#endif
