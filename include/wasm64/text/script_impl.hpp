#pragma once

#include "wasm64/text/cursor.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/text/script.hpp"
#include "wasm64/text/vector_shape.hpp"

namespace wasm64::text {

namespace detail {

class script_parser : public token_cursor {
 public:
  script_parser(const token_list& list, std::string_view source) : token_cursor(list), source_(source) {}

  bool run(vector<script_command>& commands);

 private:
  struct assertion {
    std::string_view word;
    script_command_kind kind;
    bool of_module;
  };
  static constexpr assertion assertions[] = {
      {"assert_trap", script_command_kind::assert_trap, false},
      {"assert_exhaustion", script_command_kind::assert_exhaustion, false},
      {"assert_exception", script_command_kind::assert_exception, false},
      {"assert_malformed", script_command_kind::assert_malformed, true},
      {"assert_invalid", script_command_kind::assert_invalid, true},
      {"assert_malformed_custom", script_command_kind::assert_malformed_custom, true},
      {"assert_invalid_custom", script_command_kind::assert_invalid_custom, true},
      {"assert_unlinkable", script_command_kind::assert_unlinkable, true},
  };
  static constexpr std::size_t max_nesting = 16;

  bool parse_command(script_command& command);
  bool parse_module(script_command& command);
  bool parse_instance(script_command& command);
  bool parse_assertion(script_command& command);
  bool parse_action(script_action& action);
  bool at_action() const { return at_open("invoke") || at_open("get"); }
  bool parse_value(script_value& value);
  bool parse_expected(expected_value& expected, std::size_t depth);
  bool parse_reference(expected_value& expected, bool pattern);
  bool parse_null(expected_value& expected);
  bool parse_number(expected_value& expected, bool pattern);
  bool parse_lanes(expected_value& expected, bool pattern);
  bool parse_int(unsigned width, std::uint64_t& bits);
  bool parse_float_pattern(float_format format, bool pattern, std::uint64_t& bits, nan_pattern& nan);

