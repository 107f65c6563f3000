#include "tests/unit/snapshot/tree_support.hpp"
#include "wasm64/snapshot/tree_image.hpp"

using namespace wasm64;
using test::bytes_sink;
using test::random_bytes;
using test::reference_tree;

namespace {

/// Answers what it was told to, whatever the id.
struct lying_store {
  std::map<content_id, byte_vector> objects;

  result<shared_bytes> get(const content_id& id) const {
    const auto found = objects.find(id);
    if (found == objects.end()) return fail(errc::not_found);
    return shared_bytes(view_of(found->second));
  }
  result<content_id> put(bytes_view bytes) {
    WASM64_TRY(const content_id id, sha256(bytes));
    objects.insert_or_assign(id, byte_vector(bytes.begin(), bytes.end()));
    return id;
  }
  result<bool> contains(const content_id& id) const { return objects.contains(id); }
};

/// A store whose objects are what they are called, but need be no tree.
struct forged_tree {
  lying_store store;

  content_id page(std::uint8_t fill, std::size_t size = 4096) {
    return store.put(view_of(byte_vector(size, fill))).value();
  }
  content_id node(std::uint64_t children, std::initializer_list<content_id> ids, std::size_t more = 0) {
    byte_vector bytes(8, 0);
    store_le(bytes.data(), children);
    for (const content_id& id : ids) bytes.insert(bytes.end(), id.bytes.begin(), id.bytes.end());
    bytes.resize(bytes.size() + more, 0);
    return store.put(view_of(bytes)).value();
  }
  errc failure(std::uint64_t size, const content_id& root) {
    any_store from(store);
    struct : page_sink {
      result<void> page(std::uint64_t, bytes_view) override { return success(); }
      result<void> zeros(page_range) override { return success(); }
    } ignoring;
    const auto read = page_tree().fetch(size, root, from, ignoring);
    REQUIRE_FALSE(read.has_value());
    return read.error().code;
  }
};

constexpr std::uint64_t page = 4096;

}  // namespace

TEST_CASE("hostile trees: objects that are not what they are called are caught, whichever they are") {
  const byte_vector bytes = random_bytes(70 * page + 5, 1);
  const reference_tree good(view_of(bytes));
  for (const auto& [id, object] : good.objects) {
    for (int damage = 0; damage < 5; ++damage) {
      lying_store store;
      store.objects = good.objects;
      byte_vector& changed = store.objects.at(id);
      if (damage == 0) changed.pop_back();
      if (damage == 1) changed.push_back(0);
      if (damage == 2) changed[changed.size() / 2] ^= 1;
      if (damage == 3)
        changed = good.objects.begin()->first == id ? good.objects.rbegin()->second : good.objects.begin()->second;
      if (damage == 4) store.objects.erase(id);
      any_store from(store);
      const auto read = fetch_bytes(bytes.size(), good.root, from, bytes.size());
      REQUIRE_FALSE(read.has_value());
      const errc code = read.error().code;
      CHECK((code == errc::hash_mismatch || code == errc::snapshot_malformed || code == errc::not_found));
      CHECK_FALSE(tree_image::fetch(bytes.size(), good.root, from).has_value());
    }
  }
}

TEST_CASE("hostile trees: there is one form of each node") {
  forged_tree t;
  const content_id a = t.page(1);
  CHECK(t.failure(64 * page, t.node(0, {})) == errc::snapshot_malformed);
  CHECK(t.failure(64 * page, t.node(1, {})) == errc::snapshot_malformed);
  CHECK(t.failure(64 * page, t.node(1, {a, a})) == errc::snapshot_malformed);
  CHECK(t.failure(64 * page, t.node(3, {a})) == errc::snapshot_malformed);
  CHECK(t.failure(64 * page, t.node(1, {a}, 1)) == errc::snapshot_malformed);
  CHECK(t.failure(64 * page, t.page(0, 7)) == errc::snapshot_malformed);
  CHECK(t.failure(64 * page, t.store.put({}).value()) == errc::snapshot_malformed);
  CHECK(t.failure(64 * page, t.node(1, {content_id()})) == errc::not_found);
}

