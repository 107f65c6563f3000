#include "tests/unit/snapshot/tree_support.hpp"

using namespace wasm64;
using test::bytes_sink;
using test::generator;
using test::random_bytes;
using test::reference_tree;

namespace {

/// A store that counts, and refuses to put when told.
struct counting_store : memory_store {
  std::size_t puts = 0;
  std::size_t gets = 0;
  bool is_broken = false;

  result<void> put_known(std::span<const content_id> ids, std::span<const bytes_view> items) {
    if (is_broken) return fail(errc::storage_io);
    puts += items.size();
    return memory_store::put_known(ids, items);
  }
  result<shared_bytes> get(const content_id& id) {
    ++gets;
    return memory_store::get(id);
  }
};

/// The root of what was put, as a save does it.
tree_root save(page_tree& tree, const byte_vector& bytes, any_store to) {
  object_batch batch;
  const auto root = tree.update(view_of(bytes), batch);
  REQUIRE(root.has_value());
  REQUIRE(batch.put(to).has_value());
  tree.settle();
  return root.value();
}

page_range changed_pages(std::size_t at, std::size_t size) {
  return {at / 4096, (at + size - 1) / 4096 - at / 4096 + 1};
}

}  // namespace

TEST_CASE("tree: the objects are those of the definition, whatever the size") {
  for (const std::size_t size :
       {0u, 1u, 4095u, 4096u, 4097u, 64u * 4096, 64u * 4096 + 1, 65u * 4096 + 7, 5000u * 4096}) {
    INFO(size);
    const byte_vector bytes = random_bytes(size, static_cast<std::uint32_t>(size));
    const reference_tree expected(view_of(bytes));
    memory_store store;
    page_tree tree;
    CHECK(save(tree, bytes, any_store(store)) == expected.root);
    CHECK(store.list().value().size() == expected.objects.size());
    for (const auto& [id, object] : expected.objects) CHECK(store.contains(id).value());
    any_store from(store);
    const auto read = fetch_bytes(size, expected.root, from, size);
    REQUIRE(read.has_value());
    CHECK(read.value() == bytes);
  }
}

TEST_CASE("tree: pages and nodes of zeros do not exist") {
  counting_store store;
  page_tree tree;
  byte_vector bytes(300 * 4096, 0);
  CHECK(save(tree, bytes, any_store(store)) == std::nullopt);
  CHECK(store.puts == 0);
  bytes[200 * 4096 + 5] = 1;
  const tree_root one = save(tree, bytes, any_store(store));
  CHECK(one == reference_tree(view_of(bytes)).root);
  CHECK(store.puts == 3);  // a page, its node and the top
  bytes[200 * 4096 + 5] = 0;
  CHECK(save(tree, bytes, any_store(store)) == std::nullopt);
  CHECK(store.puts == 3);
}

TEST_CASE("tree: identical pages are put once") {
  counting_store store;
  page_tree tree;
  byte_vector bytes(64 * 4096, 7);
  save(tree, bytes, any_store(store));
  CHECK(store.puts == 2);
}

TEST_CASE("tree: a save puts what has changed and the nodes above it, and nothing when nothing has") {
  counting_store store;
  page_tree tree;
  byte_vector bytes = random_bytes(4096 * 4096, 1);
  save(tree, bytes, any_store(store));
  store.puts = 0;
  save(tree, bytes, any_store(store));
  CHECK(store.puts == 0);
  bytes[1000 * 4096] ^= 1;
  object_batch batch;
  const page_range changed{1000, 1};
  const auto root = tree.update(view_of(bytes), {&changed, 1}, batch);
  REQUIRE(root.has_value());
  CHECK(root.value() == reference_tree(view_of(bytes)).root);
  CHECK(batch.items().size() == 3);
}

TEST_CASE("tree: what was not put is put by the next save, also when it changes back") {
  counting_store store;
  page_tree tree;
  byte_vector bytes = random_bytes(500 * 4096, 2);
  save(tree, bytes, any_store(store));
  generator random(3);
  for (int round = 0; round < 50; ++round) {
    object_batch batch;
    any_store to(store);
    const std::size_t at = random() % bytes.size();
    const std::uint8_t before = bytes[at];
    bytes[at] ^= 1;
    const page_range changed{at / 4096, 1};
    REQUIRE(tree.update(view_of(bytes), {&changed, 1}, batch).has_value());
    store.is_broken = round % 3 != 0;
    const bool is_put = batch.put(to).has_value();
    CHECK(is_put == !store.is_broken);
    if (is_put) tree.settle();
    store.is_broken = false;
    if (round % 2 == 0) {
      bytes[at] = before;
      object_batch back;
      REQUIRE(tree.update(view_of(bytes), {&changed, 1}, back).has_value());
      REQUIRE(back.put(to).has_value());
      tree.settle();
      const auto read = fetch_bytes(bytes.size(), tree.root(), to, bytes.size());
      REQUIRE(read.has_value());
      CHECK(read.value() == bytes);
    }
  }
}

