#pragma once

// Optional: not in the umbrella, because it needs liblmdb.
#include <lmdb.h>

#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include <sys/mman.h>

#include "wasm64/storage/lmdb_header.hpp"
#include "wasm64/storage/posix_file.hpp"

namespace wasm64 {

struct lmdb_options {
  /// Bytes of address space at first. The map doubles when the store is full, and follows what other processes add.
  std::uint64_t map_size = std::uint64_t{1} << 30;
  std::uint64_t max_map_size = std::uint64_t{1} << 40;    ///< bytes; puts that need more fail with limit_exceeded
  std::uint64_t max_object_size = std::uint64_t{1} << 30;  ///< bytes; LMDB ends below 4 GiB
  unsigned max_readers = 126;  ///< reads at once in all processes; who first opens the directory decides
  /// False commits without waiting for the disk: a crash of the machine may then lose or damage the whole store.
  bool durable = true;
};

namespace detail {

/// LMDB's codes as errors; others are those of the operating system.
inline error lmdb_error(int code) {
  switch (code) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case MDB_READERS_FULL:
    case MDB_BAD_VALSIZE: return {errc::limit_exceeded, mdb_strerror(code)};
    case ENOMEM: return {errc::out_of_memory, mdb_strerror(code)};
    default: return {errc::storage_io, mdb_strerror(code)};
  }
}

/// What LMDB has open in a directory. LMDB forbids to open one twice in a process, so all stores of a directory, told
/// by its device and inode, share one of these; the last that goes closes it.
class lmdb_environment {
 public:
  /// The environment of the directory, which is made if its parent exists; to be released.
  static result<lmdb_environment*> acquire(const std::string& directory, const lmdb_options& with) {
    WASM64_TRY(posix_file file, open_directory(AT_FDCWD, directory));
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) return fail(io_error("stat", directory));
    registry& all = opened();
    const std::lock_guard lock(all.mutex);
    for (lmdb_environment* e = all.first; e != nullptr; e = e->next_) {
      if (e->inherited() || e->device_ != about.st_dev || e->inode_ != about.st_ino) continue;
      if (with.durable) WASM64_CHECK(e->make_durable());
      ++e->users_;
      return e;
    }
    auto* const e = new lmdb_environment;
    e->directory_ = std::move(file);
    e->device_ = about.st_dev;
    e->inode_ = about.st_ino;
    e->next_ = std::exchange(all.first, e);
    if (result<void> done = e->open(directory, with); !done.has_value()) {
      e->release_locked(all);
      return fail(std::move(done).assume_error());
    }
    return e;
  }

  void release() {
    registry& all = opened();
    const std::lock_guard lock(all.mutex);
    release_locked(all);
  }

  /// Runs `body(MDB_txn*, error&)` in a transaction, and once more after each growth of the map. The body answers a
  /// code of LMDB; `refused` for the error it has set. True once committed, false when the body answers MDB_NOTFOUND.
  /// `reserve` is what the map may have beyond its limit while this runs.
  template <class Body>
  result<bool> transact(unsigned flags, std::uint64_t max_map_size, std::uint64_t reserve, Body&& body) {
    // LMDB forbids what another process has opened, also the parent.
    if (inherited()) return fail(errc::storage_io, "LMDB was opened before fork");
    bool readers_checked = false;
    for (int attempt = 0; attempt < 100; ++attempt) {
      std::uint64_t map_size = 0;
      error refusal;
      const int code = attempt_once(flags, map_size, refusal, body);
      if (map_size > max_map_size && code != MDB_MAP_FULL && code != MDB_MAP_RESIZED && reserve != 0) {
        const result<void> resized = resize(map_size, max_map_size);
        if (!resized.has_value() && code != MDB_SUCCESS) return fail(resized.assume_error());
      }
      switch (code) {
        case MDB_SUCCESS: return true;
        case MDB_NOTFOUND: return false;
        case refused: return fail(std::move(refusal));
        case MDB_MAP_FULL: WASM64_CHECK(grow(map_size, max_map_size + reserve)); continue;
        case MDB_MAP_RESIZED: WASM64_CHECK(follow(max_map_size)); continue;
        case MDB_READERS_FULL:
          if (std::exchange(readers_checked, true)) return fail(lmdb_error(code));
          check_readers();
          continue;
        default: return fail(lmdb_error(code));
      }
    }
    return fail(errc::storage_io, "LMDB's map does not settle");
  }

  static constexpr int refused = -1;

