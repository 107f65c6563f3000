#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/binary/opcode.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64::text {

/// Appends pieces of the binary format to a growing buffer (specification 5.2, 5.3).
class writer {
 public:
  bytes_view bytes() const noexcept { return {bytes_.data(), bytes_.size()}; }
  std::size_t size() const noexcept { return bytes_.size(); }
  bool empty() const noexcept { return bytes_.empty(); }
  void clear() { bytes_.clear(); }
  void truncate(std::size_t size) { bytes_.resize(size); }
  byte_vector take() { return std::move(bytes_); }

  void byte(std::uint8_t value) { bytes_.push_back(value); }
  void append(bytes_view more) { bytes_.insert(bytes_.end(), more.data(), more.data() + more.size()); }

  void unsigned_leb(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }

  void signed_leb(std::int64_t value) {
    for (; value < -0x40 || value >= 0x40; value >>= 7) byte(static_cast<std::uint8_t>((value & 0x7F) | 0x80));
    byte(static_cast<std::uint8_t>(value & 0x7F));
  }

  /// The low `size` bytes of `bits`, least significant first.
  void fixed(std::uint64_t bits, unsigned size) {
    for (unsigned i = 0; i < size; ++i) byte(static_cast<std::uint8_t>(bits >> (8 * i)));
  }

  void name(std::string_view text) {
    unsigned_leb(text.size());
    append(as_bytes(text));
  }

  /// A length and what `content` holds.
  void sized(const writer& content) {
    unsigned_leb(content.size());
    append({content.bytes_.data(), content.size()});
  }

  void opcode(op o) {
    const op_info& row = info(o);
    if (row.prefix == 0) return byte(static_cast<std::uint8_t>(row.code));
    byte(row.prefix);
    unsigned_leb(row.code);
  }

  void heap(heap_type type) { signed_leb(type.code); }

  void type(val_type type) {
    if (!type.is_ref()) return byte(static_cast<std::uint8_t>(type.code));
    const bool is_short = type.nullable && !type.heap.is_index();
    if (!is_short) byte(type.nullable ? 0x63 : 0x64);
    heap(type.heap);
  }

  void limits(const limits_type& limits, std::uint8_t page_size_log2 = 16) {
    const bool custom_page = page_size_log2 != 16;
    byte(static_cast<std::uint8_t>((limits.has_max ? 1 : 0) | (limits.is_shared ? 2 : 0) | (limits.is_64 ? 4 : 0) |
                                   (custom_page ? 8 : 0)));
    unsigned_leb(limits.min);
    if (limits.has_max) unsigned_leb(limits.max);
    if (custom_page) unsigned_leb(page_size_log2);
  }

  void table(const table_type& table) {
    type(table.element);
    limits(table.limits);
  }

  void memory(const memory_type& memory) { limits(memory.limits, memory.page_size_log2); }

  void global(const global_type& global) {
    type(global.type);
    byte(global.is_mutable ? 1 : 0);
  }

 private:
  byte_vector bytes_;
};

/// A section under construction: a vector of entries, or plain content when `count` is never raised.
struct section {
  writer content;
  std::uint32_t count = 0;

  writer& entry() {
    ++count;
    return content;
  }
};

}  // namespace wasm64::text
