#include "tests/unit/storage/temporary_directory.hpp"
#include "wasm64/storage/lmdb_store.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <csignal>

#include <fstream>
#include <thread>

namespace {

wasm64::lmdb_store open_lmdb(const std::filesystem::path& directory, wasm64::lmdb_store::options with = {}) {
  return wasm64::lmdb_store::open(directory.string(), with).value();
}

struct lmdb_fixture {
  temporary_directory directory;
  wasm64::lmdb_store store = open_lmdb(directory.path());
};

}  // namespace

#define STORE_FIXTURES lmdb_fixture
#define LISTING_STORE_FIXTURES lmdb_fixture
#include "tests/unit/storage/store_cases.hpp"
#define DIRECTORY_STORES wasm64::lmdb_store
#include "tests/unit/storage/directory_store_cases.hpp"

static_assert(storage_erases_all<lmdb_store>);

namespace {

/// The directory's databases without the store's help.
class raw_lmdb {
 public:
  explicit raw_lmdb(const std::filesystem::path& directory) {
    REQUIRE(mdb_env_create(&environment_) == 0);
    REQUIRE(mdb_env_set_maxdbs(environment_, 2) == 0);
    REQUIRE(mdb_env_open(environment_, directory.c_str(), 0, 0666) == 0);
  }
  raw_lmdb(const raw_lmdb&) = delete;
  ~raw_lmdb() { mdb_env_close(environment_); }

  void put(const char* database, std::string key, std::string value, unsigned flags = 0) {
    change(database, flags, [&](MDB_txn* txn, MDB_dbi handle) {
      MDB_val k{key.size(), key.data()};
      MDB_val v{value.size(), value.data()};
      return mdb_put(txn, handle, &k, &v, 0);
    });
  }
  void erase(const char* database, std::string key) {
    change(database, 0, [&](MDB_txn* txn, MDB_dbi handle) {
      MDB_val k{key.size(), key.data()};
      return mdb_del(txn, handle, &k, nullptr);
    });
  }
  /// Pages in use, without those that are free.
  std::size_t overflow_pages() {
    MDB_stat about{};
    change("objects", 0, [&](MDB_txn* txn, MDB_dbi handle) { return mdb_stat(txn, handle, &about); });
    return about.ms_overflow_pages;
  }

 private:
  template <class Body>
  void change(const char* database, unsigned flags, Body body) {
    MDB_txn* txn = nullptr;
    MDB_dbi handle = 0;
    REQUIRE(mdb_txn_begin(environment_, nullptr, 0, &txn) == 0);
    REQUIRE(mdb_dbi_open(txn, database, MDB_CREATE | flags, &handle) == 0);
    REQUIRE(body(txn, handle) == 0);
    REQUIRE(mdb_txn_commit(txn) == 0);
  }

