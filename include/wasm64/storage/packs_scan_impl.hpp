#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <ctime>

#include "wasm64/storage/packs.hpp"

// Finding out what the packs of a directory hold.

namespace wasm64::detail {

WASM64_INLINE result<pack_set> pack_set::open(posix_file directory, const options& with) {
  WASM64_TRY(const std::uint64_t secret, random_number());
  pack_set packs(secret);
  packs.directory_ = std::move(directory);
  packs.options_ = with;
  WASM64_CHECK(packs.refresh());
  return packs;
}

/// Whether this is one of the last descriptors that the process may have: these are left to roots and new packs.
inline bool is_in_reserve(const posix_file& file) {
  constexpr rlim_t reserve = 16;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
  return static_cast<rlim_t>(file.get()) + std::min(reserve, limit.rlim_cur / 4) >= limit.rlim_cur;
}

/// Opens a file of the directory. Where descriptors run out, packs that nothing depends on are closed.
WASM64_INLINE posix_file pack_set::open_name(const std::string& name, int flags) {
  const auto open = [&] { return ::openat(directory_.get(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, 0666); };
  posix_file file(open());
  if (file.is_open() ? !is_in_reserve(file) : errno != EMFILE && errno != ENFILE) return file;
  for (std::uint32_t i = 0; i < packs_.size(); ++i) {
    if (packs_[i].held == 0 && !packs_[i].swept && i != writer_) packs_[i].file = posix_file();
  }
  if (!file.is_open()) return posix_file(open());
  posix_file lower(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
  return lower.is_open() ? std::move(lower) : std::move(file);
}

/// Fails with not_found when the pack is not there any more. What stands in its place and is no file is told by
/// `is_file`.
WASM64_INLINE result<void> pack_set::open_file(pack& p) {
  if (p.file.is_open()) return success();
  if (++opened_ % 64 == 0) close_some();
  const std::string name = pack_file_name(p.name);
  p.file = open_name(name, O_RDWR | O_NONBLOCK);
  p.writable = p.file.is_open();
  if (!p.writable && (errno == EACCES || errno == EROFS || errno == EPERM)) {
    p.file = open_name(name, O_RDONLY | O_NONBLOCK);
  }
  if (!p.file.is_open()) {
    if (errno == ENOENT) return fail(errc::not_found, name);
    p.is_file = errno != ELOOP && errno != EISDIR && errno != ENXIO;
    return fail(io_error("open", name));
  }
  struct stat about{};
  if (::fstat(p.file.get(), &about) != 0) return fail(io_error("stat", name));
  p.is_file = S_ISREG(about.st_mode);
  if (p.is_file) return success();
  p.file = posix_file();
  return fail(errc::storage_io, name + " is not a file");
}

/// In nanoseconds.
inline std::int64_t time_of(const std::timespec& time) {
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

/// Changes in quick succession may have the same time, so only one that is two seconds old says that all was seen.
inline bool is_settled(std::int64_t changed_ns) {
  std::timespec now{};
  return std::timespec_get(&now, TIME_UTC) == TIME_UTC && time_of(now) - changed_ns > 2'000'000'000;
}

WASM64_INLINE result<void> pack_set::add_new_packs() {
  struct stat about{};
  if (::fstat(directory_.get(), &about) != 0) return fail(io_error("stat", "packs"));
  const std::int64_t changed = time_of(about.st_mtim);
  if (changed == listed_ns_) return success();
  listed_ns_ = is_settled(changed) ? changed : 0;

  WASM64_TRY(const vector<std::string> files, names_in(directory_.get(), "packs"));
  vector<std::uint64_t> names;
  for (const std::string& file : files) {
    std::uint64_t name = 0;
    if (parse_pack_file_name(file, name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  vector<bool> known(names.size(), false);
  for (std::uint32_t i = 0; i < packs_.size(); ++i) {
    if (packs_[i].gone) continue;
    const auto found = std::lower_bound(names.begin(), names.end(), packs_[i].name);
    if (found != names.end() && *found == packs_[i].name) {
      known[static_cast<std::size_t>(found - names.begin())] = true;
    } else {
      drop(i);
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (known[i]) continue;
    packs_.emplace_back();
    packs_.back().name = names[i];
  }
  return success();
}

WASM64_INLINE result<void> pack_set::refresh() {
  WASM64_CHECK(add_new_packs());
  for (std::uint32_t i = 0; i < packs_.size(); ++i) {
    if (!packs_[i].gone && !packs_[i].sealed && i != writer_) WASM64_CHECK(scan(i));
  }
  forget_dropped();
  apply_erasures();
  close_some();
  return success();
}

/// Enters the batches that have come to a pack since it was looked at.
WASM64_INLINE result<void> pack_set::scan(std::uint32_t number) {
  pack& p = packs_[number];
  if (const result<void> opened = open_file(p); !opened.has_value()) {
    if (!p.is_file) return success();  // `verify` reports it
    if (opened.assume_error().code != errc::not_found) return opened;
    drop(number);
    return success();
  }
  struct stat about{};
  if (::fstat(p.file.get(), &about) != 0) return fail(io_error("stat", pack_file_name(p.name)));
  const auto size = static_cast<std::uint64_t>(about.st_size);
  const std::int64_t changed = time_of(about.st_mtim);
  if (size == p.size && (p.scanned == size || (changed == p.changed_ns && is_settled(changed)))) return success();
  if (size < p.scanned) return scan_again(number);
  p.size = size;
  p.changed_ns = changed;
  p.is_doubtful = false;
  batch_table table;
  while (p.scanned < size) {
    const std::uint64_t from = p.scanned;
    std::uint64_t position = from;
    WASM64_TRY(const bool is_batch, read_table(p, position, table));
    if (!is_batch) {
      WASM64_TRY(position, find_batch(p, position + batch_alignment, table));
      if (position == 0) break;
    }
    if (table.size() > size - position) break;
    if (position + table.size() == size) {
      WASM64_TRY(const bool complete, is_complete(p, position, table));
      if (!complete) break;
    }
    if (position != from) {
      p.damaged.push_back(from);
      p.damaged.push_back(position);
    }
    enter(number, position, table);
  }
  return success();
}

/// Forgets what is known of a pack and reads it again.
WASM64_INLINE result<void> pack_set::scan_again(std::uint32_t number) {
  index_.remove_packs([&](std::uint32_t other) { return other == number; });
  cached_group_ = pack_index::none;
  for (auto at = erasures_.begin(); at != erasures_.end();) {
    at->applied = false;
    at = at->in_pack == number ? erasures_.erase(at) : at + 1;
  }
  packs_[number].start_over();
  return scan(number);
}

/// Head and table of a batch; false if there is none at this position.
WASM64_INLINE result<bool> pack_set::read_table(pack& p, std::uint64_t position, batch_table& table) {
  const std::string name = pack_file_name(p.name);
  // Most tables are small and come with the head.
  std::uint8_t first[4096];
  WASM64_TRY(const std::size_t count, read_at(p.file.get(), position, first, name));
  if (count < batch_head_size) return false;
  const std::uint64_t size =
      announced_table_size(std::span<const std::uint8_t>(first).first<batch_head_size>(), position);
  if (size == 0 || size > p.size - position) return false;
  if (size <= count) return read_batch_table(p.name, position, {first, static_cast<std::size_t>(size)}, table);
  byte_vector whole(static_cast<std::size_t>(size));
  WASM64_TRY(const std::size_t got, read_at(p.file.get(), position, {whole.data(), whole.size()}, name));
  return got == whole.size() && read_batch_table(p.name, position, {whole.data(), whole.size()}, table);
}

/// The next position that has a batch; 0 if there is none. Something that looks like one, but is not one of this pack,
/// makes the pack doubtful: that is not what a crash leaves.
WASM64_INLINE result<std::uint64_t> pack_set::find_batch(pack& p, std::uint64_t from, batch_table& table) {
  byte_vector window(std::size_t{1} << 20);
  for (std::uint64_t at = from; at < p.size; at += window.size()) {
    WASM64_TRY(const std::size_t count, read_at(p.file.get(), at, {window.data(), window.size()}, "pack"));
    for (std::size_t i = 0; i + batch_head_size <= count; i += batch_alignment) {
      const auto head = std::span<const std::uint8_t>(window.data() + i, batch_head_size).first<batch_head_size>();
      if (announced_table_size(head, at + i) == 0) continue;
      p.is_doubtful = true;
      WASM64_TRY(const bool found, read_table(p, at + i, table));
      if (found) return at + i;
    }
    if (count < window.size()) break;
  }
  return std::uint64_t{0};
}

/// Whether the payload is what the table says.
WASM64_INLINE result<bool> pack_set::is_complete(pack& p, std::uint64_t position, const batch_table& table) {
  std::uint64_t at = position + table.head_and_table_size();
  std::size_t next = 0;
  byte_vector bytes;
  const auto read = [&](std::uint64_t size) -> result<bool> {
    bytes.resize(static_cast<std::size_t>(size));
    WASM64_TRY(const std::size_t count, read_at(p.file.get(), at, {bytes.data(), bytes.size()}, "pack"));
    at += size;
    return count == bytes.size();
  };
  for (const pack_group& group : table.groups) {
    if (group.codec != 0) {
      WASM64_TRY(const bool got, read(group.stored));
      if (!got) return false;
      WASM64_TRY(const std::uint64_t check, group_check({bytes.data(), bytes.size()}));
      if (check != group.check) return false;
      next += group.objects;
      continue;
    }
    for (std::uint32_t i = 0; i < group.objects; ++i, ++next) {
      WASM64_TRY(const bool got, read(table.objects[next].size));
      if (!got) return false;
      WASM64_TRY(const content_id id, sha256({bytes.data(), bytes.size()}));
      if (id != table.objects[next].id) return false;
    }
  }
  return true;
}

/// Takes a batch into the index, as the pack's last.
WASM64_INLINE void pack_set::enter(std::uint32_t number, std::uint64_t position, const batch_table& table) {
  pack& p = packs_[number];
  std::uint64_t at = position + table.head_and_table_size();
  std::size_t next = 0;
  for (const pack_group& group : table.groups) {
    const std::uint32_t entered = index_.add({at, group.stored, group.raw, group.check, position, number, group.codec});
    at += group.stored;
    std::uint64_t offset = 0;
    for (std::uint32_t i = 0; i < group.objects; ++i, ++next) {
      const pack_object& object = table.objects[next];
      index_.add(object.id, entered, offset, object.size);
      offset += object.size;
    }
  }
  for (const pack_erasure& erased : table.erasures) erasures_.push_back({erased, number, false});
  // What was before this batch was durable before it was written.
  p.durable = position;
  p.scanned = position + table.size();
  p.sealed = table.groups.empty() && table.erasures.empty();
}

/// Forgets the copies that erasures name. One that has not come yet is waited for.
WASM64_INLINE void pack_set::apply_erasures() {
  for (erasure& e : erasures_) {
    if (e.applied) continue;
    const auto matches = [&](std::uint32_t number) {
      const pack_index::group& group = index_.group_of(index_[number]);
      return group.batch == e.what.batch && packs_[group.pack].name == e.what.pack;
    };
    std::uint32_t number = index_.find(e.what.id);
    if (number != pack_index::none && !matches(number)) {
      number = index_.other_copy(e.what.id, pack_index::none);
      while (number != pack_index::none && !matches(number)) number = index_.other_copy(e.what.id, number);
    }
    if (number == pack_index::none) continue;
    index_.remove(number);
    e.applied = true;
  }
}

/// A pack that is not there any more. What its copies are found by stays until the next refresh, so that numbers do.
WASM64_INLINE void pack_set::drop(std::uint32_t number) {
  packs_[number].gone = true;
  has_dropped_ = true;
  if (writer_ == number) writer_ = no_pack;
}

WASM64_INLINE void pack_set::forget_dropped() {
  if (!std::exchange(has_dropped_, false)) return;
  index_.remove_packs([&](std::uint32_t number) { return packs_[number].gone; });
  cached_group_ = pack_index::none;
  for (pack& p : packs_) {
    if (!p.gone) continue;
    p.file = posix_file();
    p.held = 0;
  }
  // So is what was said of their copies.
  for (auto at = erasures_.begin(); at != erasures_.end();) {
    const bool exists =
        std::any_of(packs_.begin(), packs_.end(), [&](const pack& p) { return !p.gone && p.name == at->what.pack; });
    at = exists && !packs_[at->in_pack].gone ? at + 1 : erasures_.erase(at);
  }
}

/// Keeps a store of many packs from using many descriptors.
WASM64_INLINE void pack_set::close_some() noexcept {
  constexpr std::size_t most = 128;
  std::size_t open = 0;
  for (pack& p : packs_) {
    if (p.file.is_open() && ++open > most && p.sealed && p.held == 0 && !p.swept) p.file = posix_file();
  }
}

}  // namespace wasm64::detail
