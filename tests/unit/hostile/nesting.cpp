#include <string>

#include "tests/support/small_stack.hpp"
#include "tests/unit/hostile/build.hpp"
#include "wasm64/script/run.hpp"
#include "wasm64/text/parse.hpp"

// Nesting that would run a recursive reader, validator or compiler off its stack: all of this happens on a small one.

using namespace wasm64;
using test::bytes;
using test::joined;

namespace {

constexpr std::size_t stack_bytes = test::stack_scale * (256 << 10);
constexpr std::size_t depth = 100'000;

/// Compiles, instantiates and calls "f" on the small stack.
errc run_binary(const bytes& binary) {
  errc code{};
  test::on_small_stack(stack_bytes, [&] {
    const auto compiled = compile(binary);
    if (!compiled.has_value()) {
      code = compiled.error().code;
      return;
    }
    store<metered_engine_config> st;
    st.set_fuel(1'000'000'000);
    const auto made = st.instantiate(compiled.value());
    const auto done = made.has_value() ? st.call<>(*made.value()->exported_func("f")) : fail(made.error().code);
    if (!done.has_value()) code = done.error().code;
  });
  return code;
}

errc nested(const bytes& open, const bytes& middle, const bytes& close) {
  return run_binary(test::module_with_code(joined({test::repeated(open, depth), middle, test::repeated(close, depth)}),
                                           test::section(13, {0x01, 0x00, 0x00})));
}

std::string repeat(std::string_view part, std::size_t times = depth) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

/// What reading a text comes to on the small stack.
errc read_text(const std::string& source) {
  errc code{};
  test::on_small_stack(stack_bytes, [&] {
    const auto binary = text::parse_module(source);
    if (!binary.has_value()) code = binary.error().code;
  });
  return code;
}

}  // namespace

TEST_CASE("hostile nesting: a hundred thousand blocks of every kind in the binary format") {
  CHECK(nested({0x02, 0x40}, {}, {0x0B}) == errc{});
  CHECK(nested({0x03, 0x40}, {}, {0x0B}) == errc{});
  CHECK(nested({0x41, 0x01, 0x04, 0x40}, {}, {0x0B}) == errc{});
  CHECK(nested({0x41, 0x00, 0x04, 0x40, 0x05}, {}, {0x0B}) == errc{});
  CHECK(nested({0x1F, 0x40, 0x00}, {}, {0x0B}) == errc{});        // try_table
  CHECK(nested({0x06, 0x40}, {}, {0x0B}) == errc{});              // try
  CHECK(nested({0x06, 0x40}, {}, {0x19, 0x0B}) == errc{});        // try … catch_all
  CHECK(nested({0x06, 0x40}, {0x08, 0x00}, {0x19, 0x0B}) == errc{});
  CHECK(nested({0x06, 0x40}, {0x08, 0x00}, {0x18, 0x00}) == errc::trap_uncaught_exception);  // try … delegate
  CHECK(nested({0x02, 0x40}, joined({{0x0C}, test::leb(depth)}), {0x0B}) == errc{});
  CHECK(nested({0x02, 0x40}, joined({{0x41, 0x01, 0x0D}, test::leb(depth - 1)}), {0x0B}) == errc{});
  CHECK(nested({0x02, 0x40}, {0x00}, {0x0B}) == errc::trap_unreachable);
}

TEST_CASE("hostile nesting: catch bodies inside catch bodies hold their exceptions within the frame's limit") {
  CHECK(nested({0x06, 0x40, 0x08, 0x00, 0x19}, {}, {0x0B}) == errc::implementation_limit);
}

TEST_CASE("hostile nesting: blocks that are not closed, and ends of none") {
  CHECK(nested({0x02, 0x40}, {}, {}) == errc::unexpected_end);
  CHECK(nested({}, {}, {0x0B}) == errc::end_opcode_expected);
}

TEST_CASE("hostile nesting: labels beyond the configured number are refused") {
  const std::size_t labels = 1'000'001;
  const bytes code = joined({test::repeated({0x02, 0x40}, labels), test::repeated({0x0B}, labels)});
  CHECK(run_binary(test::module_with_code(code)) == errc::implementation_limit);
}

TEST_CASE("hostile nesting: a long constant expression is no deep one") {
  const bytes sum = joined({{0x01, 0x7F, 0x00, 0x41, 0x01}, test::repeated({0x41, 0x01, 0x6A}, depth), {0x0B}});
  CHECK(run_binary(test::module_with_code({}, test::long_section(6, sum))) == errc{});
  const bytes pushes = joined({{0x01, 0x7F, 0x00}, test::repeated({0x41, 0x01}, depth), {0x0B}});
  CHECK(run_binary(test::module_with_code({}, test::long_section(6, pushes))) == errc::type_mismatch);
}

TEST_CASE("hostile nesting: blocks, folded expressions and parentheses in the text format") {
  CHECK(read_text("(func " + repeat("block ") + repeat("end ") + ")") == errc{});
  CHECK(read_text("(func " + repeat("(block ") + repeat(")") + ")") == errc{});
  CHECK(read_text("(func " + repeat("(drop ") + repeat(")") + ")") == errc{});
  CHECK(read_text("(func (result i32) " + repeat("(i32.eqz ") + "(i32.const 0)" + repeat(")") + ")") == errc{});
  CHECK(read_text("(func " + repeat("(if (i32.const 0) (then ") + repeat("))") + ")") == errc{});
  CHECK(read_text("(func " + repeat("(try (do ") + repeat(") (catch_all))") + ")") == errc{});
  CHECK(read_text("(global i32 " + repeat("(i32.add ") + repeat(")") + ")") == errc{});
  CHECK(read_text(repeat("(module ")) == errc::malformed_text);
  CHECK(read_text(repeat("(func ")) == errc::malformed_text);
  CHECK(read_text("(type " + repeat("(func ")) == errc::malformed_text);
  CHECK(read_text(repeat("(")) == errc::malformed_text);
  CHECK(read_text("(module " + repeat(")")) == errc::malformed_text);
}

TEST_CASE("hostile nesting: comments and annotations") {
  CHECK(read_text(repeat("(; ") + repeat(";)")) == errc{});
  CHECK(read_text(repeat("(; ")) == errc::unclosed_comment);
  CHECK(read_text("(@note " + repeat("(") + repeat(")") + ")") == errc{});
  CHECK(read_text("(@note " + repeat("(")) == errc::unclosed_annotation);
  CHECK(read_text(repeat("(@note ") + repeat(")")) == errc{});
}

TEST_CASE("hostile nesting: commands and values of scripts") {
  const auto failures = [](const std::string& source) {
    std::size_t count = 0;
    test::on_small_stack(stack_bytes, [&] {
      store<> st;
      count = run_script(source, st).failures.size();
    });
    return count;
  };
  CHECK(failures("(module (func (export \"f\"))) (assert_return (invoke \"f\") " + repeat("(either ")) == 1);
  CHECK(failures(repeat("(assert_trap ")) == 1);
  CHECK(failures("(module " + repeat("(module ")) == 1);
}
