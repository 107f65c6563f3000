#pragma once

#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "wasm64/aot/c_prelude.hpp"
#include "wasm64/aot/c_vectors.hpp"
#include "wasm64/aot/emitter.hpp"

namespace wasm64::aot {

/// Writes GNU C: a function for each function, blocks as labels, values as variables that are set once. The text is the
/// same wherever it is written; `code_emitter` says what the members mean.
class c_emitter {
 public:
  /// A constant, or a number of a variable `t<number>`.
  struct value {
    value_type type = value_type::none;
    bool is_constant = false;
    std::uint64_t bits = 0;  ///< of a constant; otherwise the number
    std::uint64_t high = 0;  ///< of a constant v128
    friend bool operator==(const value&, const value&) = default;
  };
  struct variable {
    value_type type = value_type::none;
    std::uint32_t number = 0;
  };
  struct block {
    std::uint32_t number = 0;
    bool is_cold = false;
  };
  struct call_result {
    value left;
    value status;
    value result;
    value fuel;
  };

  /// `operations` says whether vectors are written.
  explicit c_emitter(std::size_t functions, bool metered = false) : metered_(metered) { declared_.resize(functions); }

  /// The whole text; nothing can be added.
  std::string take() {
    std::string text(metered_ ? "#define ENDED s64\n" : "#define ENDED u32\n");
    text += detail::c_prelude;
    if (has_vectors_) text += detail::c_vectors;
    text += prototypes_;
    text += functions_;
    return text;
  }
  std::size_t size() const noexcept { return functions_.size(); }

  // Functions.

  void begin_body(std::uint32_t function, const signature& s) {
    start();
    signature_ = s;
    is_entry_ = false;
    declare(function, s);
    write_header(head_, function, s);
    head_ += " {\n";
  }
  void begin_entry(std::uint32_t function) {
    start();
    is_entry_ = true;
    put(head_, {"HIDDEN u32 wasm64_entry_", digits(function), "(u64 c, u64 fp, u64 budget) {\n"});
  }
  void end_function() {
    functions_ += head_;
    functions_ += body_;
    functions_ += "}\n";
  }
  void abandon() noexcept {}

  value context() noexcept { return named(value_type::address, name_context); }
  value frame() noexcept { return named(value_type::address, name_frame); }
  value budget() noexcept { return named(value_type::i64, name_budget); }
  value fuel() noexcept { return named(value_type::i64, name_fuel); }
  value param(std::uint32_t i) noexcept { return named(signature_.params[i], name_params + i); }

  // Control.

  block new_block(bool is_cold = false) noexcept { return {blocks_++, is_cold}; }
  void begin(block b) {
    put(body_, {"L", digits(b.number), ":;\n"});
    if (b.is_cold) body_ += "__asm__ volatile(\"\");\n";  // keeps it a block of its own
  }
  void jump(block b) { put(body_, {"goto L", digits(b.number), ";\n"}); }
  void branch(const value& flag, block then, block otherwise, likelihood how) {
    const std::string_view hint = how == likelihood::likely ? "OFTEN" : how == likelihood::unlikely ? "SELDOM" : "";
    put(body_,
        {"if (", hint, "(", text(flag), ")) goto L", digits(then.number), "; goto L", digits(otherwise.number), ";\n"});
  }
  void switch_(const value& index, std::span<const block> targets, block otherwise) {
    put(body_, {"switch (", text(index), ") {\n"});
    for (std::size_t i = 0; i < targets.size(); ++i) {
      put(body_, {"case ", digits(i), ": goto L", digits(targets[i].number), ";\n"});
    }
    put(body_, {"default: goto L", digits(otherwise.number), "; }\n"});
  }
  void unreachable() { body_ += "__builtin_unreachable();\n"; }

  // Values.

