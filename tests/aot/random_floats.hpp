#pragma once

#include <bit>
#include <string>
#include <vector>

#include "tests/unit/lower/random_generator.hpp"
#include "wasm64/runtime/value.hpp"

namespace wasm64::test {

/// Writes functions that store floats of arithmetic, NaNs among them, at places next to each other or over each other,
/// and between these do what sees memory, or traps.
///
/// Locals 0 and 1 are places, 2 a divisor, 3 a float; 4 gathers results, 5 is a place that moves.
class float_generator {
 public:
  explicit float_generator(bits64 seed) : random_(seed) {}

  std::string module(bool has_wide_memory) {
    is_wide_ = has_wide_memory;
    text_ = "(module (memory " + std::string(is_wide_ ? "i64 " : "") + "1 1)\n(func (export \"run\")";
    text_ += " (param i64 i64 i64 f64) (result i64) (local i64 i64)\n(local.set 5 (local.get 1))\n";
    const bool has_loop = random_.one_in(4);
    if (has_loop) text_ += "(loop\n";
    for (std::uint32_t i = 3 + random_.below(30); i-- > 0;) add();
    if (has_loop) {
      text_ += "(local.set 0 (i64.add (local.get 0) (i64.const 24)))\n";
      text_ += "(br_if 0 (i64.lt_u (local.get 0) (i64.const 300))))\n";
    }
    text_ += "(local.get 4)))";
    return text_;
  }

  std::vector<value> arguments() {
    constexpr bits64 floats[] = {0x7ff8000000000000,
                                 0xfff8000000000000,
                                 0x7ff8000000001234,
                                 0xfff0000000000001,
                                 0x7ff0000000000000,
                                 0x3ff8000000000000,
                                 0,
                                 0x8000000000000000};
    const std::int64_t at = random_.one_in(4) ? 65536 - random_.below(60) : random_.below(64);
    const std::int64_t other = random_.one_in(3) ? at : at + random_.below(40) - 20;
    return {value::i64(at), value::i64(other < 0 ? 0 : other), value::i64(random_.one_in(3) ? 0 : 7),
            value::f64(std::bit_cast<double>(floats[random_.below(8)]))};
  }

 private:
  std::string number(std::uint32_t n) { return std::to_string(n); }
  std::string place() {
    std::string made = "(local.get " + number(random_.below(2)) + ")";
    switch (random_.below(6)) {
      case 0: made = "(i64.const " + number(random_.below(80)) + ")"; break;
      case 1:
      case 2: made = "(i64.add " + made + " (i64.const " + number(4 * random_.below(10)) + "))"; break;
      case 3: made = "(local.tee 5 (i64.add (local.get 5) (i64.const 8)))"; break;
      default: break;
    }
    if (!is_wide_) made = "(i32.wrap_i64 " + made + ")";
    constexpr std::uint32_t offsets[] = {0, 8, 16, 24, 32, 4, 15};
    return "offset=" + number(offsets[random_.below(7)]) + " " + made;
  }
  std::string real() {
    switch (random_.below(6)) {
      case 0: return "(f64.add (local.get 3) (f64.load " + place() + "))";
      case 1: return "(f64.sqrt (f64.neg (f64.abs (local.get 3))))";
      case 2: return "(f64.load " + place() + ")";
      case 3: return "(f64.div (f64.load " + place() + ") (local.get 3))";
      default: return "(f64.mul (local.get 3) (f64.const " + number(random_.below(3)) + "))";
    }
  }
  static std::string gather(const std::string& v) {
    return "(local.set 4 (i64.add (i64.rotl (local.get 4) (i64.const 5)) " + v + "))\n";
  }
  void add() {
    switch (random_.below(16)) {
      case 0: text_ += "(local.set 3 " + real() + ")\n"; break;
      case 1: text_ += "(f32.store " + place() + " (f32.demote_f64 " + real() + "))\n"; break;
      case 2: text_ += "(i32.store16 " + place() + " (i32.const 4660))\n"; break;
      case 3: text_ += gather("(i64.load " + place() + ")"); break;
      case 4: text_ += gather("(i64.load8_u " + place() + ")"); break;
      case 5: text_ += gather("(i64.div_u (i64.const 100) (local.get 2))"); break;
      case 6: text_ += gather("(i64.extend_i32_s (i32.trunc_f64_s (local.get 3)))"); break;
      case 7:
        text_ += "(if (i32.wrap_i64 (i64.and (local.get 4) (i64.const 4))) (then (f64.store " + place() + " " + real() +
                 ")))\n";
        break;
      default: text_ += "(f64.store " + place() + " " + real() + ")\n"; break;
    }
  }

  random_source random_;
  std::string text_;
  bool is_wide_ = false;
};

}  // namespace wasm64::test
