#pragma once

#include "wasm64/lower/calls.hpp"
#include "wasm64/module/object_layout.hpp"
#include "wasm64/valid/matching.hpp"

namespace wasm64 {

/// What a cast asks of a reference of the `any` hierarchy, one bit for each thing it may be.
namespace reference_set {
inline constexpr std::uint32_t null = 1, i31 = 2, host = 4, struct_ = 8, array = 16;
}

/// Lowers typed function references, null checks, casts and i31.
class reference_lowering : public call_lowering {
 public:
  using call_lowering::call_lowering;

  void on_call_ref(std::uint32_t type_index) {
    const func_type& type = module_.types[type_index].func;
    const std::int32_t callee = in_slot(pop());  // among the references: staging leaves it alone
    const std::int32_t delta = stage(type);
    const std::uint32_t cell = emit(ir::call_ref, {}, delta, callee, 0);
    returned(type, delta, cell);
  }
  void on_return_call_ref(std::uint32_t type_index) {
    const func_type& type = module_.types[type_index].func;
    const std::int32_t callee = in_slot(pop());
    const std::int32_t delta = stage(type);
    const std::uint32_t cell = emit_wide(ir::return_call_ref, {}, delta, callee, static_cast<std::uint32_t>(area()),
                                         static_cast<word>(slot_count(type.params)));
    tail_called(type, delta, cell, callee);
  }

  void on_ref_as_non_null() { refuse(ir::check_non_null, top_slot(), errc::trap_null_reference); }

  void on_br_on_null(std::uint32_t depth) {
    const operand reference = pop();
    branch_if(test_against_null(ir::i64_eq, in_slot(reference)), depth);
    if (reference.where == operand::place::local) push_local(type_code::ref, reference.local);
    else push(type_code::ref);
    point();
  }
  void on_br_on_non_null(std::uint32_t depth) {
    branch_if(test_against_null(ir::i64_ne, top_slot()), depth);
    pop();
    point();
  }

  void on_ref_test(val_type target) {
    const std::int32_t slot = in_slot(pop());
    test_type(slot, target);
  }
  void on_ref_cast(val_type target) {
    const std::int32_t slot = top_slot();
    const errc failure = errc::trap_cast_failure;
    if (target.heap.is_index()) {
      const bool func = is_func(target);
      emit(func ? ir::cast_func : ir::cast_object, {}, 0, slot, pattern(target));
    } else if (is_top(target.heap)) {
      if (!target.nullable) refuse(ir::check_non_null, slot, failure);
    } else if (is_bottom(target.heap)) {
      refuse(ir::check_null, slot, failure);
      if (!target.nullable) refuse(ir::check_non_null, slot, failure);
    } else {
      emit(ir::cast_kind, {}, 0, slot, set_of(target));
    }
  }
  void on_br_on_cast(op o, std::uint32_t depth, val_type target) {
    test_type(top_slot(), target);
    if (o == op::br_on_cast_fail) equals_zero(ir::i32_eq);
    on_br_if(depth);
  }

  void on_ref_op(op o) {
    switch (o) {
      case op::ref_eq: return same_reference();
      case op::ref_i31: return unary(ir::ref_i31, type_code::ref);
      case op::i31_get_s: return unary(ir::i31_get_s, type_code::i32);
      case op::i31_get_u: return unary(ir::i31_get_u, type_code::i32);
      default: return;  // any.convert_extern and extern.convert_any: all references look alike
    }
  }

 protected:
  std::uint32_t id_of(std::uint32_t type) const noexcept { return code_.type_ids[type]; }
  const object::layout& layout_of(std::uint32_t type) const noexcept { return (*code_.layouts)[id_of(type)]; }

  /// A slot that holds the reference on top, which stays there.
  std::int32_t top_slot() {
    operand& top = from_top(0);
    if (top.where == operand::place::constant) settle(top);
    return top.slot;
  }

 private:
  static bool is_top(heap_type type) noexcept { return type == top_of(type); }
  static bool is_bottom(heap_type type) noexcept {
    return type == heap::none || type == heap::nofunc || type == heap::noextern || type == heap::noexn;
  }
  bool is_func(val_type target) const noexcept { return module_.types[target.heap.index()].kind == comp_kind::func; }

  /// The defined type a cast asks for, as its cells have it: whether null will do in the lowest bit, above it the id of
  /// a function type, or what the header of an object of that very type begins with.
  std::uint32_t pattern(val_type target) const noexcept {
    const std::uint32_t type = target.heap.index();
    return (is_func(target) ? id_of(type) << 1 : layout_of(type).tag) | (target.nullable ? 1u : 0u);
  }
  static std::uint32_t set_of(val_type target) noexcept {
    using namespace reference_set;
    std::uint32_t set = target.nullable ? null : 0;
    if (target.heap == heap::eq) set |= i31 | struct_ | array;
    else if (target.heap == heap::i31) set |= i31;
    else set |= target.heap == heap::array ? array : struct_;
    return set;
  }

  void refuse(ir check, std::int32_t slot, errc trap) { emit(check, {}, 0, slot, static_cast<std::uint32_t>(trap)); }

  static test test_against_null(ir comparison, std::int32_t slot) noexcept {
    test t{comparison, {kind::slot, kind::immediate}};
    t.a = slot;
    return t;
  }

  /// Pushes whether the reference has the type.
  void test_type(std::int32_t slot, val_type target) {
    if (target.heap.is_index()) {
      compute(is_func(target) ? ir::test_func : ir::test_object, {}, slot, pattern(target), type_code::i32);
    } else if (is_top(target.heap)) {
      if (target.nullable) push_constant(type_code::i32, 1);
      else compute(ir::i64_ne, {kind::slot, kind::immediate}, slot, 0, type_code::i32);
    } else if (is_bottom(target.heap)) {
      if (target.nullable) compute(ir::i64_eq, {kind::slot, kind::immediate}, slot, 0, type_code::i32);
      else push_constant(type_code::i32, 0);
    } else {
      compute(ir::test_kind, {}, slot, set_of(target), type_code::i32);
    }
  }

  void same_reference() {
    const operand b = pop();
    const operand a = pop();
    const bool against_null = b.where == operand::place::constant;
    const std::int32_t first = in_slot(a);
    const std::uint32_t second = against_null ? 0 : halves(in_slot(b), 0);
    compute(ir::i64_eq, {kind::slot, against_null ? kind::immediate : kind::slot}, first, second, type_code::i32);
  }
};

}  // namespace wasm64
