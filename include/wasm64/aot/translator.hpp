#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "wasm64/aot/emitter.hpp"
#include "wasm64/aot/layout.hpp"
#include "wasm64/aot/loop_scan.hpp"
#include "wasm64/aot/null_emitter.hpp"
#include "wasm64/aot/operations.hpp"
#include "wasm64/aot/translation.hpp"
#include "wasm64/valid/function.hpp"

namespace wasm64::aot {

/// Translates one function, driven by the validator (valid/sink.hpp): a sink like `lowering`, whose leaders and points
/// it shares. With a `null_emitter` it fills the function's plan instead, and may ask to run again with what it has
/// learned.
///
/// Compiled code has every local in a variable and every operand in a value. A path through blocks that have one
/// predecessor each is straight: on it locals are known by their values, and addresses that were checked stay so.
template <code_emitter E>
class translator {
 public:
  using value = typename E::value;
  using variable = typename E::variable;
  using block = typename E::block;
  using call_result = typename E::call_result;
  static constexpr bool plans = std::is_same_v<E, null_emitter>;

  translator(translation& t, E& e) : t_(t), module_(*t.source), e_(e) {}

  /// Begins a defined function. Without a map where the plan is still to be made.
  void start(std::uint32_t function, function_plan& plan, const function_map* map);
  /// False where something the translation relies on did not hold; what was emitted is to be abandoned.
  bool succeeded() const noexcept { return !failed_; }
  /// Whether the plan has changed so that what was learned with the old one does not hold.
  bool plan_changed() const noexcept { return plan_changed_; }
  /// Of the loop that is to be gone through again (valid/sink.hpp).
  std::uint32_t repeat_from() noexcept { return std::exchange(repeat_from_, 0); }
  /// How much work it was, in values that were looked at: for budgets.
  std::uint64_t work() const noexcept { return work_; }

  /// How many loops there are.
  std::uint32_t loops() const noexcept { return loops_; }
  /// How many marks of labels there are.
  std::size_t marks() const noexcept { return next_mark_; }

  /// Writes the `entry` of a function that has a body.
  void write_entry(std::uint32_t function);
  /// Writes a body that lets the interpreter run the function.
  void write_detour(std::uint32_t function);

  // The members of a sink.

  void begin(const func_type& type, std::span<const val_type> locals);
  void at(op o, std::uint32_t offset) {
    offset_ = offset;
    add_cost(info(o).cost);
    if (!raw_.empty()) settle_before(o);
  }

  void on_block(op kind, std::span<const val_type> params, std::span<const val_type> results, bool reachable);
  void on_try_table(std::span<const catch_clause> clauses, std::span<const val_type> params,
                    std::span<const val_type> results, bool reachable);
  void on_else(bool reachable);
  void on_catch(std::uint32_t tag, std::span<const val_type> payload, bool reachable);
  void on_catch_all(bool reachable) { start_catch(any_tag, {}, reachable); }
  void on_delegate(std::uint32_t depth, bool reachable);
  void on_end(bool reachable);

  void on_unreachable();
  void on_br(std::uint32_t depth);
  void on_br_if(std::uint32_t depth);
  void on_br_table(std::span<const std::uint32_t> depths);
  void on_return();
  void on_throw(std::uint32_t tag);
  void on_throw_ref();
  void on_rethrow(std::uint32_t depth);
  void on_call(std::uint32_t function);
  void on_call_indirect(std::uint32_t type, std::uint32_t table);
  void on_return_call(std::uint32_t function);
  void on_return_call_indirect(std::uint32_t type, std::uint32_t table);

  void on_drop(val_type) { pop(); }
  void on_select(val_type type);
  void on_local_get(std::uint32_t index, val_type type);
  void on_local_set(std::uint32_t index, val_type type);
  void on_local_tee(std::uint32_t index, val_type type);
  void on_global_get(std::uint32_t index, val_type type);
  void on_global_set(std::uint32_t index, val_type type);

