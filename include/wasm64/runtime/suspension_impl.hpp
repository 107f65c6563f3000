#pragma once

#include <algorithm>
#include <string>

#include "wasm64/runtime/convert.hpp"
#include "wasm64/runtime/frame_maps.hpp"
#include "wasm64/runtime/suspension.hpp"

namespace wasm64 {

namespace detail {

/// Ordinals of a store's instances.
class instance_ordinals {
 public:
  explicit instance_ordinals(const machine& vm) {
    for (std::uint32_t i = 0; i < vm.all_instances.size(); ++i) all_.push_back({number(vm.all_instances[i]), i});
    std::sort(all_.begin(), all_.end());
  }
  std::uint32_t of(const instance* in) const noexcept {
    return std::lower_bound(all_.begin(), all_.end(), std::pair{number(in), std::uint32_t{0}})->second;
  }

 private:
  static word number(const instance* in) noexcept { return reinterpret_cast<word>(in); }
  vector<std::pair<word, std::uint32_t>> all_;
};

inline suspended_value slot_value(val_type type, const word* at) noexcept {
  return {type.code, at[0], type.is_vec() ? at[1] : 0};
}

/// `local + constant` as cells compute it.
inline word displaced(type_code type, word local, std::uint64_t by) noexcept {
  const word sum = local + static_cast<word>(static_cast<std::int64_t>(static_cast<std::int32_t>(by)));
  return type == type_code::i32 ? static_cast<std::uint32_t>(sum) : sum;
}

/// The slots of references on the operand stack, by height, and which of them are in use at a point.
struct reference_homes {
  std::int32_t first = 0;
  vector<std::uint8_t> in_use;

  reference_homes(const frame_maps::entry& in, const map_point& at) : first(in.code.first_ref) {
    for (std::size_t i = 0; i < in.map.local_types.size(); ++i) {
      first += in.map.local_types[i].is_ref() && in.map.local_slots[i] >= 0 ? 1 : 0;
    }
    in_use.resize(static_cast<std::size_t>(in.code.first_ref + in.code.ref_slots - first), 0);
    for (const map_value& v : at.stack) {
      if (v.type.is_ref() && v.where == operand::place::temporary) use(v.slot);
    }
    for (const std::int32_t slot : at.caught) use(slot);
  }

 private:
  void use(std::int32_t slot) noexcept { in_use[static_cast<std::size_t>(slot - first)] = 1; }
};

/// Writes down what an activation holds at a point.
inline void read_frame(const frame_maps::entry& in, const map_point& at, const word* fp, suspended_frame& out) {
  const code_map& map = in.map;
  const vector<std::uint8_t> needed = in.live.needed(at, map.local_types.size());
  for (std::size_t i = 0; i < map.local_types.size(); ++i) {
    const val_type type = map.local_types[i];
    if (needed[i] != 0) out.locals.push_back(slot_value(type, fp + map.local_slots[i]));
    else out.locals.push_back({type.code, 0, 0});
  }
  for (const map_value& v : at.stack) {
    switch (v.where) {
      case operand::place::constant: out.operands.push_back({v.type.code, v.bits, 0}); break;
      case operand::place::displaced:
        out.operands.push_back({v.type.code, displaced(v.type.code, fp[v.slot], v.bits), 0});
        break;
      default: out.operands.push_back(slot_value(v.type, fp + v.slot));
    }
  }
  for (const std::int32_t slot : at.caught) out.caught.push_back(slot_value(types::exnref, fp + slot));
  const reference_homes homes(in, at);
  for (std::size_t i = 0; i < homes.in_use.size(); ++i) {
    out.leftovers.push_back(
        {type_code::ref, homes.in_use[i] != 0 ? 0 : fp[homes.first + static_cast<std::int32_t>(i)], 0});
  }
  while (!out.leftovers.empty() && out.leftovers.back().bits == 0) out.leftovers.pop_back();
}

/// Checks a suspended call and writes it onto the interpreter's stack.
class call_restorer {
 public:
  /// The objects of the call are those of the heap, or `size` bytes that are about to take their place.
  call_restorer(store_base& in, const suspended_call& call, const std::uint8_t* objects, std::uint64_t size)
      : store_(in),
        vm_(in.machine_),
        call_(call),
        objects_(reinterpret_cast<word>(objects)),
        size_of_objects_(size),
        maps_(true) {}

  /// The store may have a suspended call by now, which is going to be given up.
  result<void> check() {
    if (call_.what == waits_for::fuel && !store_.metered()) return mismatch("a store that counts no fuel");
    WASM64_CHECK(check_parts());
    WASM64_CHECK(maps_.lower(vm_.handlers));
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      const suspended_frame& from = call_.frames[i];
      activation& f = frames_[i];
      f.entry = &maps_.of(*f.code);
      const bool is_call = i != 0 || waits_for_import();
      f.at = frame_maps::find(*f.entry, true, from.offset, from.operands.size(), is_call);
      if (f.at == nullptr) return mismatch(i, "no place to stop at");
      WASM64_CHECK(check_values(i));
    }
    return check_chain();
  }

