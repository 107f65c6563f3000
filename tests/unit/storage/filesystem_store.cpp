#include "wasm64/storage/filesystem_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/storage/filesystem_support.hpp"

#include <atomic>
#include <chrono>
#include <thread>

using namespace wasm64;

TEST_CASE("a filesystem store remembers after it is closed", "[storage][filesystem]") {
  temporary_directory directory;
  content_id id;
  {
    filesystem_store store = open_store(directory.path());
    id = store.put(as_bytes("durable")).assume_value();
    REQUIRE(store.link("root", id).has_value());
  }
  filesystem_store store = open_store(directory.path());
  CHECK(text_of(store.get(id)) == "durable");
  CHECK(store.resolve("root").assume_value() == id);
  CHECK(files_in(directory.path()) == 3);  // pack, root, lock: nothing temporary
}

TEST_CASE("what was put at once is in one file, and what is there is not written again", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store store = open_store(directory.path());
  const vector<content_id> ids = put_texts(store, {"a", "b", "a", "", "b", "c"});
  REQUIRE(ids.size() == 6);
  CHECK(ids[0] == ids[2]);
  CHECK(packs_in(directory.path()).size() == 1);
  CHECK(store.list().assume_value().size() == 4);
  const auto size = fs::file_size(packs_in(directory.path())[0]);
  put_texts(store, {"c", "b", "a", ""});
  CHECK(fs::file_size(packs_in(directory.path())[0]) == size);
  CHECK(text_of(store.get(ids[3])).empty());
  CHECK(store.put_all({}).assume_value().empty());
}

TEST_CASE("a store is continued where the last one ended", "[storage][filesystem]") {
  temporary_directory directory;
  for (int i = 0; i < 20; ++i) {
    filesystem_store store = open_store(directory.path());
    CHECK(store.list().assume_value().size() == static_cast<std::size_t>(i));
    put_texts(store, {std::to_string(i)});
  }
  CHECK(packs_in(directory.path()).size() == 1);
}

TEST_CASE("packs are begun anew at a size", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store::options options;
  options.pack_size = 1000;
  vector<content_id> ids;
  {
    filesystem_store store = open_store(directory.path(), options);
    for (int i = 0; i < 50; ++i) ids.push_back(put_texts(store, {std::string(100, 'x') + std::to_string(i)})[0]);
    for (const content_id& id : ids) CHECK(store.get(id).has_value());
  }
  CHECK(packs_in(directory.path()).size() > 5);
  filesystem_store store = open_store(directory.path(), options);
  for (const content_id& id : ids) CHECK(store.get(id).has_value());
  CHECK(store.verify().assume_value().empty());
}

TEST_CASE("stores see what others put into their directory", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store one = open_store(directory.path());
  filesystem_store two = open_store(directory.path());
  for (int i = 0; i < 5; ++i) {
    const content_id id = put_texts(one, {"one" + std::to_string(i)})[0];
    CHECK(two.contains(id).assume_value());
    CHECK(text_of(two.get(id)) == "one" + std::to_string(i));
    const content_id other = put_texts(two, {"two" + std::to_string(i)})[0];
    CHECK(text_of(one.get(other)) == "two" + std::to_string(i));
  }
  // Each appends to a pack of its own, and neither writes what the other has written.
  CHECK(packs_in(directory.path()).size() == 2);
  const auto size = two.file_size();
  put_texts(two, {"one0", "one1", "two2"});
  CHECK(two.file_size() == size);
}

TEST_CASE("many threads put at once", "[storage][filesystem]") {
  temporary_directory directory;
  const auto put = [&](int thread) {
    filesystem_store store = filesystem_store::open(directory.path().string()).assume_value();
    for (int i = 0; i < 20; ++i) {
      const std::string own = std::to_string(thread) + " " + std::to_string(i);
      const std::string shared = std::to_string(i);
      const bytes_view items[] = {as_bytes(own), as_bytes(shared)};
      if (!store.put_all(items).has_value()) return;
    }
  };
  std::thread threads[] = {std::thread(put, 0), std::thread(put, 1), std::thread(put, 2)};
  for (std::thread& thread : threads) thread.join();
  filesystem_store store = open_store(directory.path());
  CHECK(store.list().assume_value().size() == 80);
  CHECK(store.verify().assume_value().empty());
  CHECK(packs_in(directory.path()).size() <= 3);
}