  void on_const(val_type type, std::uint64_t bits);
  void on_numeric(op o);
  void on_load(op o, const memarg& arg);
  void on_store(op o, const memarg& arg);
  void on_ref_null(heap_type);
  void on_ref_is_null();
  void on_ref_func(std::uint32_t function);
  void on_memory_op(op o, std::uint32_t a, std::uint32_t b);
  void on_table_op(op o, std::uint32_t a, std::uint32_t b);

  void on_call_ref(std::uint32_t type);
  void on_return_call_ref(std::uint32_t type);
  void on_ref_as_non_null();
  void on_br_on_null(std::uint32_t depth);
  void on_br_on_non_null(std::uint32_t depth);
  void on_ref_test(val_type target) { push(is_of(reference_in_slot(pop()), target), value_type::flag); }
  void on_ref_cast(val_type target);
  void on_br_on_cast(op o, std::uint32_t depth, val_type target);
  void on_struct_op(op o, std::uint32_t type, std::uint32_t field);
  void on_array_op(op o, std::uint32_t type, std::uint32_t other);
  void on_ref_op(op o);

  void on_v128_const(std::uint64_t low, std::uint64_t high);
  void on_shuffle(std::uint64_t low, std::uint64_t high);
  void on_lane_op(op o, std::uint8_t lane);
  void on_lane_access(op o, const memarg& arg, std::uint8_t lane);
  void on_atomic(op o, const memarg& arg);

 private:
  /// A value of the operand stack.
  struct operand {
    value v{};  ///< none of a constant
    value_type type = value_type::i64;  ///< `flag` where an i32 is 0 or 1
    nan_bits nan = nan_bits::exact;
    bool is_constant = false;
    std::uint64_t bits = 0;
    std::int32_t height = 0;  ///< slots of operands below it, but for references
    // A reference is not a value but a place: its slot, or nowhere if it is the constant null.
    bool is_ref = false;
    bool reads_local = false;
    std::uint32_t local = 0;
    std::int32_t refs = 0;  ///< slots of references below it
    std::int32_t slot = 0;
    bool has_root = false;  ///< an i64 that is `root` + `delta`
    value root{};
    std::uint64_t delta = 0;
  };

  struct control {
    op kind = op::block;
    bool reachable = true;
    bool is_function = false;
    bool used = false;  ///< as `lowering` has it: a branch, or a body that ends before another, continues behind it
    bool has_else = false;
    bool has_target = false;
    bool has_edge = false;
    block target{};  ///< of a loop its head, of everything else its end
    block else_block{};
    std::uint32_t leader = 0;
    std::uint32_t else_leader = 0;
    std::uint32_t opened_in = 0;  ///< leader of the block in front of it
    bool is_guarded = false;  ///< as `guarded_` is in front of it
    std::uint32_t if_place = 0;  ///< where the fuel of an `if` is paid
    bool is_check = false;  ///< control may arrive with any fuel
    wasm64::vector<std::uint32_t> places;  ///< from which control arrives
    std::size_t entries = 0;  ///< operands below the parameters
    std::int32_t height = 0;  ///< slots below the parameters
    std::int32_t refs = 0;  ///< slots of references below the parameters
    std::span<const val_type> params;
    std::span<const val_type> results;
    wasm64::vector<variable> values;  ///< of a branch
    std::uint32_t loop = 0;  ///< number of a loop
    std::uint32_t head_place = 0;  ///< of a loop
    std::uint32_t first_site = 0;  ///< of a loop
    std::size_t first_mark = 0;  ///< in `function_plan::exact`
    wasm64::vector<nan_bits> marks;  ///< of float locals, then values, where control arrives
    wasm64::vector<operand> saved;  ///< parameters of an `if`
    wasm64::vector<nan_bits> saved_marks;  ///< of float locals, in front of an `if`
    wasm64::vector<catch_clause> clauses;  ///< of a `try_table`
    std::uint32_t region = 0;  ///< of a `try_table` or `try`: its number
    std::uint32_t clause = 0;  ///< of a `try`: the number of the next clause
    std::size_t landing = 0;  ///< of a `try`: where exceptions of its body arrive
    bool in_catch = false;
    bool has_other = false;
    block other{};  ///< where an exception goes that no clause so far catches
    std::int32_t exception = 0;  ///< the slot of the one that is caught
    std::uint32_t seen_by = 0;  ///< the latest br_table that has branched here
    block stub{};  ///< where that goes
  };