TEST_CASE("tree: random changes, growth and shrinking lead to the tree of the bytes") {
  generator random(4);
  counting_store store;
  any_store to(store);
  page_tree tree;
  page_tree fork;
  byte_vector bytes, forked;
  for (int round = 0; round < 120; ++round) {
    INFO(round);
    const std::size_t before = bytes.size();
    vector<page_range> changed;
    if (round % 5 == 0) {
      bytes.resize(random() % (round % 20 == 0 ? 5000 * 4096 : 200 * 4096), 0);
      if (before % 4096 != 0) changed.push_back({before / 4096, 1});
      if (bytes.size() % 4096 != 0) changed.push_back({bytes.size() / 4096, 1});
    }
    for (auto n = random() % 20; n != 0 && !bytes.empty(); --n) {
      const std::size_t at = random() % bytes.size();
      const std::size_t size = std::min<std::size_t>(random() % 20'000 + 1, bytes.size() - at);
      const auto fill = static_cast<std::uint8_t>(random() % 3 == 0 ? 0 : random());
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, fill);
      changed.push_back(changed_pages(at, size));
    }
    std::sort(changed.begin(), changed.end(), [](auto a, auto b) { return a.first < b.first; });
    object_batch batch;
    const auto root = tree.update(view_of(bytes), view_of(changed), batch);
    REQUIRE(root.has_value());
    CHECK(root.value() == reference_tree(view_of(bytes)).root);
    if (random() % 3 != 0) {
      REQUIRE(batch.put(to).has_value());
      tree.settle();
      const auto read = fetch_bytes(bytes.size(), root.value(), to, bytes.size());
      REQUIRE(read.has_value());
      CHECK(read.value() == bytes);
    }
    // A copy is a tree of its own.
    if (round % 7 == 0) {
      CHECK(save(fork, forked, to) == reference_tree(view_of(forked)).root);
      fork = tree;
      forked = bytes;
    }
  }
}

TEST_CASE("tree: only what differs is fetched and told") {
  generator random(5);
  counting_store store;
  any_store from(store);
  page_tree tree;
  byte_vector bytes = random_bytes(1000 * 4096, 6);
  save(tree, bytes, from);
  for (int round = 0; round < 20; ++round) {
    INFO(round);
    byte_vector other = bytes;
    if (round % 4 == 1) other.resize(bytes.size() + (random() % 4000 + 1) * 4096, 9);
    for (unsigned n = random() % 4; n != 0; --n) {
      const std::size_t at = random() % 900 * 4096;
      std::fill_n(other.begin() + static_cast<std::ptrdiff_t>(at), 20'000, static_cast<std::uint8_t>(n % 2));
    }
    page_tree theirs;
    const tree_root root = save(theirs, other, from);
    store.gets = 0;
    bytes_sink to(bytes, other.size());
    const auto read = tree.fetch(other.size(), root, from, to);
    REQUIRE(read.has_value());
    CHECK(to.bytes == other);
    if (other.size() == bytes.size()) CHECK(store.gets <= 64);
    CHECK(read.value().root() == root);
    // What was read is remembered as if it had been saved.
    page_tree again = read.value();
    object_batch none;
    REQUIRE(again.update(view_of(other), none).has_value());
    CHECK(none.empty());
  }
}

TEST_CASE("tree: what became zero is told without the zeros that were there") {
  memory_store store;
  any_store from(store);
  page_tree tree;
  byte_vector bytes(std::size_t{100'000} * 4096, 0);
  bytes[70'000u * 4096] = bytes[70'001u * 4096] = bytes[99'999u * 4096] = 1;
  save(tree, bytes, from);
  bytes_sink to(bytes, bytes.size());
  const auto read = tree.fetch(bytes.size(), std::nullopt, from, to);
  REQUIRE(read.has_value());
  CHECK(to.zero_pages == 3);
  CHECK(std::count(to.bytes.begin(), to.bytes.end(), 0) == static_cast<std::ptrdiff_t>(bytes.size()));
}