  /// Puts the frames there, and where to go on. `check` has succeeded, and the store is idle.
  void write() {
    store_.pending_ = {call_.entry, vm_.top, vm_.current, vm_.fp, vm_.pc, vm_.budget, vm_.crossings.size()};
    store_.suspended_ = true;
    ++vm_.nesting;
    word* base = vm_.top;
    word* outer = vm_.fp;
    const word* back = vm_.halt;
    for (std::size_t i = frames_.size(); i-- > 0;) {
      const activation& f = frames_[i];
      word* const fp = base + f.code->area + frame::header;
      if (i + 1 < frames_.size() && f.in != frames_[i + 1].in) {
        vm_.crossings.push_back({frames_[i + 1].in, back});
        back = vm_.restore;
      }
      fp[frame::return_pc] = reinterpret_cast<word>(back);
      fp[frame::caller] = reinterpret_cast<word>(outer);
      fp[frame::function] = reinterpret_cast<word>(f.code);
      write_values(f, call_.frames[i], fp);
      outer = fp;
      back = f.code->words.data() + f.at->at.word;
      base = fp + f.at->area;
      vm_.budget -= f.code->charge;
    }
    vm_.enter(frames_.empty() ? call_.entry->owner : frames_[0].in);
    vm_.pc = back;
    vm_.fp = outer;
    vm_.thrown = 0;
    vm_.host_detail.clear();
    if (!waits_for_import()) return;
    put(call_.arguments, base);
    vm_.awaited = {call_.import, base, base, back, outer, 0};
    if (!frames_.empty()) vm_.pc = frames_[0].code->words.data() + frames_[0].at->cell;  // for stack traces
  }

 private:
  struct activation {
    instance* in = nullptr;
    func_instance* function = nullptr;
    func_code* code = nullptr;
    const frame_maps::entry* entry = nullptr;
    const map_point* at = nullptr;
  };

  static result<void> mismatch(const char* what) { return fail(errc::suspension_mismatch, what); }
  static result<void> mismatch(std::size_t number, const std::string& what) {
    return fail(errc::suspension_mismatch, "frame " + std::to_string(number) + ": " + what);
  }
  static std::string nth(const char* what, std::size_t i) { return std::string(what) + ' ' + std::to_string(i); }

  /// Whether code of the instance can run: one that could not be made stays in its store.
  static bool is_complete(const instance& in) noexcept {
    const module& m = *in.source;
    return in.memories.size() == m.memories.size() && in.globals.size() == m.globals.size() &&
           in.tables.size() == m.tables.size() && in.tags.size() == m.tags.size() &&
           in.dropped_datas.size() == m.datas.size() && in.elems.size() == m.elems.size();
  }

  bool waits_for_import() const noexcept { return call_.what == waits_for::import; }

  /// Everything that takes no look at code, and that the call stack is not too deep.
  result<void> check_parts() {
    if (call_.entry == nullptr || call_.entry->code == nullptr) return mismatch("no function that was called");
    if (call_.what != waits_for::fuel && !waits_for_import()) return mismatch("waits for nothing");
    if (waits_for_import() != (call_.import != nullptr)) return mismatch("import");
    if (waits_for_import()) {
      const func_instance& f = *call_.import;
      if (f.code != nullptr) return mismatch("import");
      if (call_.arguments.size() != f.type->params.size()) return mismatch("number of arguments");
      for (std::size_t i = 0; i < call_.arguments.size(); ++i) {
        if (!fits(call_.arguments[i], canonical_in(vm_, f, true, i))) return mismatch("arguments");
      }
    } else if (call_.frames.empty() || !call_.arguments.empty()) {
      return mismatch("waits for fuel");
    }
    std::uint64_t budget = store_.suspended_ ? store_.pending_.budget : vm_.budget;
    for (std::size_t i = 0; i < call_.frames.size(); ++i) {
      const suspended_frame& from = call_.frames[i];
      if (from.instance >= vm_.all_instances.size()) return mismatch(i, "number of instances");
      activation f;
      f.in = vm_.all_instances[from.instance];
      const std::uint32_t imported = f.in->source->imported_funcs;
      if (!is_complete(*f.in)) return mismatch(i, "instance that could not be made");
      if (from.function < imported || from.function - imported >= f.in->source->funcs.size()) {
        return mismatch(i, "function");
      }
      f.function = f.in->funcs[from.function];
      f.code = &f.in->code->funcs[from.function - imported];
      budget -= f.code->charge;
      if (call_budget::exceeded(budget)) return mismatch(i, "call depth");
      maps_.want(*f.code, from.offset, static_cast<std::uint32_t>(from.operands.size()));
      frames_.push_back(f);
    }
    return success();
  }

