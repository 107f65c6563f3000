#pragma once

// function_validator: structures and arrays (specification 3.4.12, 3.4.13).

#include "wasm64/valid/function.hpp"

namespace wasm64 {

/// Every instruction of the prefix 0xFB, and ref.eq.
template <class Sink>
[[gnu::noinline]] bool function_validator<Sink>::gc_instruction(op o) {
  switch (o) {
    case op::struct_new:
    case op::struct_new_default: return struct_new(o);
    case op::struct_get:
    case op::struct_get_s:
    case op::struct_get_u:
    case op::struct_set: return struct_access(o);
    case op::array_new:
    case op::array_new_default:
    case op::array_new_fixed: return array_new(o);
    case op::array_new_data:
    case op::array_new_elem: return array_new_segment(o);
    case op::array_get:
    case op::array_get_s:
    case op::array_get_u:
    case op::array_set: return array_access(o);
    case op::array_len: return array_len();
    case op::array_fill: return array_fill();
    case op::array_copy: return array_copy();
    case op::array_init_data:
    case op::array_init_elem: return array_init(o);
    case op::ref_test:
    case op::ref_test_null:
    case op::ref_cast:
    case op::ref_cast_null: return cast(o);
    case op::br_on_cast:
    case op::br_on_cast_fail: return br_on_cast(o);
    case op::any_convert_extern:
    case op::extern_convert_any: return ref_conversion(o);
    default: return ref_operation(o);
  }
}

template <class Sink>
bool function_validator<Sink>::read_type(std::uint32_t& index, comp_kind kind) {
  index = in_.u32();
  return (index < module_.types.size() && module_.types[index].kind == kind) || fail(errc::unknown_type);
}

/// Packed fields are read by the instructions that extend them, and only by those.
template <class Sink>
bool function_validator<Sink>::check_packed(const field_type& field, bool extends) {
  return is_packed(field.type) == extends || fail(errc::type_mismatch, extends ? "not packed" : "packed");
}

template <class Sink>
bool function_validator<Sink>::struct_new(op o) {
  std::uint32_t index = 0;
  if (!read_type(index, comp_kind::struct_)) return false;
  const sub_type& type = module_.types[index];
  if (o == op::struct_new_default) {
    if (!type.has_default) return fail(errc::type_mismatch, "field without a default value");
  } else {
    for (std::size_t i = type.fields.size(); i-- > 0 && !stacks_.is_polymorphic();) {
      if (!stacks_.pop_val(unpacked(type.fields[i].type))) return false;
    }
  }
  if (reachable()) sink_->on_struct_op(o, index, 0);
  stacks_.push_val(val_type::ref_to(index, false));
  return true;
}

template <class Sink>
bool function_validator<Sink>::struct_access(op o) {
  std::uint32_t index = 0;
  if (!read_type(index, comp_kind::struct_)) return false;
  const std::uint32_t number = in_.u32();
  if (number >= module_.types[index].fields.size()) return fail(errc::unknown_field);
  const field_type& field = module_.types[index].fields[number];
  const val_type value = unpacked(field.type);
  if (o == op::struct_set) {
    if (!field.is_mutable) return fail(errc::immutable_field);
    if (!stacks_.pop_val(value)) return false;
  } else if (!check_packed(field, o != op::struct_get)) {
    return false;
  }
  if (!stacks_.pop_val(val_type::ref_to(index, true))) return false;
  if (reachable()) sink_->on_struct_op(o, index, number);
  if (o != op::struct_set) stacks_.push_val(value);
  return true;
}

template <class Sink>
bool function_validator<Sink>::read_array(std::uint32_t& index, const field_type*& element) {
  if (!read_type(index, comp_kind::array)) return false;
  element = &module_.types[index].fields[0];
  return true;
}

template <class Sink>
bool function_validator<Sink>::array_new(op o) {
  std::uint32_t index = 0;
  const field_type* element = nullptr;
  if (!read_array(index, element)) return false;
  const val_type value = unpacked(element->type);
  std::uint32_t count = 0;
  if (o == op::array_new_fixed) {
    count = in_.u32();
    for (std::uint32_t i = 0; i < count && !stacks_.is_polymorphic(); ++i) {
      if (!stacks_.pop_val(value)) return false;
    }
  } else {
    if (!stacks_.pop_num(type_code::i32)) return false;
    if (o == op::array_new && !stacks_.pop_val(value)) return false;
    if (o == op::array_new_default && !value.has_default()) {
      return fail(errc::type_mismatch, "element without a default value");
    }
  }
  if (reachable()) sink_->on_array_op(o, index, count);
  stacks_.push_val(val_type::ref_to(index, false));
  return true;
}

/// The segment behind the array's type, which must hold elements of such an array.
template <class Sink>
bool function_validator<Sink>::read_array_segment(bool of_data, const field_type& element, std::uint32_t& segment) {
  if (of_data) {
    if (!read_data(segment)) return false;
    return !element.type.is_ref() || fail(errc::array_not_numeric);
  }
  if (!read_elem(segment)) return false;
  const val_type given = module_.elems[segment].type;
  return is_subtype(module_, given, element.type) || stacks_.mismatch(element.type, given);
}

template <class Sink>
bool function_validator<Sink>::array_new_segment(op o) {
  std::uint32_t index = 0;
  std::uint32_t segment = 0;
  const field_type* element = nullptr;
  if (!read_array(index, element) || !read_array_segment(o == op::array_new_data, *element, segment)) return false;
  if (!stacks_.pop_num(type_code::i32) || !stacks_.pop_num(type_code::i32)) return false;
  if (reachable()) sink_->on_array_op(o, index, segment);
  stacks_.push_val(val_type::ref_to(index, false));
  return true;
}

template <class Sink>
bool function_validator<Sink>::array_access(op o) {
  std::uint32_t index = 0;
  const field_type* element = nullptr;
  if (!read_array(index, element)) return false;
  const val_type value = unpacked(element->type);
  if (o == op::array_set) {
    if (!element->is_mutable) return fail(errc::immutable_array);
    if (!stacks_.pop_val(value)) return false;
  } else if (!check_packed(*element, o != op::array_get)) {
    return false;
  }
  if (!stacks_.pop_num(type_code::i32) || !stacks_.pop_val(val_type::ref_to(index, true))) return false;
  if (reachable()) sink_->on_array_op(o, index, 0);
  if (o != op::array_set) stacks_.push_val(value);
  return true;
}

template <class Sink>
bool function_validator<Sink>::array_len() {
  if (!stacks_.pop_val(val_type::ref(heap::array))) return false;
  if (reachable()) sink_->on_array_op(op::array_len, 0, 0);
  stacks_.push_num(types::i32);
  return true;
}

template <class Sink>
bool function_validator<Sink>::array_fill() {
  std::uint32_t index = 0;
  const field_type* element = nullptr;
  if (!read_array(index, element)) return false;
  if (!element->is_mutable) return fail(errc::immutable_array);
  if (!stacks_.pop_num(type_code::i32) || !stacks_.pop_val(unpacked(element->type)) ||
      !stacks_.pop_num(type_code::i32) || !stacks_.pop_val(val_type::ref_to(index, true))) {
    return false;
  }
  if (reachable()) sink_->on_array_op(op::array_fill, index, 0);
  return true;
}

template <class Sink>
bool function_validator<Sink>::array_copy() {
  std::uint32_t to = 0;
  std::uint32_t from = 0;
  const field_type* target = nullptr;
  const field_type* source = nullptr;
  if (!read_array(to, target) || !read_array(from, source)) return false;
  if (!target->is_mutable) return fail(errc::immutable_array);
  if (!is_subtype(module_, source->type, target->type)) return fail(errc::array_types_mismatch);
  if (!stacks_.pop_num(type_code::i32) || !stacks_.pop_num(type_code::i32) ||
      !stacks_.pop_val(val_type::ref_to(from, true)) || !stacks_.pop_num(type_code::i32) ||
      !stacks_.pop_val(val_type::ref_to(to, true))) {
    return false;
  }
  if (reachable()) sink_->on_array_op(op::array_copy, to, from);
  return true;
}

template <class Sink>
bool function_validator<Sink>::array_init(op o) {
  std::uint32_t index = 0;
  std::uint32_t segment = 0;
  const field_type* element = nullptr;
  if (!read_array(index, element)) return false;
  if (!element->is_mutable) return fail(errc::immutable_array);
  if (!read_array_segment(o == op::array_init_data, *element, segment)) return false;
  if (!stacks_.pop_num(type_code::i32) || !stacks_.pop_num(type_code::i32) || !stacks_.pop_num(type_code::i32) ||
      !stacks_.pop_val(val_type::ref_to(index, true))) {
    return false;
  }
  if (reachable()) sink_->on_array_op(o, index, segment);
  return true;
}

}  // namespace wasm64
