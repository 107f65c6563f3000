#if defined(__linux__)
#include <sys/syscall.h>

#include "tests/unit/storage/filesystem_support.hpp"

// What is made durable, and in which order. Tests in which the power goes are in tests/crash.

using namespace wasm64;

namespace {

thread_local std::vector<ino_t>* sync_log = nullptr;

std::vector<ino_t> inodes_of(const std::vector<fs::path>& files) {
  std::vector<ino_t> all;
  for (const fs::path& file : files) {
    struct stat about{};
    REQUIRE(::stat(file.c_str(), &about) == 0);
    all.push_back(about.st_ino);
  }
  return all;
}

}  // namespace

/// Instead of the system's: tells of the files that this thread makes durable.
extern "C" int fdatasync(int descriptor) {
  struct stat about{};
  if (sync_log != nullptr && ::fstat(descriptor, &about) == 0) sync_log->push_back(about.st_ino);
  return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

TEST_CASE("what another writer has just put is made durable before it is erased", "[storage][filesystem]") {
  temporary_directory directory;
  filesystem_store one = open_store(directory.path());
  const vector<content_id> ids = put_texts(one, {"a", "b"});
  const std::vector<ino_t> of_one = inodes_of(packs_in(directory.path()));
  REQUIRE(of_one.size() == 1);
  filesystem_store two = open_store(directory.path());
  put_texts(two, {"c"});
  const auto synced_by_erasing = [&](const content_id& id) {
    std::vector<ino_t> synced;
    sync_log = &synced;
    const bool done = two.erase(id).has_value();
    sync_log = nullptr;
    CHECK(done);
    return synced;
  };
  const std::vector<ino_t> first = synced_by_erasing(ids[0]);
  REQUIRE(first.size() == 2);
  CHECK(first[0] == of_one[0]);
  CHECK(first[1] != of_one[0]);

  // Once is enough, until more is put there.
  CHECK(synced_by_erasing(ids[1]) == std::vector<ino_t>{first[1]});
  CHECK(synced_by_erasing(put_texts(one, {"d"})[0]) == first);
}
#endif
