#pragma once

#include <cstring>

#include "wasm64/binary/decode.hpp"
#include "wasm64/binary/names.hpp"
#include "wasm64/binary/sections.hpp"
#include "wasm64/binary/sections_impl.hpp"
#include "wasm64/binary/sections_types_impl.hpp"
#include "wasm64/binary/utf8.hpp"

namespace wasm64 {

namespace detail {

/// Place of each section in the order the specification prescribes, by number; custom sections may stand anywhere.
inline constexpr std::uint8_t section_places[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

WASM64_INLINE bool read_header(reader& in) {
  constexpr std::uint8_t header[2][4] = {{0x00, 0x61, 0x73, 0x6D}, {0x01, 0x00, 0x00, 0x00}};
  for (const std::uint8_t(&word)[4] : header) {
    const std::uint64_t at = in.offset();
    if (in.remaining() < sizeof word) return in.fail(errc::unexpected_end, at + in.remaining());
    if (std::memcmp(in.bytes(sizeof word).data(), word, sizeof word) != 0) {
      return in.fail(at == 0 ? errc::bad_magic : errc::bad_version, at);
    }
  }
  return true;
}

WASM64_INLINE void read_custom_section(reader& in, module& m) {
  const std::uint64_t at = in.offset();
  const bytes_view name = in.bytes(in.u32());
  if (in.failed()) return;
  if (!is_utf8(name)) {
    in.fail(errc::malformed_utf8, at);
    return;
  }
  if (as_text(name) == "name") read_names(in, m);
  in.bytes(in.remaining());
}

WASM64_INLINE error decode_error(const reader& in, const section_decoder& sections) {
  error e = in.failure_as_error();
  if (e.code >= errc::unsupported_feature) e.detail = sections.what();
  return e;
}

}  // namespace detail

WASM64_INLINE result<module> decode(bytes_view bytes, const feature_set& features, const decode_limits& limits) {
  if (bytes.size() > limits.module_size || bytes.size() > 0xFFFF'FFFF) return fail(errc::module_too_large);
  module m;
  m.bytes.assign(bytes.begin(), bytes.end());
  reader in(view_of(m.bytes));
  detail::section_decoder sections(m, features, limits);
  detail::read_header(in);
  for (std::uint8_t last_place = 0; !in.failed() && !in.at_end();) {
    const std::uint64_t at = in.offset();
    const std::uint8_t id = in.u8();
    if (id > static_cast<std::uint8_t>(section_id::tag)) return fail(errc::malformed_section_id, at);
    const std::uint32_t size = in.u32();
    reader content = in.sub(size);
    if (in.failed()) break;
    if (id == 0) {
      detail::read_custom_section(content, m);
    } else {
      if (detail::section_places[id] <= last_place) return fail(errc::misplaced_section, at);
      last_place = detail::section_places[id];
      sections.section(static_cast<section_id>(id), content);
    }
    if (content.failed()) return fail(detail::decode_error(content, sections));
    if (!content.at_end()) return fail(errc::section_size_mismatch, content.offset());
  }
  if (!in.failed()) sections.finish(in);
  if (in.failed()) return fail(detail::decode_error(in, sections));
  return m;
}

}  // namespace wasm64
