#include "wasm64/storage/filesystem_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/storage/temporary_directory.hpp"

#include <fstream>
#include <thread>

using namespace wasm64;

namespace {

namespace fs = std::filesystem;

filesystem_store open(const fs::path& directory) {
  auto store = filesystem_store::open(directory.string());
  REQUIRE(store.has_value());
  return std::move(store).assume_value();
}

/// Where the documented layout puts an id.
fs::path data_file(const fs::path& directory, const content_id& id) {
  constexpr char digits[] = "0123456789abcdef";
  const std::string shard{digits[id.bytes[0] >> 4], digits[id.bytes[0] & 15]};
  return directory / "data" / shard / to_text(id);
}

void overwrite(const fs::path& file, std::string_view text) { std::ofstream(file, std::ios::trunc) << text; }

std::size_t files_in(const fs::path& directory) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) count += entry.is_regular_file() ? 1u : 0u;
  return count;
}

}  // namespace

TEST_CASE("a filesystem store remembers after it is closed", "[storage][filesystem]") {
  temporary_directory directory;
  content_id id;
  {
    filesystem_store store = open(directory.path());
    id = store.put(as_bytes("durable")).assume_value();
    REQUIRE(store.link("root", id).has_value());
  }
  const filesystem_store store = open(directory.path());
  CHECK(store.get(id).assume_value().text() == "durable");
  CHECK(store.resolve("root").assume_value() == id);
  CHECK(fs::is_regular_file(data_file(directory.path(), id)));
  CHECK(files_in(directory.path()) == 3);  // data, root, lock: nothing temporary
}

TEST_CASE("damaged files are told from good ones and healed by the next put", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store store = open(directory.path());
  const content_id id = store.put(as_bytes("original")).assume_value();
  const fs::path file = data_file(directory.path(), id);
  for (const char* damage : {"0riginal", "orig", "", "original and more"}) {
    overwrite(file, damage);
    CHECK(store.get(id).assume_error().code == errc::hash_mismatch);
    REQUIRE(store.put(as_bytes("original")).has_value());
    CHECK(store.get(id).assume_value().text() == "original");
  }
}

TEST_CASE("what stands where a file should is not followed", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store store = open(directory.path());
  const content_id id = store.put(as_bytes("x")).assume_value();
  const fs::path file = data_file(directory.path(), id);
  fs::remove(file);

  SECTION("a symbolic link") {
    overwrite(directory.path() / "outside", "x");
    fs::create_symlink(directory.path() / "outside", file);
    CHECK(store.get(id).assume_error().code == errc::storage_io);
    CHECK_FALSE(store.contains(id).assume_value());
  }
  SECTION("a directory") {
    fs::create_directory(file);
    CHECK(store.get(id).assume_error().code == errc::storage_io);
    CHECK(store.put(as_bytes("x")).assume_error().code == errc::storage_io);
    CHECK(files_in(directory.path()) == 0);
  }
  SECTION("a pipe") {
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    CHECK(store.get(id).assume_error().code == errc::storage_io);
  }
}

TEST_CASE("a root that was tampered with is an error", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store store = open(directory.path());
  REQUIRE(store.link("r", store.put(as_bytes("x")).assume_value()).has_value());
  overwrite(directory.path() / "roots" / "r", "short");
  CHECK(store.resolve("r").assume_error().code == errc::malformed_id);
  CHECK(store.compare_and_swap("r", nullptr, {}).assume_error().code == errc::malformed_id);
  overwrite(directory.path() / "roots" / "r", std::string(1000, 'A'));
  CHECK(store.resolve("r").assume_error().code == errc::limit_exceeded);
}

TEST_CASE("names of roots never leave the directory of roots", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store store = open(directory.path() / "store");
  for (const char* name : {"..", "../x", "/etc/passwd", ".new-1-1", "a/../../b"})
    REQUIRE(store.link(name, {}).has_value());
  std::size_t entries = 0;
  for (const auto& entry : fs::directory_iterator(directory.path()))
    entries += entry.path().filename() == "store" ? 1u : 100u;
  CHECK(entries == 1);
  CHECK(files_in(directory.path() / "store" / "roots") == 5);
}

TEST_CASE("objects above the limit are not read or written", "[storage][filesystem]") {
  temporary_directory directory;
  const content_id id = open(directory.path()).put(as_bytes("four")).assume_value();
  filesystem_store::options small;
  small.max_object_size = 3;
  auto store = filesystem_store::open(directory.path().string(), small);
  REQUIRE(store.has_value());
  CHECK(store.assume_value().get(id).assume_error().code == errc::limit_exceeded);
  CHECK(store.assume_value().put(as_bytes("more")).assume_error().code == errc::limit_exceeded);
}

TEST_CASE("a store cannot be opened where there is no directory to make", "[storage][filesystem]") {
  temporary_directory directory;
  overwrite(directory.path() / "file", "");
  for (const std::string& path : {(directory.path() / "missing" / "store").string(),
                                  (directory.path() / "file").string(), std::string(), std::string("/tmp\0x", 6)}) {
    CHECK(filesystem_store::open(path).assume_error().code == errc::storage_io);
  }
}

TEST_CASE("of concurrent swaps exactly one wins each round", "[storage][filesystem]") {
  temporary_directory directory;
  constexpr int rounds = 10;
  const auto count_wins = [&] {
    filesystem_store store = filesystem_store::open(directory.path().string()).assume_value();
    int wins = 0;
    for (std::uint8_t i = 0; i < rounds; ++i) {
      content_id from;
      content_id to;
      from.bytes.fill(i);
      to.bytes.fill(static_cast<std::uint8_t>(i + 1));
      while (i != 0 && store.resolve("r").assume_value().bytes[0] < i) std::this_thread::yield();
      if (store.compare_and_swap("r", i == 0 ? nullptr : &from, to).has_value()) ++wins;
    }
    return wins;
  };
  int here = 0;
  int there = 0;
  std::thread other([&] { there = count_wins(); });
  here = count_wins();
  other.join();
  CHECK(here + there == rounds);
}
