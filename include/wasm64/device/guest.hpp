#pragma once

#include <memory>
#include <optional>
#include <string>

#include "wasm64/base/messages.hpp"
#include "wasm64/device/import.hpp"
#include "wasm64/device/library.hpp"
#include "wasm64/device/signature.hpp"
#include "wasm64/host/snapshot_parts.hpp"
#include "wasm64/host/wasi_context.hpp"
#include "wasm64/message/concept.hpp"
#include "wasm64/message/wasm_value.hpp"
#include "wasm64/runtime/rooted.hpp"
#include "wasm64/runtime/store.hpp"
#include "wasm64/snapshot/snapshot.hpp"

namespace wasm64 {

/// An instance with the store it lives in, as the private part of a message holds it. Its imports are answered by the
/// handler that each call brings. Import handlers may use it while they run.
template <class M>
class guest {
 public:
  using value_type = typename M::value_type;

  /// A call gets `fuel`; one that has spent `slice` of it is suspended, where that is not 0.
  guest(std::shared_ptr<store_base> vm, std::int64_t fuel, std::int64_t slice = 0)
      : vm_(std::move(vm)), fuel_(fuel), slice_(slice) {}
  guest(const guest&) = delete;
  guest& operator=(const guest&) = delete;

  /// What a call has led to: its results as a list, and the message as the last import left it. A call that
  /// `is_pending` has failed with what it waits for, and goes on with `resume`.
  struct outcome {
    result<value_type> output;
    value_type state;
  };

  /// Adds host functions for what `m` imports; before `link`.
  void add_library(std::unique_ptr<import_library<M>> library, linker& to, const module& m) {
    library->define(to, m, *this);
    libraries_.push_back(std::move(library));
  }

  /// Makes the instance; its start function may call imports, which see `state`. Libraries start
  /// it unless it has been started. For imports without a definition, `bind` answers the handler that can be told by
  /// now, or an empty one.
  template <class Bind>
  outcome link(std::shared_ptr<const module> source, linker imports, value_type state,
               const import_handler<M>& resolver, start_function start, Bind&& bind) {
    imports.otherwise([this, &bind](const import_desc& i, const func_type& t) {
      host_function f{t, &imported::entry, {}};
      f.environment = std::make_shared<imported>(imported{this, i.module, i.name, signature_text(t), t, bind(i)});
      return f;
    });
    activation a(*this, std::move(state), resolver);
    result<instance*> made = vm_->instantiate(std::move(source), imports, start);
    stop_if_suspended();
    if (made.has_value()) {
      instance_ = made.assume_value();
      for (std::size_t i = 0; start == start_function::run && i < libraries_.size() && made.has_value(); ++i) {
        const result<void> started = libraries_[i]->start(*vm_, *instance_);
        stop_if_suspended();
        if (!started.has_value()) made = fail(started.assume_error());
      }
    }
    const result<void> left = leave_libraries(a.state);
    if (made.has_value() && !left.has_value()) made = fail(left.assume_error());
    if (!made.has_value()) {
      instance_ = nullptr;  // an import may have kept a message that holds this
      return {fail(std::move(made).assume_error()), std::move(a.state)};
    }
    return {value_type(), std::move(a.state)};
  }

  /// Calls an export with a list of parameters. Nested calls, made by import handlers, share everything with the outer
  /// one but the message: their final one is the handler's to pass on.
  outcome call(std::string_view function, const value_type& parameters, value_type state,
               const import_handler<M>& resolver) {
    if (is_pending()) return {fail(errc::instance_busy), std::move(state)};
    activation a(*this, std::move(state), resolver, entry::in_slices);
    return finish(a, run(function, parameters));
  }
  /// For import handlers: with the resolver of the call that is going on.
  outcome call(std::string_view function, const value_type& parameters, value_type state) {
    if (active_ == nullptr) return {fail(errc::no_instance), std::move(state)};
    return call(function, parameters, std::move(state), *active_->resolver);
  }

