#pragma once

#include "wasm64/text/literals.hpp"
#include "wasm64/text/printer.hpp"

namespace wasm64::text {

WASM64_INLINE void module_printer::put_instruction(const instruction& in) {
  put(info(in.code).text);
  put_immediates(in);
}

WASM64_INLINE void module_printer::put_catches(const instruction& in) {
  static constexpr std::string_view words[] = {" (catch", " (catch_ref", " (catch_all", " (catch_all_ref"};
  reader items = in.items;
  for (std::uint32_t i = 0; i < in.count && !is_full_; ++i) {
    const catch_clause clause = read_catch_clause(items);
    put(words[clause.what]);
    if (clause.has_tag()) put_index(tags_, clause.tag);
    put_label(clause.depth);
    put(")");
  }
}

/// `memory offset=n align=n`, what is not the default of each.
WASM64_INLINE void module_printer::put_memarg(const instruction& in) {
  put_optional_index(memories_, in.memory.memory);
  if (in.memory.offset != 0) {
    put(" offset=");
    put_number(in.memory.offset);
  }
  if (in.memory.align_log2 != access_log2(in.code)) {
    put(" align=");
    put_number(std::uint64_t{1} << in.memory.align_log2);
  }
}

WASM64_INLINE void module_printer::put_v128(const instruction& in) {
  put(" i32x4");
  for (const std::uint64_t lane : {in.bits, in.bits >> 32, in.high_bits, in.high_bits >> 32}) {
    std::string literal = " 0x";
    detail::append_hex(literal, lane & 0xFFFF'FFFF, 8);
    put(literal);
  }
}

WASM64_INLINE void module_printer::put_field_index(std::uint32_t type, std::uint32_t field) {
  put_index(types_, type);
  put_index(type < fields_.size() ? fields_[type] : names{}, field);
}

/// The text has the table or memory first, the binary the segment.
WASM64_INLINE void module_printer::put_segment_and_space(const instruction& in, const names& segments,
                                                         const names& space) {
  put_optional_index(space, in.second);
  put_index(segments, in.first);
}

WASM64_INLINE void module_printer::put_ref_test(const instruction& in) {
  const bool nullable = in.code == op::ref_test_null || in.code == op::ref_cast_null;
  put(" ");
  put_val_type(val_type::ref(in.heap, nullable));
}

/// Everything behind an instruction's name.
WASM64_INLINE void module_printer::put_immediates(const instruction& in) {
  reader items = in.items;
  switch (info(in.code).imm) {
    case immediate_kind::none:
    case immediate_kind::zero: return;
    case immediate_kind::block_type:
    case immediate_kind::try_table:
      if (in.block.kind == block_type::form::single) {
        put(" (result ");
        put_val_type(in.block.result);
        put(")");
      } else if (in.block.kind == block_type::form::index) {
        put_type_use(in.block.type, {});
      }
      return put_catches(in);
    case immediate_kind::label: return put_label(in.first);
    case immediate_kind::label_table:
      for (std::uint32_t i = 0; i < in.count && !is_full_; ++i) put_label(items.u32());
      return put_label(in.first);
    case immediate_kind::func: return put_index(funcs_, in.first);
    case immediate_kind::type: return put_index(types_, in.first);
    case immediate_kind::call_indirect: put_optional_index(tables_, in.second); return put_type_use(in.first, {});
    case immediate_kind::local: return put_index(locals_, in.first);
    case immediate_kind::global: return put_index(globals_, in.first);
    case immediate_kind::table: return put_optional_index(tables_, in.first);
    case immediate_kind::table_table:
      if (in.first == 0 && in.second == 0) return;
      put_index(tables_, in.first);
      return put_index(tables_, in.second);
    case immediate_kind::elem_table: return put_segment_and_space(in, elems_, tables_);
    case immediate_kind::elem: return put_index(elems_, in.first);
    case immediate_kind::memory: return put_optional_index(memories_, in.first);
    case immediate_kind::memory_memory:
      if (in.first == 0 && in.second == 0) return;
      put_index(memories_, in.first);
      return put_index(memories_, in.second);
    case immediate_kind::data_memory: needs_data_count_ = true; return put_segment_and_space(in, datas_, memories_);
    case immediate_kind::data: needs_data_count_ = true; return put_index(datas_, in.first);
    case immediate_kind::memarg: return put_memarg(in);
    case immediate_kind::memarg_lane:
      put_memarg(in);
      put(" ");
      return put_number(in.first);
    case immediate_kind::lane: put(" "); return put_number(in.first);
    case immediate_kind::shuffle:
      for (std::uint32_t i = 0; i < in.count; ++i) {
        put(" ");
        put_number(items.u8());
      }
      return;
    case immediate_kind::i32:
    case immediate_kind::i64: {
      std::string literal = " ";
      const bool narrow = info(in.code).imm == immediate_kind::i32;
      append_signed(literal, narrow ? static_cast<std::int32_t>(in.bits) : static_cast<std::int64_t>(in.bits));
      return put(literal);
    }
    case immediate_kind::f32:
    case immediate_kind::f64: {
      std::string literal = " ";
      append_float(literal, in.bits, info(in.code).imm == immediate_kind::f32 ? binary32 : binary64);
      return put(literal);
    }
    case immediate_kind::v128: return put_v128(in);
    case immediate_kind::heap_type:
      return info(in.code).text == std::string_view("ref.null") ? put_heap_type(in.heap) : put_ref_test(in);
    case immediate_kind::select_types:
      put(" (result");
      for (std::uint32_t i = 0; i < in.count && !is_full_; ++i) {
        put(" ");
        put_val_type(read_val_type(items));
      }
      return put(")");
    case immediate_kind::tag: return put_index(tags_, in.first);
    case immediate_kind::br_on_cast:
      put_label(in.first);
      put(" ");
      put_val_type(in.from);
      put(" ");
      return put_val_type(in.to);
    case immediate_kind::struct_field: return put_field_index(in.first, in.second);
    case immediate_kind::array_fixed:
      put_index(types_, in.first);
      put(" ");
      return put_number(in.second);
    case immediate_kind::type_data:
      needs_data_count_ = true;
      put_index(types_, in.first);
      return put_index(datas_, in.second);
    case immediate_kind::type_elem: put_index(types_, in.first); return put_index(elems_, in.second);
    case immediate_kind::type_type: put_index(types_, in.first); return put_index(types_, in.second);
  }
}

}  // namespace wasm64::text
