#include "wasm64/storage/garbage.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/storage/filesystem_support.hpp"
#include "wasm64/storage/memory_store.hpp"

#include <optional>

using namespace wasm64;

namespace {

struct memory_fixture {
  memory_store store;
};

struct filesystem_fixture {
  temporary_directory directory;
  filesystem_store store = open_store(directory.path());
};

}  // namespace

TEMPLATE_TEST_CASE("what no root leads to is forgotten", "[storage][garbage]", memory_fixture, filesystem_fixture) {
  TestType fixture;
  auto& store = fixture.store;
  const std::string big(100'000, 'x');
  const content_id leaf = put_texts(store, {"leaf"})[0];
  const content_id inner = put_texts(store, {"see " + to_text(leaf) + "."})[0];
  const content_id outer = put_texts(store, {"{\"" + to_text(inner) + "\":\"id_" + to_text(leaf) + "\"}"})[0];
  const content_id unused = put_texts(store, {big})[0];
  const content_id unused_too = put_texts(store, {to_text(unused) + to_text(outer)})[0];
  REQUIRE(store.link("root", outer).has_value());
  auto totals = collect_garbage(store);
  REQUIRE(totals.has_value());
  CHECK(totals.assume_value().reached == 3);
  CHECK(totals.assume_value().swept.objects == 2);
  CHECK(store.list().assume_value().size() == 3);
  CHECK(text_of(store.get(leaf)) == "leaf");
  CHECK(store.get(inner).has_value());
  CHECK(store.get(outer).has_value());
  CHECK(store.get(unused).assume_error().code == errc::not_found);
  CHECK(store.get(unused_too).assume_error().code == errc::not_found);

  REQUIRE(store.unlink("root").has_value());
  CHECK(collect_garbage(store).assume_value().swept.objects == 3);
  CHECK(store.list().assume_value().empty());
  CHECK(text_of(store.get(put_texts(store, {"leaf"})[0])) == "leaf");
}

TEMPLATE_TEST_CASE("an object counts as every kind it is referred to as", "[storage][garbage]", memory_fixture,
                   filesystem_fixture) {
  TestType fixture;
  auto& store = fixture.store;
  const content_id leaf = put_texts(store, {"leaf"})[0];
  const content_id both = put_texts(store, {to_text(leaf)})[0];
  const content_id first = put_texts(store, {"1" + to_text(both)})[0];
  const content_id second = put_texts(store, {"2" + to_text(both)})[0];
  // The first says that the other is a leaf; the second that it is a text.
  const auto references = [&](const content_id& id, std::uint8_t kind, bytes_view bytes,
                              reference_list& to) -> result<void> {
    if (id == first) {
      to.add_leaf(both);
    } else if (id == second) {
      to.add(both, 3);
    } else if (kind == 3) {
      WASM64_TRY(const content_id next, parse_id(bytes));
      to.add_leaf(next);
    }
    return success();
  };
  REQUIRE(store.link("a", first).has_value());
  REQUIRE(store.link("b", second).has_value());
  CHECK(collect_garbage(store, references).assume_value().reached == 4);
  REQUIRE(store.unlink("b").has_value());
  CHECK(collect_garbage(store, references).assume_value().reached == 2);
  CHECK(store.contains(both).assume_value());
}

TEMPLATE_TEST_CASE("nothing is forgotten when a callback fails", "[storage][garbage]", memory_fixture,
                   filesystem_fixture) {
  TestType fixture;
  auto& store = fixture.store;
  REQUIRE(store.link("a", put_texts(store, {"a", "b"})[0]).has_value());
  const auto references = [](const content_id&, std::uint8_t, bytes_view, reference_list&) -> result<void> {
    return fail(errc::snapshot_malformed);
  };
  CHECK(collect_garbage(store, references).assume_error().code == errc::snapshot_malformed);
  CHECK(store.list().assume_value().size() == 2);
  CHECK(collect_garbage(store).has_value());
  CHECK(store.list().assume_value().size() == 1);
}

TEST_CASE("files become smaller when most of what is in them is not needed", "[storage][garbage][filesystem]") {
  temporary_directory directory;
  filesystem_store::options options;
  options.pack_size = 10'000;
  {
    filesystem_store store = open_store(directory.path(), options);
    for (int i = 0; i < 100; ++i) {
      const content_id id = put_texts(store, {std::to_string(i) + std::string(1000, 'x')})[0];
      // Of the first 50, three quarters; of the others, a quarter.
      if (i < 50 ? i % 4 == 0 : i % 4 != 0) REQUIRE(store.link(std::to_string(i), id).has_value());
    }
  }
  filesystem_store store = open_store(directory.path(), options);
  const std::uint64_t before = store.file_size();
  const garbage_totals totals = collect_garbage(store).assume_value();
  CHECK(totals.reached == 13 + 38);
  CHECK(totals.swept.busy == 0);
  CHECK(totals.swept.freed > 30'000);
  CHECK(totals.swept.left > 5'000);
  CHECK(store.file_size() + totals.swept.freed == before);
  std::uintmax_t on_disk = 0;
  for (const fs::path& pack : packs_in(directory.path())) on_disk += fs::file_size(pack);
  CHECK(on_disk == store.file_size());
  filesystem_store again = open_store(directory.path(), options);
  for (filesystem_store* s : {&store, &again}) {
    const auto roots = s->roots();
    REQUIRE(roots.assume_value().size() == 51);
    for (const auto& [name, id] : roots.assume_value()) CHECK(s->get(id).has_value());
  }
  CHECK(again.verify().assume_value().empty());
}

TEST_CASE("a collection leaves alone what a store has put and no root leads to yet", "[storage][garbage][filesystem]") {
  temporary_directory directory;
  filesystem_store collector = open_store(directory.path());
  std::optional<filesystem_store> old(open_store(directory.path()));
  const content_id a = put_texts(*old, {"a"})[0];
  old.reset();
  filesystem_store writer = open_store(directory.path());
  content_id b;
  SECTION("new objects") { b = put_texts(writer, {"b"})[0]; }
  SECTION("and such as were there") { b = put_texts(writer, {"a"})[0]; }
  CHECK(collect_garbage(collector).assume_value().swept.busy == 1);
  CHECK(collector.get(b).has_value());
  REQUIRE(writer.link("b", b).has_value());
  CHECK(collect_garbage(collector).assume_value().swept.objects <= 1);
  CHECK(text_of(open_store(directory.path()).get(b)) == (a == b ? "a" : "b"));
}

TEST_CASE("what a collection took away is written again", "[storage][garbage][filesystem]") {
  temporary_directory directory;
  std::optional<filesystem_store> first(open_store(directory.path()));
  const content_id id = put_texts(*first, {"text"})[0];
  first.reset();
  filesystem_store idle = open_store(directory.path());
  CHECK(idle.contains(id).assume_value());
  filesystem_store collector = open_store(directory.path());
  CHECK(collect_garbage(collector).assume_value().swept.objects == 1);
  REQUIRE(put_texts(idle, {"text"})[0] == id);
  REQUIRE(idle.link("r", id).has_value());
  CHECK(text_of(open_store(directory.path()).get(id)) == "text");
}

TEST_CASE("a store finds what a collection has moved", "[storage][garbage][filesystem]") {
  temporary_directory directory;
  content_id id;
  {
    filesystem_store first = open_store(directory.path());
    id = put_texts(first, {"text", std::string(1000, 'x')})[0];
    REQUIRE(first.link("r", id).has_value());
  }
  filesystem_store reader = open_store(directory.path());
  filesystem_store collector = open_store(directory.path());
  CHECK(collect_garbage(collector).assume_value().swept.packs == 1);
  CHECK(text_of(reader.get(id)) == "text");
  CHECK(reader.list().assume_value().size() == 1);
  CHECK(text_of(reader.get(id)) == "text");
}

TEST_CASE("one collection at a time", "[storage][garbage][filesystem]") {
  temporary_directory directory;
  filesystem_store one = open_store(directory.path());
  filesystem_store two = open_store(directory.path());
  REQUIRE(one.begin_sweep().has_value());
  CHECK(collect_garbage(two).assume_error().code == errc::conflict);
  one.end_sweep();
  CHECK(collect_garbage(two).has_value());
}

TEST_CASE("nothing is forgotten when an object that roots lead to is damaged", "[storage][garbage][filesystem]") {
  temporary_directory directory;
  {
    filesystem_store store = open_store(directory.path());
    REQUIRE(store.link("r", put_texts(store, {"original", "unused"})[0]).has_value());
    put_texts(store, {"later"});
  }
  const fs::path pack = packs_in(directory.path())[0];
  std::string bytes = read_text(pack);
  bytes[bytes.find("original")] = 'O';
  overwrite(pack, bytes);
  filesystem_store store = open_store(directory.path());
  CHECK(collect_garbage(store).assume_error().code == errc::hash_mismatch);
  CHECK(store.list().assume_value().size() == 3);
  CHECK(read_text(pack) == bytes);
}