TEST_CASE("a crash leaves a batch whole or not at all", "[storage][filesystem]") {
  temporary_directory directory;
  vector<content_id> first;
  vector<content_id> second;
  std::uintmax_t before = 0;
  {
    filesystem_store store = open_store(directory.path());
    first = put_texts(store, {"first", "batch"});
    before = fs::file_size(packs_in(directory.path())[0]);
    second = put_texts(store, {"second", "batch, which is longer", std::string(300, 'z')});
  }
  const fs::path pack = packs_in(directory.path())[0];
  const std::string whole = read_text(pack);
  for (std::size_t size = before; size <= whole.size(); ++size) {
    for (const char filling : {'\0', '\x5a'}) {
      // A tail that did not reach the disk: gone, or there and never filled.
      for (const bool filled : {false, true}) {
        overwrite(pack, whole.substr(0, size) + (filled ? std::string(whole.size() - size, filling) : ""));
        filesystem_store store = open_store(directory.path());
        // The end of the batch is nothing but zeros.
        const bool complete = store.get(second[0]).has_value();
        if (size == whole.size()) CHECK(complete);
        for (const content_id& id : second) CHECK(store.get(id).has_value() == complete);
        for (const content_id& id : first) CHECK(store.get(id).has_value());
        if (size % 16 != 0) continue;
        const content_id third = put_texts(store, {"third"})[0];
        REQUIRE(put_texts(store, {"second"})[0] == second[0]);
        filesystem_store again = open_store(directory.path());
        CHECK(text_of(again.get(third)) == "third");
        CHECK(text_of(again.get(second[0])) == "second");
        CHECK(again.verify().assume_value().empty());
        CHECK(packs_in(directory.path()).size() == 1);
      }
    }
  }
}

TEST_CASE("damaged objects are told from good ones and healed by the next put", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store store = open_store(directory.path());
  const vector<content_id> ids = put_texts(store, {"original", "other"});
  put_texts(store, {"a later batch"});
  const fs::path pack = packs_in(directory.path())[0];
  std::string bytes = read_text(pack);
  bytes[bytes.find("original")] = 'O';
  overwrite(pack, bytes);
  CHECK(store.get(ids[0]).assume_error().code == errc::hash_mismatch);
  CHECK(text_of(store.get(ids[1])) == "other");
  filesystem_store reopened = open_store(directory.path());
  CHECK(reopened.get(ids[0]).assume_error().code == errc::hash_mismatch);
  const auto damage = reopened.verify();
  REQUIRE(damage.assume_value().size() == 1);
  CHECK(damage.assume_value()[0].pack == pack.filename());
  CHECK(damage.assume_value()[0].what.code == errc::hash_mismatch);
  REQUIRE(store.put(as_bytes("original")).has_value());
  CHECK(text_of(store.get(ids[0])) == "original");
  CHECK(text_of(reopened.get(ids[0])) == "original");
  CHECK(text_of(open_store(directory.path()).get(ids[0])) == "original");
}

TEST_CASE("no damage makes a store answer wrong bytes or lose other batches", "[storage][filesystem]") {
  temporary_directory directory;
  vector<content_id> ids;
  {
    filesystem_store store = open_store(directory.path());
    for (const char* text : {"first", "second", "third", "fourth"}) ids.push_back(put_texts(store, {text})[0]);
  }
  const fs::path pack = packs_in(directory.path())[0];
  const std::string whole = read_text(pack);
  constexpr const char* texts[] = {"first", "second", "third", "fourth"};
  const auto good = [&](filesystem_store& store) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto bytes = store.get(ids[i]);
      if (!bytes.has_value()) continue;
      ++count;
      CHECK(bytes.assume_value().text() == texts[i]);
    }
    return count;
  };
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      overwrite(pack, bytes);
      filesystem_store store = open_store(directory.path());
      const std::size_t left = good(store);
      CHECK(left >= 3);
      // What is damaged in the middle is left for people to look at.
      if (left == 4 || at >= whole.size() / 4 * 3) continue;
      CHECK_FALSE(store.verify().assume_value().empty());
      put_texts(store, {"more"});
      CHECK(read_text(pack).substr(0, whole.size()) == bytes);
      for (const fs::path& file : packs_in(directory.path())) {
        if (file != pack) fs::remove(file);
      }
    }
  }
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    overwrite(pack, whole.substr(0, size));
    filesystem_store store = open_store(directory.path());
    CHECK(good(store) == size / (whole.size() / 4));
  }
}

