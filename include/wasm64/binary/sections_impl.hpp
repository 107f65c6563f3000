#pragma once

// section_decoder: all sections but the type section. Room is reserved for as many items as the bytes can hold.

#include <algorithm>

#include "wasm64/binary/const_expr.hpp"
#include "wasm64/binary/sections.hpp"
#include "wasm64/binary/utf8.hpp"
#include "wasm64/config.hpp"

namespace wasm64::detail {

WASM64_INLINE void section_decoder::section(section_id id, reader& in) {
  switch (id) {
    case section_id::custom: return;
    case section_id::type: return type_section(in);
    case section_id::import: return import_section(in);
    case section_id::function: return function_section(in);
    case section_id::table: return table_section(in);
    case section_id::memory: return memory_section(in);
    case section_id::tag: return tag_section(in);
    case section_id::global: return global_section(in);
    case section_id::export_: return export_section(in);
    case section_id::start:
      module_.has_start = true;
      module_.start = in.u32();
      return;
    case section_id::element: return element_section(in);
    case section_id::data_count:
      module_.has_data_count = true;
      module_.data_count = in.u32();
      return;
    case section_id::code: return code_section(in);
    case section_id::data: return data_section(in);
  }
}

WASM64_INLINE void section_decoder::finish(reader& in) {
  if (code_entries_ != module_.funcs.size()) {
    in.fail(errc::function_code_mismatch);
  } else if (module_.has_data_count && module_.data_count != module_.datas.size()) {
    in.fail(errc::data_count_mismatch);
  }
}

WASM64_INLINE void section_decoder::import_section(reader& in) {
  const std::uint32_t n = count(in, limits_.imports, "imports");
  module_.imports.reserve(std::min<std::size_t>(n, in.remaining() / 4));
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i) {
    import_desc& entry = module_.imports.emplace_back();
    entry.module = name(in);
    entry.name = name(in);
    const std::uint64_t at = in.offset();
    const std::uint8_t kind = in.u8();
    if (kind > static_cast<std::uint8_t>(extern_kind::tag)) {
      in.fail(errc::malformed_import_kind, at);
      return;
    }
    entry.kind = static_cast<extern_kind>(kind);
    switch (entry.kind) {
      case extern_kind::func:
        entry.func_type = in.u32();
        module_.func_types.push_back(entry.func_type);
        ++module_.imported_funcs;
        break;
      case extern_kind::table:
        entry.table = table(in);
        module_.tables.push_back({entry.table, false, {}});
        ++module_.imported_tables;
        break;
      case extern_kind::memory:
        entry.memory = memory(in);
        module_.memories.push_back(entry.memory);
        ++module_.imported_memories;
        break;
      case extern_kind::global:
        entry.global = global(in);
        module_.globals.push_back({entry.global, {}});
        ++module_.imported_globals;
        break;
      case extern_kind::tag:
        entry.tag = tag(in);
        module_.tags.push_back(entry.tag);
        ++module_.imported_tags;
        break;
    }
  }
}

WASM64_INLINE void section_decoder::function_section(reader& in) {
  const std::uint32_t n = count(in, limits_.functions, "functions");
  if (over_limit(in, module_.func_types.size() + std::uint64_t{n}, limits_.functions, "functions")) return;
  module_.func_types.reserve(module_.func_types.size() + n);
  module_.funcs.resize(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    module_.funcs[i].type = in.u32();
    module_.func_types.push_back(module_.funcs[i].type);
  }
}

WASM64_INLINE void section_decoder::table_section(reader& in) {
  const std::uint32_t n = count(in, limits_.tables, "tables");
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i) {
    table_def& entry = module_.tables.emplace_back();
    entry.has_init = in.peek() == 0x40;
    if (entry.has_init) {
      in.u8();
      const std::uint64_t at = in.offset();
      if (in.u8() != 0) in.fail(errc::zero_byte_expected, at);
    }
    entry.type = table(in);
    if (entry.has_init) entry.init = expression(in);
  }
}

WASM64_INLINE void section_decoder::memory_section(reader& in) {
  const std::uint32_t n = count(in, limits_.memories, "memories");
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i) module_.memories.push_back(memory(in));
}

WASM64_INLINE void section_decoder::tag_section(reader& in) {
  if (!features_.exceptions && !features_.legacy_exceptions) return unsupported(in, "exceptions");
  const std::uint32_t n = count(in, limits_.tags, "tags");
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i) module_.tags.push_back(tag(in));
}

WASM64_INLINE void section_decoder::global_section(reader& in) {
  const std::uint32_t n = count(in, limits_.globals, "globals");
  module_.globals.reserve(module_.globals.size() + std::min<std::size_t>(n, in.remaining() / 4));
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i) {
    const global_type type = global(in);
    module_.globals.push_back({type, expression(in)});
  }
}

WASM64_INLINE void section_decoder::export_section(reader& in) {
  const std::uint32_t n = count(in, limits_.exports, "exports");
  module_.exports.reserve(std::min<std::size_t>(n, in.remaining() / 3));
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i) {
    export_desc& entry = module_.exports.emplace_back();
    entry.name = name(in);
    const std::uint64_t at = in.offset();
    const std::uint8_t kind = in.u8();
    if (kind > static_cast<std::uint8_t>(extern_kind::tag)) in.fail(errc::malformed_export_kind, at);
    entry.kind = static_cast<extern_kind>(kind);
    entry.index = in.u32();
  }
}