  /// Whether a place of the type, which is of the store, can hold the value.
  bool fits(const suspended_value& v, val_type type) const {
    if (v.type != type.code || (v.high != 0 && !type.is_vec())) return false;
    if (type.code == type_code::i32 || type.code == type_code::f32) return v.bits >> 32 == 0;
    if (!type.is_ref() || v.bits == 0) return !type.is_ref() || type.nullable;
    const heap_type top = hierarchy_of(vm_, type.heap);
    const bool is_address = reference::is_address(v.bits);
    const bool is_object = is_address && v.bits - objects_ < size_of_objects_;
    if ((top == heap::func) != (is_address && !is_object)) return false;
    const bool is_exception = is_object && object::kind_of(object_heap::header_of(v.bits)) == object::kind::exception;
    return (top == heap::exn) == is_exception && has_type(vm_, v.bits, type);
  }

  result<void> check_values(std::size_t number) const {
    const activation& f = frames_[number];
    const suspended_frame& from = call_.frames[number];
    const code_map& map = f.entry->map;
    if (from.locals.size() != map.local_types.size()) return mismatch(number, "number of locals");
    const vector<std::uint32_t>& unset = f.at->unset;
    for (std::uint32_t i = 0; i < from.locals.size(); ++i) {
      val_type type = canonical(map.local_types[i], f.in->type_ids);
      if (type.is_ref() && std::binary_search(unset.begin(), unset.end(), i)) type.nullable = true;
      if (!fits(from.locals[i], type)) return mismatch(number, nth("local", i));
    }
    for (std::size_t i = 0; i < from.operands.size(); ++i) {
      const map_value& v = f.at->stack[i];
      const suspended_value& given = from.operands[i];
      if (!fits(given, canonical(v.type, f.in->type_ids)) || !is_same(given, v, from.locals)) {
        return mismatch(number, nth("operand", i));
      }
    }
    if (from.caught.size() != f.at->caught.size()) return mismatch(number, "number of caught exceptions");
    for (std::size_t i = 0; i < from.caught.size(); ++i) {
      if (!fits(from.caught[i], val_type::ref(heap::exn, false))) return mismatch(number, nth("exception", i));
    }
    const vector<suspended_value>& left = from.leftovers;
    const reference_homes homes(*f.entry, *f.at);
    if (left.size() > homes.in_use.size() || (!left.empty() && left.back().bits == 0)) {
      return mismatch(number, "number of leftovers");
    }
    for (std::size_t i = 0; i < left.size(); ++i) {
      const bool is_free = homes.in_use[i] == 0 || left[i].bits == 0;
      if (left[i].type != type_code::ref || left[i].high != 0 || !is_free) return mismatch(number, nth("leftover", i));
    }
    return success();
  }

  /// Whether an operand that code reads somewhere else is what stands there.
  static bool is_same(const suspended_value& given, const map_value& v,
                      const vector<suspended_value>& locals) noexcept {
    switch (v.where) {
      case operand::place::constant: return given.bits == v.bits;
      case operand::place::local: return given.bits == locals[v.local].bits && given.high == locals[v.local].high;
      case operand::place::displaced: return given.bits == displaced(v.type.code, locals[v.local].bits, v.bits);
      default: return true;
    }
  }

  /// From the outside to the inside: whether what is called there can have led to what runs there.
  result<void> check_chain() {
    for (activation& f : frames_) WASM64_CHECK(lowered(*f.code));
    for (std::size_t i = frames_.size(); i-- > 0;) {
      WASM64_TRY(const bool can_run, leads_to(i + 1, *frames_[i].function));
      if (!can_run) return mismatch(i, "not what its caller calls");
    }
    if (!waits_for_import()) return success();
    WASM64_TRY(const bool is_called, leads_to(0, *call_.import));
    return is_called ? success() : mismatch("import is not what its caller calls");
  }