TEST_CASE("hostile trees: there is one form of each page") {
  forged_tree t;
  const content_id zero = t.page(0);
  const content_id full = t.page(1);
  CHECK(t.failure(64 * page, t.node(1, {zero})) == errc::snapshot_malformed);
  CHECK(t.failure(64 * page, t.node(1, {t.page(1, 4095)})) == errc::snapshot_malformed);
  CHECK(t.failure(64 * page, t.node(1, {t.page(1, 4097)})) == errc::snapshot_malformed);
  CHECK(t.failure(64 * page, t.node(1, {t.page(1, 0)})) == errc::snapshot_malformed);
  // What is behind the size is zero.
  CHECK(t.failure(page - 1, t.node(1, {full})) == errc::snapshot_malformed);
  CHECK(t.failure(5 * page + 1, t.node(32, {full})) == errc::snapshot_malformed);
}

TEST_CASE("hostile trees: nothing stands behind the size, and levels are as many as the size needs") {
  forged_tree t;
  const content_id a = t.page(1);
  const content_id low = t.node(1, {a});
  CHECK(t.failure(page, t.node(2, {a})) == errc::snapshot_malformed);
  CHECK(t.failure(0, low) == errc::snapshot_malformed);
  CHECK(t.failure(65 * page, t.node(4, {low})) == errc::snapshot_malformed);
  CHECK(t.failure(65 * page, t.node(2, {t.node(2, {a})})) == errc::snapshot_malformed);
  // A level more or fewer: nodes where pages should be, and pages where nodes should be.
  CHECK(t.failure(64 * page, t.node(1, {low})) == errc::snapshot_malformed);
  CHECK(t.failure(65 * page, low) == errc::snapshot_malformed);
}

TEST_CASE("hostile trees: sizes that are only claimed cost nothing") {
  forged_tree t;
  any_store from(t.store);
  const content_id a = t.page(1);
  content_id top = t.node(1, {a});
  for (unsigned level = 2; level <= tree_format::height(~std::uint64_t{0}); ++level) {
    top = t.node(1, {top});
    const std::uint64_t size = level == 9 ? ~std::uint64_t{0} : page << 6 * level;
    CHECK(fetch_bytes(size, top, from, size - 1).error().code == errc::limit_exceeded);
    bytes_sink to(page);
    const auto read = page_tree().fetch(size, top, from, to);
    REQUIRE(read.has_value());
    CHECK(to.pages == 1);
    CHECK(read.value().pages({page_range{0, size / page}}).value() == page_ranges{page_range{0, 1}});
    if (level > 7) CHECK_FALSE(tree_image::fetch(size, top, from).has_value());
  }
  CHECK(fetch_bytes(~std::uint64_t{0}, std::nullopt, from, 1000).error().code == errc::limit_exceeded);
}

TEST_CASE("hostile trees: a failure of the sink or in the middle leaves the tree that was there") {
  memory_store store;
  any_store from(store);
  byte_vector bytes = random_bytes(200 * page, 1);
  page_tree tree;
  object_batch batch;
  const tree_root before = tree.update(view_of(bytes), batch).value();
  REQUIRE(batch.put(from).has_value());
  tree.settle();
  for (std::size_t at = 0; at < bytes.size(); at += 10 * page) bytes[at] ^= 1;
  page_tree theirs;
  object_batch others;
  const tree_root after = theirs.update(view_of(bytes), others).value();
  REQUIRE(others.put(from).has_value());
  struct : page_sink {
    int left = 0;
    result<void> page(std::uint64_t, bytes_view) override {
      return left-- > 0 ? result<void>(success()) : fail(errc::out_of_memory);
    }
    result<void> zeros(page_range) override { return success(); }
  } failing;
  for (int pages = 0; pages < 20; ++pages) {
    failing.left = pages;
    CHECK(tree.fetch(bytes.size(), after, from, failing).error().code == errc::out_of_memory);
    CHECK(tree.root() == before);
  }
  failing.left = 20;
  CHECK(tree.fetch(bytes.size(), after, from, failing).value().root() == after);
}
