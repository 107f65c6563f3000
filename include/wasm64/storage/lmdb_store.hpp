#pragma once

#include "wasm64/base/shared_bytes.hpp"
#include "wasm64/storage/check.hpp"
#include "wasm64/storage/lmdb_environment.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64 {

/// Keeps bytes in an LMDB environment: the files data.mdb and lock.mdb of a directory. Any number of threads and
/// processes may share it; each call is one transaction, and what writes is durable when it returns. What is read is
/// copied and checked against its id, since LMDB has no checksums. A store does not survive fork: the child opens its
/// own.
///
/// LMDB trusts its files: whoever can write data.mdb can make liblmdb crash, so the directory must be its owner's. It
/// also counts on a disk to write a sector of 512 bytes wholly or not at all. Headers that cannot be, files that were
/// cut, records of wrong shape and changed values are found and reported.
///
///   database   key                       value
///   objects    id, the object's tail     the rest of the object
///   roots      SHA-256 of the name       id, name
///
/// Values of more than half a page stand in pages of their own, which begin with 16 bytes of LMDB's: an object of 4096
/// bytes would take two pages. The few bytes that would begin another page are the tail; mostly there is none. So 4096
/// bytes cost one page and 66 bytes of a leaf, which is about 4200 bytes.
class lmdb_store {
 public:
  using options = lmdb_options;
  static constexpr std::size_t max_root_name = 1 << 16;

  /// Opens the store in `directory`, which is made if its parent exists. Stores of one directory in one process share
  /// what the first of them has opened; it is durable if one of them is.
  static result<lmdb_store> open(std::string_view directory, options with) {
    if (directory.empty() || directory.find('\0') != std::string_view::npos)
      return fail(errc::storage_io, "directory name");
    lmdb_store store;
    store.options_ = with;
    WASM64_TRY(detail::lmdb_environment* const shared, detail::lmdb_environment::acquire(std::string(directory), with));
    store.environment_ = detail::lmdb_handle(shared);
    return store;
  }
  static result<lmdb_store> open(std::string_view directory) { return open(directory, options()); }

  result<shared_bytes> get(const content_id& id) const {
    byte_vector bytes;
    WASM64_TRY(const bool there, read([&](MDB_txn* txn, error& refusal) {
                 record found;
                 if (const int code = find(txn, id, found); code != 0) return code;
                 if (found.size() > options_.max_object_size) {
                   refusal = error(errc::limit_exceeded, "object size");
                   return refused;
                 }
                 bytes.reserve(found.size());
                 bytes.assign(found.head.begin(), found.head.end());
                 bytes.insert(bytes.end(), found.tail.begin(), found.tail.end());
                 return 0;
               }));
    if (!there) return fail(errc::not_found, to_text(id));
    WASM64_TRY(const content_id hash, sha256({bytes.data(), bytes.size()}));
    if (hash != id) return fail(errc::hash_mismatch, to_text(id));
    return shared_bytes(std::move(bytes));
  }