  /// Whether a call is suspended: `resume` goes on with it.
  bool is_pending() const noexcept { return is_alive() && !is_running() && vm_->suspended(); }
  /// What the suspended call waits for, as `compute` says it.
  value_type waits_for() const {
    const bool for_import = vm_->waiting_for() == wasm64::waits_for::import;
    vector<message_entry_t<M>> entries;
    entries.push_back({"waiting-for", text(for_import ? "import" : "fuel")});
    if (for_import) {
      const func_instance& f = *vm_->awaited();
      vector<value> arguments;
      vm_->awaited_arguments(arguments);
      entries.push_back({"args", list_of(arguments)});
      entries.push_back({"func-sig", text(signature_text(*f.type))});
      const auto* const known = f.host == &imported::entry ? static_cast<const imported*>(f.environment) : nullptr;
      entries.push_back({"module", text(known != nullptr ? known->module : std::string())});
      entries.push_back({"func", text(known != nullptr ? known->func : f.name)});
    }
    return M::make_map(std::move(entries));
  }
  /// How a suspended call goes on: with the results of the import it waits for, or with a trap there.
  struct continuation {
    vector<value> results;
    std::string trap;
  };
  /// Reads what a request says at `resume`. Fails with `malformed_request` when it is no answer to what is waited for.
  result<continuation> continuation_from(const value_type& resume) const {
    continuation with;
    if (vm_->waiting_for() != wasm64::waits_for::import) return with;
    const value_type error = M::get_key(resume, "error");
    if (M::kind(error) == value_kind::binary) {
      with.trap = as_text(M::as_bytes(error));
      return with;
    }
    const value_type results = M::get_key(resume, "results");
    const vector<val_type>& types = vm_->awaited()->type->results;
    if (M::kind(results) != value_kind::list || M::list_size(results) != types.size()) {
      return fail(errc::malformed_request, "resume/results");
    }
    for (std::size_t i = 0; i < types.size(); ++i) {
      WASM64_TRY(const std::uint64_t bits, import_result(results, i, types[i]));
      with.results.push_back({types[i], bits, 0});
    }
    return with;
  }
  /// Goes on with the suspended call, which sees `state` from now on. It does what it would have done without a break.
  outcome resume(const continuation& with, value_type state, const import_handler<M>& resolver) {
    if (!is_pending()) return {fail(errc::not_suspended), std::move(state)};
    activation a(*this, std::move(state), resolver, entry::again);
    vector<value> results;
    result<void> done = success();
    if (vm_->waiting_for() != wasm64::waits_for::import) done = vm_->resume(results);
    else if (with.trap.empty())
      done = vm_->resume(std::span<const value>(with.results.data(), with.results.size()), results);
    else done = vm_->resume_failed(error(errc::trap_host, vm_->awaited()->name + ": " + with.trap));
    return finish(a, ended(done, [&] { return list_of(results); }));
  }

  /// The bytes from an address up to the next NUL, which must be inside the memory.
  result<byte_vector> read(integer address) const {
    WASM64_TRY(const memory_instance* const memory, main_memory());
    const std::uint64_t from = memory->type.limits.is_64 ? address.bits : address.bits & UINT32_MAX;
    if (from >= memory->size) return fail(errc::out_of_bounds);
    const std::uint8_t* const begin = memory->base + from;
    const void* const end = std::memchr(begin, 0, static_cast<std::size_t>(memory->size - from));
    if (end == nullptr) return fail(errc::out_of_bounds, "no end of text");
    return byte_vector(begin, static_cast<const std::uint8_t*>(end));
  }