  struct local_state {
    variable place{};
    value_type type = value_type::i32;
    std::int32_t mark = -1;  ///< number among the float locals
    std::uint32_t path = 0;  ///< the straight path on which `known` holds
    operand known;
    bool is_ref = false;
    bool is_untouched = false;  ///< a reference that nothing so far sets, as `lowering` has it
    std::int32_t slot = 0;  ///< of a reference
  };

  /// Blocks at the function's end that places where it is left go to. Each takes only some: compilers' time grows with
  /// the square of the ways into a block.
  struct exits {
    static constexpr std::uint32_t most_ways_in = 64;
    wasm64::vector<block> blocks;
    std::uint32_t ways_in = 0;  ///< of the last
    void clear() noexcept {
      blocks.clear();
      ways_in = 0;
    }
  };

  /// What the second of two loops begins with, and what is behind both.
  struct split {
    std::uint32_t offset = 0;
    wasm64::vector<operand> stack;
    wasm64::vector<nan_bits> marks;
    std::uint32_t loops = 0, leaders = 0, place = 0, places = 0;
    std::size_t next_mark = 0;
    bool is_guarded = false;
    block asking{};
    control behind;
  };

  /// Where the ways back from a call go, and what they bring.
  struct call_end {
    block left{}, low{}, behind{};
    variable status{}, result{};
    value_type type = value_type::none;  ///< of the result
    std::uint32_t needed = 0;  ///< fuel
    bool looks = false;  ///< at fuel
    const map_point* point = nullptr;
  };

  struct checked_address {
    value address;
    std::uint32_t memory;
    std::uint64_t reach;  ///< address + reach is within the memory
  };

  static constexpr std::uint64_t min_bytes(const memory_type& m) noexcept { return m.limits.min * m.page_size(); }
  static constexpr bool is_float(value_type t) noexcept { return t == value_type::f32 || t == value_type::f64; }
  static std::int32_t slots_of(value_type t) noexcept { return t == value_type::v128 ? 2 : 1; }
  static std::int32_t slots_of(const operand& o) noexcept { return o.is_ref ? 0 : slots_of(o.type); }
  static std::int32_t area_of(const func_type& type) noexcept {
    return std::max(slot_count(type.params), slot_count(type.results));
  }

  // translator_state.hpp: values, locals, what the function holds of the engine.

  value i32(std::uint64_t bits) { return e_.constant(value_type::i32, bits); }
  value i64(std::uint64_t bits) { return e_.constant(value_type::i64, bits); }
  value status_of(errc code) { return i32(static_cast<std::uint32_t>(code)); }
  value zero_of(value_type type);
  /// The slot where the interpreter would have an operand of this number.
  std::int32_t home(std::size_t number) const noexcept {
    const std::int32_t first = map_ == nullptr ? 0 : map_->temporaries;
    if (number < stack_.size()) return first + stack_[number].height;
    return stack_.empty() ? first : first + stack_.back().height + slots_of(stack_.back());
  }

  void push(operand o);
  void push(value v, value_type type, nan_bits nan = nan_bits::exact);
  void push_constant(value_type type, std::uint64_t bits);
  operand pop() {
    const operand o = stack_.back();
    stack_.pop_back();
    if (o.is_ref) --refs_;
    return o;
  }
  /// Pops down to this many operands.
  void shrink(std::size_t count) {
    while (stack_.size() > count) pop();
  }
  value use(const operand& o);
  value flag_of(const operand& o);
  value index_of(const operand& o);
  value visible(const operand& o);
  value canonical(value v, value_type type);
  void join();

  value load_context(value base, std::uint64_t offset, value_type type, bool is_invariant, std::uint8_t log2 = 3);
  value load_slot(std::int32_t slot, value_type type);
  void store_slot(value frame, std::int32_t slot, value v, value_type type);
  value element(std::uint64_t list, std::uint32_t index);
  value machine();
  value helper_address(helper h);
  value call_helper(helper h, value frame, value budget, value a, value b);
  value fuel() { return t_.metered ? e_.get(fuel_) : value{}; }
  void reload();
  void reload_fuel();
  void reload_memory();
  void store_fuel();