  /// Whether the call in frame `number`, or that of the host behind all frames, can have led to a function.
  result<bool> leads_to(std::size_t number, const func_instance& callee) {
    if (number == frames_.size()) return leads_to(*call_.entry, callee);
    const map_point& at = *frames_[number].at;
    const instance& in = *frames_[number].in;
    if (at.callee != map_point::none) return leads_to(*in.funcs[at.callee], callee);
    return results_match(callee, at.type->results.size(),
                         [&](std::size_t i) { return canonical(at.type->results[i], in.type_ids); });
  }
  /// Tail calls lead from one function to another one with such results.
  result<bool> leads_to(const func_instance& called, const func_instance& callee) {
    if (&called == &callee) return true;
    if (called.code == nullptr) return false;
    if (called.code == callee.code && called.owner == callee.owner) return true;  // function instances may be copies
    func_code& code = called.owner->code->funcs[called.index - called.owner->source->imported_funcs];
    WASM64_CHECK(lowered(code));
    return code.has_tail_calls && results_match(callee, called.type->results.size(),
                                                [&](std::size_t i) { return canonical_in(vm_, called, false, i); });
  }
  template <class TypeAt>
  bool results_match(const func_instance& callee, std::size_t count, TypeAt type_at) const {
    if (callee.type->results.size() != count) return false;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_subtype(vm_.types, canonical_in(vm_, callee, false, i), type_at(i))) return false;
    }
    return true;
  }
  result<void> lowered(func_code& f) {
    if (!f.words.empty()) return success();
    WASM64_CHECK(lower_function(vm_.handlers, *f.owner, f));
    f.open();
    return success();
  }

  static void put(const suspended_value& v, word* at) noexcept {
    at[0] = v.bits;
    if (v.type == type_code::v128) at[1] = v.high;
  }
  static void put(const vector<suspended_value>& values, word* at) noexcept {
    for (const suspended_value& v : values) {
      put(v, at);
      at += v.type == type_code::v128 ? 2 : 1;
    }
  }
  static void write_values(const activation& f, const suspended_frame& from, word* fp) noexcept {
    std::fill(fp, fp + f.code->zeroed, 0);
    if (!from.leftovers.empty()) put(from.leftovers, fp + reference_homes(*f.entry, *f.at).first);
    for (std::size_t i = 0; i < from.locals.size(); ++i) put(from.locals[i], fp + f.entry->map.local_slots[i]);
    for (std::size_t i = 0; i < from.operands.size(); ++i) {
      const map_value& v = f.at->stack[i];
      if (v.where == operand::place::temporary) put(from.operands[i], fp + v.slot);
    }
    for (std::size_t i = 0; i < from.caught.size(); ++i) put(from.caught[i], fp + f.at->caught[i]);
  }

  store_base& store_;
  machine& vm_;
  const suspended_call& call_;
  word objects_;
  std::uint64_t size_of_objects_;
  frame_maps maps_;
  vector<activation> frames_;  ///< innermost first
};

}  // namespace detail

WASM64_INLINE result<suspended_call> capture_call(store_base& of) {
  if (!of.suspended_) return fail(errc::not_suspended);
  const machine& vm = of.machine_;
  suspended_call out;
  out.what = of.waiting_for();
  out.entry = of.pending_.func;
  const word* pc = vm.pc;
  const word* fp = vm.fp;
  if (out.what == waits_for::import) {
    out.import = vm.awaited.function;
    pc = vm.awaited.pc;
    fp = vm.awaited.fp;
    const word* from = vm.awaited.arguments;
    for (const val_type type : out.import->type->params) {
      out.arguments.push_back(detail::slot_value(type, from));
      from += type.slots();
    }
  }

  struct activation {
    const word* fp;
    std::uint32_t at;
  };
  vector<activation> activations;
  detail::frame_maps maps(false);
  const detail::instance_ordinals ordinals(vm);
  const instance* in = vm.current;
  for (std::size_t crossing = vm.crossings.size();;) {
    if (pc == vm.restore) {
      const machine::crossing& c = vm.crossings[--crossing];
      pc = c.return_pc;
      in = c.from;
    }
    if (pc == vm.halt) break;
    const func_code& f = function_of(fp);
    suspended_frame frame;
    frame.instance = ordinals.of(in);
    frame.function = f.index;
    out.frames.push_back(std::move(frame));
    activations.push_back({fp, static_cast<std::uint32_t>(pc - f.words.data())});
    maps.want(f, activations.back().at, 0);
    pc = return_pc_of(fp);
    fp = caller_of(fp);
  }

  WASM64_CHECK(maps.lower(vm.handlers));
  for (std::size_t i = 0; i < activations.size(); ++i) {
    const activation& a = activations[i];
    const auto& entry = maps.of(function_of(a.fp));
    const bool is_call = i != 0 || out.what == waits_for::import;
    const map_point* const at = detail::frame_maps::find(entry, false, a.at, 0, is_call);
    if (at == nullptr) return fail(errc::suspension_mismatch, "stopped where nothing stops");
    out.frames[i].offset = at->at.offset;
    detail::read_frame(entry, *at, a.fp, out.frames[i]);
  }
  return out;
}

WASM64_INLINE result<void> restore_call(store_base& in, const suspended_call& call) {
  const machine& vm = in.vm();
  if (in.suspended() || vm.nesting != 0) return fail(errc::instance_busy);
  detail::call_restorer restorer(in, call, vm.heap.base(), vm.heap.used());
  WASM64_CHECK(restorer.check());
  restorer.write();
  return success();
}

}  // namespace wasm64