  MDB_env* environment_ = nullptr;
};

std::string raw(const content_id& id) { return std::string(as_text(id.bytes)); }

std::string page(unsigned number) {
  std::string text(4096, static_cast<char>('a' + number % 26));
  return text.replace(0, 10, std::to_string(1'000'000'000 + number));
}

/// What `body` answers in a child process: its exit status.
template <class Body>
pid_t in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  return child;
}
int status_of(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("an LMDB store remembers after it is closed", "[lmdb]") {
  temporary_directory directory;
  content_id id;
  {
    lmdb_store store = open_lmdb(directory.path() / "new");
    id = store.put(as_bytes("durable")).value();
    REQUIRE(store.link("root", id).has_value());
  }
  const lmdb_store store = open_lmdb(directory.path() / "new");
  CHECK(store.get(id).value().text() == "durable");
  CHECK(store.resolve("root").value() == id);
}

TEST_CASE("objects of every size come back from LMDB", "[lmdb]") {
  lmdb_fixture fixture;
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 1997, 1998, 1999, 2000, 4079, 4080, 4081, 4096,
                                                                   4144, 4145, 8176, 8192, 1 << 20}) {
    const std::string text(size, 'x');
    const content_id id = fixture.store.put(as_bytes(text)).value();
    CHECK(fixture.store.get(id).value().text() == text);
    CHECK(fixture.store.contains(id).value());
  }
  CHECK(fixture.store.list().value().size() == 14);
}

TEST_CASE("objects of a page take one page of LMDB", "[lmdb]") {
  temporary_directory directory;
  if (::sysconf(_SC_PAGESIZE) != 4096) return;  // LMDB's pages are the system's
  {
    lmdb_store store = open_lmdb(directory.path());
    for (unsigned i = 0; i < 100; ++i) REQUIRE(store.put(as_bytes(page(i))).has_value());
  }
  CHECK(raw_lmdb(directory.path()).overflow_pages() == 100);
}

TEST_CASE("stores of one directory share what LMDB has open", "[lmdb]") {
  temporary_directory directory;
  std::filesystem::create_directory_symlink(directory.path(), directory.path() / "link");
  lmdb_store first = open_lmdb(directory.path());
  const content_id id = first.put(as_bytes("shared")).value();
  {
    lmdb_store second = open_lmdb(directory.path() / "link" / ".");
    CHECK(second.get(id).value().text() == "shared");
    REQUIRE(second.link("r", id).has_value());
  }
  CHECK(first.resolve("r").value() == id);
  CHECK(first.put(as_bytes("still open")).has_value());
}

TEST_CASE("LMDB's map grows until its limit", "[lmdb]") {
  temporary_directory directory;
  lmdb_store::options small;
  small.map_size = 1 << 16;
  small.max_map_size = 1 << 20;
  small.durable = false;
  lmdb_store store = open_lmdb(directory.path(), small);
  vector<content_id> ids;
  error reason;
  for (unsigned i = 0; i < 1000; ++i) {
    auto put = store.put(as_bytes(page(i)));
    if (!put.has_value()) {
      reason = put.error();
      break;
    }
    ids.push_back(put.value());
  }
  CHECK(reason.code == errc::limit_exceeded);
  CHECK(ids.size() > 150);
  CHECK(ids.size() < 256);
  for (unsigned i = 0; i < ids.size(); ++i) CHECK(store.get(ids[i]).value().text() == page(i));

  // What does not fit leaves nothing behind, and what is erased makes room.
  const std::string large(1 << 21, 'x');
  const bytes_view items[] = {as_bytes("small"), as_bytes(large)};
  CHECK(store.put_all(items).error().code == errc::limit_exceeded);
  CHECK(store.list().value().size() == ids.size());
  REQUIRE(store.erase_all({ids.data(), ids.size()}).has_value());
  CHECK(store.put(as_bytes(page(0))).has_value());
}

TEST_CASE("one put may need more than twice LMDB's map", "[lmdb]") {
  temporary_directory directory;
  lmdb_store::options small;
  small.map_size = 1 << 16;
  lmdb_store store = open_lmdb(directory.path(), small);
  const std::string large(3 << 20, 'x');
  const content_id id = store.put(as_bytes(large)).value();
  CHECK(store.get(id).value().size() == large.size());
}

TEST_CASE("a map that another process has grown is followed", "[lmdb]") {
  temporary_directory directory;
  lmdb_store::options small;
  small.map_size = 1 << 16;
  lmdb_store store = open_lmdb(directory.path(), small);
  REQUIRE(store.put(as_bytes("here")).has_value());
  const pid_t child = in_child([&] {
    auto other = lmdb_store::open(directory.path().string(), small);
    if (!other.has_value()) return 1;
    for (unsigned i = 0; i < 100; ++i) {
      if (!other.value().put(as_bytes(page(i))).has_value()) return 2;
    }
    return 0;
  });
  REQUIRE(status_of(child) == 0);
  for (unsigned i = 0; i < 100; ++i) {
    CHECK(store.get(sha256(as_bytes(page(i))).value()).value().text() == page(i));
  }
  CHECK(store.put(as_bytes("and back")).has_value());
}

TEST_CASE("a process reads LMDB while another writes", "[lmdb]") {
  temporary_directory directory;
  lmdb_store::options small;
  small.map_size = 1 << 16;
  lmdb_store store = open_lmdb(directory.path(), small);
  const pid_t writer = in_child([&] {
    auto other = lmdb_store::open(directory.path().string(), small);
    if (!other.has_value()) return 1;
    for (unsigned i = 0; i < 200; ++i) {
      const auto id = other.value().put(as_bytes(page(i)));
      if (!id.has_value() || !other.value().link("latest", id.value()).has_value()) return 2;
    }
    return 0;
  });
  int status = 0;
  unsigned seen = 0;
  while (::waitpid(writer, &status, WNOHANG) == 0) {
    const auto latest = store.resolve("latest");
    if (!latest.has_value()) {
      REQUIRE(latest.error().code == errc::not_found);
      continue;
    }
    REQUIRE(store.get(latest.value()).has_value());
    ++seen;
  }
  CHECK(status == 0);
  CHECK(seen > 0);
  CHECK(store.list().value().size() == 200);
}

TEST_CASE("an LMDB writer that is killed leaves each put whole or absent, and others go on", "[lmdb]") {
  temporary_directory directory;
  lmdb_store store = open_lmdb(directory.path());
  constexpr std::size_t objects = 16;
  std::size_t before = 0;
  for (unsigned round = 0; round < 10; ++round) {
    const pid_t writer = in_child([&] {
      auto other = lmdb_store::open(directory.path().string());
      for (unsigned put = 0; other.has_value(); ++put) {
        vector<std::string> texts;
        vector<bytes_view> items;
        for (unsigned n = 0; n < objects; ++n) {
          texts.push_back(page(n) + std::to_string(round) + "/" + std::to_string(put));
        }
        for (const std::string& text : texts) items.push_back(as_bytes(text));
        const auto ids = other.value().put_all({items.data(), items.size()});
        if (!ids.has_value() || !other.value().link("latest", ids.value().back()).has_value()) return 1;
      }
      return 2;
    });
    while (store.list().value().size() < before + 2 * objects) std::this_thread::yield();
    ::usleep(1'000 * round);
    REQUIRE(::kill(writer, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(writer, &status, 0) == writer);
    CHECK(WIFSIGNALED(status));
    const auto ids = store.list().value();
    CHECK(ids.size() % objects == 0);
    for (const content_id& id : ids) CHECK(store.get(id).has_value());
    CHECK(store.get(store.resolve("latest").value()).has_value());
    REQUIRE(store.link("survivor", ids.front()).has_value());
    before = ids.size();
  }
}

TEST_CASE("what was opened before fork is refused in the child", "[lmdb]") {
  lmdb_fixture fixture;
  const content_id id = fixture.store.put(as_bytes("x")).value();
  const pid_t child = in_child([&] {
    const auto got = fixture.store.get(id);
    if (got.has_value() || got.error().code != errc::storage_io) return 1;
    auto own = lmdb_store::open(fixture.directory.path().string());
    return own.has_value() && own.value().get(id).has_value() ? 0 : 2;
  });
  CHECK(status_of(child) == 0);
  CHECK(fixture.store.get(id).has_value());
}

TEST_CASE("readers that died do not keep others from reading", "[lmdb]") {
  temporary_directory directory;
  lmdb_store::options few;
  few.max_readers = 2;
  lmdb_store store = open_lmdb(directory.path(), few);
  const content_id id = store.put(as_bytes("x")).value();
  for (int i = 0; i < 4; ++i) {
    const pid_t child = in_child([&] {
      MDB_env* environment = nullptr;
      MDB_txn* txn = nullptr;
      if (mdb_env_create(&environment) != 0) return 1;
      if (mdb_env_open(environment, directory.path().c_str(), MDB_NOTLS, 0666) != 0) return 2;
      // Its slot is left behind; the first children find one.
      const int code = mdb_txn_begin(environment, nullptr, MDB_RDONLY, &txn);
      return code == 0 || code == MDB_READERS_FULL ? 0 : 3;
    });
    REQUIRE(status_of(child) == 0);
    CHECK(store.get(id).has_value());
  }
}

TEST_CASE("of swaps in threads and processes exactly one wins each round", "[lmdb]") {
  temporary_directory directory;
  constexpr int rounds = 20;
  const auto count_wins = [&] {
    auto store = lmdb_store::open(directory.path().string());
    if (!store.has_value()) return 100;
    int wins = 0;
    for (int i = 0; i < rounds; ++i) {
      content_id from;
      content_id to;
      from.bytes.fill(static_cast<std::uint8_t>(i));
      to.bytes.fill(static_cast<std::uint8_t>(i + 1));
      while (i != 0 && store.value().resolve("r").value().bytes[0] < i) std::this_thread::yield();
      if (store.value().compare_and_swap("r", i == 0 ? nullptr : &from, to).has_value()) ++wins;
    }
    return wins;
  };
  const pid_t child = in_child(count_wins);
  int there = 0;
  std::thread other([&] { there = count_wins(); });
  const int here = count_wins();
  other.join();
  CHECK(here + there + status_of(child) == rounds);
}

TEST_CASE("values that were changed in LMDB are told from good ones and healed by the next put", "[lmdb]") {
  temporary_directory directory;
  const std::string text = page(7);
  const std::string key = raw(sha256(as_bytes(text)).value());
  const content_id id = sha256(as_bytes(text)).value();
  struct {
    std::string key, value;
  } const damages[] = {
      {key, "wrong"},
      {key, ""},
      {key, text.substr(1)},
      {key + "tail", text},
      {key + std::string(16, 'x'), text.substr(0, 4080)},
      {key + std::string(400, 'x'), text},
  };
  for (const auto& damage : damages) {
    {
      raw_lmdb raw(directory.path());
      raw.put("objects", damage.key, damage.value);
    }
    lmdb_store store = open_lmdb(directory.path());
    CHECK(store.get(id).error().code == errc::hash_mismatch);
    REQUIRE(store.put(as_bytes(text)).has_value());
    CHECK(store.get(id).value().text() == text);
    CHECK(store.list().value().size() == 1);
    REQUIRE(store.erase(id).has_value());
    CHECK_FALSE(store.contains(id).value());
  }
}

TEST_CASE("records of wrong shape in LMDB are errors", "[lmdb]") {
  temporary_directory directory;
  const std::string key = raw(sha256(as_bytes("r")).value());
  const auto with_root = [&](const std::string& value) {
    raw_lmdb(directory.path()).put("roots", key, value);
    return open_lmdb(directory.path());
  };
  for (const std::string& value :
       {std::string(), std::string(31, 'x'), std::string(32, 'x'), std::string(1 << 17, 'x')}) {
    lmdb_store store = with_root(value);
    CHECK(store.resolve("r").error().code == errc::malformed_id);
    CHECK(store.roots().error().code == errc::malformed_id);
    CHECK(store.compare_and_swap("r", nullptr, {}).error().code == errc::malformed_id);
  }
  {
    lmdb_store store = with_root(std::string(32, 'x') + "other");
    CHECK(store.resolve("r").error().code == errc::hash_mismatch);
    REQUIRE(store.link("r", {}).has_value());
    CHECK(store.resolve("r").has_value());
  }
  raw_lmdb(directory.path()).put("objects", "short", "x");
  CHECK(open_lmdb(directory.path()).list().error().code == errc::malformed_id);
}

TEST_CASE("a directory of another program's LMDB is not taken for a store", "[lmdb]") {
  temporary_directory directory;
  SECTION("databases of another kind") {
    raw_lmdb(directory.path()).put("objects", "key", "value", MDB_DUPSORT);
    CHECK(lmdb_store::open(directory.path().string()).error().code == errc::storage_io);
  }
  SECTION("no LMDB at all") {
    std::ofstream(directory.path() / "data.mdb") << std::string(100'000, 'x');
    CHECK(lmdb_store::open(directory.path().string()).error().code == errc::storage_io);
  }
  SECTION("a file that is too small") {
    std::ofstream(directory.path() / "data.mdb") << "x";
    CHECK(lmdb_store::open(directory.path().string()).error().code == errc::storage_io);
  }
}

TEST_CASE("an LMDB file that was cut is an error, not the end of the process", "[lmdb]") {
  temporary_directory directory;
  vector<content_id> ids;
  {
    lmdb_store store = open_lmdb(directory.path());
    for (unsigned i = 0; i < 64; ++i) ids.push_back(store.put(as_bytes(page(i))).value());
  }
  const auto file = directory.path() / "data.mdb";
  const auto whole = std::filesystem::file_size(file);
  for (std::uintmax_t size = whole - 4096; size >= 8192; size -= 8192) {
    std::filesystem::resize_file(file, size);
    auto store = lmdb_store::open(directory.path().string());
    if (!store.has_value()) {
      CHECK(store.error().code == errc::storage_io);
      continue;
    }
    for (const content_id& id : ids) {
      const auto got = store.value().get(id);
      if (!got.has_value()) CHECK((got.error().code == errc::hash_mismatch || got.error().code == errc::storage_io));
    }
  }
}

TEST_CASE("a header that LMDB does not write is an error", "[lmdb]") {
  temporary_directory directory;
  REQUIRE(open_lmdb(directory.path()).put(as_bytes("x")).has_value());
  const auto file = directory.path() / "data.mdb";
  const auto page_size = static_cast<std::streamoff>(::sysconf(_SC_PAGESIZE));
  for (const std::streamoff copy : {std::streamoff{0}, page_size}) {
    for (const std::streamoff field : {10, 16, 20, 36, 40, 140}) {
      std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
      char before[4];
      bytes.seekg(copy + field).read(before, sizeof before);
      bytes.seekp(copy + field).write("\x7f\x7f\x7f\x7f", sizeof before).flush();
      INFO(copy + field);
      CHECK(lmdb_store::open(directory.path().string()).error().code == errc::storage_io);
      bytes.seekp(copy + field).write(before, sizeof before).flush();
      CHECK(lmdb_store::open(directory.path().string()).has_value());
    }
  }
}

TEST_CASE("a full file system is an error, and nothing of the put is there", "[lmdb]") {
  temporary_directory directory;
  lmdb_store store = open_lmdb(directory.path());
  const content_id kept = store.put(as_bytes("kept")).value();
  const pid_t child = in_child([&] {
    // Writing past a limit fails as on a full disk, once its signal is ignored.
    ::signal(SIGXFSZ, SIG_IGN);
    auto own = lmdb_store::open(directory.path().string());
    const rlimit limit{1 << 16, 1 << 16};
    if (!own.has_value() || ::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    const std::string large(1 << 20, 'x');
    const auto put = own.value().put(as_bytes(large));
    if (put.has_value() || put.error().code != errc::storage_io) return 2;
    if (own.value().list().value().size() != 1) return 3;
    return own.value().get(kept).has_value() && own.value().put(as_bytes("small")).has_value() ? 0 : 4;
  });
  CHECK(status_of(child) == 0);
  CHECK(store.list().value().size() == 2);
}
