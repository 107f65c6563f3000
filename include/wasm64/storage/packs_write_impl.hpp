#pragma once

#include <algorithm>

#include "wasm64/storage/packs.hpp"

namespace wasm64::detail {

/// Whether the open file is still what its name stands for.
WASM64_INLINE bool pack_set::is_alive(pack& p) {
  struct stat about{};
  return !p.gone && p.file.is_open() && ::fstat(p.file.get(), &about) == 0 && about.st_nlink != 0 &&
         static_cast<std::uint64_t>(about.st_size) >= p.scanned;
}

/// Keeps a pack from being collected. False if it is too late for that.
WASM64_INLINE result<bool> pack_set::hold(std::uint32_t number) {
  pack& p = packs_[number];
  const result<void> opened = open_file(p);
  if (!opened.has_value() || p.swept) return false;
  if (p.held == 0) {
    WASM64_TRY(const bool locked, try_lock(p.file.get(), users_lock, 1, lock_kind::shared, pack_file_name(p.name)));
    if (!locked) return false;
  }
  p.held = generation_;
  return is_alive(p);
}

WASM64_INLINE void pack_set::let_go(pack& p) noexcept {
  if (p.file.is_open()) unlock(p.file.get(), users_lock, 1);
  p.held = 0;
}

WASM64_INLINE void pack_set::root_changed() noexcept {
  ++generation_;
  for (std::uint32_t i = 0; i < packs_.size(); ++i) {
    if (i != writer_ && packs_[i].held != 0 && packs_[i].held + 1 < generation_) let_go(packs_[i]);
  }
}

/// Whether an object is there, good, durable, and will stay.
WASM64_INLINE result<bool> pack_set::count_on(const content_id& id) {
  // What is there is read, so that a damaged copy is replaced rather than trusted.
  if (!load_any(id).has_value()) return false;
  const pack_index::group& group = index_.group_of(index_[index_.find(id)]);
  pack& p = packs_[group.pack];
  if (p.held == 0 && p.file.is_open() && is_in_reserve(p.file)) return false;
  WASM64_TRY(const bool held, hold(group.pack));
  if (!held || p.swept) return false;
  if (group.batch < p.durable) return true;
  WASM64_CHECK(make_durable(p));
  return is_alive(p);
}

/// For the last batch of a pack, after which its writer may have got no further.
WASM64_INLINE result<void> pack_set::make_durable(pack& p) {
  WASM64_CHECK(open_file(p));
  WASM64_CHECK(sync_data(p.file.get(), pack_file_name(p.name)));
  p.durable = p.scanned;
  return success();
}

WASM64_INLINE result<void> pack_set::create_pack() {
  for (;;) {
    WASM64_TRY(const std::uint64_t name, random_number());
    const std::string file = pack_file_name(name);
    pack p;
    p.name = name;
    p.file = open_name(file, O_RDWR | O_CREAT | O_EXCL);
    if (!p.file.is_open() && errno == EEXIST) continue;
    if (!p.file.is_open()) return fail(io_error("create", file));
    p.writable = true;
    packs_.push_back(std::move(p));
    const auto number = static_cast<std::uint32_t>(packs_.size() - 1);
    // Another writer may have been quicker to take the new file for its own.
    WASM64_TRY(const bool adopted, adopt(number));
    if (adopted) return success();
    let_go(packs_[number]);
  }
}

/// Appends a batch of nothing, which says that there will be no more; if it is lost, so is only that.
WASM64_INLINE void pack_set::seal(pack& p) noexcept {
  const result<byte_vector> batch = write_batch_table(p.name, p.scanned, {});
  if (!batch.has_value()) return;
  const bytes_view part(batch.assume_value().data(), batch.assume_value().size());
  p.sealed = write_at(p.file.get(), p.scanned, {&part, 1}, "pack").has_value();
  if (p.sealed) p.size = p.scanned += part.size();
}

/// Makes a pack the one that is written to, after what a crash has left at its end is cut off. False if it cannot be.
WASM64_INLINE result<bool> pack_set::adopt(std::uint32_t number) {
  pack& p = packs_[number];
  const std::string name = pack_file_name(p.name);
  if (!p.file.is_open() || !p.writable) return false;
  WASM64_TRY(const bool held, hold(number));
  if (!held && has_shared_locks) return false;
  WASM64_TRY(const bool locked, try_lock(p.file.get(), writer_lock, 1, lock_kind::exclusive, name));
  if (!locked) return false;
  const auto make_ready = [&]() -> result<bool> {
    WASM64_CHECK(scan(number));
    if (!is_alive(p) || p.sealed || p.is_doubtful || !p.damaged.empty()) return false;
    if (p.scanned < p.size) {
      if (::ftruncate(p.file.get(), static_cast<off_t>(p.scanned)) != 0) return fail(io_error("truncate", name));
      p.size = p.scanned;
    }
    // Who made the file may not have got to syncing the directory.
    WASM64_CHECK(p.scanned == 0 ? sync(directory_.get(), "packs") : sync_data(p.file.get(), name));
    p.durable = p.scanned;
    if (p.scanned < options_.pack_size) return true;
    seal(p);
    return false;
  };
  const result<bool> ready = make_ready();
  if (ready.has_value() && ready.assume_value()) {
    writer_ = number;
  } else if (!p.gone) {
    unlock(p.file.get(), writer_lock, 1);
  }
  return ready;
}

WASM64_INLINE result<void> pack_set::prepare_writer() {
  if (writer_ != no_pack) {
    pack& p = packs_[writer_];
    if (p.scanned < options_.pack_size && is_alive(p)) return success();
    if (is_alive(p)) seal(p);
    retire_writer();
  }
  // A collector writes to a pack of its own, and its copies keep their numbers.
  if (sweeping_) return create_pack();
  WASM64_CHECK(add_new_packs());
  for (std::uint32_t i = 0; i < packs_.size(); ++i) {
    pack& p = packs_[i];
    if (p.gone || p.sealed || p.swept || p.avoided || !p.damaged.empty()) continue;
    if (const result<void> opened = open_file(p); !opened.has_value()) continue;
    const std::uint32_t held_before = p.held;
    const result<bool> adopted = adopt(i);
    if (adopted.has_value() && adopted.assume_value()) return success();
    if (held_before == 0 && !packs_[i].gone) let_go(packs_[i]);
  }
  return create_pack();
}

/// What it wrote stays held until roots lead to it.
WASM64_INLINE void pack_set::retire_writer() noexcept {
  if (writer_ == no_pack) return;
  if (pack& p = packs_[writer_]; p.file.is_open()) unlock(p.file.get(), writer_lock, 1);
  writer_ = no_pack;
}

/// Puts neighbouring small objects into groups, each of which is made smaller where that gains an eighth. Without a
/// codec there is one group. Answers the groups' bytes; those of a group that stays as it is are `items`.
WASM64_INLINE result<vector<byte_vector>> compress_groups(std::span<const bytes_view> items, const codec* with,
                                                          batch_table& table) {
  constexpr std::uint64_t group_size = 64 * 1024;
  vector<byte_vector> stored;
  byte_vector raw;
  for (std::size_t first = 0; first < items.size();) {
    std::size_t last = first;
    std::uint64_t size = 0;
    do size += items[last++].size();
    while (last < items.size() && (with == nullptr || size + items[last].size() <= group_size));
    byte_vector smaller;
    if (with != nullptr && size <= max_compressed_group) {
      raw.clear();
      for (std::size_t i = first; i < last; ++i) raw.insert(raw.end(), items[i].begin(), items[i].end());
      WASM64_TRY(smaller, with->compress({raw.data(), raw.size()}));
      if (smaller.size() > size - size / 8) smaller.clear();
    }
    pack_group group{size, size, static_cast<std::uint32_t>(last - first), 0, 0};
    if (!smaller.empty()) {
      group.stored = smaller.size();
      group.codec = with->id;
      WASM64_TRY(group.check, group_check({smaller.data(), smaller.size()}));
    }
    table.groups.push_back(group);
    table.payload += group.stored;
    stored.push_back(std::move(smaller));
    first = last;
  }
  return stored;
}

/// Writes one batch. When that fails, the pack is as it was, or is not written to any more.
WASM64_INLINE result<void> pack_set::append(std::span<const content_id> ids, std::span<const bytes_view> items,
                                            std::span<const pack_erasure> erasures) {
  if (items.size() > max_batch_rows || erasures.size() > max_batch_rows) return fail(errc::limit_exceeded, "batch");
  batch_table table;
  WASM64_TRY(const vector<byte_vector> stored, compress_groups(items, options_.compression, table));
  for (std::size_t i = 0; i < items.size(); ++i) table.objects.push_back({ids[i], items[i].size()});
  table.erasures.assign(erasures.begin(), erasures.end());

  WASM64_CHECK(prepare_writer());
  pack& p = packs_[writer_];
  const std::string name = pack_file_name(p.name);
  WASM64_TRY(const byte_vector head, write_batch_table(p.name, p.scanned, table));
  vector<bytes_view> parts;
  parts.push_back({head.data(), head.size()});
  std::size_t next = 0;
  for (std::size_t i = 0; i < table.groups.size(); ++i) {
    if (stored[i].empty())
      parts.insert(parts.end(), items.begin() + static_cast<std::ptrdiff_t>(next),
                   items.begin() + static_cast<std::ptrdiff_t>(next + table.groups[i].objects));
    else parts.push_back({stored[i].data(), stored[i].size()});
    next += table.groups[i].objects;
  }
  constexpr std::uint8_t zeros[batch_alignment]{};
  parts.push_back({zeros, static_cast<std::size_t>(table.size() - table.head_and_table_size() - table.payload)});

  const result<void> written = write_at(p.file.get(), p.scanned, {parts.data(), parts.size()}, name);
  const result<void> synced = written.has_value() ? sync_data(p.file.get(), name) : written;
  if (!synced.has_value()) {
    // After a failed fsync nobody knows what the disk has, so the file is given up.
    p.avoided = written.has_value() || ::ftruncate(p.file.get(), static_cast<off_t>(p.scanned)) != 0;
    if (written.has_value()) static_cast<void>(::ftruncate(p.file.get(), static_cast<off_t>(p.scanned)));
    if (p.avoided) retire_writer();
    return synced;
  }
  p.size = p.scanned + table.size();
  enter(writer_, p.scanned, table);
  p.durable = p.scanned;
  p.held = generation_;
  if (!erasures.empty()) apply_erasures();
  return success();
}

WASM64_INLINE result<void> pack_set::put(std::span<const content_id> ids, std::span<const bytes_view> items) {
  vector<std::uint32_t> order(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return ids[a] != ids[b] ? ids[a] < ids[b] : a < b; });
  vector<bool> needed(items.size(), true);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (ids[order[i]] == ids[order[i - 1]]) needed[order[i]] = false;
  }
  // In the order of the items: neighbours are in one group.
  std::size_t count = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!needed[i]) continue;
    WASM64_TRY(const bool there, count_on(ids[i]));
    needed[i] = !there;
    count += there ? 0 : 1;
  }
  if (count == 0) return success();
  vector<content_id> new_ids;
  vector<bytes_view> new_items;
  new_ids.reserve(count);
  new_items.reserve(count);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!needed[i]) continue;
    new_ids.push_back(ids[i]);
    new_items.push_back(items[i]);
  }
  return append({new_ids.data(), count}, {new_items.data(), count}, {});
}

WASM64_INLINE result<void> pack_set::erase(const content_id& id) {
  WASM64_CHECK(refresh());
  vector<pack_erasure> copies;
  const auto add = [&](std::uint32_t number) -> result<void> {
    const pack_index::group& group = index_.group_of(index_[number]);
    pack& p = packs_[group.pack];
    copies.push_back({id, p.name, group.batch});
    // If the batch could be lost, what is written in its place one day would count as erased.
    if (group.batch < p.durable) return success();
    return make_durable(p);
  };
  const std::uint32_t first = index_.find(id);
  if (first == pack_index::none) return success();
  WASM64_CHECK(add(first));
  for (std::uint32_t other = index_.other_copy(id, pack_index::none); other != pack_index::none;
       other = index_.other_copy(id, other))
    WASM64_CHECK(add(other));
  return append({}, {}, {copies.data(), copies.size()});
}

}  // namespace wasm64::detail
