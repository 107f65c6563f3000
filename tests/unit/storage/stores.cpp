#include "tests/support/catch.hpp"
#include "tests/unit/storage/temporary_directory.hpp"
#include "wasm64/storage/filesystem_store.hpp"
#include "wasm64/storage/layered_store.hpp"
#include "wasm64/storage/memory_store.hpp"

using namespace wasm64;

namespace {

struct memory_fixture {
  memory_store store;
};

struct filesystem_fixture {
  temporary_directory directory;
  filesystem_store store = filesystem_store::open(directory.path().string()).assume_value();
};

struct layered_fixture {
  memory_store near;
  memory_store far;
  layered_store<memory_store, memory_store> store{near, far};
};

}  // namespace

#define STORE_FIXTURES memory_fixture, filesystem_fixture, layered_fixture
#define LISTING_STORE_FIXTURES memory_fixture, filesystem_fixture
#include "tests/unit/storage/store_cases.hpp"
#define DIRECTORY_STORES filesystem_store
#include "tests/unit/storage/directory_store_cases.hpp"

TEST_CASE("bytes from a memory store outlive it and are not copied", "[storage]") {
  shared_bytes kept;
  {
    memory_store store;
    const content_id id = store.put(as_bytes("kept")).assume_value();
    kept = store.get(id).assume_value();
    CHECK(kept.data() == store.get(id).assume_value().data());
  }
  CHECK(kept.text() == "kept");
}

TEST_CASE("layers: the first that has it answers, writes go to the near one", "[storage]") {
  layered_fixture fixture;
  const content_id far_id = fixture.far.put(as_bytes("far")).assume_value();
  const content_id near_id = fixture.store.put(as_bytes("near")).assume_value();
  CHECK(contents(fixture.store.get(far_id)) == "far");
  CHECK(fixture.store.contains(far_id).assume_value());
  CHECK(fixture.near.contains(near_id).assume_value());
  CHECK_FALSE(fixture.far.contains(near_id).assume_value());

  REQUIRE(fixture.far.link("r", far_id).has_value());
  CHECK(fixture.store.resolve("r").assume_value() == far_id);
  CHECK(fixture.store.compare_and_swap("r", nullptr, near_id).assume_error().code == errc::conflict);
  REQUIRE(fixture.store.compare_and_swap("r", &far_id, near_id).has_value());
  CHECK(fixture.store.resolve("r").assume_value() == near_id);
  CHECK(fixture.far.resolve("r").assume_value() == far_id);
}

TEST_CASE("layers: what was read from the far store is kept in the near one where that is wanted", "[storage]") {
  memory_store near;
  memory_store far;
  const content_id id = far.put(as_bytes("far")).assume_value();
  layered_store only_reads(near, far);
  CHECK(contents(only_reads.get(id)) == "far");
  CHECK_FALSE(near.contains(id).assume_value());

  layered_store keeps(near, far, {.write_back = true});
  CHECK(keeps.contains(id).assume_value());
  CHECK_FALSE(near.contains(id).assume_value());
  CHECK(contents(keeps.get(id)) == "far");
  CHECK(contents(near.get(id)) == "far");
  CHECK(keeps.get(other_id(1)).assume_error().code == errc::not_found);
}

TEST_CASE("layers: a near store that fails is passed over, and its failure told if nothing else answers", "[storage]") {
  struct broken_store {
    result<shared_bytes> get(const content_id&) { return fail(errc::storage_io, "broken"); }
    result<content_id> put(bytes_view) { return fail(errc::storage_io, "broken"); }
    result<bool> contains(const content_id&) { return fail(errc::storage_io, "broken"); }
  };
  broken_store near;
  memory_store far;
  const content_id id = far.put(as_bytes("x")).assume_value();
  layered_store store(near, far, {.write_back = true});
  CHECK(contents(store.get(id)) == "x");
  CHECK(store.contains(id).assume_value());
  CHECK(store.get(other_id(9)).assume_error().code == errc::storage_io);
  CHECK(store.contains(other_id(9)).assume_error().code == errc::storage_io);
  CHECK(store.put(as_bytes("y")).assume_error().code == errc::storage_io);
}