  /// Writes bytes and a NUL into memory that the guest's `malloc` gives; answers the address. Imports that `malloc`
  /// calls see `state`, and what they make of it is dropped.
  result<std::uint64_t> write(bytes_view bytes, const value_type& state = {}) {
    if (!is_alive()) return fail(errc::no_instance);
    if (is_pending()) return fail(errc::instance_busy);
    const func_instance* const malloc = instance_->exported_func("malloc");
    if (malloc == nullptr) return fail(errc::unknown_export, "malloc");
    const func_type& type = *malloc->type;
    const auto is_size = [](const vector<val_type>& list) {
      return list.size() == 1 && (list[0] == types::i32 || list[0] == types::i64);
    };
    if (!is_size(type.params) || !is_size(type.results)) return fail(errc::incompatible_import, "malloc");
    WASM64_TRY(const std::uint64_t size, to_wasm(integer(std::uint64_t{bytes.size()} + 1), type.params[0]));
    const import_handler<M> nobody;
    activation a(*this, state, active_ != nullptr ? *active_->resolver : nobody);
    const value argument{type.params[0], size, 0};
    vector<value> results;
    const result<void> done = vm_->call(*malloc, {&argument, 1}, results);
    stop_if_suspended();
    WASM64_CHECK(done);
    const std::uint64_t address = results[0].bits;
    if (address == 0) return fail(errc::out_of_memory, "malloc");
    WASM64_TRY(const memory_instance* const memory, main_memory());
    if (!memory->in_bounds(address, std::uint64_t{bytes.size()} + 1)) return fail(errc::out_of_bounds, "malloc");
    if (!bytes.empty()) std::memcpy(memory->base + address, bytes.data(), bytes.size());
    memory->base[address + bytes.size()] = 0;
    return address;
  }

  /// The memory that texts are in: the first exported one, else the first; fails with `unknown_memory`.
  result<memory_instance*> main_memory() const {
    if (!is_alive()) return fail(errc::no_instance);
    for (const export_desc& e : instance_->source->exports) {
      if (e.kind == extern_kind::memory) return instance_->memories[e.index];
    }
    memory_instance* const first = instance_->memory(0);
    if (first == nullptr) return fail(errc::unknown_memory);
    return first;
  }

  /// What the host functions of this instance share: files, streams, time, random numbers.
  wasi_context& host() noexcept { return host_; }
  /// The message of the call that is going on; there must be one.
  value_type& state() noexcept { return active_->state; }
  bool has_libraries() const noexcept { return !libraries_.empty(); }
  /// Time and randomness of the calls to come.
  void set_moment(const call_moment& now) noexcept {
    host_.nanoseconds = now.nanoseconds;
    host_.seed = now.seed;
  }

  bool is_alive() const noexcept { return vm_ != nullptr && instance_ != nullptr; }
  bool is_running() const noexcept { return active_ != nullptr; }
  /// Null when it is not alive.
  instance* module_instance() const noexcept { return instance_; }
  /// Null when it was closed. The latest trap and its stack trace are there.
  store_base* vm() const noexcept { return vm_.get(); }

  /// Puts the state of everything in the store and answers the manifest, which is valid until the next save. What is
  /// the same since the last one is not put again. Fails as `checkpointer::save` does.
  result<bytes_view> save(any_store& to) {
    if (!is_alive()) return fail(errc::no_instance);
    if (vm_->suspended()) {
      WASM64_CHECK(checkpoints().save(to));
    } else {
      // A call begins with fuel, time and random numbers of its own: what the last one has left is nobody's.
      const std::int64_t fuel = vm_->fuel();
      const call_moment moment{host_.nanoseconds, host_.seed};
      vm_->set_fuel(std::numeric_limits<std::int64_t>::max());
      set_moment({});
      const result<content_id> saved = checkpoints().save(to);
      vm_->set_fuel(fuel);
      set_moment(moment);
      WASM64_CHECK(saved);
    }
    return checkpoints().manifest();
  }
  /// Brings the store into the state with that id, or of that manifest. Fails as `checkpointer::restore` does.
  template <class State>
  result<void> restore(const State& state, any_store& from, restore_options how) {
    if (!is_alive()) return fail(errc::no_instance);
    return checkpoints().restore(state, from, how);
  }

  /// Destroys the store and all in it. Fails with `instance_busy` during a call.
  result<void> close() {
    if (is_running()) return fail(errc::instance_busy);
    instance_ = nullptr;
    checkpoints_.reset();
    vm_.reset();
    return success();
  }

 private:
  /// A function that handlers answer.
  struct imported {
    guest* owner;
    std::string module;
    std::string func;
    std::string signature;
    func_type type;
    import_handler<M> bound;