  variable new_variable(value_type type) {
    const variable x{type, variables_++};
    put(head_, {name_of(type), " x", digits(x.number), ";\n"});
    return x;
  }
  value get(variable x) { return make(x.type, {"x", digits(x.number)}); }
  void set(variable x, const value& v) { put(body_, {"x", digits(x.number), " = ", text(v), ";\n"}); }

  value constant(value_type type, std::uint64_t bits) noexcept { return {type, true, bits, 0}; }
  value vector_constant(std::uint64_t low, std::uint64_t high) noexcept { return {value_type::v128, true, low, high}; }

  value unary(primitive p, value_type result, const value& a);
  value binary(primitive p, const value& a, const value& b);
  value select(const value& flag, const value& a, const value& b) {
    return make(a.type, {text(flag), " ? ", text(a), " : ", text(b)});
  }
  value choose(const value& flag, const value& a, const value& b) { return select(flag, a, b); }
  value load(access how, const value& base, const value& index, std::uint64_t offset) {
    const std::string_view stored = stored_as(how);
    return make(how.type, {how.is_signed ? signed_cast(how.type) : std::string_view(), "SEEN(", stored, ", ",
                           address(base, index, offset), ")"});
  }
  void store(access how, const value& base, const value& index, std::uint64_t offset, const value& v) {
    put(body_, {"PUT(", stored_as(how), ", ", address(base, index, offset), ", ", text(v), ");\n"});
  }
  value displaced(const value& from, std::int64_t bytes) {
    return make(value_type::address, {address(from, value{}, static_cast<std::uint64_t>(bytes))});
  }
  value stack_place() { return make(value_type::i64, {"stack_place()"}); }

  // Calls.

  call_result call(std::uint32_t function, const signature& s, const value& frame, const value& budget,
                   const value& fuel, std::span<const value> arguments) {
    declare(function, s);
    return call_text("wasm64_body_" + digits(function), s, frame, budget, fuel, arguments);
  }
  call_result call_body(const value& body, const signature& s, const value& frame, const value& budget,
                        const value& fuel, std::span<const value> arguments) {
    std::string callee = "((";
    put(callee, {result_name(s), "(*)(u64, u64, u64", metered_ ? ", u64" : ""});
    for (const value_type type : s.params) put(callee, {", ", name_of(type)});
    put(callee, {"))", text(body), ")"});
    return call_text(callee, s, frame, budget, fuel, arguments);
  }
  value call_helper(const value& body, const value& frame, const value& budget, const value& a, const value& b) {
    return make(value_type::i32, {"((helper *)", text(body), ")(c, ", text(frame), ", ", text(budget), ", ", text(a),
                                  ", ", text(b), ")"});
  }
  void return_result(const value& v, const value& fuel) {
    const std::string ended = metered_ ? text(fuel) : "0";
    if (signature_.result == value_type::none) put(body_, {"return (ENDED)", ended, ";\n"});
    else put(body_, {"return (", result_name(signature_), "){", text(v), ", (ENDED)", ended, "};\n"});
  }
  void return_status(const value& v) {
    if (is_entry_) return put(body_, {"return ", text(v), ";\n"});
    const std::string ended = left_with(v);
    if (signature_.result == value_type::none) put(body_, {"return ", ended, ";\n"});
    else put(body_, {"return (", result_name(signature_), "){.s = ", ended, "};\n"});
  }
  void return_left(const value& status, const value& place, const value& fuel) {
    std::string ended = left_with(status);
    if (metered_) ended = text(status) + " ? " + ended + " : (ENDED)" + text(fuel);
    if (signature_.result == value_type::none) return put(body_, {"return ", ended, ";\n"});
    const std::uint8_t log2 = signature_.result == value_type::v128      ? 4
                              : name_of(signature_.result).back() == '2' ? 2
                                                                         : 3;
    const value v = load({signature_.result, log2}, place, value{}, 0);
    put(body_, {"return (", result_name(signature_), "){", text(v), ", ", ended, "};\n"});
  }
  bool can_tail_call(const signature&, const signature&) const noexcept { return false; }
  void tail_call(std::uint32_t, const signature&, const value&, const value&, const value&, std::span<const value>) {
    body_ += "__builtin_trap();\n";
  }
  void tail_call_body(const value&, const signature&, const value&, const value&, const value&,
                      std::span<const value>) {
    body_ += "__builtin_trap();\n";
  }