  void set_local(std::uint32_t index, const operand& o);
  operand get_local(std::uint32_t index);
  void prologue(const func_type& type, std::span<const val_type> locals);
  void run_interpreter(const func_type& type);
  void return_values(std::span<const val_type> results, std::size_t first);

  // translator_control.hpp

  control& open(op kind, std::span<const val_type> params, std::span<const val_type> results);
  control& target(std::uint32_t depth) noexcept { return controls_[controls_.size() - 1 - depth]; }
  static std::span<const val_type> label_types(const control& c) noexcept {
    return c.kind == op::loop ? c.params : c.results;
  }
  block target_block(control& c);
  void edge(control& to, bool with_references = true);
  void branch_if(value condition, std::uint32_t depth);
  bool merge(control& to, std::size_t index, nan_bits nan, bool is_first);
  void arrive(control& at);
  void restore(const control& c);
  void drop_to(const control& c);
  void push_zeros(std::span<const val_type> types);
  void open_loop(std::span<const val_type> params, std::span<const val_type> results);
  void open_if(std::span<const val_type> params, std::span<const val_type> results);
  void take_branch(control& to);
  void begin_dead_code(const control& c);
  void end_loop(bool reachable);

  std::uint32_t new_leader();
  void set_leader(std::uint32_t leader) noexcept { leader_ = leader; }
  void add_cost(std::uint32_t cost) noexcept {
    if constexpr (plans) plan_->costs[leader_] += cost;
    else static_cast<void>(cost);
  }
  std::uint32_t begin_place(std::uint32_t leader, bool is_check, std::span<const std::uint32_t> from);
  void begin_block(std::uint32_t leader, bool is_check, std::span<const std::uint32_t> from) {
    charge(leader, is_check, from);
    guard(leader);
  }
  void charge(std::uint32_t leader, bool is_check, std::span<const std::uint32_t> from);
  void take_fuel(const map_point* point, std::uint32_t needed, value result, value_type type, block enough);

  // translator_loops.hpp

  value rounds_of(const loop_test& t, value& holds);
  value step_value(std::uint32_t local, value& holds);
  void hold_range(const loop_range& range, value rounds, value& holds);
  void hold_fuel(const loop_plan& loop, value rounds, value& holds);
  void split_loop(const loop_plan& loop, std::size_t params, std::span<const val_type> results);
  void end_split_loop(bool reachable);

  // translator_leave.hpp: everything by which a function is left otherwise than by returning.

  const map_point* find_point(map_point::place kind);
  value new_site(const map_point* point);
  std::uint32_t add_site(std::uint32_t word);
  value trap_site();
  block way_out(exits& kind);
  void leave();
  void trap(value status);
  void trap_if(value flag, errc code) { trap_if(flag, status_of(code)); }
  void trap_if(value flag, value status);
  void save_operands(const map_point* point);
  void note_marks();
  void drop_locals(const map_point* point);
  void suspend(value status, const map_point* point);
  void finish_function();

  // translator_exceptions.hpp

  void open_try(std::span<const val_type> params, std::span<const val_type> results);
  void start_catch(std::uint64_t tag, std::span<const val_type> payload, bool reachable);
  void end_try(bool reachable, std::size_t outer);
  catch_entry clause_of(std::uint32_t region, std::uint32_t number);
  value test_clause(std::uint64_t tag, const catch_entry& slots);
  void push_payload(std::span<const val_type> payload, const catch_entry& slots);
  void raise(std::size_t from);
  void dispatch_exception(value status, value site);
  void thrown(value status);

  // translator_references.hpp

  void link_frame();
  void unlink_frame();
  static std::size_t references_in(std::span<const val_type> types) noexcept;
  std::int32_t ref_home(std::int32_t number) const noexcept { return ref_temporaries_ + number; }
  void push_reference();
  void push_null();
  void push_value(value v, val_type type);
  void push_made(value reference);
  std::int32_t made_slot();
  value reference_in_slot(const operand& o);
  void store_reference(std::int32_t slot, value v) { store_slot(frame_, slot, v, value_type::i64); }
  void settle(operand& o);
  void settle_locals();
  void settle_top(std::size_t count);
  void settle_nulls(std::size_t count);
  void set_reference(std::uint32_t index, const operand& o);
  bool in_place(const control& to) const noexcept;
  void place_references(control& to);
  void table_access(op o, std::uint32_t table);

