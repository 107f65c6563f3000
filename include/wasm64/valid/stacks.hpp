#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "wasm64/base/error.hpp"
#include "wasm64/binary/opcode.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/valid/describe.hpp"
#include "wasm64/valid/local_inits.hpp"
#include "wasm64/valid/matching.hpp"
#include "wasm64/valid/shapes.hpp"

namespace wasm64 {

/// An entry of the control stack, as in the specification's appendix (Validation Algorithm).
struct control_frame {
  op opcode = op::block;
  bool unreachable = false;  ///< the rest of the block cannot be reached: its operands are polymorphic
  bool entered = true;       ///< the block was entered in reachable code
  std::uint32_t height = 0;  ///< operands below belong to the enclosing block
  std::uint32_t refs = 0;    ///< how many of them are references
  std::uint32_t vectors = 0; ///< how many of them are v128
  std::uint32_t caught = 0;  ///< legacy catch bodies around here; each holds its exception
  std::uint32_t inits = 0;   ///< locals without default values that were set before
  std::span<const val_type> start_types;
  std::span<const val_type> end_types;
  std::uint32_t checked_by = 0;  ///< the latest br_table that has checked this label
};

/// The two stacks of the specification's appendix, with its names. Every check that fails records `failure` and
/// answers false. Memory is kept between functions.
class validation_stacks {
 public:
  static constexpr std::uint32_t max_operands = 1'000'000;
  static constexpr std::size_t max_labels = 1'000'000;

  explicit validation_stacks(const module& m) : module_(m) {}

  void reset() noexcept {
    top_ = high_ = floor_ = operands_.data();
    refs_ = max_refs_ = vectors_ = max_vectors_ = max_caught_ = 0;
    reachable_ = true;
    nesting_ = 0;
    inits.reset();
    failure_ = errc{};
    detail_.clear();
  }

  // Operands.

  WASM64_ALWAYS_INLINE void push_val(const val_type& type) {
    push_num(type);
    if (WASM64_UNLIKELY(!type.is_num())) count(type);
  }

  /// A type known to be a number type.
  WASM64_ALWAYS_INLINE void push_num(const val_type& type) {
    if (WASM64_UNLIKELY(top_ == high_)) raise_high_water();
    *top_++ = type;
  }

  /// Bounds the time that lists of types take: short instructions may name long ones.
  void limit_values(std::uint64_t most) noexcept { values_left_ = most; }
  bool spend(std::uint64_t values) {
    if (WASM64_UNLIKELY(values > values_left_)) return fail(errc::implementation_limit, "values of blocks and calls");
    values_left_ -= values;
    return true;
  }

  /// Few bytes of code can push many values at once, so that this is where the height needs a limit.
  WASM64_ALWAYS_INLINE bool push_vals(std::span<const val_type> list) { return list.empty() || push_list(list); }
  bool push_list(std::span<const val_type> list) {
    if (!spend(list.size())) return false;
    if (WASM64_UNLIKELY(list.size() > max_operands - std::min(height(), max_operands))) {
      return fail(errc::implementation_limit, "operands");
    }
    for (const val_type type : list) push_val(type);
    return true;
  }

  WASM64_ALWAYS_INLINE bool pop_num(type_code expected) {
    if (WASM64_LIKELY(top_ != floor_ && top_[-1].code == expected)) {
      --top_;
      return true;
    }
    return pop_expected(val_type{expected});
  }

  /// Pops a number, or keeps it. Answers false, having done nothing, where this needs a closer look.
  WASM64_ALWAYS_INLINE bool pop_or_keep_num(type_code expected, std::uint8_t kept) {
    if (top_ == floor_ || top_[-1].code != expected || expected < type_code::f64) return false;
    top_ -= 1 - kept;
    return true;
  }

  /// Pops the one or two numbers an instruction takes and pushes the one it gives. The same few steps for all of them:
  /// what one instruction is says little of the next, and a branch that cannot be foreseen costs more than they do.
  WASM64_ALWAYS_INLINE bool apply(const detail::shape& s, type_code first, type_code last) {
    if (WASM64_UNLIKELY(top_ - floor_ < s.operands || top_[-1].code != last || top_[-s.operands].code != first)) {
      return apply_slowly(s, first, last);
    }
    top_ -= s.operands;
    *top_ = val_type{s.result};  // of a store, above the top
    top_ += s.results;
    return true;
  }