  bool can(op o) const noexcept { return info(o).prefix == 0xFD; }
  value vector(op o, value_type result, std::span<const value> operands, std::uint64_t low, std::uint64_t high) {
    has_vectors_ = true;
    if (o == op::i8x16_shuffle) return shuffle(operands, low, high);
    std::string call(info(o).text);
    for (char& c : call) c = c == '.' ? '_' : c;
    for (const value& v : operands) put(call, {&v == operands.data() ? "(" : ", ", text(v)});
    const std::string_view name(info(o).text);
    if (name.find("_lane") != std::string_view::npos) put(call, {", ", digits(low)});
    return make(result, {call, ")"});
  }

 private:
  static constexpr std::uint64_t name_context = ~std::uint64_t{0}, name_frame = ~std::uint64_t{1},
                                 name_budget = ~std::uint64_t{2}, name_fuel = ~std::uint64_t{3},
                                 name_params = std::uint64_t{1} << 62;

  static std::string digits(std::uint64_t n) {
    char buffer[20];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, n).ptr};
  }
  static void put(std::string& to, std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) to += part;
  }
  static std::string_view name_of(value_type type) noexcept {
    switch (type) {
      case value_type::flag:
      case value_type::i32: return "u32";
      case value_type::f32: return "f32";
      case value_type::f64: return "f64";
      case value_type::v128: return "v128";
      default: return "u64";
    }
  }
  static std::string_view result_name(const signature& s) noexcept {
    switch (s.result) {
      case value_type::none: return "r_none";
      case value_type::i32: return "r_u32";
      case value_type::f32: return "r_f32";
      case value_type::f64: return "r_f64";
      case value_type::v128: return "r_v128";
      default: return "r_u64";
    }
  }
  static std::string_view signed_cast(value_type type) noexcept { return type == value_type::i32 ? "(s32)" : "(s64)"; }
  static std::string_view stored_as(access how) noexcept {
    if (how.type == value_type::f32) return "f32";
    if (how.type == value_type::f64) return "f64";
    if (how.type == value_type::v128) return "v128";
    switch (how.log2) {
      case 0: return how.is_signed ? "s8" : "u8";
      case 1: return how.is_signed ? "s16" : "u16";
      case 2: return how.is_signed ? "s32" : "u32";
      default: return "u64";
    }
  }

  void start() {
    head_.clear();
    body_.clear();
    values_ = blocks_ = variables_ = 0;
  }
  void write_header(std::string& to, std::uint32_t function, const signature& s) const {
    put(to, {"HIDDEN ", result_name(s), " wasm64_body_", digits(function), "(u64 c, u64 fp, u64 budget"});
    if (metered_) to += ", u64 fuel";
    for (std::size_t i = 0; i < s.params.size(); ++i) put(to, {", ", name_of(s.params[i]), " p", digits(i)});
    to += ")";
  }
  void declare(std::uint32_t function, const signature& s) {
    if (declared_[function] != 0) return;
    declared_[function] = 1;
    write_header(prototypes_, function, s);
    prototypes_ += ";\n";
  }

  static value named(value_type type, std::uint64_t number) noexcept { return {type, false, number, 0}; }
  value make(value_type type, std::initializer_list<std::string_view> parts) {
    const value v{type, false, values_++, 0};
    put(body_, {name_of(type), " t", digits(v.bits), " = "});
    put(body_, parts);
    body_ += ";\n";
    return v;
  }
  std::string text(const value& v) const {
    if (!v.is_constant) {
      if (v.bits == name_context) return "c";
      if (v.bits == name_frame) return "fp";
      if (v.bits == name_budget) return "budget";
      if (v.bits == name_fuel) return "fuel";
      if (v.bits >= name_params) return "p" + digits(v.bits - name_params);
      return "t" + digits(v.bits);
    }
    switch (v.type) {
      case value_type::flag:
      case value_type::i32: return digits(v.bits & 0xffffffff) + "u";
      case value_type::f32: return "f32_of(" + digits(v.bits) + "u)";
      case value_type::f64: return "f64_of(" + digits(v.bits) + "u)";
      case value_type::v128: return "((v128){" + digits(v.bits) + "u, " + digits(v.high) + "u})";
      default: return "(u64)" + digits(v.bits) + "u";
    }
  }
  std::string address(const value& base, const value& index, std::uint64_t offset) const {
    std::string sum = text(base);
    if (index.type != value_type::none) put(sum, {" + ", text(index)});
    if (offset != 0) put(sum, {" + ", digits(offset), "u"});
    return sum;
  }

  /// What a body answers instead of what is left of the fuel, or of 0: where fuel is counted a negative number.
  std::string left_with(const value& status) const {
    return metered_ ? "(s64)(0x8000000000000000u | " + text(status) + ")" : text(status);
  }
  call_result call_text(const std::string& callee, const signature& s, const value& frame, const value& budget,
                        const value& fuel, std::span<const value> arguments) {
    const std::string number = digits(values_++);
    put(body_, {result_name(s), " r", number, " = ", callee, "(c, ", text(frame), ", ", text(budget)});
    if (metered_) put(body_, {", ", text(fuel)});
    for (const value& v : arguments) put(body_, {", ", text(v)});
    body_ += ");\n";
    const bool has_result = s.result != value_type::none;
    const std::string ended = "r" + number + (has_result ? ".s" : "");
    const value left = make(value_type::flag, {ended, metered_ ? " < 0" : " != 0"});
    const value status = make(value_type::i32, {"(u32)", ended});
    const value rest = metered_ ? make(value_type::i64, {"(u64)", ended}) : value{};
    return {left, status, has_result ? make(s.result, {"r", number, ".v"}) : value{}, rest};
  }

  value shuffle(std::span<const value> operands, std::uint64_t low, std::uint64_t high) {
    std::string numbers;
    for (const std::uint64_t half : {low, high}) {
      for (unsigned shift = 0; shift < 64; shift += 8) put(numbers, {", ", digits(half >> shift & 31)});
    }
    return make(value_type::v128, {"(v128)__builtin_shufflevector((u8x16)", text(operands[0]), ", (u8x16)",
                                   text(operands[1]), numbers, ")"});
  }

  const bool metered_;
  bool has_vectors_ = false;
  std::string prototypes_, functions_;
  std::string head_, body_;  ///< of the function that is written
  wasm64::vector<std::uint8_t> declared_;
  signature signature_;
  bool is_entry_ = false;
  std::uint64_t values_ = 0;
  std::uint32_t blocks_ = 0, variables_ = 0;
};

