#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wasm64 {

/// Every instruction, in the order of opcode.def; `count_` is no instruction.
enum class op : std::uint16_t {
#define WASM64_OP(name, ...) name,
#include "wasm64/binary/opcode.def"
  count_
};

inline constexpr std::size_t op_count = static_cast<std::size_t>(op::count_);

/// What follows the opcode in the binary, in order (specification 5.4).
enum class immediate_kind : std::uint8_t {
  none,
  block_type,
  label,
  label_table,    ///< vector of labels, then the default label
  func,
  type,
  call_indirect,  ///< type, table
  local,
  global,
  table,
  table_table,    ///< destination, source
  elem_table,     ///< element segment, table
  elem,
  memory,
  memory_memory,  ///< destination, source
  data_memory,    ///< data segment, memory
  data,
  memarg,
  memarg_lane,
  lane,
  shuffle,        ///< 16 lanes
  i32,
  i64,
  f32,
  f64,
  v128,
  heap_type,
  select_types,   ///< vector of value types
  try_table,      ///< block type, vector of catch clauses
  tag,
  br_on_cast,     ///< flags, label, two heap types
  struct_field,   ///< type, field
  array_fixed,    ///< type, count
  type_data,
  type_elem,
  type_type,      ///< destination, source
  zero,           ///< one zero byte
};

/// The proposal that brought an instruction.
enum class op_feature : std::uint8_t {
  mvp,
  sign_extension,
  saturating,
  bulk,
  reference_types,
  simd,
  relaxed_simd,
  tail_calls,
  exceptions,
  legacy_exceptions,
  function_references,
  gc,
  threads,
  wide_arithmetic,
};

/// One line of opcode.def.
struct op_info {
  const char* text;
  std::uint8_t prefix;  ///< 0 for one-byte opcodes
  std::uint32_t code;
  immediate_kind imm;
  const char* params;   ///< letters as explained in opcode.def
  const char* results;
  op_feature feature;
  std::uint8_t cost;    ///< fuel
};

namespace detail {

inline constexpr std::array<op_info, op_count> op_table{{
#define WASM64_OP(name, prefix, code, text, imm, params, results, feature, cost) \
  {text, prefix, code, immediate_kind::imm, params, results, op_feature::feature, cost},
#include "wasm64/binary/opcode.def"
}};

template <std::size_t Size>
using op_map = std::array<op, Size>;

template <std::size_t Size>
constexpr op_map<Size> make_op_map(std::uint8_t prefix) {
  op_map<Size> map{};
  for (op& entry : map) entry = op::count_;
  for (std::size_t i = 0; i < op_count; ++i) {
    if (op_table[i].prefix == prefix) map[op_table[i].code] = static_cast<op>(i);
  }
  return map;
}

inline constexpr auto plain_ops = make_op_map<0x100>(0x00);
inline constexpr auto gc_ops = make_op_map<0x20>(0xFB);
inline constexpr auto bulk_ops = make_op_map<0x20>(0xFC);
inline constexpr auto vector_ops = make_op_map<0x120>(0xFD);
inline constexpr auto atomic_ops = make_op_map<0x50>(0xFE);

template <std::size_t Size>
constexpr op op_at(const op_map<Size>& map, std::uint32_t code) noexcept {
  return code < Size ? map[code] : op::count_;
}

}  // namespace detail

constexpr const op_info& info(op o) noexcept { return detail::op_table[static_cast<std::size_t>(o)]; }

/// The instruction of that encoding, `op::count_` when there is none.
constexpr op find_op(std::uint8_t prefix, std::uint32_t code) noexcept {
  switch (prefix) {
    case 0x00: return detail::op_at(detail::plain_ops, code);
    case 0xFB: return detail::op_at(detail::gc_ops, code);
    case 0xFC: return detail::op_at(detail::bulk_ops, code);
    case 0xFD: return detail::op_at(detail::vector_ops, code);
    case 0xFE: return detail::op_at(detail::atomic_ops, code);
    default: return op::count_;
  }
}

/// True for the bytes that introduce a longer opcode.
constexpr bool is_op_prefix(std::uint8_t byte) noexcept { return byte >= 0xFB && byte <= 0xFE; }

namespace detail {

constexpr std::uint8_t log2_of_bits(std::string_view digits) noexcept {
  if (digits.substr(0, 2) == "16") return 1;
  if (digits.substr(0, 2) == "32") return 2;
  if (digits.substr(0, 2) == "64") return 3;
  if (digits.substr(0, 3) == "128") return 4;
  return 0;
}

/// The width is spelled in the name: after `load`, `store`, `rmw` or `wait`, otherwise in the type before the dot.
constexpr std::uint8_t access_log2_of(std::string_view text) noexcept {
  if (text == "memory.atomic.notify") return 2;
  for (const std::string_view word :
       {std::string_view("load"), std::string_view("store"), std::string_view("rmw"), std::string_view("wait")}) {
    const std::size_t at = text.find(word);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = text.substr(at + word.size());
    if (rest.empty() || rest[0] < '0' || rest[0] > '9') return log2_of_bits(text.substr(1));
    const std::size_t behind = rest.find_first_not_of("0123456789");
    const bool times = behind != std::string_view::npos && rest[behind] == 'x';  // load8x8 and the like
    return times ? std::uint8_t{3} : log2_of_bits(rest);
  }
  return 0;
}

constexpr std::array<std::uint8_t, op_count> make_access_widths() {
  std::array<std::uint8_t, op_count> widths{};
  for (std::size_t i = 0; i < op_count; ++i) {
    const op_info& row = op_table[i];
    if (row.imm == immediate_kind::memarg || row.imm == immediate_kind::memarg_lane) {
      widths[i] = access_log2_of(row.text);
    }
  }
  return widths;
}

inline constexpr auto access_widths = make_access_widths();

}  // namespace detail

/// Base-2 logarithm of the bytes a load, store or atomic touches, which is also its natural alignment.
constexpr std::uint8_t access_log2(op o) noexcept { return detail::access_widths[static_cast<std::size_t>(o)]; }

}  // namespace wasm64