  WASM64_ALWAYS_INLINE bool pop_val(val_type expected) {
    if (WASM64_LIKELY(expected.is_num())) return pop_num(expected.code);
    return pop_expected(expected);
  }

  /// Pops whatever is there: bottom where unreachable code has nothing left.
  bool pop_val_any(val_type& actual) {
    if (WASM64_UNLIKELY(top_ == floor_)) {
      actual = types::bottom;
      return innermost().unreachable || mismatch(nullptr, nullptr);
    }
    actual = *--top_;
    if (WASM64_UNLIKELY(!actual.is_num())) discount(actual);
    return true;
  }

  /// Pops any reference: one of the bottom type where unreachable code has nothing left.
  bool pop_ref(val_type& actual) {
    if (!pop_val_any(actual)) return false;
    if (actual == types::bottom) actual = val_type::ref(heap::bottom, false);
    return actual.is_ref() || fail(errc::type_mismatch, "expected a reference, found " + describe(actual));
  }

  WASM64_ALWAYS_INLINE bool pop_vals(std::span<const val_type> list) { return list.empty() || pop_list(list); }
  bool pop_list(std::span<const val_type> list) {
    if (!spend(list.size())) return false;
    for (std::size_t i = list.size(); i-- > 0;) {
      if (!pop_val(list[i])) return false;
    }
    return true;
  }

  /// True when `list` could be popped; leaves the stack as it is.
  bool check_top(std::span<const val_type> list) {
    if (!spend(list.size())) return false;
    const val_type* at = top_;
    for (std::size_t i = list.size(); i-- > 0;) {
      if (at == floor_) return innermost().unreachable || mismatch(&list[i], nullptr);
      if (!is_subtype(module_, *--at, list[i])) return mismatch(&list[i], at);
    }
    return true;
  }

  /// What a branch leaves behind for the code after it: the label's types in place of the operands' own.
  bool pop_push_vals(std::span<const val_type> list) { return pop_vals(list) && push_vals(list); }

  // Control.

  bool push_ctrl(op opcode, std::span<const val_type> in, std::span<const val_type> out) {
    if (nesting_ > max_labels) return fail(errc::implementation_limit, "nested blocks");
    if (WASM64_UNLIKELY(nesting_ == frames_.size())) frames_.resize(std::max(frames_.capacity(), frames_.size() * 2));
    control_frame& frame = frames_[nesting_];
    frame.opcode = opcode;
    frame.unreachable = false;
    frame.entered = reachable_;
    frame.height = height();
    frame.refs = refs_;
    frame.vectors = vectors_;
    frame.caught = nesting_ == 0 ? 0 : frames_[nesting_ - 1].caught;
    frame.inits = inits.height();
    frame.start_types = in;
    frame.end_types = out;
    frame.checked_by = 0;
    if (opcode == op::catch_ || opcode == op::catch_all) max_caught_ = std::max(max_caught_, ++frame.caught);
    ++nesting_;
    floor_ = top_;
    return push_vals(in);
  }

  /// Closes the innermost block: its results, and nothing else, must be on the stack. Answers the block, which is there
  /// until the next one begins, or null.
  const control_frame* pop_ctrl() {
    const control_frame& closed = innermost();
    if (!pop_vals(closed.end_types)) return nullptr;
    if (top_ != floor_) return mismatch(nullptr, top_ - 1), nullptr;
    --nesting_;
    inits.restore(closed.inits);
    floor_ = operands_.data() + (nesting_ == 0 ? 0 : innermost().height);
    reachable_ = closed.entered;
    return &closed;
  }

  /// After an instruction that never falls through.
  void unreachable() noexcept {
    control_frame& frame = innermost();
    top_ = floor_;
    refs_ = frame.refs;
    vectors_ = frame.vectors;
    frame.unreachable = true;
    reachable_ = false;
  }

  static std::span<const val_type> label_types(const control_frame& frame) noexcept {
    return frame.opcode == op::loop ? frame.start_types : frame.end_types;
  }

  /// The block that `depth` labels further out; null when there are not that many.
  control_frame* label(std::uint32_t depth) noexcept {
    return depth < nesting_ ? &frames_[nesting_ - 1 - depth] : nullptr;
  }