inline c_emitter::value c_emitter::unary(primitive p, value_type result, const value& a) {
  const std::string x = text(a);
  const std::string_view from = name_of(a.type), to = name_of(result);
  const auto call = [&](std::string_view name) { return make(result, {name, "_", from, "(", x, ")"}); };
  const bool is_signed = p == primitive::extend_s || p == primitive::convert_s;
  const std::string_view wide = is_signed ? (a.type == value_type::i64 ? "(s64)" : "(s32)") : std::string_view();
  switch (p) {
    case primitive::clz: return call("clz");
    case primitive::ctz: return call("ctz");
    case primitive::popcnt: return call("popcnt");
    case primitive::fsqrt: return call("sqrt");
    case primitive::fceil: return call("ceil");
    case primitive::ffloor: return call("floor");
    case primitive::ftrunc: return call("trunc");
    case primitive::fnearest: return call("nearest");
    case primitive::fabs: return call("fabs");
    case primitive::fneg: return make(result, {"-", x});
    case primitive::extend8_s: return make(result, {signed_cast(result), "(s8)", x});
    case primitive::extend16_s: return make(result, {signed_cast(result), "(s16)", x});
    case primitive::extend32_s: return make(result, {"(s64)(s32)", x});
    case primitive::reinterpret:
      if (from == to) return make(result, {x});
      return make(result, {to, "_of(", x, ")"});
    case primitive::truncate_s: return make(result, {"(", to, ")", result == value_type::i32 ? "(s32)" : "(s64)", x});
    default: return make(result, {"(", to, ")", wide, x});  // all other conversions
  }
}

