#pragma once

#include <string>

#include "wasm64/base/containers.hpp"
#include "wasm64/storage/codec.hpp"
#include "wasm64/storage/id.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64::detail {

// A pack is a file of batches, one after the other, each at a multiple of 64 bytes. All numbers are little-endian.
//
//   head     magic, position in the file:u64, payload size:u64, groups:u32, objects:u32, erasures:u32, 0:u32 (40 bytes)
//            check (24 bytes): of the SHA-256 of the pack's name, the head's other 40 bytes and the table
//   table    a group:    stored size:u64, raw size:u64, objects:u32, codec:u32, check of the stored bytes:u64
//            an object:  id (32 bytes), size:u64; the objects of the first group come first
//            an erasure: id (32 bytes), pack:u64, position of the batch:u64; that copy counts no more
//   payload  the groups' stored bytes, and zeros up to the next multiple of 64
//
// A group is what a codec made of its objects, one behind the other; with codec 0 those bytes themselves. The check of
// such a group is 0: its objects have ids. The name of a pack is a random number, in every check, so that no object can
// be made to look like a batch; the position keeps a batch from being taken for another one.

inline constexpr std::uint64_t batch_alignment = 64;
inline constexpr std::size_t batch_head_size = 64;
inline constexpr std::size_t group_row_size = 32;
inline constexpr std::size_t object_row_size = 40;
inline constexpr std::size_t erasure_row_size = 48;
/// Rows of a batch at most, so that reading a damaged head does not ask for much memory.
inline constexpr std::uint32_t max_batch_rows = 1u << 22;
/// Larger objects are not compressed, and no group promises more than this.
inline constexpr std::uint64_t max_compressed_group = 1u << 24;

struct pack_group {
  std::uint64_t stored = 0;
  std::uint64_t raw = 0;
  std::uint32_t objects = 0;
  std::uint32_t codec = 0;
  std::uint64_t check = 0;
};

struct pack_object {
  content_id id;
  std::uint64_t size = 0;
};

struct pack_erasure {
  content_id id;
  std::uint64_t pack = 0;
  std::uint64_t batch = 0;
};

/// What a batch says of itself, before its payload.
struct batch_table {
  vector<pack_group> groups;
  vector<pack_object> objects;
  vector<pack_erasure> erasures;
  std::uint64_t payload = 0;  ///< bytes

  std::uint64_t head_and_table_size() const noexcept {
    return batch_head_size + groups.size() * group_row_size + objects.size() * object_row_size +
           erasures.size() * erasure_row_size;
  }
  /// Where the next batch begins, from the beginning of this one.
  std::uint64_t size() const noexcept {
    return (head_and_table_size() + payload + batch_alignment - 1) / batch_alignment * batch_alignment;
  }
};

/// The first bytes of a batch at `position` of pack `pack`: head and table.
result<byte_vector> write_batch_table(std::uint64_t pack, std::uint64_t position, const batch_table& table);

/// The size of head and table that these 64 bytes announce; 0 if they are no head at `position`, or not a possible one.
std::uint64_t announced_table_size(std::span<const std::uint8_t, batch_head_size> head, std::uint64_t position);

/// Reads what `write_batch_table` wrote. False if anything is not as it wrote it.
bool read_batch_table(std::uint64_t pack, std::uint64_t position, bytes_view head_and_table, batch_table& table);

/// 8 bytes of the SHA-256.
result<std::uint64_t> group_check(bytes_view stored);

/// "0123456789abcdef.pack".
std::string pack_file_name(std::uint64_t pack);
bool parse_pack_file_name(std::string_view name, std::uint64_t& pack);

}  // namespace wasm64::detail

#if WASM64_IMPLEMENTATION
#include "wasm64/storage/pack_format_impl.hpp"
#endif