  MDB_dbi objects() const noexcept { return objects_; }
  MDB_dbi roots() const noexcept { return roots_; }
  std::size_t page_size() const noexcept { return page_size_; }

 private:
  struct registry {
    std::mutex mutex;
    lmdb_environment* first = nullptr;
  };
  static registry& opened() {
    static registry all;
    return all;
  }

  lmdb_environment() = default;
  ~lmdb_environment() {
    // In a child process, LMDB's locks and slots are the parent's.
    if (environment_ != nullptr && !inherited()) mdb_env_close(environment_);
  }
  bool inherited() const noexcept { return process_ != ::getpid(); }

  void release_locked(registry& all) {
    if (--users_ != 0) return;
    lmdb_environment** at = &all.first;
    while (*at != this) at = &(*at)->next_;
    *at = next_;
    delete this;
  }

  result<void> open(const std::string& directory, const lmdb_options& with) {
    // Another process may be writing it: what is wrong for longer is damage.
    result<void> header = check_lmdb_header(directory_.get(), "data.mdb");
    for (int tries = 0; tries < 20 && !header.has_value(); ++tries) {
      ::usleep(1'000);
      header = check_lmdb_header(directory_.get(), "data.mdb");
    }
    WASM64_CHECK(std::move(header));
    int code = mdb_env_create(&environment_);
    if (code == 0) code = mdb_env_set_maxreaders(environment_, with.max_readers);
    if (code == 0) code = mdb_env_set_maxdbs(environment_, 2);
    if (code == 0) code = mdb_env_set_mapsize(environment_, whole_pages(std::min(with.map_size, with.max_map_size)));
    // Without NOTLS a slot for readers would belong to a thread, which may read in two stores.
    const unsigned flags = MDB_NOTLS | (with.durable ? 0u : unsigned{MDB_NOSYNC});
    if (code == 0) code = mdb_env_open(environment_, directory.c_str(), flags, 0666);
    if (code != 0) return fail(error(lmdb_error(code).code, "open " + directory + ": " + mdb_strerror(code)));
    MDB_stat about{};
    mdb_env_stat(environment_, &about);
    page_size_ = about.ms_psize;
    check_readers();
    WASM64_TRY(const bool whole,
               transact(MDB_RDONLY, with.max_map_size, 0, [this](MDB_txn*, error&) { return has_all_pages(); }));
    if (!whole)
      WASM64_CHECK(transact(0, with.max_map_size, 0, [this](MDB_txn*, error&) { return add_missing_pages(); }));
    // Most often they are there; making them waits for the disk.
    const auto open_both = [this](unsigned create) {
      return [this, create](MDB_txn* txn, error& refusal) {
        const int first = open_database(txn, "objects", create, objects_, refusal);
        return first != 0 ? first : open_database(txn, "roots", create, roots_, refusal);
      };
    };
    WASM64_TRY(const bool there, transact(MDB_RDONLY, with.max_map_size, 0, open_both(0)));
    if (there) return success();
    WASM64_CHECK(transact(0, with.max_map_size, 0, open_both(MDB_CREATE)));
    return sync(directory_.get(), directory);
  }

  static int open_database(MDB_txn* txn, const char* name, unsigned create, MDB_dbi& handle, error& refusal) {
    if (const int code = mdb_dbi_open(txn, name, create, &handle); code != 0) return code;
    unsigned flags = 0;
    if (const int code = mdb_dbi_flags(txn, handle, &flags); code != 0) return code;
    if (flags == 0) return 0;
    refusal = error(errc::storage_io, std::string("LMDB database ") + name + " is not a store's");
    return refused;
  }

  // Reading past the end of a file that was cut would kill the process. Pages of zeros are found wrong instead.
  std::uint64_t size_of_pages() const {
    MDB_envinfo about{};
    mdb_env_info(environment_, &about);
    return (std::uint64_t{about.me_last_pgno} + 1) * page_size_;
  }
  int has_all_pages() const {
    int descriptor = -1;
    struct stat about{};
    if (const int code = mdb_env_get_fd(environment_, &descriptor); code != 0) return code;
    if (::fstat(descriptor, &about) != 0) return errno;
    return static_cast<std::uint64_t>(about.st_size) >= size_of_pages() ? MDB_SUCCESS : MDB_NOTFOUND;
  }
  /// In a transaction that writes, in which no other process adds any.
  int add_missing_pages() const {
    int descriptor = -1;
    if (const int code = mdb_env_get_fd(environment_, &descriptor); code != 0) return code;
    if (has_all_pages() == MDB_SUCCESS) return MDB_SUCCESS;
    return ::ftruncate(descriptor, static_cast<off_t>(size_of_pages())) == 0 ? MDB_SUCCESS : errno;
  }

  template <class Body>
  int attempt_once(unsigned flags, std::uint64_t& map_size, error& refusal, Body& body) {
    const std::shared_lock lock(map_mutex_);
    if (broken_) return MDB_PANIC;
    map_size = this->map_size();
    MDB_txn* txn = nullptr;
    if (const int code = mdb_txn_begin(environment_, nullptr, flags, &txn); code != 0) return code;
    if (const int code = body(txn, refusal); code != 0) {
      mdb_txn_abort(txn);
      return code;
    }
    return mdb_txn_commit(txn);
  }

  /// Processes that died while they read keep old pages in use.
  void check_readers() {
    int dead = 0;
    mdb_reader_check(environment_, &dead);
  }

  /// Doubles a map of `seen` bytes, unless another thread has.
  result<void> grow(std::uint64_t seen, std::uint64_t limit) {
    check_readers();
    const std::uint64_t next = whole_pages(std::min(limit, seen * 2));
    if (next <= seen) return fail(lmdb_error(MDB_MAP_FULL));
    return resize(seen, next);
  }

  /// Takes the size that another process has given the map, at most `limit` unless more is in use.
  result<void> follow(std::uint64_t limit) {
    const std::unique_lock lock(map_mutex_);
    WASM64_CHECK(set_map_size(0));
    if (map_size() > limit) WASM64_CHECK(set_map_size(whole_pages(limit)));
    return success();
  }

  result<void> resize(std::uint64_t from, std::uint64_t to) {
    const std::unique_lock lock(map_mutex_);
    if (map_size() != from) return success();
    // LMDB gives its map up before it asks for the next one, and cannot go on without.
    void* const room = ::mmap(nullptr, to, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) return fail(errc::limit_exceeded, "address space for LMDB's map");
    ::munmap(room, to);
    return set_map_size(whole_pages(to));
  }

  /// LMDB wants no transaction of this process to be open here. It takes no less than what is in use.
  result<void> set_map_size(std::size_t size) {
    if (broken_) return fail(lmdb_error(MDB_PANIC));
    const int code = mdb_env_set_mapsize(environment_, size);
    broken_ = code != 0;
    if (code != 0) return fail(lmdb_error(code));
    return success();
  }

  std::uint64_t map_size() const {
    MDB_envinfo about{};
    mdb_env_info(environment_, &about);
    return about.me_mapsize;
  }

  /// For a store that must be durable beside one that need not.
  result<void> make_durable() {
    const std::unique_lock lock(map_mutex_);
    unsigned flags = 0;
    mdb_env_get_flags(environment_, &flags);
    if ((flags & MDB_NOSYNC) == 0) return success();
    int code = mdb_env_set_flags(environment_, MDB_NOSYNC, 0);
    if (code == 0) code = mdb_env_sync(environment_, 1);
    if (code != 0) return fail(lmdb_error(code));
    return success();
  }

  static std::size_t whole_pages(std::uint64_t size) {
    constexpr std::uint64_t largest_page = 0x10000;
    return static_cast<std::size_t>(std::max(size & ~(largest_page - 1), largest_page));
  }

  posix_file directory_;  // open, so that its inode is not another's meanwhile
  dev_t device_ = 0;
  ino_t inode_ = 0;
  pid_t process_ = ::getpid();
  unsigned users_ = 1;
  lmdb_environment* next_ = nullptr;

  std::shared_mutex map_mutex_;  // shared by transactions, owned to change the map
  MDB_env* environment_ = nullptr;
  bool broken_ = false;  // it has no map any more
  MDB_dbi objects_ = 0;
  MDB_dbi roots_ = 0;
  std::size_t page_size_ = 0;
};

/// Owns a share of an environment.
class lmdb_handle {
 public:
  lmdb_handle() = default;
  explicit lmdb_handle(lmdb_environment* shared) noexcept : shared_(shared) {}
  lmdb_handle(lmdb_handle&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  lmdb_handle& operator=(lmdb_handle other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~lmdb_handle() {
    if (shared_ != nullptr) shared_->release();
  }

  lmdb_environment* operator->() const noexcept { return shared_; }

 private:
  lmdb_environment* shared_ = nullptr;
};

}  // namespace detail

}  // namespace wasm64
