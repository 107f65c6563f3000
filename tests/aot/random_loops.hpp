#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/lower/random_generator.hpp"
#include "wasm64/runtime/value.hpp"

namespace wasm64::test {

/// Writes functions that go round and access memory at places that depend on how often, with arguments near the ends of
/// everything: of memory, of what loops test, of the integers.
///
/// Locals 0 and 1 change from round to round, an i64 and an i32; 2 and 3 are bounds of these; 4 and 5 stay, 4 as a
/// place and 5 as a step. Local 6 gathers results, 7 is for this and that, 8 ends the loop after some rounds.
class loop_generator {
 public:
  explicit loop_generator(bits64 seed) : random_(seed) {}

  std::string module(bool has_wide_memory) {
    address_ = has_wide_memory ? "" : "(i32.wrap_i64 ";
    has_step_ = random_.one_in(4);
    step_ = step();
    narrow_step_ = step();
    text_ = "(module (memory " + std::string(has_wide_memory ? "i64 " : "") + "1 2)\n(func (export \"run\")";
    text_ += " (param i64 i32 i64 i32 i64 i64) (result i64) (local i64 i64 i32)\n";
    text_ += "(local.set 8 (i32.const " + std::to_string(20 + random_.below(60)) + "))\n";
    text_ += "(block (loop\n";
    const bool tests_first = random_.one_in(4);
    if (tests_first) text_ += "(br_if 1 " + test() + ")\n";
    for (std::uint32_t i = 1 + random_.below(4); i-- > 0;) add_access();
    const bool changes_late = random_.one_in(3);
    if (!changes_late) change();
    for (std::uint32_t i = random_.below(3); i-- > 0;) add_access();
    if (changes_late) change();
    text_ += "(br_if 1 (i32.eqz (local.tee 8 (i32.sub (local.get 8) (i32.const 1)))))\n";
    text_ += tests_first ? "(br 0)\n" : "(br_if 0 " + test() + ")\n";
    add_access();
    text_ += "))\n";
    for (std::uint32_t i = random_.below(16); i-- > 0;) text_ += gather("(i64.mul (local.get 6) (local.get 0))");
    text_ += "(i64.add (local.get 6) (i64.add (local.get 0) (i64.extend_i32_u (local.get 1)))))\n)";
    return text_;
  }

  /// Mostly so that the loop ends after some rounds, and its addresses are where memory begins or ends.
  std::vector<value> arguments() {
    const auto rounds = static_cast<std::int64_t>(random_.below(30));
    const std::int64_t by = random_.one_in(6) ? place() : 1 + static_cast<std::int64_t>(random_.below(20));
    const std::int64_t first = place(), first_step = has_step_ ? by : step_;
    const auto second = static_cast<std::int32_t>(place());
    const auto end = [&](std::int64_t from, std::int64_t step) {
      constexpr std::int64_t ends[] = {0, -1, std::numeric_limits<std::int64_t>::max(), std::int64_t{1} << 31};
      if (random_.one_in(10)) return sum_of(ends[random_.below(4)], random_.below(2));
      return random_.one_in(6) ? place() : near(sum_of(from, product_of(step, rounds)), 2);
    };
    const std::int64_t seen = random_.one_in(3)   ? second
                              : random_.one_in(2) ? static_cast<std::uint32_t>(second)
                                                  : first;
    const std::int64_t goal = near(random_.one_in(2) ? 65536 - product_of(first_step, rounds) : 0, 40);
    return {value::i64(first),
            value::i32(second),
            value::i64(end(first, first_step)),
            value::i32(static_cast<std::int32_t>(end(second, narrow_step_))),
            value::i64(random_.one_in(6) ? place() : sum_of(goal, product_of(seen, -1))),
            value::i64(by)};
  }