  // translator_objects.hpp

  const object::layout& layout_of(std::uint32_t type) const noexcept { return t_.layouts[module_.type_ids[type]]; }
  value address_of_object(value reference);
  value is_of(value reference, val_type target);
  value is_of_defined(value reference, val_type target);
  void make(operation o, std::uint64_t immediates, std::size_t operands, bool pays);
  void make_inline(operation o, std::uint32_t type, std::uint32_t length);
  void store_fields(value object, std::uint32_t type, std::uint32_t length, std::size_t first);
  value header_of_type(std::uint32_t type);
  void get_stored(val_type storage, bool is_signed, value base, value index, std::uint64_t offset);
  void set_stored(val_type storage, value base, value index, std::uint64_t offset, value v);
  value element_index(value array, value index, unsigned log2);

  // translator_numeric.hpp

  void unary(primitive p, value_type result, nan_bits nan = nan_bits::exact);
  void binary(primitive p, nan_bits nan = nan_bits::exact);
  void compare(primitive p);
  void arithmetic(op o);
  void divide(op o);
  void minimum(value_type type, bool is_max);
  void truncate(op o);
  void truncate_saturating(op o);
  void wide(op o);
  value in_range(value x, value_type from, value_type to, bool is_signed, bool upper);

  // translator_memory.hpp

  struct place {
    value base{};
    value index{};
    std::uint64_t offset = 0;
  };
  value memory_object(std::uint32_t index);
  value memory_base(std::uint32_t index);
  value memory_bytes(std::uint32_t index);
  place effective(const operand& address, std::uint64_t offset, std::uint32_t width, std::uint32_t memory);
  place table_place(value index, std::uint32_t table, errc outside);
  std::int32_t operate(operation o, std::uint64_t immediates, std::size_t operands, bool pays);
  value_type address_type(std::uint32_t memory) const noexcept {
    return value_type_of(module_.memories[memory].limits.address_type());
  }

  // translator_raw.hpp

  /// Bytes of a memory, from root + at on.
  struct extent {
    std::uint32_t memory = 0;
    std::uint32_t width = 0;
    value root{};  ///< none where the address is constant
    std::uint64_t at = 0;
  };
  /// A float of arithmetic that has been stored as it is.
  struct raw_store {
    access how;
    place at;
    extent to;
    value v{};
    block traps{};  ///< where traps make this and those before it canonical
  };
  static void note_sum(operand& sum, const operand& part, std::uint64_t constant) noexcept;
  extent extent_of(const operand& address, std::uint64_t offset, std::uint32_t width, std::uint32_t memory);
  bool is_apart(const extent& e) const noexcept;
  void settle_for(const extent& e);
  void store_raw(access how, const place& at, const extent& to, value v);
  void make_canonical(const raw_store& s);
  block way_out_of_raw();
  void settle_before(op o);
  void settle_stores();

  // translator_calls.hpp

  value budget();
  value budget_behind(value charge);
  value is_exceeded(value budget);
  void store_limits();
  void need_guard();
  void guard(std::uint32_t leader);
  void pop_arguments(const func_type& type, wasm64::vector<value>& arguments);
  void store_arguments(const func_type& type, const wasm64::vector<value>& arguments, std::int32_t area);
  call_end begin_end(value_type result, const map_point* point);
  void came_back(const call_end& end, const call_result& r);
  void came_back(const call_end& end, value status, std::int32_t area);
  void finish_call(const call_end& end, const func_type& type, std::int32_t area);
  value element_of(std::uint32_t table, value index);
  std::uint64_t most_charge(std::uint32_t type_index) const noexcept;
  value is_native(value function, std::uint32_t type_index);
  void check_type(value f, std::uint32_t type_index);
  void call_value(std::uint32_t type_index, value f, const wasm64::vector<value>& arguments, const map_point* point,
                  bool is_typed);

