#include "values.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "commands.hpp"
#include "wasm64/text/number.hpp"
#include "wasm64/valid/describe.hpp"
#include "wasm64/valid/matching.hpp"

namespace cli {
namespace {

using wasm64::type_code;
using wasm64::val_type;
using wasm64::value;
namespace text = wasm64::text;

std::uint64_t bits_of(const text::literal& read, val_type type, const std::string& given) {
  if (read.failure == wasm64::errc{}) return read.bits;
  const bool range = read.failure == wasm64::errc::constant_out_of_range;
  throw failure("argument '" + given + "' is " + (range ? "out of range for " : "no ") + wasm64::describe(type),
                misused);
}

value parse_vector(const std::string& given) {
  constexpr std::size_t digits_of_half = 16, digits_at_most = 32;
  const bool hex = given.size() > 2 && given.size() <= 2 + digits_at_most && given.compare(0, 2, "0x") == 0;
  if (!hex) throw failure("argument '" + given + "' is no v128: 0x and up to 32 digits", misused);
  const std::string digits = given.substr(2);
  const std::size_t high_digits = digits.size() > digits_of_half ? digits.size() - digits_of_half : 0;
  value v{wasm64::types::v128, 0, 0};
  v.bits = bits_of(text::parse_integer("0x" + digits.substr(high_digits), 64), v.type, given);
  if (high_digits != 0) v.high = bits_of(text::parse_integer("0x" + digits.substr(0, high_digits), 64), v.type, given);
  return v;
}

value parse_reference(val_type type, const std::string& given) {
  if (given == "null" || given == "ref.null") {
    if (type.nullable) return value::null(type);
    throw failure("argument '" + given + "' is no " + wasm64::describe(type), misused);
  }
  if (type.heap != wasm64::heap::extern_) {
    throw failure("a " + wasm64::describe(type) + " cannot be given, except null", misused);
  }
  // Handle 0 is null to the engine.
  return {type, bits_of(text::parse_unsigned(given, (std::uint64_t{1} << 62) - 2), type, given) + 1, 0};
}

value parse_argument(val_type type, const std::string& given) {
  switch (type.code) {
    case type_code::i32: return {type, bits_of(text::parse_integer(given, 32), type, given), 0};
    case type_code::i64: return {type, bits_of(text::parse_integer(given, 64), type, given), 0};
    case type_code::f32: return {type, bits_of(text::parse_float(given, text::binary32), type, given), 0};
    case type_code::f64: return {type, bits_of(text::parse_float(given, text::binary64), type, given), 0};
    case type_code::v128: return parse_vector(given);
    default: return parse_reference(type, given);
  }
}

std::string hex_text(const char* format, std::uint64_t bits) {
  char buffer[24];
  std::snprintf(buffer, sizeof buffer, format, static_cast<unsigned long long>(bits));
  return buffer;
}

/// A NaN shows its payload unless it is the canonical one.
template <class Float>
std::string float_text(Float number, std::uint64_t bits, text::float_format format) {
  if (std::isnan(number)) {
    const std::uint64_t payload = bits & (format.quiet() * 2 - 1);
    std::string nan = (bits & format.sign()) != 0 ? "-nan" : "nan";
    return payload == format.quiet() ? nan : nan + hex_text(":0x%llx", payload);
  }
  char buffer[64];
  const std::to_chars_result end = std::to_chars(buffer, buffer + sizeof buffer, number);
  return std::string(buffer, end.ptr);
}

std::string reference_text(const value& v) {
  if (v.is_null()) return "ref.null";
  if (v.reference_form() == value::form::i31) return "ref.i31 " + std::to_string(v.as_i31());
  const bool is_host = v.reference_form() == value::form::plain;
  if (is_host && v.type.heap == wasm64::heap::extern_) return "ref.extern " + std::to_string(v.bits - 1);
  if (is_host && wasm64::top_of(v.type.heap) == wasm64::heap::any) return "ref.host " + std::to_string(v.bits - 1);
  return "ref." + wasm64::describe(v.type.heap);
}

std::string list_text(const wasm64::vector<val_type>& types) {
  std::string list = "(";
  for (const val_type t : types) list.append(list.size() > 1 ? " " : "").append(wasm64::describe(t));
  return list + ")";
}

}  // namespace

wasm64::vector<value> parse_arguments(const wasm64::func_type& type, const std::vector<std::string>& texts) {
  if (texts.size() != type.params.size()) {
    throw failure("wrong number of arguments: " + std::to_string(texts.size()) + " given, the type is " + to_text(type),
                  misused);
  }
  wasm64::vector<value> arguments;
  for (std::size_t i = 0; i < texts.size(); ++i) arguments.push_back(parse_argument(type.params[i], texts[i]));
  return arguments;
}

std::string to_text(const value& v) {
  switch (v.type.code) {
    case type_code::i32: return std::to_string(v.as_i32());
    case type_code::i64: return std::to_string(v.as_i64());
    case type_code::f32: return float_text(v.as_f32(), v.bits, text::binary32);
    case type_code::f64: return float_text(v.as_f64(), v.bits, text::binary64);
    case type_code::v128: return hex_text("0x%016llx", v.high) + hex_text("%016llx", v.bits);
    default: return reference_text(v);
  }
}

std::string to_text(const wasm64::func_type& type) { return list_text(type.params) + " -> " + list_text(type.results); }

}  // namespace cli
