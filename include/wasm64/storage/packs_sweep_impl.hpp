#pragma once

#include <algorithm>

#include "wasm64/storage/packs.hpp"

namespace wasm64::detail {

WASM64_INLINE result<void> pack_set::begin_sweep() {
  retire_writer();
  for (pack& p : packs_) {
    if (p.held != 0) let_go(p);
  }
  listed_ns_ = 0;
  WASM64_CHECK(refresh());
  for (std::uint32_t i = 0; i < packs_.size(); ++i) {
    pack& p = packs_[i];
    if (p.gone || !open_file(p).has_value() || !p.writable || is_in_reserve(p.file)) continue;
    // That of the writer and that of the users.
    WASM64_TRY(p.swept, try_lock(p.file.get(), writer_lock, 2, lock_kind::exclusive, pack_file_name(p.name)));
    if (!p.swept) continue;
    WASM64_CHECK(scan(i));
    if (!is_alive(p)) p.swept = false;
  }
  apply_erasures();
  return success();
}

WASM64_INLINE void pack_set::end_sweep() noexcept {
  retire_writer();
  for (pack& p : packs_) {
    if (!p.swept) continue;
    if (p.file.is_open()) unlock(p.file.get(), writer_lock, 2);
    p.swept = false;
    p.held = 0;
  }
}

WASM64_INLINE result<sweep_totals> pack_set::sweep(keep_function keeps, const void* context, unsigned live_percent) {
  sweep_totals total;
  const std::uint64_t size_before = file_size();
  struct use {
    std::uint64_t live_bytes = 0;
    std::uint64_t dead_bytes = 0;
    std::uint64_t dead = 0;
    vector<std::uint32_t> live;
  };
  vector<use> uses(packs_.size());
  index_.for_each_copy([&](std::uint32_t number) {
    const pack_index::copy& copy = index_[number];
    const std::uint32_t in = index_.group_of(copy).pack;
    if (!packs_[in].swept) return;
    const bool counts = index_.find(copy.id) == number;
    if (keeps(context, copy.id) && (counts || !has_better_copy(copy.id))) {
      uses[in].live.push_back(number);
      uses[in].live_bytes += index_.size_of(copy);
    } else {
      uses[in].dead_bytes += index_.size_of(copy);
      uses[in].dead += counts ? 1 : 0;
    }
  });

  sweeping_ = true;
  result<void> done = success();
  for (std::uint32_t i = 0; i < uses.size() && done.has_value(); ++i) {
    const use& u = uses[i];
    pack& p = packs_[i];
    if (p.gone) continue;
    if (!p.swept) {
      ++total.busy;
      continue;
    }
    const bool worth =
        u.live.empty() || (u.dead_bytes != 0 && u.live_bytes * 100 <= (u.live_bytes + u.dead_bytes) * live_percent);
    if (!worth || p.is_doubtful || !p.damaged.empty()) {
      total.left += u.dead_bytes;
      continue;
    }
    const result<bool> moved = move_out(i, {u.live.data(), u.live.size()});
    if (!moved.has_value()) done = fail(moved.assume_error());
    if (!moved.has_value() || !moved.assume_value()) continue;
    const std::string name = pack_file_name(packs_[i].name);
    if (::unlinkat(directory_.get(), name.c_str(), 0) != 0) {
      done = fail(io_error("unlink", name));
      continue;
    }
    drop(i);
    total.objects += u.dead;
    ++total.packs;
  }
  sweeping_ = false;
  // Roots lead to what was moved.
  retire_writer();
  for (std::size_t i = uses.size(); i < packs_.size(); ++i) let_go(packs_[i]);
  if (total.packs != 0) WASM64_CHECK(sync(directory_.get(), "packs"));
  WASM64_CHECK(done);
  const std::uint64_t size_after = file_size();
  total.freed = size_before > size_after ? size_before - size_after : 0;
  return total;
}

/// Whether the copy that counts is good and in a pack that the collector has locked, so that another is not needed.
WASM64_INLINE bool pack_set::has_better_copy(const content_id& id) {
  const std::uint32_t number = index_.find(id);
  if (number == pack_index::none || !packs_[index_.group_of(index_[number]).pack].swept) return false;
  return load_verified(number).has_value();
}

/// Writes these objects of a pack, and the erasures that still say something, to the writer's own. False if one of them
/// cannot be read; the pack has to stay then.
WASM64_INLINE result<bool> pack_set::move_out(std::uint32_t number, std::span<const std::uint32_t> live) {
  constexpr std::size_t batch_bytes = std::size_t{16} << 20;
  vector<content_id> ids;
  vector<byte_vector> contents;
  std::size_t size = 0;
  const auto flush = [&]() -> result<void> {
    vector<bytes_view> items;
    for (const byte_vector& bytes : contents) items.push_back({bytes.data(), bytes.size()});
    const result<void> appended = append({ids.data(), ids.size()}, {items.data(), items.size()}, {});
    ids.clear();
    contents.clear();
    size = 0;
    return appended;
  };
  for (const std::uint32_t at : live) {
    result<byte_vector> bytes = load_verified(at);
    if (!bytes.has_value()) return false;
    size += bytes.assume_value().size();
    ids.push_back(index_[at].id);
    contents.push_back(std::move(bytes).assume_value());
    if (size >= batch_bytes || ids.size() == max_batch_rows) WASM64_CHECK(flush());
  }
  if (!ids.empty()) WASM64_CHECK(flush());

  vector<pack_erasure> kept;
  for (const erasure& e : erasures_) {
    if (e.in_pack != number || e.what.pack == packs_[number].name) continue;
    kept.push_back(e.what);
  }
  if (!kept.empty()) WASM64_CHECK(append({}, {}, {kept.data(), kept.size()}));
  return true;
}

WASM64_INLINE result<vector<storage_damage>> pack_set::verify() {
  retire_writer();
  index_.clear();
  cached_group_ = pack_index::none;
  erasures_.clear();
  listed_ns_ = 0;
  for (pack& p : packs_) p.start_over();
  WASM64_CHECK(refresh());
  vector<storage_damage> found;
  for (const pack& p : packs_) {
    if (p.gone) continue;
    const std::string name = pack_file_name(p.name);
    if (!p.is_file) found.push_back({name, error(errc::storage_io, "not a file")});
    if (p.is_doubtful && p.damaged.empty() && p.scanned < p.size) {
      found.push_back({name, error(errc::hash_mismatch, p.scanned, "batches that are not of a pack of this name")});
    }
    for (std::size_t i = 0; i < p.damaged.size(); i += 2) {
      found.push_back({name, error(errc::hash_mismatch, p.damaged[i],
                                   "what is there up to byte " + std::to_string(p.damaged[i + 1]))});
    }
  }
  index_.for_each_copy([&](std::uint32_t number) {
    const result<byte_vector> bytes = load_verified(number);
    if (bytes.has_value()) return;
    found.push_back({pack_file_name(packs_[index_.group_of(index_[number]).pack].name), bytes.assume_error()});
  });
  return found;
}

}  // namespace wasm64::detail
