#pragma once

#include "wasm64/message/value.hpp"

namespace wasm64 {

// The canonical encoding: one sequence of bytes for each value, to hash it and to store it.
//
//   message  = "msg" 0x01 value                        the prefix names the format and its version
//   value    = 0x00                                    null
//            | 0x01                                    unset
//            | 0x02 | 0x03                             false, true
//            | 0x04 u64                                integer, zero or positive
//            | 0x05 u64                                negative integer, two's complement
//            | 0x06 u64                                binary64, its bits
//            | 0x07 u64 byte*                          binary: length, bytes
//            | 0x08 u64 value*                         list: count, elements
//            | 0x09 u64 (u64 byte* value)*             map: count, entries in the order of the map
//
// u64 is little-endian. A decoder accepts nothing that the encoder would not write, so equal values have equal bytes
// and the other way round. Private parts are not encoded.

/// Fails for a host object outside a private part (malformed_message) and beyond `max_value_depth`.
result<byte_vector> encode_message(const message_value& message);

/// The inverse of `encode_message`. Bytes may come from anybody; errors carry the offset. Memory stays proportional to
/// `bytes`.
result<message_value> decode_message(bytes_view bytes);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/message/encode_impl.hpp"
#endif