 private:
  std::string number(std::int64_t n) { return std::to_string(n); }
  static std::int64_t sum_of(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<bits64>(a) + static_cast<bits64>(b));
  }
  static std::int64_t product_of(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<bits64>(a) * static_cast<bits64>(b));
  }
  std::int64_t near(std::int64_t n, std::uint32_t by = 20) {
    return sum_of(n, std::int64_t{random_.below(2 * by + 1)} - by);
  }
  std::int64_t place() {
    switch (random_.below(12)) {
      case 0: return near(0);
      case 7: return near(std::numeric_limits<std::int64_t>::min());
      case 8: return near(-(std::int64_t{1} << 31));
      case 6: return near(std::numeric_limits<std::int64_t>::max());
      case 1: return near(65536);
      case 2: return near(-65536);
      case 3: return near(std::int64_t{1} << 32);
      case 4: return near(std::int64_t{1} << 31);
      case 5: return static_cast<std::int64_t>(random_.bits());
      default: return static_cast<std::int64_t>(random_.below(65536));
    }
  }
  std::int64_t small() {
    constexpr std::int64_t some[] = {0, 1, 8, 24, -8, -1, 16, 1000};
    return some[random_.below(8)];
  }

  std::string narrow() {
    switch (random_.below(3)) {
      case 0: return "(local.get 1)";
      case 1: return "(i32.add (local.get 1) (i32.const " + number(small()) + "))";
      default: return "(i32.sub (local.get 1) (i32.const " + number(small()) + "))";
    }
  }
  std::string term() {
    switch (random_.below(8)) {
      case 0: return "(i64.shl (local.get 0) (i64.const " + number(random_.one_in(6) ? 10 : random_.below(4)) + "))";
      case 1: return "(i64.extend_i32_u " + narrow() + ")";
      case 2: return "(i64.extend_i32_s " + narrow() + ")";
      case 3: return "(i64.mul (i64.extend_i32_u " + narrow() + ") (i64.const 3))";
      case 4: return "(local.get 4)";
      default: return "(local.get 0)";
    }
  }
  std::string sum() {
    switch (random_.below(10)) {
      case 5:
      case 6: return "(i64.add (local.get 4) (local.get 0))";
      case 7: return "(i64.add (i64.extend_i32_u " + narrow() + ") (local.get 4))";
      case 8: return "(i64.add (i64.extend_i32_s " + narrow() + ") (local.get 4))";
      case 0: return term();
      case 1: return "(i64.add " + term() + " (i64.const " + number(random_.one_in(8) ? place() : small()) + "))";
      case 2: return "(i64.add " + term() + " " + term() + ")";
      case 3: return "(i64.sub (local.get 4) " + term() + ")";
      case 4: return "(i64.add " + term() + " (i64.const " + number(random_.one_in(2) ? 65528 : -65528) + "))";
      default: return "(i64.sub " + term() + " (i64.const " + number(small()) + "))";
    }
  }
  std::string place_text() {
    std::string from = sum();
    if (random_.one_in(4)) from = "(local.tee 7 " + from + ")";
    return address_.empty() ? from : address_ + from + ")";
  }
  std::string offset() {
    constexpr const char* some[] = {"", "", "", "offset=8 ", "offset=100 ", "offset=65528 ", "offset=4294967290 "};
    return some[random_.below(7)];
  }

  void add_access() {
    const bool is_conditional = random_.one_in(5);
    if (is_conditional) text_ += "(if (i32.wrap_i64 (i64.and (local.get 6) (i64.const 4))) (then\n";
    switch (random_.below(6)) {
      case 0: text_ += "(i64.store8 " + offset() + place_text() + " (local.get 6))\n"; break;
      case 1: text_ += "(i64.store " + offset() + place_text() + " (i64.add (local.get 6) (local.get 0)))\n"; break;
      case 2:
        text_ += "(f64.store " + offset() + place_text() + " (f64.mul (f64.load " + offset() + place_text() +
                 ") (f64.const 1.5)))\n";
        break;
      case 3: text_ += gather("(i64.load32_s " + offset() + place_text() + ")"); break;
      case 4: text_ += gather("(i64.load16_u " + offset() + place_text() + ")"); break;
      default: text_ += gather("(i64.load " + offset() + place_text() + ")"); break;
    }
    if (is_conditional) {
      if (random_.one_in(6)) text_ += "(local.set 0 (i64.add (local.get 0) (i64.const 1)))\n";
      text_ += "))\n";
    }
  }
  static std::string gather(const std::string& v) {
    return "(local.set 6 (i64.add (i64.rotl (local.get 6) (i64.const 5)) " + v + "))\n";
  }

  void change() {
    const std::string by = has_step_ ? "(local.get 5)" : "(i64.const " + number(step_) + ")";
    text_ += "(local.set 0 (i64.add (local.get 0) " + by + "))\n";
    text_ += "(local.set 1 (i32.add (local.get 1) (i32.const " + number(narrow_step_) + ")))\n";
  }
  std::int64_t step() {
    constexpr std::int64_t some[] = {1, 1, 8, 4, -1, -8, 3, 24, 0, 1000, 1 << 20, -5000};
    return some[random_.below(12)];
  }

  std::string test() {
    constexpr const char* up[] = {"ne", "lt_u", "lt_s", "le_u", "le_s"};
    constexpr const char* down[] = {"ne", "gt_u", "gt_s", "ge_u", "ge_s"};
    const bool is_wide = random_.one_in(2), is_mirrored = random_.one_in(4);
    const bool is_up = ((is_wide ? has_step_ || step_ > 0 : narrow_step_ > 0) != random_.one_in(10)) != is_mirrored;
    const std::string type = is_wide ? "i64" : "i32";
    std::string x = is_wide ? "(local.get 0)" : "(local.get 1)", bound = is_wide ? "(local.get 2)" : "(local.get 3)";
    if (random_.one_in(3)) x = "(" + type + ".add " + x + " (" + type + ".const " + number(small()) + "))";
    if (random_.one_in(6)) bound = "(" + type + ".const " + number(500 + small()) + ")";
    if (is_mirrored) std::swap(x, bound);
    const std::string made = "(" + type + "." + (is_up ? up : down)[random_.below(5)] + " " + x + " " + bound + ")";
    return random_.one_in(6) ? "(i32.eqz (i32.eqz " + made + "))" : made;
  }

  random_source random_;
  std::string text_;
  std::string address_;
  bool has_step_ = false;  ///< in local 5
  std::int64_t step_ = 0, narrow_step_ = 0;
};