    static bool entry(void* environment, caller& from, word* slots) {
      const imported& self = *static_cast<const imported*>(environment);
      return from.end(self.owner->answer(self, from, slots));
    }
  };

  enum class entry : std::uint8_t { whole, in_slices, again };

  /// A call that is going on, and the one it is nested in.
  struct activation {
    activation(guest& g, value_type s, const import_handler<M>& r, entry how = entry::whole)
        : owner(g), state(std::move(s)), resolver(&r), outer(g.active_) {
      if (outer == nullptr && g.vm_ != nullptr) g.vm_->set_fuel_slice(how == entry::whole ? 0 : g.slice_);
      if (how != entry::again && outer == nullptr && g.vm_ != nullptr) {
        if (g.vm_->metered()) g.vm_->set_fuel(g.fuel_);
        for (const auto& library : g.libraries_) library->begin(g.vm_->fuel());
      }
      g.active_ = this;
      g.enter_libraries();
    }
    ~activation() { owner.active_ = outer; }
    activation(const activation&) = delete;
    activation& operator=(const activation&) = delete;

    guest& owner;
    value_type state;
    const import_handler<M>* resolver;
    activation* outer;
  };

  result<value_type> run(std::string_view function, const value_type& parameters) {
    if (!is_alive()) return fail(errc::no_instance);
    const func_instance* const f = instance_->exported_func(function);
    if (f == nullptr) return fail(errc::unknown_export, std::string(function));
    if (M::kind(parameters) != value_kind::list) return fail(errc::malformed_request, "parameters");
    const func_type& type = *f->type;
    if (M::list_size(parameters) != type.params.size()) {
      return fail(errc::arity_mismatch, std::to_string(M::list_size(parameters)) + " for " + signature_text(type));
    }
    if (vm_->suspended()) return fail(errc::instance_busy);  // before its arguments are overwritten
    // Values of all types that messages can hold take one slot.
    word* const slots = vm_->call_area();
    for (std::size_t i = 0; i < type.params.size(); ++i) {
      const result<std::uint64_t> bits = to_wasm<M>(M::list_element(parameters, i), type.params[i]);
      if (!bits.has_value()) return fail(bits.assume_error().code, "parameter " + std::to_string(i + 1));
      slots[i] = bits.assume_value();
    }
    return ended(vm_->call_slots(*f), [&] { return list_of(slots, type.results); });
  }
  /// A call that has used up all of its fuel is over.
  template <class Results>
  result<value_type> ended(const result<void>& done, Results&& results) {
    if (vm_->waiting_for() == wasm64::waits_for::fuel && !vm_->has_next_slice()) vm_->abandon();
    WASM64_CHECK(done);
    return results();
  }
  outcome finish(activation& a, result<value_type> output) {
    const result<void> left = leave_libraries(a.state);
    if (!left.has_value() && (output.has_value() || vm_->suspended())) {
      stop_if_suspended();
      output = fail(left.assume_error());
    }
    return {std::move(output), std::move(a.state)};
  }

  /// A call of an import by the instance's code.
  result<void> answer(const imported& f, caller& from, word* slots) {
    import_call<M> call{{}, f.module, f.func, f.signature, {}, this, f.bound ? &f.bound : nullptr};
    if (active_ == nullptr || !*active_->resolver) return fail(errc::trap_undefined_import, name_of(call));
    // The start function runs before the instance is known.
    if (instance_ == nullptr) instance_ = from.module_instance();
    activation& a = *active_;
    WASM64_CHECK(leave_libraries(a.state));
    call.state = std::move(a.state);
    call.args = list_of(slots, f.type.params);
    result<import_answer<M>> answered = (*a.resolver)(call);
    a.state = std::move(call.state);
    enter_libraries();
    if (!answered.has_value()) return failed(call, answered.assume_error());
    import_answer<M>& given = answered.assume_value();
    const vector<val_type>& types = f.type.results;
    const bool is_list = M::kind(given.results) == value_kind::list;
    if (!is_list || M::list_size(given.results) != types.size()) {
      return failed(call, error(errc::malformed_import_response, "number of results"));
    }
    for (std::size_t i = 0; i < types.size(); ++i) {
      const result<std::uint64_t> bits = import_result(given.results, i, types[i]);
      if (!bits.has_value()) return failed(call, bits.assume_error());
      slots[i] = bits.assume_value();
    }
    if (M::kind(given.state) != value_kind::null) a.state = std::move(given.state);
    return success();
  }