WASM64_INLINE void section_decoder::element_section(reader& in) {
  const std::uint32_t n = count(in, limits_.segments, "element segments");
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i) element_segment(in);
}

/// The flags: bit 0 not active, bit 1 a table index or else declarative, bit 2 expressions (specification 5.5.12).
WASM64_INLINE void section_decoder::element_segment(reader& in) {
  const std::uint64_t at = in.offset();
  const std::uint32_t flags = in.u32();
  if (flags > 7) {
    in.fail(errc::malformed_elements_kind, at);
    return;
  }
  elem_segment& segment = module_.elems.emplace_back();
  segment.is_indices = (flags & 4) == 0;
  if (segment.is_indices) segment.type = val_type::ref(heap::func, false);
  if ((flags & 1) == 0) {
    if ((flags & 2) != 0) segment.table = in.u32();
    segment.offset = expression(in);
  } else {
    segment.mode = (flags & 2) != 0 ? segment_mode::declarative : segment_mode::passive;
  }
  if ((flags & 3) != 0) {
    const std::uint64_t kind_at = in.offset();
    if (!segment.is_indices) segment.type = read_ref_type(in);
    else if (in.u8() != 0) in.fail(errc::malformed_elements_kind, kind_at);
  }
  const std::uint32_t n = count(in, limits_.segment_elements, "elements of a segment");
  if (segment.is_indices) {
    segment.indices.reserve(n);
    for (std::uint32_t i = 0; i < n; ++i) segment.indices.push_back(in.u32());
  } else {
    for (std::uint32_t i = 0; i < n && !in.failed(); ++i) segment.exprs.push_back(expression(in));
  }
}

WASM64_INLINE void section_decoder::code_section(reader& in) {
  const std::uint64_t at = in.offset();
  code_entries_ = in.u32();
  if (in.failed()) return;
  if (code_entries_ != module_.funcs.size()) {
    in.fail(errc::function_code_mismatch, at);
    return;
  }
  for (func_def& def : module_.funcs) {
    const std::uint32_t size = in.u32();
    reader entry = in.sub(size);
    if (in.failed() || over_limit(in, size, limits_.function_body_size, "function body")) return;
    code_entry(entry, def);
    if (entry.failed()) {
      in.fail(entry.failure(), entry.failure_offset());
      return;
    }
  }
}

WASM64_INLINE void section_decoder::code_entry(reader& in, func_def& def) {
  def.entry = static_cast<std::uint32_t>(in.offset());
  const std::uint32_t runs = count(in, 0xFFFF'FFFF, "locals");
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < runs && !in.failed(); ++i) {
    const std::uint64_t at = in.offset();
    const std::uint32_t n = in.u32();
    const val_type type = read_val_type(in);
    total += n;
    if (total > 0xFFFF'FFFF) in.fail(errc::too_many_locals, at);
    if (n != 0) def.locals.push_back({n, type});
  }
  all_locals_ += total;
  if (over_limit(in, total, limits_.locals, "locals")) return;
  if (over_limit(in, all_locals_, limits_.all_locals, "locals of all functions")) return;
  def.body = {static_cast<std::uint32_t>(in.offset()), static_cast<std::uint32_t>(in.remaining())};
}

WASM64_INLINE void section_decoder::data_section(reader& in) {
  const std::uint32_t n = count(in, limits_.segments, "data segments");
  module_.datas.reserve(std::min<std::size_t>(n, in.remaining() / 2));
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i) {
    const std::uint64_t at = in.offset();
    const std::uint32_t flags = in.u32();
    if (flags > 2) {
      in.fail(errc::malformed_data_kind, at);
      return;
    }
    data_segment& segment = module_.datas.emplace_back();
    if (flags == 1) segment.mode = segment_mode::passive;
    if (flags == 2) segment.memory = in.u32();
    if (flags != 1) segment.offset = expression(in);
    const std::uint32_t size = in.u32();
    segment.init = {static_cast<std::uint32_t>(in.offset()), size};
    in.bytes(size);
  }
}

WASM64_INLINE std::uint32_t section_decoder::count(reader& in, std::uint64_t max, const char* what) {
  const std::uint64_t at = in.offset();
  const std::uint32_t n = in.u32();
  if (n > in.remaining()) {
    in.fail(errc::length_out_of_bounds, at);
    return 0;
  }
  return over_limit(in, n, max, what) ? 0 : n;
}

WASM64_INLINE bool section_decoder::over_limit(reader& in, std::uint64_t wanted, std::uint64_t max, const char* what) {
  if (in.failed() || wanted <= max) return in.failed();
  what_ = what;
  in.fail(errc::implementation_limit);
  return true;
}

WASM64_INLINE void section_decoder::unsupported(reader& in, const char* feature) {
  if (!in.failed()) what_ = feature;
  in.fail(errc::unsupported_feature);
}

WASM64_INLINE std::string section_decoder::name(reader& in) {
  const std::uint64_t at = in.offset();
  const std::uint32_t size = in.u32();
  const bytes_view text = in.bytes(size);
  if (!is_utf8(text)) in.fail(errc::malformed_utf8, at);
  if (over_limit(in, size, limits_.name_size, "name")) return {};
  return std::string(as_text(text));
}

/// Walks over a constant expression.
WASM64_INLINE const_expr section_decoder::expression(reader& in) {
  const std::size_t begin = in.offset();
  while (!in.failed() && read_const_instruction(in).opcode != op::end) {
  }
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(in.offset() - begin)};
}

}  // namespace wasm64::detail