/// Writes loops whose addresses all follow one local, and arguments with which one of them is about to leave memory, in
/// some round, or the local the integers. Other than those of `loop_generator` they mostly get as far as that.
///
/// Locals 0 and 1 change from round to round, an i64 and an i32; 2 and 3 are bounds of these, 4 is where addresses
/// begin. Local 5 gathers results, 6 ends the loop after twelve rounds.
class limit_loop_generator {
 public:
  explicit limit_loop_generator(bits64 seed) : random_(seed) {}

  std::string module() {
    constexpr std::int64_t steps[] = {1, 1, 2, 3, 8, 24, 1000, 1 << 20}, factors[] = {1, 1, 1, 1, 2, 8, 1024, -1};
    constexpr std::int64_t constants[] = {0, 0, 8, -8, 100, 4000, -4000, 65528, std::int64_t{1} << 32};
    constexpr std::int64_t offsets[] = {0, 0, 0, 8, 100, 65528};
    kind_ = static_cast<kind>(random_.below(3));
    step_ = steps[random_.below(8)] * (random_.one_in(2) ? 1 : -1);
    factor_ = factors[random_.below(8)];
    added_ = kind_ == kind::wide || random_.one_in(2) ? 0 : std::int64_t{random_.below(40)} - 20;
    places_.clear();
    const std::string from = kind_ == kind::wide ? "(local.get 0)"
                                                 : std::string("(i64.extend_i32_") + (kind_ == kind::sign ? "s" : "u") +
                                                       " (i32.add (local.get 1) " + constant("i32", added_) + "))";
    std::string text =
        "(module (memory i64 1) (data (i64.const 65400) \"some bytes at the end\")\n(func (export \"run\") (param i64 "
        "i32 i64 i32 i64) (result i64) (local i64 i32)\n(local.set 6 (i32.const 12))\n(block (loop\n";
    for (std::uint32_t i = 1 + random_.below(3); i-- > 0;) {
      const std::int64_t plus = constants[random_.below(9)], offset = offsets[random_.below(6)];
      places_.push_back(plus + offset);
      text +=
          "(local.set 5 (i64.add (i64.rotl (local.get 5) (i64.const 5)) (i64.load offset=" + std::to_string(offset) +
          " (i64.add (i64.add (local.get 4) (i64.mul " + from + " " + constant("i64", factor_) + ")) " +
          constant("i64", plus) + "))))\n";
    }
    const bool is_wide = random_.one_in(2);
    const char* const type = is_wide ? "i64" : "i32";
    constexpr const char* up[] = {"ne", "lt_u", "lt_s", "le_u", "le_s"};
    constexpr const char* down[] = {"ne", "gt_u", "gt_s", "ge_u", "ge_s"};
    text += "(local.set 0 (i64.add (local.get 0) " + constant("i64", step_) + "))\n";
    text += "(local.set 1 (i32.add (local.get 1) " + constant("i32", step_) + "))\n";
    text += "(br_if 1 (i32.eqz (local.tee 6 (i32.sub (local.get 6) (i32.const 1)))))\n(br_if 0 (" + std::string(type) +
            "." + (step_ > 0 ? up : down)[random_.below(5)] +
            (is_wide ? " (local.get 0) (local.get 2)" : " (local.get 1) (local.get 3)") + "))))\n";
    for (std::uint32_t i = random_.below(20); i-- > 0;) text += "(local.set 5 (i64.mul (local.get 5) (local.get 0)))\n";
    return text + "(local.get 5)))";
  }

