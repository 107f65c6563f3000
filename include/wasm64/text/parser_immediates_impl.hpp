#pragma once

#include "wasm64/text/parser.hpp"
#include "wasm64/text/vector_shape.hpp"

namespace wasm64::text {

WASM64_INLINE bool module_parser::parse_index(const index_space& space, std::uint32_t& index) {
  if (!at(token_kind::id)) return expect_u32(index);
  const token& id = take();
  index = space.names.find(decode_id(id.text));
  if (index != symbol_table::not_found) return true;
  return fail_at(errc::unknown_identifier, id, std::string("unknown ") + space.what + " " + std::string(id.text));
}

WASM64_INLINE bool module_parser::write_index(const index_space& space, writer& out) {
  std::uint32_t index = 0;
  if (!parse_index(space, index)) return false;
  out.unsigned_leb(index);
  return true;
}

/// An index, 0 when left out.
WASM64_INLINE bool module_parser::write_optional_index(const index_space& space, writer& out) {
  if (at_index()) return write_index(space, out);
  out.unsigned_leb(0);
  return true;
}

WASM64_INLINE bool module_parser::parse_local(writer& out) {
  std::uint32_t index = 0;
  if (at(token_kind::id)) {
    const token& id = take();
    index = locals_.ids.find(decode_id(id.text));
    if (index == symbol_table::not_found) {
      return fail_at(errc::unknown_identifier, id, "unknown local " + std::string(id.text));
    }
  } else if (!expect_u32(index)) {
    return false;
  }
  out.unsigned_leb(index);
  return true;
}

/// A label: its depth, or the name of the innermost block that has it.
WASM64_INLINE bool module_parser::parse_label(std::uint32_t& depth) {
  if (!at(token_kind::id)) return expect_u32(depth);
  const token& id = take();
  const auto found = named_labels_.find(decode_id(id.text));
  if (found == named_labels_.end()) return fail_at(errc::unknown_label, id, std::string(id.text));
  depth = static_cast<std::uint32_t>(labels_.size() - 1 - found->second.back());
  return true;
}

WASM64_INLINE bool module_parser::write_label(writer& out) {
  std::uint32_t depth = 0;
  if (!parse_label(depth)) return false;
  out.unsigned_leb(depth);
  return true;
}

WASM64_INLINE bool module_parser::parse_label_table(writer& out) {
  writer targets;
  std::uint32_t count = 0;
  std::uint32_t last = 0;
  if (!parse_label(last)) return false;
  for (; at_index(); ++count) {
    targets.unsigned_leb(last);
    if (!parse_label(last)) return false;
  }
  out.unsigned_leb(count);
  out.append(targets.bytes());
  out.unsigned_leb(last);
  return true;
}

/// `memidx? offset=n? align=n?`, and a lane index behind it for the lane instructions, where a single index is the
/// lane.
WASM64_INLINE bool module_parser::parse_memarg(op o, writer& out, bool with_lane) {
  std::uint32_t memory = 0;
  const auto at_argument = [this](std::size_t ahead) {
    return peek(ahead).kind == token_kind::keyword && detail::is_memarg_keyword(peek(ahead).text);
  };
  const bool has_memory =
      at(token_kind::id) || (is_natural_at(0) && (!with_lane || is_natural_at(1) || at_argument(1)));
  if (has_memory && !parse_index(memories_, memory)) return false;
  std::uint64_t offset = 0;
  std::uint64_t align_log2 = access_log2(o);
  if (at_argument(0) && peek().text[0] == 'o') {
    const token& argument = take();
    const literal read = parse_unsigned(argument.text.substr(7), ~std::uint64_t{0});
    if (read.failure != errc{}) return fail_at(errc::i64_constant_out_of_range, argument);
    offset = read.bits;
  }
  if (at_argument(0) && peek().text[0] == 'a') {
    const token& argument = take();
    const literal read = parse_unsigned(argument.text.substr(6), ~std::uint64_t{0});
    if (read.failure != errc{}) return fail_at(errc::i64_constant_out_of_range, argument);
    if (read.bits == 0 || (read.bits & (read.bits - 1)) != 0) {
      return fail_at(errc::alignment_not_power_of_two, argument);
    }
    for (align_log2 = 0; read.bits >> align_log2 != 1;) ++align_log2;
  }
  out.unsigned_leb(align_log2 | (memory != 0 ? 0x40u : 0u));
  if (memory != 0) out.unsigned_leb(memory);
  out.unsigned_leb(offset);
  return !with_lane || parse_lane(out);
}

/// `space? segment`; the binary has the segment first.
WASM64_INLINE bool module_parser::parse_segment_and_space(const index_space& segments, const index_space& space,
                                                          writer& out) {
  std::uint32_t of_space = 0;
  std::uint32_t segment = 0;
  const bool both = peek(1).kind == token_kind::id || is_natural_at(1);
  if (both && !parse_index(space, of_space)) return false;
  if (!parse_index(segments, segment)) return false;
  out.unsigned_leb(segment);
  out.unsigned_leb(of_space);
  return true;
}

/// Both indices or neither.
WASM64_INLINE bool module_parser::parse_index_pair(const index_space& space, writer& out) {
  if (at_index()) return write_index(space, out) && write_index(space, out);
  out.unsigned_leb(0);
  out.unsigned_leb(0);
  return true;
}

WASM64_INLINE bool module_parser::parse_call_indirect(writer& out) {
  std::uint32_t table = 0;
  std::uint32_t type = 0;
  if (at_index() && !parse_index(tables_, table)) return false;
  if (!parse_type_use(type, nullptr)) return false;
  out.unsigned_leb(type);
  out.unsigned_leb(table);
  return true;
}

/// `select`, or `select (result t*)*` with its own opcode; writes the opcode too.
WASM64_INLINE bool module_parser::parse_select(writer& out) {
  if (!at_open("result")) {
    out.opcode(op::select);
    return true;
  }
  func_type written;
  if (!parse_results(written)) return false;
  out.opcode(op::select_t);
  out.unsigned_leb(written.results.size());
  for (const val_type& type : written.results) out.type(type);
  return true;
}

/// `ref.test` and `ref.cast`: nullability selects the opcode, which this writes too.
WASM64_INLINE bool module_parser::parse_ref_test(op o, writer& out) {
  val_type type;
  if (!parse_ref_type(type)) return false;
  if (o == op::ref_test && type.nullable) o = op::ref_test_null;
  if (o == op::ref_cast && type.nullable) o = op::ref_cast_null;
  out.opcode(o);
  out.heap(type.heap);
  return true;
}

WASM64_INLINE bool module_parser::parse_br_on_cast(writer& out) {
  std::uint32_t depth = 0;
  val_type from;
  val_type to;
  if (!parse_label(depth) || !parse_ref_type(from) || !parse_ref_type(to)) return false;
  out.byte(static_cast<std::uint8_t>((from.nullable ? 1 : 0) | (to.nullable ? 2 : 0)));
  out.unsigned_leb(depth);
  out.heap(from.heap);
  out.heap(to.heap);
  return true;
}

WASM64_INLINE bool module_parser::parse_struct_field(writer& out) {
  std::uint32_t type = 0;
  std::uint32_t field = 0;
  if (!parse_index(types_, type)) return false;
  if (at(token_kind::id)) {
    const token& id = take();
    const std::string name = decode_id(id.text);
    field = type < field_names_.size() ? field_names_[type].find(name) : symbol_table::not_found;
    if (field == symbol_table::not_found) {
      return fail_at(errc::unknown_identifier, id, "unknown field " + std::string(id.text));
    }
  } else if (!expect_u32(field)) {
    return false;
  }
  out.unsigned_leb(type);
  out.unsigned_leb(field);
  return true;
}

WASM64_INLINE bool module_parser::parse_lane(writer& out) {
  std::uint64_t lane = 0;
  if (!expect_unsigned(0xFF, errc::i8_constant_out_of_range, lane)) return false;
  out.byte(static_cast<std::uint8_t>(lane));
  return true;
}

WASM64_INLINE bool module_parser::parse_shuffle(writer& out) {
  for (int i = 0; i < 16; ++i) {
    if (!at_literal()) return fail_at(errc::invalid_lane_length, peek());
    if (!is_natural_at(0)) return fail_at(errc::i8_constant_out_of_range, peek());
    if (!parse_lane(out)) return false;
  }
  return !at_literal() || fail_at(errc::invalid_lane_length, peek());
}

WASM64_INLINE bool module_parser::parse_int_const(unsigned width, writer& out) {
  if (!at(token_kind::number)) return unexpected();
  const token& number = take();
  const literal read = parse_integer(number.text, width);
  if (read.failure != errc{}) return fail_at(read.failure, number, std::string(number.text.substr(0, 40)));
  out.fixed(read.bits, width / 8);
  return true;
}

WASM64_INLINE bool module_parser::parse_float_const(float_format format, writer& out) {
  if (!at(token_kind::number) && !at(token_kind::keyword)) return unexpected();
  const token& number = peek();
  const literal read = parse_float(number.text, format);
  if (read.failure == errc::malformed_text) return unexpected();
  if (read.failure != errc{}) return fail_at(read.failure, number, std::string(number.text.substr(0, 40)));
  ++next_;
  out.fixed(read.bits, (format.mantissa_bits + format.exponent_bits + 1) / 8);
  return true;
}

WASM64_INLINE bool module_parser::parse_v128_const(writer& out) {
  for (const vector_shape& s : vector_shapes) {
    if (!take_keyword(s.name)) continue;
    for (int i = 0; i < s.lanes; ++i) {
      if (!at_literal()) return fail_at(errc::wrong_lane_count, peek());
      if (!(s.int_width != 0 ? parse_int_const(s.int_width, out) : parse_float_const(s.format, out))) return false;
    }
    return !at_literal() || fail_at(errc::wrong_lane_count, peek());
  }
  return unexpected();
}

/// Everything behind an instruction's name; opcodes that depend on it are written here too.
WASM64_INLINE bool module_parser::parse_immediates(op o, writer& out) {
  const immediate_kind kind = info(o).imm;
  if (o == op::select) return parse_select(out);
  if (o == op::ref_test || o == op::ref_cast) return parse_ref_test(o, out);
  out.opcode(o);
  switch (kind) {
    case immediate_kind::none: return true;
    case immediate_kind::label: return write_label(out);
    case immediate_kind::label_table: return parse_label_table(out);
    case immediate_kind::func: return write_index(funcs_, out);
    case immediate_kind::type: return write_index(types_, out);
    case immediate_kind::call_indirect: return parse_call_indirect(out);
    case immediate_kind::local: return parse_local(out);
    case immediate_kind::global: return write_index(globals_, out);
    case immediate_kind::table: return write_optional_index(tables_, out);
    case immediate_kind::table_table: return parse_index_pair(tables_, out);
    case immediate_kind::elem_table: return parse_segment_and_space(elems_, tables_, out);
    case immediate_kind::elem: return write_index(elems_, out);
    case immediate_kind::memory: return write_optional_index(memories_, out);
    case immediate_kind::memory_memory: return parse_index_pair(memories_, out);
    case immediate_kind::data_memory: uses_data_ = true; return parse_segment_and_space(datas_, memories_, out);
    case immediate_kind::data: uses_data_ = true; return write_index(datas_, out);
    case immediate_kind::memarg: return parse_memarg(o, out, false);
    case immediate_kind::memarg_lane: return parse_memarg(o, out, true);
    case immediate_kind::lane: return parse_lane(out);
    case immediate_kind::shuffle: return parse_shuffle(out);
    case immediate_kind::i32:
    case immediate_kind::i64: {
      const unsigned width = kind == immediate_kind::i32 ? 32 : 64;
      if (!at(token_kind::number)) return unexpected();
      const token& number = take();
      const literal read = parse_integer(number.text, width);
      if (read.failure != errc{}) return fail_at(read.failure, number, std::string(number.text.substr(0, 40)));
      out.signed_leb(width == 64 ? static_cast<std::int64_t>(read.bits) : static_cast<std::int32_t>(read.bits));
      return true;
    }
    case immediate_kind::f32: return parse_float_const(binary32, out);
    case immediate_kind::f64: return parse_float_const(binary64, out);
    case immediate_kind::v128: return parse_v128_const(out);
    case immediate_kind::heap_type: {
      heap_type heap;
      if (!parse_heap_type(heap)) return false;
      out.heap(heap);
      return true;
    }
    case immediate_kind::tag: return write_index(tags_, out);
    case immediate_kind::br_on_cast: return parse_br_on_cast(out);
    case immediate_kind::struct_field: return parse_struct_field(out);
    case immediate_kind::array_fixed: {
      std::uint32_t count = 0;
      if (!write_index(types_, out) || !expect_u32(count)) return false;
      out.unsigned_leb(count);
      return true;
    }
    case immediate_kind::type_data: uses_data_ = true; return write_index(types_, out) && write_index(datas_, out);
    case immediate_kind::type_elem: return write_index(types_, out) && write_index(elems_, out);
    case immediate_kind::type_type: return write_index(types_, out) && write_index(types_, out);
    case immediate_kind::zero: out.byte(0); return true;
    case immediate_kind::block_type:
    case immediate_kind::select_types:
    case immediate_kind::try_table: break;
  }
  return unexpected();
}

}  // namespace wasm64::text
