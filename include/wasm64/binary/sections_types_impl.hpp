#pragma once

// section_decoder: the type section and the types of imports and definitions.

#include <algorithm>

#include "wasm64/binary/sections.hpp"
#include "wasm64/binary/types.hpp"
#include "wasm64/config.hpp"

namespace wasm64::detail {

WASM64_INLINE void section_decoder::type_section(reader& in) {
  const std::uint32_t n = count(in, limits_.types, "types");
  module_.types.reserve(std::min<std::size_t>(n, in.remaining() / 3));
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i) recursive_type(in);
}

/// A recursive group, or one type that is its own group (specification 5.3.11).
WASM64_INLINE void section_decoder::recursive_type(reader& in) {
  const std::uint8_t form = in.u8();
  const std::size_t begin = module_.types.size();
  if (form == 0x4E) {
    const std::uint32_t n = count(in, limits_.types, "types");
    if (over_limit(in, begin + n, limits_.types, "types")) return;
    for (std::uint32_t i = 0; i < n && !in.failed(); ++i) sub_type_entry(in, in.u8());
  } else {
    if (over_limit(in, begin + 1, limits_.types, "types")) return;
    sub_type_entry(in, form);
  }
  for (std::size_t i = begin; i < module_.types.size(); ++i) {
    module_.types[i].group_begin = static_cast<std::uint32_t>(begin);
    module_.types[i].group_size = static_cast<std::uint32_t>(module_.types.size() - begin);
  }
}

WASM64_INLINE void section_decoder::sub_type_entry(reader& in, std::uint8_t form) {
  sub_type entry;
  if (form == 0x50 || form == 0x4F) {
    entry.is_final = form == 0x4F;
    const std::uint32_t n = count(in, limits_.types, "super types");
    for (std::uint32_t i = 0; i < n; ++i) entry.supers.push_back(in.u32());
    form = in.u8();
  }
  composite_type(in, form, entry);
  module_.types.push_back(std::move(entry));
}

WASM64_INLINE void section_decoder::composite_type(reader& in, std::uint8_t form, sub_type& out) {
  if (form == 0x60) {
    out.kind = comp_kind::func;
    result_types(in, out.func.params);
    result_types(in, out.func.results);
  } else if (form == 0x5F) {
    out.kind = comp_kind::struct_;
    const std::uint32_t n = count(in, limits_.fields, "fields");
    for (std::uint32_t i = 0; i < n && !in.failed(); ++i) out.fields.push_back(field(in));
  } else if (form == 0x5E) {
    out.kind = comp_kind::array;
    out.fields.push_back(field(in));
  } else {
    in.fail(errc::malformed_type);
  }
}

WASM64_INLINE void section_decoder::result_types(reader& in, vector<val_type>& out) {
  const std::uint32_t n = count(in, limits_.params, "parameters or results");
  out.reserve(n);
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i) out.push_back(read_val_type(in));
}

WASM64_INLINE field_type section_decoder::field(reader& in) {
  field_type read;
  if (const std::uint8_t byte = in.peek(); byte == 0x78 || byte == 0x77) {
    read.type = val_type{static_cast<type_code>(in.u8())};
  } else {
    read.type = read_val_type(in);
  }
  const std::uint8_t mutability = in.u8();
  if (mutability > 1) in.fail(errc::malformed_mutability);
  read.is_mutable = mutability == 1;
  return read;
}

/// Flags: bit 0 a maximum, bit 1 shared, bit 2 64-bit addresses, bit 3 a page size.
WASM64_INLINE limits_type section_decoder::limits(reader& in, bool of_memory, bool& has_page_size) {
  const std::uint64_t at = in.offset();
  const std::uint8_t flags = in.u8();
  limits_type read;
  if ((flags & (of_memory ? 0xF0 : 0xFA)) != 0) return in.fail(errc::malformed_limits_flags, at), read;
  read.has_max = (flags & 1) != 0;
  read.is_shared = (flags & 2) != 0;
  read.is_64 = (flags & 4) != 0;
  has_page_size = (flags & 8) != 0;
  if (!features_.memory64) {
    if (read.is_64) unsupported(in, "memory64");
    read.min = in.u32();
    if (read.has_max) read.max = in.u32();
    return read;
  }
  read.min = in.u64();
  if (read.has_max) read.max = in.u64();
  return read;
}

WASM64_INLINE table_type section_decoder::table(reader& in) {
  table_type read;
  bool has_page_size = false;
  read.element = read_ref_type(in);
  read.limits = limits(in, false, has_page_size);
  return read;
}

WASM64_INLINE memory_type section_decoder::memory(reader& in) {
  memory_type read;
  bool has_page_size = false;
  read.limits = limits(in, true, has_page_size);
  if (has_page_size) {
    const std::uint64_t at = in.offset();
    const std::uint32_t log2 = in.u32();
    if (log2 > 63) in.fail(errc::malformed_page_size, at);
    read.page_size_log2 = static_cast<std::uint8_t>(log2);
  }
  return read;
}

WASM64_INLINE global_type section_decoder::global(reader& in) {
  global_type read;
  read.type = read_val_type(in);
  const std::uint64_t at = in.offset();
  const std::uint8_t mutability = in.u8();
  if (mutability > 1) in.fail(errc::malformed_mutability, at);
  read.is_mutable = mutability == 1;
  return read;
}

WASM64_INLINE tag_type section_decoder::tag(reader& in) {
  const std::uint64_t at = in.offset();
  if (in.u8() != 0) in.fail(errc::malformed_tag_attribute, at);
  return tag_type{in.u32()};
}

}  // namespace wasm64::detail