  std::string_view source_;
};

WASM64_INLINE bool script_parser::run(vector<script_command>& commands) {
  static constexpr std::string_view fields[] = {"type", "rec",    "import", "func", "table", "memory",
                                                "tag",  "global", "export", "elem", "data",  "start"};
  for (const std::string_view field : fields) {
    if (!at_open(field)) continue;
    script_command whole;
    whole.kind = script_command_kind::module;
    whole.has_module = true;
    whole.module.source = source_;
    commands.push_back(std::move(whole));
    return true;
  }
  while (!at(token_kind::end_of_input)) {
    script_command command;
    command.at = peek().at;
    if (!parse_command(command)) return false;
    commands.push_back(std::move(command));
  }
  return true;
}

WASM64_INLINE bool script_parser::parse_command(script_command& command) {
  if (at_open("module")) return at_keyword("instance", 2) ? parse_instance(command) : parse_module(command);
  if (at_action()) {
    command.kind = script_command_kind::action;
    return parse_action(command.action);
  }
  if (take_open("register")) {
    command.kind = script_command_kind::register_;
    if (!expect_name(command.text)) return false;
    command.name = take_id();
    return expect_close();
  }
  if (at_open("thread") || at_open("wait")) return skip_group();
  return parse_assertion(command);
}

WASM64_INLINE bool script_parser::parse_module(script_command& command) {
  if (command.kind == script_command_kind::unsupported) command.kind = script_command_kind::module;
  command.has_module = true;
  script_module& module = command.module;
  const token& open = peek();
  module.at = open.at;
  const std::size_t begin = next_;
  next_ += 2;
  module.is_definition = take_keyword("definition");
  module.name = take_id();
  const bool binary = at_keyword("binary");
  if (binary || at_keyword("quote")) {
    ++next_;
    module.form = binary ? script_module::form_type::binary : script_module::form_type::quote;
    module.bytes = take_strings();
    return expect_close();
  }
  next_ = begin;
  if (!skip_group()) return false;
  const char* const end = list_.tokens[next_ - 1].text.data() + 1;
  module.source = std::string_view(open.text.data(), static_cast<std::size_t>(end - open.text.data()));
  return true;
}

WASM64_INLINE bool script_parser::parse_instance(script_command& command) {
  command.kind = script_command_kind::instance;
  next_ += 3;
  command.name = take_id();
  command.definition = take_id();
  return expect_close();
}

WASM64_INLINE bool script_parser::parse_assertion(script_command& command) {
  if (take_open("assert_return")) {
    command.kind = script_command_kind::assert_return;
    if (!parse_action(command.action)) return false;
    while (at(token_kind::left_paren)) {
      expected_value expected;
      if (!parse_expected(expected, 0)) return false;
      command.expected.push_back(std::move(expected));
    }
    return expect_close();
  }
  for (const assertion& row : assertions) {
    if (!take_open(row.word)) continue;
    command.kind = row.kind;
    if (at_open("module") && (row.of_module || row.kind == script_command_kind::assert_trap)) {
      if (!parse_module(command)) return false;
    } else if (row.of_module) {
      return unexpected();
    } else if (!parse_action(command.action)) {
      return false;
    }
    if (at(token_kind::string)) command.text = decode_string(take().text);
    return expect_close();
  }
  return unexpected(at(token_kind::left_paren) ? 1 : 0);
}

WASM64_INLINE bool script_parser::parse_action(script_action& action) {
  action.is_get = at_open("get");
  if (!action.is_get && !at_open("invoke")) return unexpected();
  next_ += 2;
  action.module = take_id();
  if (!expect_name(action.name)) return false;
  while (!action.is_get && at(token_kind::left_paren)) {
    script_value value;
    if (!parse_value(value)) return false;
    action.args.push_back(value);
  }
  return expect_close();
}

WASM64_INLINE bool script_parser::parse_value(script_value& value) {
  expected_value read;
  if (!parse_reference(read, false)) return false;
  value = read.value;
  return true;
}

WASM64_INLINE bool script_parser::parse_expected(expected_value& expected, std::size_t depth) {
  if (depth > max_nesting) return fail_at(errc::nesting_too_deep, peek());
  if (!take_open("either")) return parse_reference(expected, true);
  do {
    expected_value choice;
    if (!parse_expected(choice, depth + 1)) return false;
    expected.either.push_back(std::move(choice));
  } while (at(token_kind::left_paren));
  return expect_close();
}

/// A reference, or a number when it is none. `pattern` admits what only results may be.
WASM64_INLINE bool script_parser::parse_reference(expected_value& expected, bool pattern) {
  struct row {
    std::string_view word;
    script_type type;
    bool numbered;
  };
  static constexpr row rows[] = {
      {"ref.extern", script_type::extern_, true},  {"ref.host", script_type::host, true},
      {"ref.func", script_type::func, false},      {"ref.i31", script_type::i31, false},
      {"ref.struct", script_type::struct_, false}, {"ref.array", script_type::array, false},
      {"ref.eq", script_type::eq, false},          {"ref.any", script_type::any, false},
      {"ref.exn", script_type::exn, false},        {"ref", script_type::ref, false},
  };
  if (at_open("ref.null")) return parse_null(expected);
  for (const row& r : rows) {
    if (!(pattern || r.numbered) || !take_open(r.word)) continue;
    expected.value.type = r.type;
    expected.has_bits = r.numbered && (!pattern || at(token_kind::number));
    if (expected.has_bits && !expect_unsigned(0xFFFF'FFFF, errc::i32_constant_out_of_range, expected.value.bits[0])) {
      return false;
    }
    return expect_close();
  }
  return parse_number(expected, pattern);
}

WASM64_INLINE bool script_parser::parse_null(expected_value& expected) {
  next_ += 2;
  expected.value.type = script_type::null;
  expected.has_bits = false;
  for (const named_heap_type& type : abstract_heap_types) {
    if (!take_keyword(type.name)) continue;
    expected.value.heap = type.type;
    expected.has_heap = true;
  }
  if (!expected.has_heap && at_index()) ++next_;
  return expect_close();
}

WASM64_INLINE bool script_parser::parse_number(expected_value& expected, bool pattern) {
  script_value& value = expected.value;
  if (take_open("i32.const")) {
    value.type = script_type::i32;
    return parse_int(32, value.bits[0]) && expect_close();
  }
  if (take_open("i64.const")) {
    value.type = script_type::i64;
    return parse_int(64, value.bits[0]) && expect_close();
  }
  if (take_open("f32.const")) {
    value.type = script_type::f32;
    return parse_float_pattern(binary32, pattern, value.bits[0], expected.nan[0]) && expect_close();
  }
  if (take_open("f64.const")) {
    value.type = script_type::f64;
    return parse_float_pattern(binary64, pattern, value.bits[0], expected.nan[0]) && expect_close();
  }
  if (take_open("v128.const")) {
    value.type = script_type::v128;
    return parse_lanes(expected, pattern) && expect_close();
  }
  return unexpected(at(token_kind::left_paren) ? 1 : 0);
}

WASM64_INLINE bool script_parser::parse_lanes(expected_value& expected, bool pattern) {
  for (const vector_shape& shape : vector_shapes) {
    if (!take_keyword(shape.name)) continue;
    if (shape.int_width == 0) expected.lanes = shape.lanes;
    for (unsigned lane = 0; lane < shape.lanes; ++lane) {
      std::uint64_t bits = 0;
      if (shape.int_width != 0) {
        if (!parse_int(shape.int_width, bits)) return false;
      } else if (!parse_float_pattern(shape.format, pattern, bits, expected.nan[lane])) {
        return false;
      }
      const unsigned at_bit = lane * shape.lane_bits();
      expected.value.bits[at_bit / 64] |= bits << (at_bit % 64);
    }
    return true;
  }
  return unexpected();
}

WASM64_INLINE bool script_parser::parse_int(unsigned width, std::uint64_t& bits) {
  if (!at(token_kind::number)) return unexpected();
  const token& number = take();
  const literal read = parse_integer(number.text, width);
  bits = read.bits;
  return read.failure == errc{} || fail_at(read.failure, number);
}

WASM64_INLINE bool script_parser::parse_float_pattern(float_format format, bool pattern, std::uint64_t& bits,
                                                      nan_pattern& nan) {
  if (pattern && (at_keyword("nan:canonical") || at_keyword("nan:arithmetic"))) {
    nan = take().text == "nan:canonical" ? nan_pattern::canonical : nan_pattern::arithmetic;
    return true;
  }
  if (!at(token_kind::number) && !at(token_kind::keyword)) return unexpected();
  const token& number = take();
  const literal read = parse_float(number.text, format);
  bits = read.bits;
  return read.failure == errc{} || fail_at(read.failure, number);
}

}  // namespace detail

WASM64_INLINE result<byte_vector> script_module::to_binary(const feature_set& features) const {
  if (form == form_type::text) return parse_module(source, at, features);
  if (form == form_type::quote) return parse_module(bytes, {}, features);
  const bytes_view binary = as_bytes(bytes);
  return byte_vector(binary.begin(), binary.end());
}

WASM64_INLINE result<vector<script_command>> parse_script(std::string_view source) {
  WASM64_TRY(const token_list list, tokenize(source));
  detail::script_parser parser(list, source);
  vector<script_command> commands;
  if (!parser.run(commands)) return fail(parser.take_failure());
  return commands;
}

}  // namespace wasm64::text
