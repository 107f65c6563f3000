#pragma once

#include "wasm64/aot/emitter.hpp"
#include "wasm64/aot/llvm_vectors.hpp"

namespace wasm64::aot::llvm {

/// Writes functions as LLVM's instructions, into one unit (`code_emitter` says what the members do).
///
/// Bodies have LLVM's `fastcc`, or where there are tail calls its `tailcc`, whose tail calls are jumps whatever the
/// parameters are; they answer `{T, i64}`, or `i64` without a result. The context is in a register that callees
/// preserve, so that nobody has to keep it over calls. The i64 is what is left of the fuel, which goes through
/// functions in registers, or the context where no fuel is counted; of functions that are left it is the status,
/// negative where it could be fuel. Everything has the address of a byte as pointer type and is cast before use: LLVM
/// 14 knows types of pointers, and for later versions a cast is nothing.
class llvm_emitter {
 public:
  using value = value_ref;
  struct variable {
    value_ref place = nullptr;
    type_ref type = nullptr;
  };
  struct block {
    block_ref at = nullptr;
    bool is_cold = false;
  };
  struct call_result {
    value left = nullptr;
    value status = nullptr;
    value result = nullptr;
    value fuel = nullptr;
  };

  /// `can_swizzle` where the target has an instruction for i8x16.swizzle; the others for a whole module.
  llvm_emitter(unit& u, bool can_swizzle, bool has_tail_calls, bool metered = false);
  llvm_emitter(const llvm_emitter&) = delete;
  llvm_emitter& operator=(const llvm_emitter&) = delete;
  ~llvm_emitter() { c_.DisposeBuilder(entry_builder_); }

  void begin_body(std::uint32_t function, const signature& s) {
    result_ = s.result;
    is_body_ = true;
    type_ = function_type(s);
    start(body_of(function, s));
  }
  void begin_entry(std::uint32_t function) {
    result_ = value_type::none;
    is_body_ = false;
    const std::string name = "wasm64_entry_" + std::to_string(function);
    start(declare(name, entry_type(), c_convention));
  }
  void end_function() { c_.BuildBr(entry_builder_, first_); }
  /// From here on blocks have no more than some instructions: the time for one grows with its square.
  void split_blocks() noexcept { is_split_ = true; }
  /// Also behind its end. Others may call the function already: they get another one of the same name.
  void abandon();

  value context() const noexcept { return c_.GetParam(function_, 0); }
  value frame() const noexcept { return c_.GetParam(function_, 1); }
  value budget() const noexcept { return c_.GetParam(function_, 2); }
  value fuel() const noexcept { return c_.GetParam(function_, 3); }
  value param(std::uint32_t i) const noexcept { return c_.GetParam(function_, first_param() + i); }

  block new_block(bool is_cold = false) noexcept { return {append_block(), is_cold}; }
  void begin(block b) noexcept {
    c_.MoveBasicBlockAfter(b.at, c_.GetLastBasicBlock(function_));
    c_.PositionBuilderAtEnd(u_.at, b.at);
  }
  void jump(block to) noexcept { c_.BuildBr(u_.at, to.at); }
  void branch(value condition, block yes, block no, likelihood how) noexcept {
    const value_ref made = c_.BuildCondBr(u_.at, condition, yes.at, no.at);
    if (how == likelihood::unknown && yes.is_cold != no.is_cold) {
      how = yes.is_cold ? likelihood::unlikely : likelihood::likely;
    }
    if (how != likelihood::unknown) c_.SetMetadata(made, kind_prof_, how == likelihood::likely ? likely_ : unlikely_);
  }
  void switch_(value number, std::span<const block> blocks, block other) noexcept {
    const value_ref made = c_.BuildSwitch(u_.at, number, other.at, static_cast<unsigned>(blocks.size()));
    for (std::size_t i = 0; i < blocks.size(); ++i) c_.AddCase(made, u_.integer(u_.type_of(number), i), blocks[i].at);
  }
  void unreachable() noexcept { c_.BuildUnreachable(u_.at); }

