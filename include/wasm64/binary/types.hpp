#pragma once

#include <cstdint>

#include "wasm64/binary/reader.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64 {

/// True for the one-byte codes of abstract heap types, 0x69 (exn) to 0x74 (noexn).
constexpr bool is_abstract_heap_code(std::uint8_t byte) noexcept { return byte >= 0x69 && byte <= 0x74; }

/// A heap type (specification 5.3.3): a type index, not yet compared with the type section, or an abstract type.
inline heap_type read_heap_type(reader& in) noexcept {
  const std::uint64_t at = in.offset();
  const std::int64_t code = in.s33();
  if (code > 0x7FFF'FFFF) return in.fail(errc::unknown_type, at), heap_type{};
  if (code < 0 && (code < heap::exn.code || code > heap::noexn.code)) {
    return in.fail(errc::malformed_reference_type, at), heap_type{};
  }
  return heap_type{static_cast<std::int32_t>(code)};
}

/// A value type (specification 5.3.5).
inline val_type read_val_type(reader& in) noexcept {
  const std::uint64_t at = in.offset();
  const std::uint8_t byte = in.u8();
  if (byte >= 0x7B && byte <= 0x7F) return val_type{static_cast<type_code>(byte)};
  if (is_abstract_heap_code(byte)) return val_type::ref(heap_type{static_cast<std::int32_t>(byte) - 0x80});
  if (byte == 0x63 || byte == 0x64) return val_type::ref(read_heap_type(in), byte == 0x63);
  return in.fail(errc::malformed_value_type, at), val_type{};
}

/// A reference type (specification 5.3.4).
inline val_type read_ref_type(reader& in) noexcept {
  const std::uint64_t at = in.offset();
  const val_type type = read_val_type(in);
  if (!type.is_ref()) in.fail(errc::malformed_reference_type, at);
  return type;
}

/// A block type (specification 5.4.1): nothing, one result, or the index of a function type.
struct block_type {
  enum class form : std::uint8_t { empty, single, index } kind = form::empty;
  val_type result{};
  std::uint32_t type = 0;
};

/// Reads a block type; errors are the reader's.
inline block_type read_block_type(reader& in) noexcept {
  const std::uint8_t byte = in.peek();
  if (byte == 0x40) return in.u8(), block_type{};
  // One-byte negative numbers are the codes of value types.
  if ((byte & 0xC0) == 0x40) return {block_type::form::single, read_val_type(in), 0};
  const std::uint64_t at = in.offset();
  const std::int64_t index = in.s33();
  if (index < 0) return in.fail(errc::malformed_value_type, at), block_type{};
  return {block_type::form::index, {}, static_cast<std::uint32_t>(index)};
}

}  // namespace wasm64
