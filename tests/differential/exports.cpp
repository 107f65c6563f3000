#include "exports.hpp"

#include <algorithm>

#include "encode.hpp"
#include "wasm64/binary/leb128.hpp"

namespace differential {
namespace {

using wasm64::byte_vector;
using wasm64::extern_kind;

/// The content of the section.
byte_vector all_exports(const wasm64::module& m) {
  byte_vector entries;
  std::size_t count = m.exports.size();
  for (const wasm64::export_desc& e : m.exports) {
    put_name(entries, e.name);
    entries.push_back(static_cast<std::uint8_t>(e.kind));
    put_u32(entries, e.index);
  }
  const auto add_all = [&](extern_kind kind, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      put_name(entries, hidden_name(kind, i));
      entries.push_back(static_cast<std::uint8_t>(kind));
      put_u32(entries, i);
    }
    count += size;
  };
  add_all(extern_kind::table, m.tables.size());
  add_all(extern_kind::memory, m.memories.size());
  add_all(extern_kind::global, m.globals.size());
  byte_vector content;
  put_u32(content, count);
  put_bytes(content, wasm64::view_of(entries));
  return content;
}

/// Where a section stands in the order of specification 5.5.2.
unsigned rank(std::uint8_t id) {
  constexpr std::uint8_t order[] = {1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11};
  return static_cast<unsigned>(std::find(std::begin(order), std::end(order), id) - order);
}

}  // namespace

std::string hidden_name(extern_kind kind, std::size_t index) {
  const char* const name = kind == extern_kind::memory ? "memory" : kind == extern_kind::table ? "table" : "global";
  return std::string("differential:").append(name) + std::to_string(index);
}

byte_vector with_exports(const wasm64::module& m) {
  constexpr std::uint8_t custom = 0, exports = 7;
  const std::uint8_t *at = m.bytes.data(), *const end = at + m.bytes.size();
  byte_vector to(at, at + 8);
  at += 8;
  bool placed = false;
  const auto place = [&] {
    if (placed) return;
    put_section(to, exports, all_exports(m));
    placed = true;
  };
  while (at != end) {
    const auto size = wasm64::read_leb128<std::uint32_t, 32>(at + 1, end);
    const std::uint8_t* const next = size.next + size.value;
    if (*at != custom && rank(*at) >= rank(exports)) place();
    if (*at != exports) put_bytes(to, {at, next});
    at = next;
  }
  place();
  return to;
}

}  // namespace differential