  /// One of the results that an import is answered with.
  static result<std::uint64_t> import_result(const value_type& results, std::size_t i, val_type type) {
    const auto& one = M::list_element(results, i);
    if (type.is_ref() && type.nullable && M::kind(one) == value_kind::null) return value::null(type).bits;
    result<std::uint64_t> bits = to_wasm<M>(one, type);
    if (!bits.has_value()) return fail(bits.assume_error().code, "result " + std::to_string(i + 1));
    return bits;
  }

  void enter_libraries() noexcept {
    for (const auto& library : libraries_) library->enter();
  }
  result<void> leave_libraries(value_type& state) {
    for (const auto& library : libraries_) WASM64_CHECK(library->leave(state));
    return success();
  }

  static std::string name_of(const import_call<M>& call) {
    return std::string(call.module).append(".").append(call.func);
  }
  static auto failed(const import_call<M>& call, const error& e) {
    if (e.code == errc::pending) return fail(e.code);
    const std::string name = name_of(call);
    if (is_trap(e.code)) return fail(e.code, e.detail.empty() ? name : name + ": " + e.detail);
    return fail(errc::trap_host, name + ": " + to_string(e));
  }

  static value_type text(std::string_view t) { return M::make_binary(as_bytes(t)); }
  /// What slots hold, as a list.
  static value_type list_of(const word* slots, const vector<val_type>& types) {
    vector<value_type> elements;
    elements.reserve(types.size());
    for (const val_type t : types) {
      elements.push_back(from_wasm<M>(*slots, t));
      slots += t.slots();
    }
    return M::make_list(std::move(elements));
  }

  static value_type list_of(const vector<value>& values) {
    vector<value_type> elements;
    elements.reserve(values.size());
    for (const value& v : values) elements.push_back(from_wasm<M>(v.bits, v.type));
    return M::make_list(std::move(elements));
  }

  /// Made when all libraries are there.
  checkpointer& checkpoints() {
    if (checkpoints_) return *checkpoints_;
    snapshot_hooks hooks;
    hooks.parts.push_back(moment_part(host_));
    for (const auto& library : libraries_) library->extend(hooks);
    return checkpoints_.emplace(*vm_, std::move(hooks));
  }

  /// Nobody could resume it: what a suspended call has left is given up.
  void stop_if_suspended() noexcept {
    if (vm_->suspended()) vm_->abandon();
  }

  std::shared_ptr<store_base> vm_;
  instance* instance_ = nullptr;
  activation* active_ = nullptr;
  std::int64_t fuel_;
  std::int64_t slice_;
  wasi_context host_;
  vector<std::unique_ptr<import_library<M>>> libraries_;
  std::optional<checkpointer> checkpoints_;
};

/// What messages hold at `<output-prefix>/read`: the text that a pointer, or a list of one, points to.
template <class M>
struct guest_reader {
  std::shared_ptr<guest<M>> from;

  result<byte_vector> operator()(const typename M::value_type& pointer) const {
    if (M::kind(pointer) == value_kind::list && M::list_size(pointer) == 1) return (*this)(M::list_element(pointer, 0));
    if (M::kind(pointer) != value_kind::integer) return fail(errc::argument_type_mismatch, "pointer");
    return from->read(M::as_integer(pointer));
  }
};

/// What messages hold at `<output-prefix>/write`: puts a text into the guest's memory and answers the pointer.
template <class M>
struct guest_writer {
  std::shared_ptr<guest<M>> to;

  result<std::uint64_t> operator()(bytes_view bytes) const { return to->write(bytes); }
};

}  // namespace wasm64
