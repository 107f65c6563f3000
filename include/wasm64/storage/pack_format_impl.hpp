#pragma once

#include "wasm64/storage/pack_format.hpp"

namespace wasm64::detail {

inline constexpr std::uint64_t batch_magic = 0x314b41503436570aull;  // "\nW64PAK1"
inline constexpr std::size_t batch_check_at = 40;
inline constexpr std::size_t batch_check_size = batch_head_size - batch_check_at;

/// Of a batch whose check is still zero or is to be found out.
WASM64_INLINE result<content_id> batch_check(std::uint64_t pack, bytes_view head_and_table) {
  byte_vector checked(sizeof pack + batch_check_at + head_and_table.size() - batch_head_size);
  store_le(checked.data(), pack);
  std::memcpy(checked.data() + sizeof pack, head_and_table.data(), batch_check_at);
  std::memcpy(checked.data() + sizeof pack + batch_check_at, head_and_table.data() + batch_head_size,
              head_and_table.size() - batch_head_size);
  return sha256({checked.data(), checked.size()});
}

WASM64_INLINE result<byte_vector> write_batch_table(std::uint64_t pack, std::uint64_t position,
                                                    const batch_table& table) {
  byte_vector out(static_cast<std::size_t>(table.head_and_table_size()));
  std::uint8_t* const head = out.data();
  store_le(head, batch_magic);
  store_le(head + 8, position);
  store_le(head + 16, table.payload);
  store_le(head + 24, static_cast<std::uint32_t>(table.groups.size()));
  store_le(head + 28, static_cast<std::uint32_t>(table.objects.size()));
  store_le(head + 32, static_cast<std::uint32_t>(table.erasures.size()));
  std::uint8_t* at = head + batch_head_size;
  for (const pack_group& group : table.groups) {
    store_le(at, group.stored);
    store_le(at + 8, group.raw);
    store_le(at + 16, group.objects);
    store_le(at + 20, group.codec);
    store_le(at + 24, group.check);
    at += group_row_size;
  }
  for (const pack_object& object : table.objects) {
    std::memcpy(at, object.id.bytes.data(), object.id.bytes.size());
    store_le(at + 32, object.size);
    at += object_row_size;
  }
  for (const pack_erasure& erasure : table.erasures) {
    std::memcpy(at, erasure.id.bytes.data(), erasure.id.bytes.size());
    store_le(at + 32, erasure.pack);
    store_le(at + 40, erasure.batch);
    at += erasure_row_size;
  }
  WASM64_TRY(const content_id check, batch_check(pack, {out.data(), out.size()}));
  std::memcpy(head + batch_check_at, check.bytes.data(), batch_check_size);
  return out;
}

WASM64_INLINE std::uint64_t announced_table_size(std::span<const std::uint8_t, batch_head_size> head,
                                                 std::uint64_t position) {
  if (load_le<std::uint64_t>(head.data()) != batch_magic) return 0;
  if (load_le<std::uint64_t>(head.data() + 8) != position) return 0;
  const auto groups = load_le<std::uint32_t>(head.data() + 24);
  const auto objects = load_le<std::uint32_t>(head.data() + 28);
  const auto erasures = load_le<std::uint32_t>(head.data() + 32);
  if (groups > max_batch_rows || objects > max_batch_rows || erasures > max_batch_rows) return 0;
  return batch_head_size + std::uint64_t{groups} * group_row_size + std::uint64_t{objects} * object_row_size +
         std::uint64_t{erasures} * erasure_row_size;
}

/// Whether the rows fit each other: every object is in a group, and sizes add up.
WASM64_INLINE bool is_consistent(const batch_table& table) {
  constexpr std::uint64_t largest = std::uint64_t{1} << 62;
  std::uint64_t stored = 0;
  std::size_t next = 0;
  for (const pack_group& group : table.groups) {
    if (group.stored > largest - stored || group.objects > table.objects.size() - next) return false;
    stored += group.stored;
    std::uint64_t raw = 0;
    for (std::uint32_t i = 0; i < group.objects; ++i, ++next) {
      if (table.objects[next].size > largest - raw) return false;
      raw += table.objects[next].size;
    }
    if (raw != group.raw) return false;
    if (group.codec == 0 ? group.stored != group.raw : group.raw > max_compressed_group || group.stored > group.raw)
      return false;
  }
  return next == table.objects.size() && stored == table.payload;
}

WASM64_INLINE bool read_batch_table(std::uint64_t pack, std::uint64_t position, bytes_view in, batch_table& table) {
  if (in.size() < batch_head_size) return false;
  if (announced_table_size(in.first<batch_head_size>(), position) != in.size()) return false;
  const result<content_id> check = batch_check(pack, in);
  if (!check.has_value()) return false;
  if (std::memcmp(check.assume_value().bytes.data(), in.data() + batch_check_at, batch_check_size) != 0) return false;
  table.payload = load_le<std::uint64_t>(in.data() + 16);
  table.groups.resize(load_le<std::uint32_t>(in.data() + 24));
  table.objects.resize(load_le<std::uint32_t>(in.data() + 28));
  table.erasures.resize(load_le<std::uint32_t>(in.data() + 32));
  const std::uint8_t* at = in.data() + batch_head_size;
  for (pack_group& group : table.groups) {
    group = {load_le<std::uint64_t>(at), load_le<std::uint64_t>(at + 8), load_le<std::uint32_t>(at + 16),
             load_le<std::uint32_t>(at + 20), load_le<std::uint64_t>(at + 24)};
    at += group_row_size;
  }
  for (pack_object& object : table.objects) {
    std::memcpy(object.id.bytes.data(), at, object.id.bytes.size());
    object.size = load_le<std::uint64_t>(at + 32);
    at += object_row_size;
  }
  for (pack_erasure& erasure : table.erasures) {
    std::memcpy(erasure.id.bytes.data(), at, erasure.id.bytes.size());
    erasure.pack = load_le<std::uint64_t>(at + 32);
    erasure.batch = load_le<std::uint64_t>(at + 40);
    at += erasure_row_size;
  }
  return is_consistent(table);
}

WASM64_INLINE result<std::uint64_t> group_check(bytes_view stored) {
  WASM64_TRY(const content_id id, sha256(stored));
  return load_le<std::uint64_t>(id.bytes.data());
}

inline constexpr char pack_digits[] = "0123456789abcdef";

WASM64_INLINE std::string pack_file_name(std::uint64_t pack) {
  std::string name;
  for (int shift = 60; shift >= 0; shift -= 4) name.push_back(pack_digits[(pack >> shift) & 15]);
  return name + ".pack";
}

WASM64_INLINE bool parse_pack_file_name(std::string_view name, std::uint64_t& pack) {
  if (name.size() != 21 || name.substr(16) != ".pack") return false;
  pack = 0;
  for (const char c : name.substr(0, 16)) {
    const std::size_t digit = std::string_view(pack_digits).find(c);
    if (digit == std::string_view::npos) return false;
    pack = pack << 4 | digit;
  }
  return true;
}

}  // namespace wasm64::detail
