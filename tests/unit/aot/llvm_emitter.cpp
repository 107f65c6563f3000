#include "wasm64/aot/llvm_emitter.hpp"

#include <bit>

#include "tests/support/catch.hpp"
#include "wasm64/aot/elf_object.hpp"
#include "wasm64/aot/image.hpp"
#include "wasm64/aot/llvm_writer.hpp"

using namespace wasm64;
using namespace wasm64::aot;
using llvm::llvm_emitter;

namespace {

using value = llvm_emitter::value;
constexpr aot::access slot{};

/// Functions that a test writes, and then calls through their entries.
class written {
 public:
  explicit written(std::shared_ptr<const llvm::library> with, effort how = effort::normal)
      : with_(std::move(with)),
        settings_(llvm::settings_for(with_->major, running_target(), how).value()),
        writer_(llvm::code_writer::make(*with_, settings_).value()),
        unit_(*with_),
        e(unit_, settings_.can_swizzle, true) {
    writer_.prepare(unit_);
  }

  /// What has been written so far, as LLVM's text.
  std::string text() const {
    char* const all = with_->PrintModuleToString(unit_.module);
    std::string copy = all;
    with_->DisposeMessage(all);
    return copy;
  }
  /// Ends writing.
  void finish() {
    const byte_vector object = writer_.write(unit_, true).value();
    const bytes_view objects[] = {view_of(object)};
    linked_ = link_objects(objects).value();
    pages_ = code_pages::copy(view_of(linked_.code)).value();
  }
#if defined(__clang__)
  [[clang::no_sanitize("function")]]
#endif
  call_status call(std::uint32_t function, word* frame, std::uint64_t budget = 0) {
    const linked_symbol* const entry = linked_.find("wasm64_entry_" + std::to_string(function));
    REQUIRE(entry != nullptr);
    const auto at = reinterpret_cast<std::uintptr_t>(pages_.base() + entry->offset);
    return reinterpret_cast<aot::entry>(at)(nullptr, frame, budget);
  }

 private:
  std::shared_ptr<const llvm::library> with_;
  llvm::settings settings_;
  llvm::code_writer writer_;
  llvm::unit unit_;
  linked_object linked_;
  code_pages pages_;

 public:
  llvm_emitter e;
};

/// LLVM, or nothing where it is not installed.
std::shared_ptr<const llvm::library> installed() {
  auto found = llvm::load();
  if (found.has_value()) return found.assume_value();
  CHECK(found.assume_error().code == errc::aot_compiler_missing);
  return nullptr;
}

constexpr aot::access typed(value_type type, std::uint8_t log2) { return {type, log2, false, region::frame, false}; }

/// The status that a helper answers: what it was called with.
call_status told_helper(context*, word* frame, std::uint64_t budget, std::uint64_t a, std::uint64_t b) {
  frame[3] = budget + a * 10 + b * 100;
  return 5;
}

}  // namespace

TEST_CASE("choices stay choices, and may be constant", "[aot][llvm]") {
  const auto with = installed();
  if (with == nullptr) return;
  written w(with);
  w.e.begin_entry(0);
  const value limit = w.e.constant(value_type::i64, 10);
  const value given = w.e.load(typed(value_type::i64, 3), w.e.frame(), value{}, 0);
  const value is_less = w.e.binary(primitive::lt_u, given, limit);
  CHECK(w.text().find("unpredictable") == std::string::npos);
  const value least = w.e.choose(is_less, given, limit);
  CHECK(w.text().find("!unpredictable") != std::string::npos);
  const value least_or_one = w.e.choose(w.e.constant(value_type::flag, 1), least, w.e.constant(value_type::i64, 1));
  const value two = w.e.choose(w.e.constant(value_type::flag, 0), limit, w.e.constant(value_type::i64, 2));
  w.e.store(typed(value_type::i64, 3), w.e.frame(), value{}, 0, w.e.binary(primitive::add, least_or_one, two));
  w.e.return_status(w.e.constant(value_type::i32, 0));
  w.e.end_function();
  w.finish();
  word frame[] = {7, 0};
  CHECK(w.call(0, frame) == 0);
  CHECK(frame[0] == 9);
  frame[0] = 11;
  CHECK(w.call(0, frame) == 0);
  CHECK(frame[0] == 12);
}

