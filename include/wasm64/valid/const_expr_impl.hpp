#pragma once

#include "wasm64/binary/const_expr.hpp"
#include "wasm64/valid/const_expr.hpp"
#include "wasm64/valid/describe.hpp"
#include "wasm64/valid/features.hpp"
#include "wasm64/valid/matching.hpp"

namespace wasm64 {

namespace detail {

/// The operand stack of a constant expression.
class const_expr_validator {
 public:
  const_expr_validator(const module& m, std::size_t visible_globals, const feature_set& features,
                       vector<std::uint32_t>& referenced)
      : module_(m), visible_globals_(visible_globals), features_(features), referenced_(referenced) {}

  result<void> run(const_expr expression, val_type expected) {
    reader in(view_of(module_.bytes), expression.offset, expression.size);
    for (;;) {
      at_ = in.offset();
      const const_instruction i = read_const_instruction(in);
      if (in.failed()) return fail(in.failure_as_error());
      if (i.opcode == op::end) break;
      WASM64_CHECK(step(i));
    }
    if (stack_.size() != 1) return fail(errc::type_mismatch, at_, "a constant expression has one result");
    if (!is_subtype(module_, stack_[0], expected)) return mismatch(expected, stack_[0]);
    return success();
  }

 private:
  result<void> step(const const_instruction& i) {
    switch (i.opcode) {
      case op::i32_const: return push(types::i32);
      case op::i64_const: return push(types::i64);
      case op::f32_const: return push(types::f32);
      case op::f64_const: return push(types::f64);
      case op::v128_const: {
        if (const char* missing = missing_feature(i.opcode, features_)) return unsupported(missing);
        return push(types::v128);
      }
      case op::i32_add:
      case op::i32_sub:
      case op::i32_mul: return arithmetic(types::i32);
      case op::i64_add:
      case op::i64_sub:
      case op::i64_mul: return arithmetic(types::i64);
      case op::global_get: {
        if (i.bits >= visible_globals_) return fail(errc::unknown_global, at_);
        const global_type& global = module_.globals[i.bits].type;
        if (global.is_mutable) return fail(errc::constant_expression_required, at_, "a mutable global");
        return push(global.type);
      }
      case op::ref_func:
        if (i.bits >= module_.func_types.size()) return fail(errc::unknown_function, at_);
        referenced_.push_back(static_cast<std::uint32_t>(i.bits));
        return push(val_type::ref_to(module_.func_types[i.bits], false));
      case op::ref_null: {
        if (i.heap.is_index() && i.heap.index() >= module_.types.size()) return fail(errc::unknown_type, at_);
        const val_type type = val_type::ref(i.heap);
        if (const char* missing = missing_feature(type, features_)) return unsupported(missing);
        return push(type);
      }
      default: break;
    }
    if (const char* missing = missing_feature(i.opcode, features_)) return unsupported(missing);
    return aggregate(i);
  }

  result<void> aggregate(const const_instruction& i) {
    switch (i.opcode) {
      case op::ref_i31: WASM64_CHECK(pop(types::i32)); return push(val_type::ref(heap::i31, false));
      case op::any_convert_extern: return convert(heap::extern_, heap::any);
      case op::extern_convert_any: return convert(heap::any, heap::extern_);
      case op::struct_new:
      case op::struct_new_default: return structure(i);
      case op::array_new:
      case op::array_new_default:
      case op::array_new_fixed: return array(i);
      default: return unsupported(info(i.opcode).text);
    }
  }

  result<void> structure(const const_instruction& i) {
    if (!is_defined(i.bits, comp_kind::struct_)) return fail(errc::unknown_type, at_);
    const sub_type& type = module_.types[i.bits];
    if (i.opcode == op::struct_new) {
      for (std::size_t f = type.fields.size(); f-- > 0;) WASM64_CHECK(pop(unpacked(type.fields[f].type)));
    } else if (!type.has_default) {
      return fail(errc::type_mismatch, at_, "field without a default value");
    }
    return push(val_type::ref_to(static_cast<std::uint32_t>(i.bits), false));
  }

  result<void> array(const const_instruction& i) {
    if (!is_defined(i.bits, comp_kind::array)) return fail(errc::unknown_type, at_);
    const val_type element = unpacked(module_.types[i.bits].fields[0].type);
    if (i.opcode == op::array_new_fixed) {
      for (std::uint32_t n = 0; n < i.count; ++n) WASM64_CHECK(pop(element));
    } else {
      WASM64_CHECK(pop(types::i32));
      if (i.opcode == op::array_new) {
        WASM64_CHECK(pop(element));
      } else if (!element.has_default()) {
        return fail(errc::type_mismatch, at_, "element without a default value");
      }
    }
    return push(val_type::ref_to(static_cast<std::uint32_t>(i.bits), false));
  }

  result<void> convert(heap_type from, heap_type to) {
    const bool nullable = stack_.empty() || stack_.back().nullable;
    WASM64_CHECK(pop(val_type::ref(from)));
    return push(val_type::ref(to, nullable));
  }

  bool is_defined(std::uint64_t type, comp_kind kind) const noexcept {
    return type < module_.types.size() && module_.types[type].kind == kind;
  }

  result<void> push(val_type type) {
    stack_.push_back(type);
    return success();
  }

  result<void> pop(val_type expected) {
    if (stack_.empty()) return fail(errc::type_mismatch, at_, "missing operand");
    if (!is_subtype(module_, stack_.back(), expected)) return mismatch(expected, stack_.back());
    stack_.pop_back();
    return success();
  }

  result<void> arithmetic(val_type type) {
    if (!features_.extended_const) return unsupported("extended constant expressions");
    WASM64_CHECK(pop(type));
    WASM64_CHECK(pop(type));
    return push(type);
  }

  result<void> mismatch(val_type expected, val_type actual) const {
    return fail(errc::type_mismatch, at_, "expected " + describe(expected) + ", found " + describe(actual));
  }

  result<void> unsupported(const char* feature) const { return fail(errc::unsupported_feature, at_, feature); }

  const module& module_;
  std::size_t visible_globals_;
  const feature_set& features_;
  vector<std::uint32_t>& referenced_;
  small_vector<val_type, 8> stack_;
  std::uint64_t at_ = 0;
};

}  // namespace detail

WASM64_INLINE result<void> validate_const_expr(const module& m, const_expr expression, val_type expected,
                                               std::size_t visible_globals, const feature_set& features,
                                               vector<std::uint32_t>& referenced) {
  return detail::const_expr_validator(m, visible_globals, features, referenced).run(expression, expected);
}

}  // namespace wasm64
