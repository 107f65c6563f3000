#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/snapshot/memory_support.hpp"

// What a host refuses makes checkpoints slower, and never wrong.

using namespace wasm64;
using namespace wasm64::test;

namespace {

/// The limit of file descriptors or of the size of files, for a while.
class with_limit {
 public:
  with_limit(int resource, rlim_t most) : resource_(resource) {
    ::getrlimit(resource_, &before_);
    rlimit lower = before_;
    lower.rlim_cur = most;
    ::setrlimit(resource_, &lower);
  }
  ~with_limit() { ::setrlimit(resource_, &before_); }

 private:
  int resource_;
  rlimit before_{};
};

/// Changes and saves for some rounds; false when something is lost.
bool goes_on(modelled_memory& m, tracked_memory& tracked, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    m.change();
    object_batch batch;
    const auto root = tracked.save(batch);
    if (!root.has_value() || root.value() != reference_tree(view_of(m.model)).root) return false;
    tracked.settle();
  }
  return std::memcmp(m.memory.base, m.model.data(), m.model.size()) == 0;
}

}  // namespace

TEST_CASE("refused: no descriptor for a file, at the beginning and later") {
  for (const kind& k : kinds) {
    INFO(k.name);
    modelled_memory m(20, 64, k.operations, 1);
    tracked_memory tracked(m.memory, k.how);
    {
      const with_limit none(RLIMIT_NOFILE, 0);
      CHECK(goes_on(m, tracked, 5));
      const auto image = tracked.image();
      CHECK((image.has_value() || image.error().code == errc::storage_io));
    }
    CHECK(goes_on(m, tracked, 5));
    REQUIRE(tracked.image().has_value());
    const with_limit none(RLIMIT_NOFILE, 0);
    CHECK(goes_on(m, tracked, 5));
  }
}

TEST_CASE("refused: files that may not grow") {
  struct sigaction ignoring{};
  struct sigaction before{};
  ignoring.sa_handler = SIG_IGN;
  ::sigaction(SIGXFSZ, &ignoring, &before);
  for (const kind& k : kinds) {
    INFO(k.name);
    modelled_memory m(20, 64, k.operations, 1);
    tracked_memory tracked(m.memory, k.how);
    {
      const with_limit small(RLIMIT_FSIZE, 300'000);
      CHECK(goes_on(m, tracked, 5));
    }
    CHECK(goes_on(m, tracked, 5));
    const with_limit small(RLIMIT_FSIZE, 300'000);
    m.grow(10);
    CHECK(goes_on(m, tracked, 5));
  }
  ::sigaction(SIGXFSZ, &before, nullptr);
}

TEST_CASE("refused: a process that has no more mappings") {
  // A sanitizer needs some of its own.
#if defined(__SANITIZE_ADDRESS__)
  constexpr std::size_t most = 1000;
#elif defined(__has_feature)
  constexpr std::size_t most = __has_feature(address_sanitizer) ? 1000 : 70'000;
#else
  constexpr std::size_t most = 70'000;
#endif
  for (const kind& k : kinds) {
    if (k.how == tracking::comparison || &k.operations == &operations_of<allocated_memory>) continue;
    INFO(k.name);
    modelled_memory m(20, 64, k.operations, 1), other(20, 64, k.operations, 2);
    tracked_memory donor(other.memory, k.how);
    other.change();
    const auto image = donor.image();
    REQUIRE(image.has_value());
    tracked_memory tracked(m.memory, k.how);
    REQUIRE(tracked.put(image.value()).has_value());
    m.model = other.model;
    // Every other page has an access of its own, so that each is a mapping.
    void* const space = ::mmap(nullptr, most * 2 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(space != MAP_FAILED);
    std::size_t made = 0;
    while (made < most && ::mprotect(static_cast<std::uint8_t*>(space) + made * 2 * 4096, 4096, PROT_READ) == 0) {
      ++made;
    }
    const bool is_well = goes_on(m, tracked, 5);
    ::munmap(space, most * 2 * 4096);
    CHECK(is_well);
    CHECK(goes_on(m, tracked, 5));
  }
}

TEST_CASE("refused: a child process sees its own changes, not its parent's") {
  for (const kind& k : kinds) {
    INFO(k.name);
    modelled_memory m(20, 64, k.operations, 1);
    tracked_memory tracked(m.memory, k.how);
    CHECK(goes_on(m, tracked, 3));
    const pid_t child = ::fork();
    if (child == 0) ::_exit(goes_on(m, tracked, 5) ? 0 : 1);
    m.random.discard(1000);
    CHECK(goes_on(m, tracked, 5));
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(goes_on(m, tracked, 3));
  }
}