  /// Pops find what they want from here on.
  bool is_polymorphic() const noexcept { return top_ == floor_ && innermost().unreachable; }
  std::size_t nesting() const noexcept { return nesting_; }
  /// The lowest first.
  std::span<const val_type> operands() const noexcept { return {operands_.data(), height()}; }
  bool reachable() const noexcept { return reachable_; }
  /// Vectors are counted on their own, so that numbers need not be: the height is exact without them, and with them
  /// that of the most operands plus one more for each of the most vectors.
  body_facts facts() const noexcept { return {height_of(high_) + max_vectors_ + max_caught_, max_refs_ + max_caught_}; }

  /// Records a failure, once; always false.
  [[gnu::cold, gnu::noinline]] bool fail(errc code, std::string what = {}) {
    if (failure_ == errc{}) {
      failure_ = code;
      detail_ = std::move(what);
    }
    return false;
  }
  bool mismatch(val_type expected, val_type actual) { return mismatch(&expected, &actual); }
  errc failure() const noexcept { return failure_; }
  const std::string& failure_detail() const noexcept { return detail_; }

  local_inits inits;

 private:
  /// `high_` is never above the capacity: pushes compare with it alone.
  [[gnu::noinline]] void raise_high_water() {
    if (high_ == operands_.data() + operands_.size()) {
      const std::uint32_t top = height();
      const std::uint32_t floor = height_of(floor_);
      operands_.resize(std::max(operands_.capacity(), operands_.size() * 2));
      top_ = high_ = operands_.data() + top;
      floor_ = operands_.data() + floor;
    }
    ++high_;
  }
  control_frame& innermost() noexcept { return frames_[nesting_ - 1]; }
  const control_frame& innermost() const noexcept { return frames_[nesting_ - 1]; }
  std::uint32_t height_of(const val_type* at) const noexcept {
    return static_cast<std::uint32_t>(at - operands_.data());
  }
  std::uint32_t height() const noexcept { return height_of(top_); }

  void count(val_type type) noexcept {
    if (type.is_ref()) max_refs_ = std::max(max_refs_, ++refs_);
    if (type.is_vec()) max_vectors_ = std::max(max_vectors_, ++vectors_);
  }
  void discount(val_type type) noexcept {
    if (type.is_ref()) --refs_;
    if (type.is_vec()) --vectors_;
  }

  [[gnu::noinline]] bool pop_expected(val_type expected) {
    if (top_ == floor_) return innermost().unreachable || mismatch(&expected, nullptr);
    const val_type actual = top_[-1];
    if (!is_subtype(module_, actual, expected)) return mismatch(&expected, &actual);
    --top_;
    discount(actual);
    return true;
  }
  [[gnu::noinline]] bool apply_slowly(const detail::shape& s, type_code first, type_code last) {
    if (s.operands == 2 && !pop_num(last)) return false;
    if (!pop_num(first)) return false;
    if (s.results != 0) push_num(val_type{s.result});
    return true;
  }

  [[gnu::cold, gnu::noinline]] bool mismatch(const val_type* expected, const val_type* actual) {
    const std::string wanted = expected != nullptr ? describe(*expected) : actual != nullptr ? "nothing" : "a value";
    return fail(errc::type_mismatch, "expected " + wanted + ", found " + (actual ? describe(*actual) : "nothing"));
  }

  const module& module_;
  small_vector<val_type, 32> operands_;
  small_vector<control_frame, 16> frames_;  ///< room for more than there are
  std::size_t nesting_ = 0;
  val_type* top_ = nullptr;  ///< behind the topmost operand
  val_type* high_ = nullptr;  ///< the greatest height so far
  val_type* floor_ = nullptr;  ///< of the innermost block
  std::uint32_t refs_ = 0;
  std::uint32_t max_refs_ = 0;
  std::uint32_t vectors_ = 0;
  std::uint32_t max_vectors_ = 0;
  std::uint32_t max_caught_ = 0;
  bool reachable_ = true;
  std::uint64_t values_left_ = ~std::uint64_t{0};  ///< of all functions together
  errc failure_{};
  std::string detail_;
};

}  // namespace wasm64
