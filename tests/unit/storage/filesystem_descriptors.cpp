#include <sys/resource.h>

#include "tests/unit/storage/filesystem_support.hpp"
#include "wasm64/storage/garbage.hpp"

// Stores of more packs than the process may open files.

using namespace wasm64;

namespace {

class descriptor_limit {
 public:
  explicit descriptor_limit(rlim_t most) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit now{most, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &now) == 0);
  }
  descriptor_limit(const descriptor_limit&) = delete;
  descriptor_limit& operator=(const descriptor_limit&) = delete;
  ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

std::string text_number(int i) { return "text " + std::to_string(i); }

constexpr int many = 100;
constexpr rlim_t few = 48;
constexpr filesystem_store::options one_object_a_pack{.pack_size = 1};

vector<content_id> fill(const fs::path& directory) {
  filesystem_store store = open_store(directory, one_object_a_pack);
  vector<content_id> ids;
  for (int i = 0; i < many; ++i) ids.push_back(put_texts(store, {text_number(i)})[0]);
  return ids;
}

}  // namespace

TEST_CASE("a store may have more packs than the process files", "[storage][filesystem]") {
  temporary_directory directory;
  const vector<content_id> ids = fill(directory.path());
  const descriptor_limit limit(few);
  filesystem_store store = open_store(directory.path());
  for (int i = 0; i < many; ++i) CHECK(text_of(store.get(ids[static_cast<std::size_t>(i)])) == text_number(i));

  // What a put finds there is kept from collectors, as far as descriptors go; the rest is written again.
  for (int i = 0; i < many; ++i) CHECK(store.put(as_bytes(text_number(i))).has_value());
  CHECK(store.link("root", ids[0]).has_value());
  CHECK(store.link("root", ids[1]).has_value());
  CHECK(store.erase(ids[2]).has_value());
  CHECK_FALSE(store.contains(ids[2]).assume_value());
  CHECK(store.roots().has_value());
  CHECK(text_of(store.get(ids[99])) == text_number(99));
  CHECK(store.verify().assume_value().empty());
}

TEST_CASE("packs that others write to may be more than the process's files", "[storage][filesystem]") {
  temporary_directory directory;
  vector<content_id> ids;
  {
    std::vector<filesystem_store> writers;
    for (int i = 0; i < 50; ++i) {
      writers.push_back(open_store(directory.path()));
      ids.push_back(put_texts(writers.back(), {text_number(i)})[0]);
    }
  }
  const descriptor_limit limit(few);
  filesystem_store store = open_store(directory.path());
  for (int i = 0; i < 50; ++i) CHECK(text_of(store.get(ids[static_cast<std::size_t>(i)])) == text_number(i));
  CHECK(store.link("root", ids[0]).has_value());
}

TEST_CASE("a collection of more packs than the process files takes several", "[storage][garbage][filesystem]") {
  temporary_directory directory;
  const vector<content_id> ids = fill(directory.path());
  REQUIRE(open_store(directory.path()).link("root", ids[7]).has_value());
  const descriptor_limit limit(few);
  for (int round = 0; round < many && packs_in(directory.path()).size() > 2; ++round) {
    filesystem_store store = open_store(directory.path());
    const auto done = collect_garbage(store);
    REQUIRE(done.has_value());
    REQUIRE(done.assume_value().swept.packs > 0);
  }
  filesystem_store store = open_store(directory.path());
  CHECK(store.list().assume_value() == vector<content_id>{ids[7]});
  CHECK(text_of(store.get(ids[7])) == text_number(7));
}
