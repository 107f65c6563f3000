#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "wasm64/aot/loop_plan.hpp"
#include "wasm64/binary/opcode.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/valid/sink.hpp"

namespace wasm64::aot {

/// A sink that makes the plans of a function's loops, in the order of the text, and lists accesses to memory 0 that
/// they cover, by offset. It follows locals from the head of an innermost loop through one round, as sums of what they
/// were at the head; where control joins within the loop, what has changed on the way there is not known any more.
class loop_scan : public null_sink {
 public:
  vector<loop_plan> loops;
  vector<std::uint32_t> covered;

  void begin(const func_type&, std::span<const val_type> locals) {
    loops.clear();
    covered.clear();
    locals_.assign(locals.size(), {});
    is_wide_.clear();
    for (const val_type t : locals) is_wide_.push_back(t == types::i64 ? wide : t == types::i32 ? narrow : other);
    candidate_ = none;
    round_ = 0;
  }

  void at(op o, std::uint32_t offset) {
    offset_ = offset;
    if (candidate_ != none && !is_simple(o)) candidate_ = none;
  }

  void on_block(op kind, std::span<const val_type>, std::span<const val_type>, bool reachable) {
    if (kind == op::loop && reachable) return open_loop();
    ++depth_;
    if (kind == op::if_) pop();
    changed_from_.push_back(changed_.size());
  }
  void on_else(bool) { join(); }
  void on_end(bool);

  void on_br(std::uint32_t depth) {
    if (depth == depth_) go_round(nullptr);
    stack_.clear();
  }
  void on_br_if(std::uint32_t depth);
  void on_br_table(std::span<const std::uint32_t> depths) {
    for (const std::uint32_t depth : depths) {
      if (depth == depth_) candidate_ = none;
    }
    stack_.clear();
  }
  void on_return() { stack_.clear(); }
  void on_unreachable() { stack_.clear(); }

  void on_drop(val_type) { pop(); }
  void on_select(val_type) { apply(3, 1); }
  void on_local_get(std::uint32_t index, val_type) {
    if (candidate_ != none) stack_.push_back(local(index));
  }
  void on_local_set(std::uint32_t index, val_type) { set(index, pop()); }
  void on_local_tee(std::uint32_t index, val_type) {
    const form f = pop();
    set(index, f);
    push(f);
  }
  void on_global_get(std::uint32_t, val_type) { push({}); }
  void on_global_set(std::uint32_t, val_type) { pop(); }
  void on_const(val_type type, std::uint64_t bits);
  void on_numeric(op o);
  void on_load(op o, const memarg& arg) {
    access(pop(), arg, access_log2(o));
    push({});
  }
  void on_store(op o, const memarg& arg) {
    pop();
    access(pop(), arg, access_log2(o));
  }
  void on_v128_const(std::uint64_t, std::uint64_t) { push({}); }
  void on_shuffle(std::uint64_t, std::uint64_t) { apply(2, 1); }
  void on_lane_op(op o, std::uint8_t) { apply(letters(info(o).params), 1); }
  void on_lane_access(op o, const memarg& arg, std::uint8_t) {
    pop();
    access(pop(), arg, access_log2(o));
    apply(0, letters(info(o).results));
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  enum width : std::uint8_t { narrow, wide, other };

  /// What is known of a value.
  struct form {
    enum class kind : std::uint8_t { unknown, sum, test } is = kind::unknown;
    primitive test = primitive::ne;
    linear_sum left, right;
  };
  struct local_form {
    std::uint32_t round = 0;  ///< of the loop in which it has changed
    std::uint32_t latch = 0;  ///< of the loop that goes round with `at_latch`
    form now, at_latch;
  };
  struct found_access {
    std::uint32_t offset;
    std::uint64_t reach;
    linear_sum address;
  };

  /// Of what may be in a loop that is planned.
  static bool is_simple(op o) noexcept {
    const op_info& row = info(o);
    if (row.prefix == 0xFD) return true;
    if (row.prefix == 0xFC) return row.feature == op_feature::saturating;
    return row.prefix == 0 && (row.code <= 0x05 || (row.code >= 0x0B && row.code <= 0x0F) || row.code == 0x1A ||
                               row.code == 0x1B || (row.code >= 0x20 && row.code <= 0x24) ||
                               (row.code >= 0x28 && row.code <= 0x3E) || (row.code >= 0x41 && row.code <= 0xC4));
  }
  static std::size_t letters(const char* text) noexcept { return std::char_traits<char>::length(text); }

  form pop() {
    if (stack_.empty()) return {};
    const form f = stack_.back();
    stack_.pop_back();
    return f;
  }
  void push(const form& f) {
    if (candidate_ != none) stack_.push_back(f);
  }
  void apply(std::size_t operands, std::size_t results) {
    while (operands-- > 0) pop();
    while (results-- > 0) push({});
  }
  form local(std::uint32_t index) const;
  void set(std::uint32_t index, const form& f);
  /// Control may have come here in different ways since the innermost block began.
  void join() {
    stack_.clear();
    if (candidate_ == none || depth_ == 0) return;
    const std::size_t from = changed_from_.back();
    for (std::size_t i = from; i < changed_.size(); ++i) locals_[changed_[i]].now = {};
    changed_.resize(from);
  }

  void open_loop();
  void go_round(const form* test);
  void access(const form& address, const memarg& arg, std::uint8_t log2);
  void limit(const form& test, bool holds);
  void finish(loop_plan& plan);
  /// Whether the local is the same in all rounds.
  bool is_fixed(std::uint32_t index) const noexcept {
    const local_form& l = locals_[index];
    if (l.latch != round_) return true;
    const linear_sum& sum = l.at_latch.left;
    return l.at_latch.is == form::kind::sum && sum.size == 1 && sum.constant == 0 && sum.terms[0].local == index &&
           sum.terms[0].factor == 1 && sum.terms[0].how == linear_term::extension::none;
  }
  bool step_of(std::uint32_t index, loop_step& to) const;
  bool make_test(const form& test, loop_test& to) const;
  void cover(loop_plan& plan, const found_access& a);

  vector<width> is_wide_;
  vector<local_form> locals_;
  vector<form> stack_;  ///< since the head of the loop, or since control joined
  vector<std::uint32_t> set_;  ///< locals, since the head of the loop
  vector<std::uint32_t> changed_;  ///< locals, since the blocks within the loop began
  vector<std::size_t> changed_from_;
  vector<form> tests_;  ///< that hold in each round that is followed by another
  vector<found_access> accesses_;
  std::uint32_t candidate_ = none;  ///< number of the loop
  std::uint32_t round_ = 0;  ///< another one for each loop
  std::uint32_t depth_ = 0;  ///< blocks within the loop
  std::uint32_t latches_ = 0;
  std::uint32_t offset_ = 0;
};

}  // namespace wasm64::aot

#include "wasm64/aot/loop_scan_impl.hpp"