  result<content_id> put(bytes_view bytes) {
    WASM64_TRY(const auto ids, put_all({&bytes, 1}));
    return ids.front();
  }
  /// In one transaction.
  result<vector<content_id>> put_all(std::span<const bytes_view> items) {
    vector<content_id> ids;
    ids.reserve(items.size());
    for (const bytes_view bytes : items) {
      if (bytes.size() > options_.max_object_size || bytes.size() > 0xffff'ffff)
        return fail(errc::limit_exceeded, "object size");
      WASM64_TRY(const content_id id, sha256(bytes));
      ids.push_back(id);
    }
    WASM64_CHECK(environment_->transact(0, options_.max_map_size, 0, [&](MDB_txn* txn, error&) {
      int code = 0;
      for (std::size_t i = 0; i < items.size() && code == 0; ++i) code = put_record(txn, ids[i], items[i]);
      return code;
    }));
    return ids;
  }

  /// Looks for the record, without reading it.
  result<bool> contains(const content_id& id) const {
    return read([&](MDB_txn* txn, error&) {
      record found;
      return find(txn, id, found);
    });
  }

  /// A name has at most `max_root_name` bytes.
  result<void> link(std::string_view name, const content_id& id) {
    WASM64_TRY(const content_id key, root_key(name));
    WASM64_CHECK(write([&](MDB_txn* txn, error&) { return write_root(txn, key, name, id); }));
    return success();
  }
  result<content_id> resolve(std::string_view name) const {
    WASM64_TRY(const content_id key, root_key(name));
    content_id id;
    WASM64_TRY(const bool there,
               read([&](MDB_txn* txn, error& refusal) { return read_root(txn, key, name, id, refusal); }));
    if (!there) return fail(errc::not_found, std::string(name));
    return id;
  }
  result<void> unlink(std::string_view name) {
    WASM64_TRY(const content_id key, root_key(name));
    WASM64_CHECK(write([&](MDB_txn* txn, error&) {
      MDB_val k = value_of(key.bytes);
      return mdb_del(txn, environment_->roots(), &k, nullptr);
    }));
    return success();
  }
  result<void> compare_and_swap(std::string_view name, const content_id* expected, const content_id& desired) {
    WASM64_TRY(const content_id key, root_key(name));
    WASM64_CHECK(write([&](MDB_txn* txn, error& refusal) {
      content_id now;
      const int code = read_root(txn, key, name, now, refusal);
      if (code != 0 && code != MDB_NOTFOUND) return code;
      const bool holds = code != 0 ? expected == nullptr : expected != nullptr && now == *expected;
      if (holds) return write_root(txn, key, name, desired);
      refusal = error(errc::conflict, std::string(name));
      return refused;
    }));
    return success();
  }

  /// All names with what they stand for, in no particular order.
  result<vector<std::pair<std::string, content_id>>> roots() const {
    vector<std::pair<std::string, content_id>> all;
    WASM64_CHECK(read([&](MDB_txn* txn, error& refusal) {
      all.clear();
      return each(txn, environment_->roots(), [&](bytes_view, bytes_view value) {
        if (const int code = check_root(value, refusal); code != 0) return code;
        all.emplace_back(std::string(as_text(value.subspan(id_size))), id_in(value));
        return 0;
      });
    }));
    return all;
  }

  result<vector<content_id>> list() const {
    vector<content_id> ids;
    WASM64_CHECK(read([&](MDB_txn* txn, error& refusal) {
      ids.clear();
      return each(txn, environment_->objects(), [&](bytes_view key, bytes_view) {
        if (key.size() < id_size) {
          refusal = error(errc::malformed_id, "size of an object's key");
          return refused;
        }
        const content_id id = id_in(key);
        if (ids.empty() || ids.back() != id) ids.push_back(id);
        return 0;
      });
    }));
    return ids;
  }

  result<void> erase(const content_id& id) { return erase_all({&id, 1}); }
  /// In one transaction. LMDB uses the room again, but its file does not shrink.
  result<void> erase_all(std::span<const content_id> ids) {
    WASM64_CHECK(write([&](MDB_txn* txn, error&) {
      int code = 0;
      for (std::size_t i = 0; i < ids.size() && code == 0; ++i) code = erase_records(txn, ids[i]);
      return code;
    }));
    return success();
  }

 private:
  static constexpr std::size_t id_size = sizeof(content_id::bytes);
  static constexpr int refused = detail::lmdb_environment::refused;

  /// An object where LMDB has it, until the transaction's next change or end.
  struct record {
    bytes_view head;
    bytes_view tail;

    std::size_t size() const noexcept { return head.size() + tail.size(); }
    bool holds(bytes_view bytes) const noexcept {
      return bytes.size() == size() && std::equal(head.begin(), head.end(), bytes.begin()) &&
             std::equal(tail.begin(), tail.end(), bytes.end() - static_cast<std::ptrdiff_t>(tail.size()));
    }
  };

  /// Closes itself before its transaction ends.
  class cursor {
   public:
    cursor() = default;
    cursor(const cursor&) = delete;
    ~cursor() {
      if (raw_ != nullptr) mdb_cursor_close(raw_);
    }
    int open(MDB_txn* txn, MDB_dbi database) { return mdb_cursor_open(txn, database, &raw_); }
    int move(MDB_cursor_op to, MDB_val& key, MDB_val& value) { return mdb_cursor_get(raw_, &key, &value, to); }
    int erase() { return mdb_cursor_del(raw_, 0); }

   private:
    MDB_cursor* raw_ = nullptr;
  };

  lmdb_store() = default;

  template <class Body>
  result<bool> read(Body body) const {
    return environment_->transact(MDB_RDONLY, options_.max_map_size, 0, body);
  }
  /// Also of a full store, roots change and objects are erased, which takes room before it gives some.
  template <class Body>
  result<bool> write(Body body) {
    return environment_->transact(0, options_.max_map_size, options_.max_map_size / 8 + (1 << 20), body);
  }

  static MDB_val value_of(bytes_view bytes) noexcept {
    // LMDB only reads through it.
    return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};
  }
  static bytes_view view_of(const MDB_val& value) noexcept {
    return {static_cast<const std::uint8_t*>(value.mv_data), value.mv_size};
  }
  static content_id id_in(bytes_view bytes) noexcept {
    content_id id;
    std::copy_n(bytes.begin(), id_size, id.bytes.begin());
    return id;
  }