  std::vector<value> arguments() {
    constexpr std::int64_t ends[] = {0, 0, std::int64_t{1} << 31, std::numeric_limits<std::int64_t>::max(), 5000};
    const auto some = [&](std::uint32_t most) { return std::int64_t{random_.below(most + 1)}; };
    const std::int64_t rounds = some(7);
    // Either the local or its bound is at an end of the integers.
    std::int64_t x = sum(ends[random_.below(5)], some(4) - 2), bound = sum(x, product(step_, rounds));
    if (random_.one_in(2)) {
      std::swap(x, bound);
      x = sum(bound, product(step_, -rounds));
    }
    bound = sum(bound, random_.one_in(2) ? 0 : some(2) - 1);
    const std::int64_t seen = extended(sum(x, product(step_, some(static_cast<std::uint32_t>(rounds) + 1))));
    const std::int64_t goal = (random_.one_in(2) ? 0 : 65536 - 8) + (random_.one_in(2) ? 0 : some(16) - 8);
    const std::int64_t place = places_[random_.below(static_cast<std::uint32_t>(places_.size()))];
    const auto narrow = [](std::int64_t n) { return value::i32(static_cast<std::int32_t>(static_cast<bits64>(n))); };
    return {value::i64(x), narrow(x), value::i64(bound), narrow(bound),
            value::i64(sum(goal, product(sum(product(seen, factor_), place), -1)))};
  }

 private:
  enum class kind : std::uint8_t { wide, zero, sign };

  static std::string constant(const char* type, std::int64_t n) {
    return std::string("(") + type + ".const " + std::to_string(n) + ")";
  }
  static std::int64_t sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<bits64>(a) + static_cast<bits64>(b));
  }
  static std::int64_t product(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<bits64>(a) * static_cast<bits64>(b));
  }
  /// What the addresses are made of.
  std::int64_t extended(std::int64_t x) const {
    if (kind_ == kind::wide) return x;
    const auto narrow = static_cast<std::uint32_t>(static_cast<bits64>(sum(x, added_)));
    return kind_ == kind::zero ? std::int64_t{narrow} : std::int64_t{static_cast<std::int32_t>(narrow)};
  }

  random_source random_;
  kind kind_ = kind::wide;
  std::int64_t step_ = 1, factor_ = 1, added_ = 0;
  std::vector<std::int64_t> places_;  ///< of accesses, above what they have in common
};

}  // namespace wasm64::test
