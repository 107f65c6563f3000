#pragma once

#include "wasm64/lower/references.hpp"

namespace wasm64 {

/// Lowers structures and arrays.
class aggregate_lowering : public reference_lowering {
 public:
  using reference_lowering::reference_lowering;

  void on_struct_op(op o, std::uint32_t type, std::uint32_t field) {
    const object::layout& l = layout_of(type);
    switch (o) {
      case op::struct_new:
        return make(l.tag, l.size, l.types.size(), [&l](std::size_t i) { return place{l.types[i], l.offsets[i]}; });
      case op::struct_new_default:
        add_cost(l.size >> 6);  // without operands its size is not in the text
        return made(emit_wide(ir::struct_new_default, {}, push(type_code::ref).home, 0, l.size, l.tag),
                    ir::struct_new_default);
      case op::struct_set: {
        const std::int32_t value = in_slot(pop());
        const std::int32_t object = in_slot(pop());
        emit(set_of(l.types[field], ir::struct_set_8), {}, value, object, l.offsets[field]);
        return;
      }
      default: {
        const std::int32_t object = in_slot(pop());
        const val_type storage = l.types[field];
        compute(get_of(storage, o == op::struct_get_s, ir::struct_get_8_s), {}, object, l.offsets[field],
                object::unpacked(storage).code);
      }
    }
  }

  void on_array_op(op o, std::uint32_t type, std::uint32_t other) {
    if (o == op::array_len) {
      compute(ir::array_len, {}, in_slot(pop()), 0, type_code::i32);
      return;
    }
    const object::layout& l = layout_of(type);
    const word id = id_of(type);
    switch (o) {
      case op::array_get:
      case op::array_get_s:
      case op::array_get_u: {
        const operand index = pop();
        const kind k = in_accumulator(index) ? kind::accumulator : kind::slot;
        const std::int32_t at = in_slot(index);
        const std::int32_t array = in_slot(pop());
        const ir operation = get_of(l.types[0], o == op::array_get_s, ir::array_get_8_s);
        return compute(operation, {k, kind::slot}, at, halves(array, 0), object::unpacked(l.types[0]).code);
      }
      case op::array_set: {
        const std::int32_t value = in_slot(pop());
        const operand index = pop();
        const kind k = in_accumulator(index) ? kind::accumulator : kind::slot;
        const std::int32_t at = in_slot(index);
        const std::int32_t array = in_slot(pop());
        emit(set_of(l.types[0], ir::array_set_8), {k, kind::slot}, value, at, halves(array, 0));
        return;
      }
      case op::array_new_fixed: {
        const unsigned log2 = l.log2_element;
        const val_type storage = l.types[0];
        const auto place_of = [=](std::size_t i) {
          return place{storage, object::header_size + (static_cast<std::uint32_t>(i) << log2)};
        };
        return make(l.tag | word{other} << object::length_shift,
                    static_cast<std::uint32_t>(object::array_size(other, log2)), other, place_of);
      }
      case op::array_new: {
        const std::int32_t length = in_slot(pop());
        const std::int32_t value = in_slot(pop());
        return make_array(ir::array_new, value, halves(length, 0), id);
      }
      case op::array_new_default: return make_array(ir::array_new_default, 0, halves(in_slot(pop()), 0), id);
      case op::array_new_data:
      case op::array_new_elem: {
        const std::int32_t size = in_slot(pop());
        const std::int32_t from = in_slot(pop());
        const ir operation = o == op::array_new_data ? ir::array_new_data : ir::array_new_elem;
        return make_array(operation, from, halves(size, 0), id | word{other} << 32);
      }
      case op::array_fill: return bulk(ir::array_fill, id);
      case op::array_init_data: return bulk(ir::array_init_data, id | word{other} << 32);
      case op::array_init_elem: return bulk(ir::array_init_elem, id | word{other} << 32);
      default: {
        const std::int32_t count = in_slot(pop());
        bulk(ir::array_copy, static_cast<std::uint16_t>(count) | id << 32);
      }
    }
  }

 private:
  struct place {
    val_type storage;
    std::uint32_t offset;
  };

  // The operations of a family stand in the order of storage: 8, 16, 32, 64 bits, f32, f64, v128; the small ones twice.

  static ir get_of(val_type storage, bool is_signed, ir first) noexcept {
    std::uint32_t at = 0;
    switch (storage.code) {
      case type_code::i8: at = is_signed ? 0 : 1; break;
      case type_code::i16: at = is_signed ? 2 : 3; break;
      case type_code::i32: at = 4; break;
      case type_code::f32: at = 6; break;
      case type_code::f64: at = 7; break;
      case type_code::v128: at = 8; break;
      case type_code::ref: at = 9; break;
      default: at = 5; break;
    }
    return static_cast<ir>(static_cast<std::uint32_t>(first) + at);
  }
  static ir set_of(val_type storage, ir first) noexcept {
    return static_cast<ir>(static_cast<std::uint32_t>(first) + object::log2_size(storage));
  }

  void made(std::uint32_t at, ir operation) { produced(at, operation, {}); }

  /// Makes an object out of the `count` values on top. For each slot of them a word says where it goes; they are
  /// written in this order, whole words, so that the upper part of a small one is overwritten by the next.
  template <class PlaceOf>
  void make(word header, std::uint32_t size, std::size_t count, PlaceOf place_of) {
    small_vector<word, 16> stores;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t slot = in_slot(from_top(count - 1 - i));
      const place to = place_of(i);
      stores.push_back(static_cast<std::uint16_t>(slot) | word{to.offset} << 32);
      if (to.storage.is_vec()) stores.push_back(static_cast<std::uint16_t>(slot + 1) | word{to.offset + 8} << 32);
    }
    for (std::size_t i = 0; i < count; ++i) take();
    const std::int32_t home = push(type_code::ref).home;
    const std::uint32_t at =
        emit_wide(ir::struct_new, {}, home, static_cast<std::int32_t>(stores.size()), size, header);
    for (const word store : stores) append(store);
    made(at, ir::struct_new);
  }

  void make_array(ir operation, std::int32_t a, std::uint32_t imm, word extra) {
    const std::int32_t home = push(type_code::ref).home;
    const std::uint32_t at = emit_wide(operation, {}, home, a, imm, extra);
    forget_accumulators();  // it may stop for want of fuel
    made(at, operation);
  }

  /// Four operands.
  void bulk(ir operation, word extra) {
    const std::int32_t fourth = in_slot(pop());
    const std::int32_t third = in_slot(pop());
    const std::int32_t second = in_slot(pop());
    const std::int32_t first = in_slot(pop());
    emit_wide(operation, {}, first, second, halves(third, fourth), extra);
    forget_accumulators();
  }
};

}  // namespace wasm64