  /// MDB_NOTFOUND when there is no record of the id at or behind where `at` is.
  static int find(cursor& at, const content_id& id, record& found) {
    MDB_val key = value_of(id.bytes);
    MDB_val value{};
    if (const int code = at.move(MDB_SET_RANGE, key, value); code != 0) return code;
    const bytes_view name = view_of(key);
    if (name.size() < id_size || id_in(name) != id) return MDB_NOTFOUND;
    found = {view_of(value), name.subspan(id_size)};
    return 0;
  }
  int find(MDB_txn* txn, const content_id& id, record& found) const {
    cursor at;
    if (const int code = at.open(txn, environment_->objects()); code != 0) return code;
    return find(at, id, found);
  }

  /// How many bytes at the end of an object of `size` bytes go into its key.
  std::size_t tail_size(std::size_t size) const noexcept {
    constexpr std::size_t page_header = 16;
    constexpr std::size_t node_header = 8;
    constexpr std::size_t longest = 64;
    const std::size_t page = environment_->page_size();
    const std::size_t largest_node = ((page - page_header) / 2 & ~std::size_t{1}) - 2;
    if (node_header + id_size + size <= largest_node) return 0;
    const std::size_t in_last_page = (page_header + size) % page;
    return in_last_page <= longest ? in_last_page : 0;
  }

  int put_record(MDB_txn* txn, const content_id& id, bytes_view bytes) {
    record found;
    const int code = find(txn, id, found);
    if (code == 0 && found.holds(bytes)) return 0;
    if (code != 0 && code != MDB_NOTFOUND) return code;
    if (code == 0) {  // damaged: it is replaced
      if (const int erased = erase_records(txn, id); erased != 0) return erased;
    }
    const bytes_view tail = bytes.last(tail_size(bytes.size()));
    small_vector<std::uint8_t, 128> name(id.bytes.begin(), id.bytes.end());
    name.insert(name.end(), tail.begin(), tail.end());
    MDB_val key = value_of({name.data(), name.size()});
    MDB_val value = value_of(bytes.first(bytes.size() - tail.size()));
    return mdb_put(txn, environment_->objects(), &key, &value, 0);
  }

  int erase_records(MDB_txn* txn, const content_id& id) {
    cursor at;
    int code = at.open(txn, environment_->objects());
    record found;
    while (code == 0 && (code = find(at, id, found)) == 0) code = at.erase();
    return code == MDB_NOTFOUND ? 0 : code;
  }

  static result<content_id> root_key(std::string_view name) {
    if (name.empty()) return fail(errc::malformed_id, "empty root name");
    if (name.size() > max_root_name) return fail(errc::limit_exceeded, "root name");
    return sha256(as_bytes(name));
  }
  static int check_root(bytes_view value, error& refusal) {
    if (value.size() > id_size && value.size() <= id_size + max_root_name) return 0;
    refusal = error(errc::malformed_id, "size of a root's record");
    return refused;
  }
  int read_root(MDB_txn* txn, const content_id& key, std::string_view name, content_id& id, error& refusal) const {
    MDB_val k = value_of(key.bytes);
    MDB_val v{};
    if (const int code = mdb_get(txn, environment_->roots(), &k, &v); code != 0) return code;
    const bytes_view value = view_of(v);
    if (const int code = check_root(value, refusal); code != 0) return code;
    if (as_text(value.subspan(id_size)) != name) {
      refusal = error(errc::hash_mismatch, "root record of another name");
      return refused;
    }
    id = id_in(value);
    return 0;
  }
  int write_root(MDB_txn* txn, const content_id& key, std::string_view name, const content_id& id) {
    byte_vector bytes(id.bytes.begin(), id.bytes.end());
    bytes.insert(bytes.end(), name.begin(), name.end());
    MDB_val k = value_of(key.bytes);
    MDB_val v = value_of({bytes.data(), bytes.size()});
    return mdb_put(txn, environment_->roots(), &k, &v, 0);
  }

  /// `visit(key, value)` answers a code; other than 0 ends it.
  template <class Visit>
  static int each(MDB_txn* txn, MDB_dbi database, Visit visit) {
    cursor at;
    MDB_val key{};
    MDB_val value{};
    int code = at.open(txn, database);
    if (code == 0) code = at.move(MDB_FIRST, key, value);
    while (code == 0) {
      code = visit(view_of(key), view_of(value));
      if (code == 0) code = at.move(MDB_NEXT, key, value);
    }
    return code == MDB_NOTFOUND ? 0 : code;
  }

  options options_;
  detail::lmdb_handle environment_;
};

static_assert(check_storage_policy<lmdb_store>());

}  // namespace wasm64