TEST_CASE("a pack that becomes shorter under an open store is an error, not a crash", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store store = open_store(directory.path());
  const vector<content_id> ids = put_texts(store, {"first", std::string(10'000, 'x')});
  const fs::path pack = packs_in(directory.path())[0];
  for (const std::size_t size : {8000u, 500u, 64u, 0u}) {
    fs::resize_file(pack, size);
    CHECK_FALSE(store.get(ids[1]).has_value());
  }
  put_texts(store, {"first", std::string(10'000, 'x')});
  CHECK(store.get(ids[1]).has_value());
  CHECK(open_store(directory.path()).get(ids[0]).has_value());
}

TEST_CASE("what stands where a pack should is not followed", "[storage][filesystem]") {
  temporary_directory directory;
  content_id id;
  {
    filesystem_store store = open_store(directory.path());
    id = store.put(as_bytes("x")).assume_value();
  }
  const fs::path pack = packs_in(directory.path())[0];
  const fs::path odd = directory.path() / "packs" / "00000000000000ff.pack";
  SECTION("a symbolic link") {
    fs::copy_file(pack, directory.path() / "outside");
    fs::create_symlink(directory.path() / "outside", odd);
  }
  SECTION("a directory") { fs::create_directory(odd); }
  SECTION("a pipe") { REQUIRE(::mkfifo(odd.c_str(), 0600) == 0); }
  filesystem_store store = open_store(directory.path());
  CHECK(text_of(store.get(id)) == "x");
  CHECK(store.put(as_bytes("y")).has_value());
  CHECK(store.get({}).assume_error().code == errc::not_found);
  CHECK(store.verify().assume_value().size() == 1);
  CHECK(packs_in(directory.path()).size() == 1);
}

TEST_CASE("other files among the packs are left alone", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store store = open_store(directory.path());
  for (const char* name : {"x", "0.pack", "00000000000000FF.pack", "00000000000000f.pack", ".new-1-1"})
    overwrite(directory.path() / "packs" / name, std::string(1000, 'a'));
  // Garbage under a pack's name has no batches, and is written over as an incomplete one would be.
  overwrite(directory.path() / "packs" / "00000000000000ff.pack", std::string(1000, 'a'));
  const content_id id = put_texts(store, {"text"})[0];
  CHECK(text_of(open_store(directory.path()).get(id)) == "text");
  CHECK(store.verify().assume_value().empty());
  CHECK(files_in(directory.path() / "packs") == 6);
}

TEST_CASE("packs under a wrong name are not written over", "[storage][filesystem]") {
  temporary_directory directory;
  {
    filesystem_store store = open_store(directory.path());
    for (const char* text : {"a", "b", "c"}) put_texts(store, {text});
  }
  const fs::path pack = packs_in(directory.path())[0];
  const fs::path renamed = directory.path() / "packs" / "00000000000000ff.pack";
  const std::string bytes = read_text(pack);
  fs::rename(pack, renamed);
  filesystem_store store = open_store(directory.path());
  CHECK(store.list().assume_value().empty());
  CHECK(store.verify().assume_value().size() == 1);
  put_texts(store, {"d"});
  CHECK(read_text(renamed) == bytes);
  fs::rename(renamed, pack);
  CHECK(open_store(directory.path()).list().assume_value().size() == 4);
}

TEST_CASE("a root that was tampered with is an error", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store store = open_store(directory.path());
  REQUIRE(store.link("r", store.put(as_bytes("x")).assume_value()).has_value());
  overwrite(directory.path() / "roots" / "r", "short");
  CHECK(store.resolve("r").assume_error().code == errc::malformed_id);
  CHECK(store.compare_and_swap("r", nullptr, {}).assume_error().code == errc::malformed_id);
  overwrite(directory.path() / "roots" / "r", std::string(1000, 'A'));
  CHECK(store.resolve("r").assume_error().code == errc::limit_exceeded);
}

TEST_CASE("roots are listed when none of them is changing", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store store = open_store(directory.path());
  const content_id id = put_texts(store, {"a"})[0];
  REQUIRE(store.link("root", id).has_value());
  // As long as another store changes one.
  detail::posix_file held(::open((directory.path() / "lock").c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(held.get(), LOCK_EX) == 0);
  std::atomic<bool> listed = false;
  std::size_t count = 0;
  std::thread reader([&] {
    count = store.roots().assume_value().size();
    listed = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK_FALSE(listed);
  held = detail::posix_file();
  reader.join();
  CHECK(count == 1);
}

TEST_CASE("names of roots never leave the directory of roots", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store store = open_store(directory.path() / "store");
  for (const char* name : {"..", "../x", "/etc/passwd", ".new-1-1", "a/../../b"})
    REQUIRE(store.link(name, {}).has_value());
  std::size_t entries = 0;
  for (const auto& entry : fs::directory_iterator(directory.path()))
    entries += entry.path().filename() == "store" ? 1u : 100u;
  CHECK(entries == 1);
  CHECK(files_in(directory.path() / "store" / "roots") == 5);
}

TEST_CASE("what was erased stays so for others and after reopening", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store one = open_store(directory.path());
  filesystem_store two = open_store(directory.path());
  const vector<content_id> ids = put_texts(one, {"a", "b"});
  REQUIRE(two.erase(ids[0]).has_value());
  CHECK_FALSE(two.contains(ids[0]).assume_value());
  CHECK_FALSE(open_store(directory.path()).contains(ids[0]).assume_value());
  REQUIRE(two.put(as_bytes("a")).has_value());
  CHECK(text_of(two.get(ids[0])) == "a");
  CHECK(text_of(open_store(directory.path()).get(ids[0])) == "a");
  CHECK(open_store(directory.path()).list().assume_value().size() == 2);
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
