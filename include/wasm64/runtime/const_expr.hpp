#pragma once

#include "wasm64/base/result.hpp"
#include "wasm64/binary/const_expr.hpp"
#include "wasm64/runtime/objects.hpp"

namespace wasm64 {

/// What a constant expression evaluates to; `high` is the upper half of a v128.
struct constant {
  word bits = 0;
  word high = 0;
};

namespace detail {

/// The stack of a constant expression: numbers here, references among the roots of the machine.
class const_evaluator {
 public:
  explicit const_evaluator(const instance& in) noexcept : in_(in), vm_(*in.vm), below_(in.vm->pending.size()) {}
  const_evaluator(const const_evaluator&) = delete;
  const_evaluator& operator=(const const_evaluator&) = delete;
  ~const_evaluator() { vm_.pending.resize(below_); }

  result<constant> run(const_expr expr) {
    const bytes_view code = in_.source->view(expr);
    reader from(code);
    for (;;) {
      const const_instruction i = read_const_instruction(from);
      if (i.opcode == op::end) break;
      if (const errc trap = step(i); trap != errc{}) return fail(trap);
    }
    constant out;
    if (vm_.pending.size() > below_) {
      out.bits = vm_.pending.back();
    } else if (!numbers_.empty()) {
      out.bits = numbers_[0];
      out.high = numbers_.size() > 1 ? numbers_[1] : 0;
    }
    return out;
  }

 private:
  errc step(const const_instruction& i) {
    switch (i.opcode) {
      case op::i32_const:
      case op::i64_const:
      case op::f32_const:
      case op::f64_const: numbers_.push_back(i.bits); break;
      case op::v128_const:
        numbers_.push_back(i.bits);
        numbers_.push_back(i.high);
        break;
      case op::i32_add: arithmetic([](word a, word b) { return word{static_cast<std::uint32_t>(a + b)}; }); break;
      case op::i32_sub: arithmetic([](word a, word b) { return word{static_cast<std::uint32_t>(a - b)}; }); break;
      case op::i32_mul: arithmetic([](word a, word b) { return word{static_cast<std::uint32_t>(a * b)}; }); break;
      case op::i64_add: arithmetic([](word a, word b) { return a + b; }); break;
      case op::i64_sub: arithmetic([](word a, word b) { return a - b; }); break;
      case op::i64_mul: arithmetic([](word a, word b) { return a * b; }); break;
      case op::global_get: push(*in_.globals[i.bits]); break;
      case op::ref_null: vm_.pending.push_back(0); break;
      case op::ref_func: vm_.pending.push_back(reinterpret_cast<word>(in_.funcs[i.bits])); break;
      case op::ref_i31:
        vm_.pending.push_back(reference::from_i31(static_cast<std::uint32_t>(numbers_.back())));
        numbers_.pop_back();
        break;
      case op::struct_new: return make_struct(in_.type_ids[i.bits], true);
      case op::struct_new_default: return make_struct(in_.type_ids[i.bits], false);
      case op::array_new: {
        const auto length = static_cast<std::uint32_t>(numbers_.back());
        numbers_.pop_back();
        return make_array(in_.type_ids[i.bits], length, true);
      }
      case op::array_new_default: {
        const auto length = static_cast<std::uint32_t>(numbers_.back());
        numbers_.pop_back();
        return make_array(in_.type_ids[i.bits], length, false);
      }
      case op::array_new_fixed: return make_fixed_array(in_.type_ids[i.bits], i.count);
      default: break;  // any.convert_extern and extern.convert_any: validation admits nothing else
    }
    return errc{};
  }

  template <class Apply>
  void arithmetic(Apply apply) {
    const word b = numbers_.back();
    numbers_.pop_back();
    numbers_.back() = apply(numbers_.back(), b);
  }
  void push(const global_instance& g) {
    if (g.type.type.is_ref()) {
      vm_.pending.push_back(g.bits);
    } else {
      numbers_.push_back(g.bits);
      if (g.type.type.is_vec()) numbers_.push_back(g.high);
    }
  }
  /// Takes the value on top into its place in an object.
  void pop_into(std::uint8_t* to, val_type storage) {
    word slots[2];
    if (storage.is_ref()) {
      slots[0] = vm_.pending.back();
      vm_.pending.pop_back();
    } else {
      if (storage.is_vec()) {
        slots[1] = numbers_.back();
        numbers_.pop_back();
      }
      slots[0] = numbers_.back();
      numbers_.pop_back();
    }
    store_value(to, storage, slots);
  }

  // No frame of this instance runs; what runs further out is where the machine says.

  errc make_struct(std::uint32_t type, bool from_stack) {
    word made = 0;
    if (const errc trap = new_struct(vm_, vm_.fp, type, made); trap != errc{}) return trap;
    const object::layout& l = vm_.heap.types[type];
    for (std::size_t i = from_stack ? l.types.size() : 0; i-- > 0;) pop_into(bytes_of(made) + l.offsets[i], l.types[i]);
    vm_.pending.push_back(made);
    return errc{};
  }
  errc make_array(std::uint32_t type, std::uint32_t length, bool from_stack) {
    // Paid for as by the instruction: an array may be much larger than the module's text.
    const std::uint64_t cost = (std::uint64_t{length} << vm_.heap.types[type].log2_element) >> 6;
    if (!vm_.pay(cost)) return errc::trap_out_of_fuel;
    word made = 0;
    if (const errc trap = new_raw_array(vm_, vm_.fp, type, length, made); trap != errc{}) return trap;
    const object::layout& l = vm_.heap.types[type];
    word value[2] = {0, 0};
    if (from_stack) pop_into(reinterpret_cast<std::uint8_t*>(value), object::unpacked(l.types[0]));
    fill_elements(made, l, 0, length, value);
    vm_.pending.push_back(made);
    return errc{};
  }
  errc make_fixed_array(std::uint32_t type, std::uint32_t length) {
    word made = 0;
    if (const errc trap = new_raw_array(vm_, vm_.fp, type, length, made); trap != errc{}) return trap;
    const object::layout& l = vm_.heap.types[type];
    for (std::size_t i = length; i-- > 0;) pop_into(elements_of(made) + (i << l.log2_element), l.types[0]);
    vm_.pending.push_back(made);
    return errc{};
  }

  const instance& in_;
  machine& vm_;
  std::size_t below_;
  small_vector<word, 8> numbers_;
};

}  // namespace detail

/// Evaluates a validated constant expression in an instance whose imports, functions and earlier globals are in place
/// (specification 4.6.16). Fails where the heap limit is reached, or the fuel does not suffice for an array.
inline result<constant> evaluate(const instance& in, const_expr expr) { return detail::const_evaluator(in).run(expr); }

/// The reference at this position of an element segment that is not dropped.
inline word element_of(const instance& in, std::uint32_t segment, std::uint32_t index) {
  const elem_segment& s = in.source->elems[segment];
  return s.is_indices ? reinterpret_cast<word>(in.funcs[s.indices[index]]) : in.elems[segment][index];
}

}  // namespace wasm64