  // translator_tail_calls.hpp

  const tail_call_point* find_tail_call();
  void check_tail_charge(value charge);
  value tail_frame(const func_type& type);
  void leave_tail_call(const func_type& type, const wasm64::vector<value>& arguments, value what);
  void tail_call_value(std::uint32_t type_index, value f, const wasm64::vector<value>& arguments, value what,
                       bool is_typed);

  // translator_vector.hpp

  value vector(op o, std::initializer_list<value> operands, std::uint64_t low = 0, std::uint64_t high = 0);
  value numbers_or_nan(bool doubles, value mask, value v);
  value canonical_lanes(bool doubles, value v);
  void vector_op(op o);
  void vector_minimum(op o);
  void vector_multiply_add(op o);
  void vector_load(op o, const memarg& arg);

  translation& t_;
  const module& module_;
  E& e_;

  std::uint32_t function_ = 0;
  const func_type* type_ = nullptr;
  function_plan* plan_ = nullptr;
  const function_map* map_ = nullptr;
  bool failed_ = false;
  bool plan_changed_ = false;
  std::uint64_t work_ = 0;
  std::uint32_t offset_ = 0;

  wasm64::vector<control> controls_;
  wasm64::vector<operand> stack_;
  wasm64::vector<local_state> locals_;
  wasm64::vector<nan_bits> marks_;  ///< of the float locals
  std::uint32_t path_ = 0;  ///< number of the straight path
  std::uint32_t paths_ = 0;
  small_vector<checked_address, 8> checked_;
  std::size_t checked_next_ = 0;
  wasm64::vector<raw_store> raw_;  ///< of different places, of one type
  std::size_t raw_ways_ = 0;  ///< how many of them have a block for traps
  std::size_t next_mark_ = 0;
  std::uint32_t leaders_ = 0;
  std::uint32_t leader_ = 0;
  bool guarded_ = false;  ///< stack and budget are enough for calls from here
  std::uint32_t place_ = 0;  ///< number of the latest place of the plan
  std::uint32_t places_ = 0;
  std::uint32_t br_tables_ = 0;
  std::int32_t refs_ = 0;  ///< slots of references on the operand stack
  std::int32_t ref_temporaries_ = 0;  ///< slot of the lowest of them
  std::uint32_t open_loops_ = 0;
  wasm64::vector<control> landings_;  ///< of legacy `try` blocks
  std::uint32_t regions_ = 0;
  std::uint32_t loops_ = 0;
  std::uint32_t repeat_from_ = 0;
  bool is_unasked_ = false;  ///< in the loop that does not ask
  bool is_again_ = false;  ///< in the other one, which follows
  split split_;

  std::uint32_t sites_ = 0;
  const map_point* site_point_ = nullptr;  ///< of the latest site
  std::uint32_t site_number_ = 0;
  std::uint32_t trap_site_ = site::none;
  std::uint32_t trap_offset_ = 0;
  exits leaves_, traps_, suspends_;
  variable status_{}, site_{};

  value context_{}, frame_{}, memory_{};
  value outer_frame_{};  ///< the innermost frame with a header when the function was entered
  variable fuel_{}, base_{}, size_{};
  value base_value_{}, size_value_{};  ///< on this straight path
  std::uint32_t base_path_ = 0, size_path_ = 0;
};

}  // namespace wasm64::aot

#include "wasm64/aot/translator_calls.hpp"
#include "wasm64/aot/translator_control.hpp"
#include "wasm64/aot/translator_exceptions.hpp"
#include "wasm64/aot/translator_leave.hpp"
#include "wasm64/aot/translator_loops.hpp"
#include "wasm64/aot/translator_memory.hpp"
#include "wasm64/aot/translator_numeric.hpp"
#include "wasm64/aot/translator_objects.hpp"
#include "wasm64/aot/translator_raw.hpp"
#include "wasm64/aot/translator_references.hpp"
#include "wasm64/aot/translator_state.hpp"
#include "wasm64/aot/translator_tail_calls.hpp"
#include "wasm64/aot/translator_vector.hpp"