  variable new_variable(value_type t) noexcept {
    const type_ref type = type_of(t);
    return {c_.BuildAlloca(entry_builder_, type, ""), type};
  }
  value get(variable x) noexcept { return c_.BuildLoad2(u_.at, x.type, x.place, ""); }
  void set(variable x, value v) noexcept {
    c_.BuildStore(u_.at, v, x.place);
    if (++sets_ % longest_block == 0 && is_split_) split();
  }

  value constant(value_type t, std::uint64_t bits) noexcept;
  value vector_constant(std::uint64_t low, std::uint64_t high) noexcept {
    value_ref lanes[] = {u_.integer(u_.i64, low), u_.integer(u_.i64, high)};
    return c_.ConstVector(lanes, 2);
  }
  value unary(primitive p, value_type result, value v);
  value binary(primitive p, value a, value b);
  value select(value condition, value yes, value no) noexcept { return u_.select(condition, yes, no); }
  /// LLVM would make branches of selections by which it thinks it gains, not knowing how often they are foreseen.
  value choose(value condition, value yes, value no) noexcept {
    const value_ref made = select(condition, yes, no);
    if (c_.IsAInstruction(made) != nullptr) c_.SetMetadata(made, kind_unpredictable_, no_data_);
    return made;
  }

  value load(access how, value base, value index, std::uint64_t offset);
  void store(access how, value base, value index, std::uint64_t offset, value v);
  value displaced(value base, std::int64_t bytes) noexcept {
    return displaced_by(base, u_.integer(u_.i64, static_cast<std::uint64_t>(bytes)));
  }
  value stack_place();

  call_result call(std::uint32_t function, const signature& s, value frame, value budget, value fuel,
                   std::span<const value> arguments) {
    return call_with(body_of(function, s), s, frame, budget, fuel, arguments);
  }
  call_result call_body(value place, const signature& s, value frame, value budget, value fuel,
                        std::span<const value> arguments) {
    return call_with(u_.bits(place, c_.PointerType(function_type(s), 0)), s, frame, budget, fuel, arguments);
  }
  value call_helper(value place, value frame, value budget, value a, value b) noexcept;
  void return_result(value v, value fuel) noexcept;
  void return_status(value status) noexcept;
  void return_left(value status, value place, value fuel);
  /// What is returned must be the same; the rest does not matter to `tailcc`.
  bool can_tail_call(const signature& from, const signature& to) const noexcept { return from.result == to.result; }
  void tail_call(std::uint32_t function, const signature& s, value frame, value budget, value fuel,
                 std::span<const value> arguments) {
    tail_call_with(body_of(function, s), s, frame, budget, fuel, arguments);
  }
  void tail_call_body(value place, const signature& s, value frame, value budget, value fuel,
                      std::span<const value> arguments) {
    tail_call_with(u_.bits(place, c_.PointerType(function_type(s), 0)), s, frame, budget, fuel, arguments);
  }

  bool can(op o) const noexcept {
    const vector_form form = row_of(o).form;
    return form != vector_form::none && (form != vector_form::swizzle || can_swizzle_);
  }
  value vector(op o, value_type, std::span<const value> operands, std::uint64_t low, std::uint64_t high) {
    return vector_writer(u_).write(row_of(o), operands, low, high);
  }