TEST_CASE("values of every type go through calls, variables and memory", "[aot][llvm]") {
  const auto with = installed();
  if (with == nullptr) return;
  for (const effort how : {effort::least, effort::normal, effort::most}) {
    written w(with, how);
    llvm_emitter& e = w.e;
    constexpr struct {
      value_type type;
      std::uint8_t log2;
    } types[] = {
        {value_type::i32, 2}, {value_type::i64, 3}, {value_type::f32, 2}, {value_type::f64, 3}, {value_type::v128, 4}};
    std::uint32_t function = 0;
    for (const auto t : types) {
      signature s;
      for (int i = 0; i < 3; ++i) s.params.push_back(t.type);
      s.result = t.type;
      // The last of three parameters, by way of a variable and a join.
      e.begin_body(function, s);
      const auto kept = e.new_variable(t.type);
      e.set(kept, e.param(0));
      const auto other = e.new_block(), join = e.new_block();
      e.branch(e.binary(primitive::eq, e.budget(), e.constant(value_type::i64, 9)), other, join, likelihood::unknown);
      e.begin(other);
      e.set(kept, e.param(2));
      e.jump(join);
      e.begin(join);
      e.return_result(e.get(kept), nullptr);
      e.end_function();

      e.begin_entry(function);
      const value loaded = e.load(typed(t.type, t.log2), e.frame(), value{}, 0);
      const value second = e.load(typed(t.type, t.log2), e.frame(), e.constant(value_type::i64, 8), 8);
      const value arguments[] = {loaded, loaded, second};
      const auto r = e.call(function, s, e.frame(), e.budget(), nullptr, arguments);
      e.store(typed(t.type, t.log2), e.displaced(e.frame(), 32), value{}, 0, r.result);
      e.return_status(e.select(r.left, r.status, e.constant(value_type::i32, 0)));
      e.end_function();
      ++function;
    }
    w.finish();
    for (std::uint32_t i = 0; i < function; ++i) {
      word frame[] = {1, 2, 0x7ff4'1234'5678'9abc, 4, 0, 0};
      const word mask = types[i].log2 == 2 ? 0xffff'ffff : ~word{0};
      CHECK(w.call(i, frame, 0) == 0);
      CHECK(frame[4] == (frame[0] & mask));
      CHECK(frame[5] == (types[i].log2 == 4 ? frame[1] : 0));
      CHECK(w.call(i, frame, 9) == 0);
      CHECK(frame[4] == (frame[2] & mask));
    }
  }
}

TEST_CASE("narrow loads are extended and narrow stores leave what is beside them", "[aot][llvm]") {
  const auto with = installed();
  if (with == nullptr) return;
  written w(with);
  w.e.begin_entry(0);
  for (const bool is_signed : {false, true}) {
    const aot::access narrow{value_type::i64, 0, is_signed, region::memory, false};
    const value v = w.e.load(narrow, w.e.frame(), value{}, 1);
    w.e.store(slot, w.e.frame(), value{}, is_signed ? 16 : 8, v);
  }
  const aot::access half{value_type::i32, 1, false, region::memory, false};
  w.e.store(half, w.e.frame(), value{}, 25, w.e.constant(value_type::i32, 0x12345678));
  w.e.return_status(w.e.constant(value_type::i32, 3));
  w.e.end_function();
  w.finish();
  word frame[] = {0x1122'3344'5566'8877, 0, 0, ~word{0}};
  CHECK(w.call(0, frame) == 3);
  CHECK(frame[1] == 0x88);
  CHECK(frame[2] == ~word{0x77});
  CHECK(frame[3] == 0xffff'ffff'ff56'78ff);
}

TEST_CASE("integer operations are those of WebAssembly", "[aot][llvm]") {
  const auto with = installed();
  if (with == nullptr) return;
  constexpr std::uint64_t a = 0x8000'0000'1234'5678, b = 0x43;
  constexpr struct {
    primitive what;
    std::uint64_t expected;
  } rows[] = {{primitive::add, a + b},
              {primitive::sub, a - b},
              {primitive::mul, a * b},
              {primitive::shl, a << 3},
              {primitive::shr_u, a >> 3},
              {primitive::shr_s, a >> 3 | std::uint64_t{7} << 61},
              {primitive::rotl, std::rotl(a, 3)},
              {primitive::rotr, std::rotr(a, 3)},
              {primitive::div_u, a / b},
              {primitive::rem_u, a % b},
              {primitive::mul_high_u, 0x21},
              {primitive::mul_high_s, ~std::uint64_t{0} - 0x21}};
  constexpr struct {
    primitive what;
    std::uint64_t expected;
  } singles[] = {{primitive::clz, 0},
                 {primitive::ctz, 3},
                 {primitive::popcnt, 14},
                 {primitive::extend8_s, 0x78},
                 {primitive::extend16_s, 0x5678},
                 {primitive::extend32_s, 0x1234'5678}};
  written w(with);
  w.e.begin_entry(0);
  const value x = w.e.load(slot, w.e.frame(), value{}, 0), y = w.e.load(slot, w.e.frame(), value{}, 8);
  std::uint64_t at = 16;
  for (const auto& row : rows)
    w.e.store(slot, w.e.frame(), value{}, std::exchange(at, at + 8), w.e.binary(row.what, x, y));
  for (const auto& row : singles) {
    w.e.store(slot, w.e.frame(), value{}, std::exchange(at, at + 8), w.e.unary(row.what, value_type::i64, x));
  }
  w.e.return_status(w.e.unary(primitive::extend_u, value_type::i32, w.e.binary(primitive::lt_s, x, y)));
  w.e.end_function();
  w.finish();
  word frame[40] = {a, b};
  CHECK(w.call(0, frame) == 1);
  std::size_t i = 2;
  for (const auto& row : rows) {
    INFO(i);
    CHECK(frame[i++] == row.expected);
  }
  for (const auto& row : singles) {
    INFO(i);
    CHECK(frame[i++] == row.expected);
  }
}

TEST_CASE("tail calls take no stack, whatever the parameters", "[aot][llvm]") {
  const auto with = installed();
  if (with == nullptr) return;
  for (const effort how : {effort::least, effort::normal, effort::most}) {
    written w(with, how);
    llvm_emitter& e = w.e;
    signature few, many;
    few.params.push_back(value_type::i64);
    for (int i = 0; i < 20; ++i) many.params.push_back(value_type::i64);
    few.result = many.result = value_type::i64;
    REQUIRE(e.can_tail_call(few, many));
    // 0 counts down and goes on in 1, which goes back with the sum of its parameters; 0 answers the budget at the end.
    e.begin_body(0, few);
    const auto done = e.new_block(), on = e.new_block();
    e.branch(e.binary(primitive::eq, e.param(0), e.constant(value_type::i64, 0)), done, on, likelihood::unlikely);
    e.begin(done);
    e.return_result(e.budget(), nullptr);
    e.begin(on);
    vector<value> arguments(20, e.constant(value_type::i64, 0));
    arguments[0] = e.binary(primitive::sub, e.param(0), e.constant(value_type::i64, 2));
    arguments[19] = e.constant(value_type::i64, 1);
    const value more = e.binary(primitive::add, e.budget(), e.constant(value_type::i64, 1));
    e.tail_call(1, many, e.frame(), more, nullptr, view_of(arguments));
    e.end_function();

    e.begin_body(1, many);
    value sum = e.param(0);
    for (std::uint32_t i = 1; i < 20; ++i) sum = e.binary(primitive::add, sum, e.param(i));
    const value back[] = {sum};
    e.tail_call(0, few, e.frame(), e.budget(), nullptr, back);
    e.end_function();

    e.begin_entry(0);
    const value count[] = {e.load(slot, e.frame(), value{}, 0)};
    const auto r = e.call(0, few, e.frame(), e.budget(), nullptr, count);
    e.store(slot, e.frame(), value{}, 8, r.result);
    e.return_status(e.select(r.left, r.status, e.constant(value_type::i32, 0)));
    e.end_function();
    w.finish();
    constexpr word deep = 3'000'000;
    word frame[] = {deep, 0};
    CHECK(w.call(0, frame, 7) == 0);
    CHECK(frame[1] == deep + 7);
  }
}

TEST_CASE("a function may be begun anew although others call it", "[aot][llvm]") {
  const auto with = installed();
  if (with == nullptr) return;
  written w(with);
  llvm_emitter& e = w.e;
  signature s;
  s.result = value_type::i64;
  e.begin_entry(1);
  const auto r = e.call(0, s, e.frame(), e.budget(), nullptr, {});
  e.store(slot, e.frame(), value{}, 0, r.result);
  e.return_status(e.select(r.left, r.status, e.constant(value_type::i32, 0)));
  e.end_function();
  e.begin_body(0, s);
  e.return_result(e.constant(value_type::i64, 1), nullptr);
  e.end_function();
  e.abandon();
  e.begin_body(0, s);
  const auto nowhere = e.new_block();
  e.jump(nowhere);
  e.abandon();
  e.begin_body(0, s);
  e.return_result(e.constant(value_type::i64, 2), nullptr);
  e.end_function();
  e.begin_entry(0);
  e.return_status(e.constant(value_type::i32, 9));
  e.end_function();
  w.finish();
  word frame[1] = {};
  CHECK(w.call(1, frame) == 0);
  CHECK(frame[0] == 2);
  CHECK(w.call(0, frame) == 9);
}

TEST_CASE("helpers and bodies are called by address, and statuses come back", "[aot][llvm]") {
  const auto with = installed();
  if (with == nullptr) return;
  written w(with);
  llvm_emitter& e = w.e;
  signature s;
  s.result = value_type::f64;
  e.begin_body(0, s);
  const value helper = e.load({value_type::address, 3, false, region::context, true}, e.frame(), value{}, 0);
  e.store(slot, e.frame(), value{}, 24, e.constant(value_type::i64, 1));
  const value ended =
      e.call_helper(helper, e.frame(), e.budget(), e.constant(value_type::i64, 2), e.constant(value_type::i64, 3));
  e.store(slot, e.frame(), value{}, 8, e.load(slot, e.frame(), value{}, 24));
  const auto failed = e.new_block(true), fine = e.new_block();
  e.branch(e.binary(primitive::ne, ended, e.constant(value_type::i32, 0)), failed, fine, likelihood::unlikely);
  e.begin(failed);
  e.return_status(ended);
  e.begin(fine);
  e.return_result(e.constant(value_type::f64, 0), nullptr);
  e.end_function();
  e.begin_entry(0);
  const auto r = e.call(0, s, e.frame(), e.budget(), nullptr, {});
  e.return_status(e.select(r.left, r.status, e.constant(value_type::i32, 0)));
  e.end_function();
  w.finish();
  word frame[4] = {reinterpret_cast<word>(&told_helper)};
  CHECK(w.call(0, frame, 1000) == 5);
  CHECK(frame[1] == 1000 + 20 + 300);
}

TEST_CASE("switches go where their number says", "[aot][llvm]") {
  const auto with = installed();
  if (with == nullptr) return;
  written w(with);
  llvm_emitter& e = w.e;
  e.begin_entry(0);
  vector<llvm_emitter::block> blocks;
  for (int i = 0; i < 40; ++i) blocks.push_back(e.new_block());
  const auto other = e.new_block();
  const aot::access number{value_type::i32, 2, false, region::frame, false};
  e.switch_(e.load(number, e.frame(), value{}, 0), {blocks.data(), blocks.size()}, other);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    e.begin(blocks[i]);
    e.return_status(e.constant(value_type::i32, i * i));
  }
  e.begin(other);
  e.return_status(e.constant(value_type::i32, 7777));
  e.end_function();
  w.finish();
  for (const word i : {0u, 1u, 17u, 39u}) {
    word frame[] = {i};
    CHECK(w.call(0, frame) == i * i);
  }
  word frame[] = {40};
  CHECK(w.call(0, frame) == 7777);
  frame[0] = 0xffff'ffff;
  CHECK(w.call(0, frame) == 7777);
}

TEST_CASE("the place of the native stack is below that of the caller", "[aot][llvm]") {
  const auto with = installed();
  if (with == nullptr) return;
  written w(with);
  w.e.begin_entry(0);
  w.e.store(slot, w.e.frame(), value{}, 0, w.e.stack_place());
  w.e.return_status(w.e.constant(value_type::i32, 0));
  w.e.end_function();
  w.finish();
  word frame[1] = {};
  const auto here = reinterpret_cast<word>(__builtin_frame_address(0));
  CHECK(w.call(0, frame) == 0);
  CHECK(frame[0] < here);
  CHECK(frame[0] > here - 100'000);
}
