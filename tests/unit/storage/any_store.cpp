#include "wasm64/storage/any_store.hpp"
#include "tests/support/catch.hpp"
#include "wasm64/storage/layered_store.hpp"
#include "wasm64/storage/memory_store.hpp"

using namespace wasm64;

namespace {

/// Keeps one object and has no optional part.
struct one_object_store {
  result<bytes_view> get(const content_id&) const { return bytes_view(held.data(), held.size()); }
  result<content_id> put(bytes_view bytes) {
    held.assign(bytes.begin(), bytes.end());
    return sha256(bytes);
  }
  result<bool> contains(const content_id& id) const {
    WASM64_TRY(const content_id own, sha256({held.data(), held.size()}));
    return own == id;
  }

  byte_vector held;
};

}  // namespace

TEST_CASE("a store without its type keeps, finds and names what the store does", "[storage]") {
  memory_store keeps;
  any_store store(keeps);
  const content_id id = store.put(as_bytes("page")).value();
  CHECK(store.contains(id).value());
  CHECK(store.get(id).value().text() == "page");
  REQUIRE(store.has_names());
  CHECK(store.link("head", id).has_value());
  CHECK(keeps.resolve("head").value() == id);
  CHECK(store.compare_and_swap("head", nullptr, id).error().code == errc::conflict);
  CHECK(store.unlink("head").has_value());
  CHECK(store.resolve("head").error().code == errc::not_found);
}

TEST_CASE("a store without names says so behind its type, too", "[storage]") {
  one_object_store keeps;
  any_store store(keeps);
  const bytes_view items[] = {as_bytes("a"), as_bytes("b")};
  const vector<content_id> ids = store.put_all(items).value();
  REQUIRE(ids.size() == 2u);
  CHECK(store.get(ids[1]).value().text() == "b");
  CHECK_FALSE(store.has_names());
  CHECK(store.link("head", ids[0]).error().code == errc::unsupported_by_store);
  CHECK(store.resolve("head").error().code == errc::unsupported_by_store);
}

TEST_CASE("what a caller knows the ids of is kept under them, by stores that hash and by those that need not") {
  const bytes_view items[] = {as_bytes("a"), as_bytes("b")};
  const content_id ids[] = {sha256(items[0]).value(), sha256(items[1]).value()};
  memory_store near, far;
  one_object_store one;
  layered_store<memory_store, memory_store> layers(near, far);
  REQUIRE(any_store(one).put_known(ids, items).has_value());
  CHECK(one.contains(ids[1]).value());
  REQUIRE(any_store(layers).put_known(ids, items).has_value());
  CHECK(near.get(ids[0]).value().text() == "a");
  CHECK(far.list().value().empty());
  const content_id swapped[] = {ids[1], ids[0]};
  CHECK(any_store(one).put_known(swapped, items).error().code == errc::hash_mismatch);
}
