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
        return push(val_type::ref(heap_type{static_cast<std::int32_t>(module_.func_types[i.bits])}, false));
      case op::ref_null: {
        if (i.heap.is_index() && i.heap.index() >= module_.types.size()) return fail(errc::unknown_type, at_);
        const val_type type = val_type::ref(i.heap);
        if (const char* missing = missing_feature(type, features_)) return unsupported(missing);
        return push(type);
      }
      default: {
        const char* missing = missing_feature(i.opcode, features_);
        return unsupported(missing != nullptr ? missing : info(i.opcode).text);
      }
    }
  }

  result<void> push(val_type type) {
    stack_.push_back(type);
    return success();
  }

  result<void> arithmetic(val_type type) {
    if (!features_.extended_const) return unsupported("extended constant expressions");
    for (int operand = 0; operand < 2; ++operand) {
      if (stack_.empty()) return fail(errc::type_mismatch, at_, "missing operand");
      if (stack_.back() != type) return mismatch(type, stack_.back());
      stack_.pop_back();
    }
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