 private:
  type_ref type_of(value_type t) const noexcept;
  type_ref function_type(const signature& s) const;
  type_ref entry_type() const noexcept;
  /// A function that returns as `return_left` says, called with the place as frame and the status as budget by those
  /// of that type. LLVM lets all returns of a function be one, and that takes a register all the way to the end for
  /// what is known there; not so where a function goes over into another.
  value_ref way_out(type_ref type);
  /// What a body returns, at the place of a builder.
  void return_parts(builder_ref at, value v, value_ref ended) noexcept;
  unsigned first_param() const noexcept { return metered_ ? 4 : 3; }
  value_ref returned_with(builder_ref at, value_ref context, value fuel) const noexcept {
    return metered_ ? fuel : c_.BuildCast(at, ptrtoint, context, u_.i64, "");
  }
  value_ref left_with(builder_ref at, value_ref status) const noexcept {
    return metered_ ? c_.BuildBinOp(at, or_, status, u_.integer(u_.i64, std::uint64_t{1} << 63), "") : status;
  }
  value_ref body_of(std::uint32_t function, const signature& s) {
    return declare("wasm64_body_" + std::to_string(function), function_type(s), convention_);
  }
  /// The function of that name, made if there is none.
  value_ref declare(const std::string& name, type_ref type, unsigned convention);
  void start(value_ref function);
  void split() noexcept {
    const block behind = new_block();
    jump(behind);
    begin(behind);
  }
  block_ref append_block() noexcept { return c_.AppendBasicBlockInContext(u_.context, function_, ""); }
  value_ref build_call(value_ref callee, const signature& s, value frame, value budget, value fuel,
                       std::span<const value> arguments);
  void tail_call_with(value_ref callee, const signature& s, value frame, value budget, value fuel,
                      std::span<const value> arguments) {
    const value_ref made = build_call(callee, s, frame, budget, fuel, arguments);
    c_.SetTailCall(made, 1);
    c_.BuildRet(u_.at, made);
  }
  call_result call_with(value_ref callee, const signature& s, value frame, value budget, value fuel,
                        std::span<const value> arguments);
  value_ref displaced_by(value_ref base, value_ref bytes) noexcept {
    return c_.BuildGEP2(u_.at, u_.i8, base, &bytes, 1, "");
  }
  value_ref place_of(value_ref base, value_ref index, std::uint64_t offset, type_ref type) noexcept;
  type_ref type_in_memory(access how) const noexcept;
  void mark(value_ref access_made, access how) noexcept;
  value_ref node(std::initializer_list<metadata_ref> parts) const noexcept {
    return c_.MetadataAsValue(u_.context, metadata(parts));
  }
  metadata_ref metadata(std::initializer_list<metadata_ref> parts) const noexcept {
    return c_.MDNodeInContext2(u_.context, const_cast<metadata_ref*>(parts.begin()), parts.size());
  }
  metadata_ref text(std::string_view t) const noexcept { return c_.MDStringInContext2(u_.context, t.data(), t.size()); }
  metadata_ref number(type_ref type, std::uint64_t n) const noexcept { return c_.ValueAsMetadata(u_.integer(type, n)); }
  /// An access tag of type-based alias analysis, for a type of its own.
  value_ref tag(std::string_view name, metadata_ref root) const noexcept {
    const metadata_ref zero = number(u_.i64, 0), type = metadata({text(name), root, zero});
    return node({type, type, zero});
  }

  unit& u_;
  const api& c_;
  const bool can_swizzle_, metered_;
  const unsigned convention_;  ///< of bodies
  builder_ref entry_builder_;  ///< where variables are made
  unsigned kind_prof_, kind_tbaa_, kind_invariant_, kind_unpredictable_;
  value_ref likely_, unlikely_, no_data_;
  value_ref tags_[3];  ///< by region
  attribute_ref attributes_[5], context_attribute_, never_inlined_;
  wasm64::vector<std::pair<type_ref, value_ref>> ways_out_;

  value_ref function_ = nullptr;  ///< begun last
  block_ref first_ = nullptr;     ///< behind the block of variables
  value_type result_ = value_type::none;
  type_ref type_ = nullptr;  ///< of the body begun last
  bool is_body_ = false;
  static constexpr std::uint32_t longest_block = 128;  ///< in times that a variable is set
  bool is_split_ = false;
  std::uint32_t sets_ = 0;
};
static_assert(code_emitter<llvm_emitter>);

}  // namespace wasm64::aot::llvm

#include "wasm64/aot/llvm_emitter_impl.hpp"
