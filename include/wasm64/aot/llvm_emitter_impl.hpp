#pragma once

#include "wasm64/aot/llvm_emitter.hpp"

namespace wasm64::aot::llvm {

inline llvm_emitter::llvm_emitter(unit& u, bool can_swizzle, bool has_tail_calls, bool metered)
    : u_(u),
      c_(u.c),
      can_swizzle_(can_swizzle),
      metered_(metered),
      convention_(has_tail_calls ? tail_convention : fast_convention),
      entry_builder_(c_.CreateBuilderInContext(u.context)) {
  const auto kind = [&](std::string_view name) {
    return c_.GetMDKindIDInContext(u_.context, name.data(), static_cast<unsigned>(name.size()));
  };
  kind_prof_ = kind("prof");
  kind_tbaa_ = kind("tbaa");
  kind_invariant_ = kind("invariant.load");
  kind_unpredictable_ = kind("unpredictable");
  constexpr std::uint64_t often = 1 << 20;
  likely_ = node({text("branch_weights"), number(u_.i32, often), number(u_.i32, 1)});
  unlikely_ = node({text("branch_weights"), number(u_.i32, 1), number(u_.i32, often)});
  no_data_ = node({});
  const metadata_ref root = metadata({text("wasm64")});
  tags_[static_cast<std::size_t>(region::memory)] = tag("memory", root);
  tags_[static_cast<std::size_t>(region::frame)] = tag("frame", root);
  tags_[static_cast<std::size_t>(region::context)] = tag("context", root);

  const auto attribute = [&](std::string_view name, std::string_view setting) {
    return c_.CreateStringAttribute(u_.context, name.data(), static_cast<unsigned>(name.size()), setting.data(),
                                    static_cast<unsigned>(setting.size()));
  };
  const auto known = [&](std::string_view name) {
    return c_.CreateEnumAttribute(u_.context, c_.GetEnumAttributeKindForName(name.data(), name.size()), 0);
  };
  // All that matters of Swift's convention is a parameter in a register that callees preserve.
  context_attribute_ = known("swiftself");
  never_inlined_ = known("noinline");
  attributes_[0] = known("nounwind");
  attributes_[1] = attribute("no-builtins", "");  // there is no C library
  attributes_[2] = attribute("frame-pointer", "none");
  attributes_[3] = attribute("probe-stack", "inline-asm");  // no frame reaches over a guard page
  attributes_[4] = attribute("warn-stack-size", "65536");           // `unit::large_frames`
}

inline type_ref llvm_emitter::type_of(value_type t) const noexcept {
  switch (t) {
    case value_type::flag: return u_.flag;
    case value_type::i32: return u_.i32;
    case value_type::f32: return u_.f32;
    case value_type::f64: return u_.f64;
    case value_type::v128: return u_.v128;
    case value_type::address: return u_.address;
    default: return u_.i64;
  }
}

inline type_ref llvm_emitter::function_type(const signature& s) const {
  small_vector<type_ref, 16> params{u_.address, u_.address, u_.i64};
  if (metered_) params.push_back(u_.i64);
  for (const value_type param : s.params) params.push_back(type_of(param));
  type_ref result = u_.i64;
  if (s.result != value_type::none) {
    type_ref parts[] = {type_of(s.result), u_.i64};
    result = c_.StructTypeInContext(u_.context, parts, 2, 0);
  }
  return c_.FunctionType(result, params.data(), static_cast<unsigned>(params.size()), 0);
}

inline type_ref llvm_emitter::entry_type() const noexcept {
  type_ref params[] = {u_.address, u_.address, u_.i64};
  return c_.FunctionType(u_.i32, params, 3, 0);
}

inline value_ref llvm_emitter::declare(const std::string& name, type_ref type, unsigned convention) {
  if (const value_ref known = c_.GetNamedFunction(u_.module, name.c_str())) return known;
  const value_ref made = c_.AddFunction(u_.module, name.c_str(), type);
  c_.SetFunctionCallConv(made, convention);
  c_.SetVisibility(made, hidden);  // so that calls need no table
  for (const attribute_ref a : attributes_) c_.AddAttributeAtIndex(made, of_function, a);
  if (convention != c_convention) c_.AddAttributeAtIndex(made, of_context, context_attribute_);
  return made;
}

inline void llvm_emitter::start(value_ref function) {
  function_ = function;
  const block_ref variables = append_block();
  first_ = append_block();
  c_.PositionBuilderAtEnd(entry_builder_, variables);
  c_.PositionBuilderAtEnd(u_.at, first_);
}

inline void llvm_emitter::abandon() {
  std::size_t length = 0;
  const char* const text = c_.GetValueName2(function_, &length);
  const std::string name(text, length);
  const value_ref other = c_.AddFunction(u_.module, "", c_.GlobalGetValueType(function_));
  c_.SetFunctionCallConv(other, c_.GetFunctionCallConv(function_));
  c_.SetVisibility(other, hidden);
  for (const attribute_ref a : attributes_) c_.AddAttributeAtIndex(other, of_function, a);
  if (is_body_) c_.AddAttributeAtIndex(other, of_context, context_attribute_);
  c_.ReplaceAllUsesWith(function_, other);
  c_.DeleteFunction(function_);
  c_.SetValueName2(other, name.data(), name.size());
}

inline llvm_emitter::value llvm_emitter::constant(value_type t, std::uint64_t bits) noexcept {
  switch (t) {
    case value_type::f32: return c_.ConstBitCast(u_.integer(u_.i32, bits), u_.f32);
    case value_type::f64: return c_.ConstBitCast(u_.integer(u_.i64, bits), u_.f64);
    case value_type::address: return c_.ConstIntToPtr(u_.integer(u_.i64, bits), u_.address);
    default: return u_.integer(type_of(t), bits);
  }
}

inline llvm_emitter::value llvm_emitter::unary(primitive p, value_type result, value v) {
  const type_ref from = u_.type_of(v), to = type_of(result);
  const value_ref zero_is_defined = u_.integer(u_.flag, 0);
  const auto extended = [&](type_ref narrow) { return u_.cast(sext, u_.cast(trunc, v, narrow), to); };
  switch (p) {
    case primitive::clz: return u_.intrinsic("llvm.ctlz", {from}, {v, zero_is_defined});
    case primitive::ctz: return u_.intrinsic("llvm.cttz", {from}, {v, zero_is_defined});
    case primitive::popcnt: return u_.intrinsic("llvm.ctpop", {from}, {v});
    case primitive::extend8_s: return extended(u_.i8);
    case primitive::extend16_s: return extended(u_.i16);
    case primitive::extend32_s: return extended(u_.i32);
    case primitive::fsqrt: return u_.intrinsic("llvm.sqrt", {from}, {v});
    case primitive::fceil: return u_.intrinsic("llvm.ceil", {from}, {v});
    case primitive::ffloor: return u_.intrinsic("llvm.floor", {from}, {v});
    case primitive::ftrunc: return u_.intrinsic("llvm.trunc", {from}, {v});
    case primitive::fnearest: return u_.intrinsic("llvm.rint", {from}, {v});
    case primitive::fneg: return c_.BuildFNeg(u_.at, v, "");
    case primitive::fabs: return u_.intrinsic("llvm.fabs", {from}, {v});
    case primitive::wrap: return u_.cast(trunc, v, to);
    case primitive::extend_s: return u_.cast(sext, v, to);
    case primitive::extend_u: return u_.cast(zext, v, to);
    case primitive::promote: return u_.cast(fpext, v, to);
    case primitive::demote: return u_.cast(fptrunc, v, to);
    case primitive::convert_s: return u_.cast(sitofp, v, to);
    case primitive::convert_u: return u_.cast(uitofp, v, to);
    case primitive::truncate_s: return u_.cast(fptosi, v, to);
    case primitive::truncate_u: return u_.cast(fptoui, v, to);
    case primitive::reinterpret:
      return u_.cast(result == value_type::address ? inttoptr : from == u_.address ? ptrtoint : bitcast, v, to);
    default: return nullptr;
  }
}

inline llvm_emitter::value llvm_emitter::binary(primitive p, value a, value b) {
  const type_ref type = u_.type_of(a);
  const auto within_width = [&] { return u_.binary(and_, b, u_.integer(type, type == u_.i64 ? 63 : 31)); };
  const auto upper_half = [&](opcode extend) {
    const value_ref product = u_.binary(mul, u_.cast(extend, a, u_.i128), u_.cast(extend, b, u_.i128));
    return u_.cast(trunc, u_.binary(lshr, product, u_.integer(u_.i128, 64)), u_.i64);
  };
  switch (p) {
    case primitive::add: return u_.binary(opcode::add, a, b);
    case primitive::sub: return u_.binary(opcode::sub, a, b);
    case primitive::mul: return u_.binary(opcode::mul, a, b);
    case primitive::and_: return u_.binary(opcode::and_, a, b);
    case primitive::or_: return u_.binary(opcode::or_, a, b);
    case primitive::xor_: return u_.binary(opcode::xor_, a, b);
    case primitive::shl: return u_.binary(opcode::shl, a, within_width());
    case primitive::shr_s: return u_.binary(ashr, a, within_width());
    case primitive::shr_u: return u_.binary(lshr, a, within_width());
    case primitive::rotl: return u_.intrinsic("llvm.fshl", {type}, {a, a, b});
    case primitive::rotr: return u_.intrinsic("llvm.fshr", {type}, {a, a, b});
    case primitive::div_s: return u_.binary(sdiv, a, b);
    case primitive::div_u: return u_.binary(udiv, a, b);
    case primitive::rem_s: return u_.binary(srem, a, b);
    case primitive::rem_u: return u_.binary(urem, a, b);
    case primitive::mul_high_s: return upper_half(sext);
    case primitive::mul_high_u: return upper_half(zext);
    case primitive::eq: return u_.compare(int_predicate::eq, a, b);
    case primitive::ne: return u_.compare(int_predicate::ne, a, b);
    case primitive::lt_s: return u_.compare(slt, a, b);
    case primitive::lt_u: return u_.compare(ult, a, b);
    case primitive::gt_s: return u_.compare(sgt, a, b);
    case primitive::gt_u: return u_.compare(ugt, a, b);
    case primitive::le_s: return u_.compare(sle, a, b);
    case primitive::le_u: return u_.compare(ule, a, b);
    case primitive::ge_s: return u_.compare(sge, a, b);
    case primitive::ge_u: return u_.compare(uge, a, b);
    case primitive::fadd: return u_.binary(opcode::fadd, a, b);
    case primitive::fsub: return u_.binary(opcode::fsub, a, b);
    case primitive::fmul: return u_.binary(opcode::fmul, a, b);
    case primitive::fdiv: return u_.binary(opcode::fdiv, a, b);
    case primitive::feq: return u_.compare(oeq, a, b);
    case primitive::fne: return u_.compare(une, a, b);
    case primitive::flt: return u_.compare(olt, a, b);
    case primitive::fgt: return u_.compare(ogt, a, b);
    case primitive::fle: return u_.compare(ole, a, b);
    case primitive::fge: return u_.compare(oge, a, b);
    case primitive::funordered: return u_.compare(uno, a, b);
    case primitive::fcopysign: return u_.intrinsic("llvm.copysign", {type}, {a, b});
    default: return nullptr;
  }
}

inline type_ref llvm_emitter::type_in_memory(access how) const noexcept {
  if (how.type != value_type::i32 && how.type != value_type::i64) return type_of(how.type);
  const type_ref widths[] = {u_.i8, u_.i16, u_.i32, u_.i64};
  return widths[how.log2];
}

inline value_ref llvm_emitter::place_of(value_ref base, value_ref index, std::uint64_t offset, type_ref type) noexcept {
  if (index != nullptr) base = displaced_by(base, index);
  if (offset != 0) base = displaced_by(base, u_.integer(u_.i64, offset));
  return u_.bits(base, c_.PointerType(type, 0));
}

inline void llvm_emitter::mark(value_ref access_made, access how) noexcept {
  c_.SetAlignment(access_made, 1);
  c_.SetMetadata(access_made, kind_tbaa_, tags_[static_cast<std::size_t>(how.where)]);
}

inline llvm_emitter::value llvm_emitter::load(access how, value base, value index, std::uint64_t offset) {
  const type_ref there = type_in_memory(how), type = type_of(how.type);
  const value_ref loaded = c_.BuildLoad2(u_.at, there, place_of(base, index, offset, there), "");
  mark(loaded, how);
  if (how.is_invariant) c_.SetMetadata(loaded, kind_invariant_, no_data_);
  return there == type ? loaded : u_.cast(how.is_signed ? sext : zext, loaded, type);
}

inline void llvm_emitter::store(access how, value base, value index, std::uint64_t offset, value v) {
  const type_ref there = type_in_memory(how);
  if (u_.type_of(v) != there) v = u_.cast(trunc, v, there);
  mark(c_.BuildStore(u_.at, v, place_of(base, index, offset, there)), how);
}

inline llvm_emitter::value llvm_emitter::stack_place() {
#if defined(__aarch64__)
  constexpr std::string_view name = "sp";
#else
  constexpr std::string_view name = "rsp";
#endif
  return u_.intrinsic("llvm.read_register", {u_.i64}, {node({text(name)})});
}

inline value_ref llvm_emitter::build_call(value_ref callee, const signature& s, value frame, value budget, value fuel,
                                          std::span<const value> arguments) {
  small_vector<value_ref, 16> all{context(), frame, budget};
  if (metered_) all.push_back(fuel);
  all.insert(all.end(), arguments.begin(), arguments.end());
  const value_ref made =
      c_.BuildCall2(u_.at, function_type(s), callee, all.data(), static_cast<unsigned>(all.size()), "");
  c_.SetInstructionCallConv(made, convention_);
  c_.AddCallSiteAttribute(made, of_context, context_attribute_);
  return made;
}

inline llvm_emitter::call_result llvm_emitter::call_with(value_ref callee, const signature& s, value frame,
                                                         value budget, value fuel, std::span<const value> arguments) {
  const value_ref made = build_call(callee, s, frame, budget, fuel, arguments);
  const bool has_result = s.result != value_type::none;
  call_result r;
  r.fuel = has_result ? c_.BuildExtractValue(u_.at, made, 1, "") : made;
  if (metered_) r.left = u_.compare(slt, r.fuel, u_.integer(u_.i64, 0));
  else r.left = u_.compare(int_predicate::ne, r.fuel, returned_with(u_.at, context(), nullptr));
  r.status = u_.cast(trunc, r.fuel, u_.i32);
  if (has_result) r.result = c_.BuildExtractValue(u_.at, made, 0, "");
  return r;
}

inline llvm_emitter::value llvm_emitter::call_helper(value place, value frame, value budget, value a,
                                                     value b) noexcept {
  type_ref params[] = {u_.address, u_.address, u_.i64, u_.i64, u_.i64};
  const type_ref type = c_.FunctionType(u_.i32, params, 5, 0);
  value_ref arguments[] = {context(), frame, budget, a, b};
  const value_ref made = c_.BuildCall2(u_.at, type, u_.bits(place, c_.PointerType(type, 0)), arguments, 5, "");
  c_.AddCallSiteAttribute(made, of_function, attributes_[0]);
  return made;
}

inline void llvm_emitter::return_parts(builder_ref at, value v, value_ref ended) noexcept {
  if (result_ == value_type::none) {
    c_.BuildRet(at, ended);
    return;
  }
  type_ref parts[] = {type_of(result_), u_.i64};
  const value_ref none = c_.GetUndef(c_.StructTypeInContext(u_.context, parts, 2, 0));
  const value_ref with_result = v == nullptr ? none : c_.BuildInsertValue(at, none, v, 0, "");
  c_.BuildRet(at, c_.BuildInsertValue(at, with_result, ended, 1, ""));
}

inline void llvm_emitter::return_result(value v, value fuel) noexcept {
  return_parts(u_.at, v, returned_with(u_.at, context(), fuel));
}

inline void llvm_emitter::return_status(value status) noexcept {
  if (is_body_) return_parts(u_.at, nullptr, left_with(u_.at, u_.cast(zext, status, u_.i64)));
  else c_.BuildRet(u_.at, status);
}

inline value_ref llvm_emitter::way_out(type_ref type) {
  for (const auto& [known, made] : ways_out_) {
    if (known == type) return made;
  }
  const value_ref made = c_.AddFunction(u_.module, "", type);
  c_.SetLinkage(made, internal);
  c_.SetFunctionCallConv(made, convention_);
  for (const attribute_ref a : attributes_) c_.AddAttributeAtIndex(made, of_function, a);
  c_.AddAttributeAtIndex(made, of_function, never_inlined_);
  c_.AddAttributeAtIndex(made, of_context, context_attribute_);
  ways_out_.push_back({type, made});

  const builder_ref at = c_.CreateBuilderInContext(u_.context);
  c_.PositionBuilderAtEnd(at, c_.AppendBasicBlockInContext(u_.context, made, ""));
  const value_ref status = c_.GetParam(made, 2);
  const value_ref returned = c_.BuildICmp(at, int_predicate::eq, status, u_.integer(u_.i64, 0), "");
  const value_ref fuel = metered_ ? c_.GetParam(made, 3) : nullptr;
  const value_ref ended =
      c_.BuildSelect(at, returned, returned_with(at, c_.GetParam(made, 0), fuel), left_with(at, status), "");
  value_ref result = nullptr;
  if (result_ != value_type::none) {
    const type_ref there = type_of(result_);
    const value_ref place = c_.BuildCast(at, bitcast, c_.GetParam(made, 1), c_.PointerType(there, 0), "");
    result = c_.BuildLoad2(at, there, place, "");
    c_.SetAlignment(result, 1);
  }
  return_parts(at, result, ended);
  c_.DisposeBuilder(at);
  return made;
}

inline void llvm_emitter::return_left(value status, value place, value fuel) {
  const value_ref callee = way_out(type_);
  small_vector<value_ref, 16> all{context(), place, u_.cast(zext, status, u_.i64)};
  if (metered_) all.push_back(fuel);
  for (auto i = static_cast<unsigned>(all.size()); i < c_.CountParams(function_); ++i) {
    all.push_back(c_.GetUndef(u_.type_of(c_.GetParam(function_, i))));
  }
  const value_ref made = c_.BuildCall2(u_.at, type_, callee, all.data(), static_cast<unsigned>(all.size()), "");
  c_.SetInstructionCallConv(made, convention_);
  c_.AddCallSiteAttribute(made, of_context, context_attribute_);
  if (c_.SetTailCallKind != nullptr) c_.SetTailCallKind(made, must_tail_call);
  c_.BuildRet(u_.at, made);
}

}  // namespace wasm64::aot::llvm
