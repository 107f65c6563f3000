#pragma once

#include "wasm64/storage/packs.hpp"

namespace wasm64::detail {

/// The bytes of a copy, which may not be those of its id. Fails with hash_mismatch when they cannot be.
WASM64_INLINE result<byte_vector> pack_set::load(const pack_index::copy& copy) {
  const pack_index::group& group = index_.group_of(copy);
  const std::uint64_t size = index_.size_of(copy);
  if (size > options_.max_object_size) return fail(errc::limit_exceeded, to_text(copy.id));
  pack& p = packs_[group.pack];
  WASM64_CHECK(open_file(p));
  const auto read = [&](std::uint64_t position, byte_vector& to) -> result<void> {
    WASM64_TRY(const std::size_t count,
               read_at(p.file.get(), position, {to.data(), to.size()}, pack_file_name(p.name)));
    if (count != to.size()) return fail(errc::hash_mismatch, to_text(copy.id));
    return success();
  };
  // A damaged table or file that has become shorter must not make this allocate more than there is.
  if (group.position > p.size || group.stored > p.size - group.position)
    return fail(errc::hash_mismatch, to_text(copy.id));
  if (group.codec == 0) {
    byte_vector bytes(static_cast<std::size_t>(size));
    WASM64_CHECK(read(group.position + copy.offset, bytes));
    return bytes;
  }
  if (cached_group_ != copy.group) {
    const codec* const with = options_.compression;
    if (with == nullptr || with->id != group.codec) {
      return fail(errc::unsupported_by_store,
                  "compressed with codec " + std::to_string(group.codec) + ", which the store was opened without");
    }
    byte_vector stored(static_cast<std::size_t>(group.stored));
    WASM64_CHECK(read(group.position, stored));
    WASM64_TRY(const std::uint64_t check, group_check({stored.data(), stored.size()}));
    if (check != group.check) return fail(errc::hash_mismatch, to_text(copy.id));
    cached_group_ = pack_index::none;
    cached_.resize(static_cast<std::size_t>(group.raw));
    WASM64_CHECK(with->decompress({stored.data(), stored.size()}, {cached_.data(), cached_.size()}));
    cached_group_ = copy.group;
  }
  const std::uint8_t* const begin = cached_.data() + copy.offset;
  return byte_vector(begin, begin + size);
}

WASM64_INLINE result<byte_vector> pack_set::load_verified(std::uint32_t number) {
  const content_id id = index_[number].id;
  WASM64_TRY(byte_vector bytes, load(index_[number]));
  WASM64_TRY(const content_id found, sha256({bytes.data(), bytes.size()}));
  if (found != id) return fail(errc::hash_mismatch, to_text(id));
  return bytes;
}

/// From the first copy that is good.
WASM64_INLINE result<byte_vector> pack_set::load_any(const content_id& id) {
  const std::uint32_t first = index_.find(id);
  if (first == pack_index::none) return fail(errc::not_found, to_text(id));
  result<byte_vector> bytes = load_verified(first);
  for (std::uint32_t other = pack_index::none; !bytes.has_value();) {
    other = index_.other_copy(id, other);
    if (other == pack_index::none) break;
    result<byte_vector> again = load_verified(other);
    if (!again.has_value()) continue;
    index_.prefer(other);
    return again;
  }
  return bytes;
}

WASM64_INLINE result<byte_vector> pack_set::get(const content_id& id) {
  result<byte_vector> bytes = load_any(id);
  if (bytes.has_value()) return bytes;
  if (const errc code = bytes.assume_error().code; code == errc::limit_exceeded || code == errc::unsupported_by_store)
    return bytes;
  // Others may have put it, moved it to another pack, or replaced a batch that never became durable.
  if (const std::uint32_t number = index_.find(id); number != pack_index::none) {
    const std::uint32_t in = index_.group_of(index_[number]).pack;
    pack& p = packs_[in];
    struct stat about{};
    if (open_file(p).has_value() && ::fstat(p.file.get(), &about) == 0 && in != writer_ &&
        p.rescanned != static_cast<std::uint64_t>(about.st_size)) {
      p.rescanned = static_cast<std::uint64_t>(about.st_size);
      WASM64_CHECK(scan_again(in));
    }
    listed_ns_ = 0;
  }
  WASM64_CHECK(refresh());
  return load_any(id);
}

WASM64_INLINE result<bool> pack_set::contains(const content_id& id) {
  const std::uint32_t number = index_.find(id);
  if (number != pack_index::none) {
    // A collection may have taken the pack away.
    pack& p = packs_[index_.group_of(index_[number]).pack];
    if (open_file(p).has_value() && is_alive(p)) return true;
    listed_ns_ = 0;
  }
  WASM64_CHECK(refresh());
  return index_.find(id) != pack_index::none;
}

WASM64_INLINE result<vector<content_id>> pack_set::list() {
  WASM64_CHECK(refresh());
  vector<content_id> ids;
  ids.reserve(index_.size());
  index_.for_each([&](std::uint32_t number) { ids.push_back(index_[number].id); });
  return ids;
}

WASM64_INLINE std::uint64_t pack_set::file_size() const noexcept {
  std::uint64_t size = 0;
  for (const pack& p : packs_) size += p.gone ? 0 : p.size;
  return size;
}

}  // namespace wasm64::detail