inline c_emitter::value c_emitter::binary(primitive p, const value& a, const value& b) {
  const std::string x = text(a), y = text(b);
  const std::string_view type = name_of(a.type);
  const std::string_view as_signed = signed_cast(a.type);
  const std::string_view mask = a.type == value_type::i32 ? " & 31)" : " & 63)";
  const auto infix = [&](std::string_view sign) { return make(a.type, {x, sign, y}); };
  const auto signed_infix = [&](std::string_view sign) { return make(a.type, {as_signed, x, sign, as_signed, y}); };
  const auto shift = [&](std::string_view cast, std::string_view sign) {
    return make(a.type, {cast, x, sign, "(", y, mask});
  };
  const auto call = [&](std::string_view name) { return make(a.type, {name, "_", type, "(", x, ", ", y, ")"}); };
  const auto test = [&](std::string_view sign) { return make(value_type::flag, {x, sign, y}); };
  const auto signed_test = [&](std::string_view sign) {
    return make(value_type::flag, {as_signed, x, sign, as_signed, y});
  };
  switch (p) {
    case primitive::add:
    case primitive::fadd: return infix(" + ");
    case primitive::sub:
    case primitive::fsub: return infix(" - ");
    case primitive::mul:
    case primitive::fmul: return infix(" * ");
    case primitive::fdiv:
    case primitive::div_u: return infix(" / ");
    case primitive::rem_u: return infix(" % ");
    case primitive::div_s: return signed_infix(" / ");
    case primitive::rem_s: return signed_infix(" % ");
    case primitive::and_: return infix(" & ");
    case primitive::or_: return infix(" | ");
    case primitive::xor_: return infix(" ^ ");
    case primitive::shl: return shift("", " << ");
    case primitive::shr_u: return shift("", " >> ");
    case primitive::shr_s: return shift(as_signed, " >> ");
    case primitive::rotl: return call("rotl");
    case primitive::rotr: return call("rotr");
    case primitive::fcopysign: return call("copysign");
    case primitive::mul_high_s: return make(a.type, {"high_s(", x, ", ", y, ")"});
    case primitive::mul_high_u: return make(a.type, {"high_u(", x, ", ", y, ")"});
    case primitive::funordered: return make(value_type::flag, {"__builtin_isunordered(", x, ", ", y, ")"});
    case primitive::eq:
    case primitive::feq: return test(" == ");
    case primitive::ne:
    case primitive::fne: return test(" != ");
    case primitive::lt_u:
    case primitive::flt: return test(" < ");
    case primitive::gt_u:
    case primitive::fgt: return test(" > ");
    case primitive::le_u:
    case primitive::fle: return test(" <= ");
    case primitive::ge_u:
    case primitive::fge: return test(" >= ");
    case primitive::lt_s: return signed_test(" < ");
    case primitive::gt_s: return signed_test(" > ");
    case primitive::le_s: return signed_test(" <= ");
    default: return signed_test(" >= ");
  }
}
static_assert(code_emitter<c_emitter>);

}  // namespace wasm64::aot
