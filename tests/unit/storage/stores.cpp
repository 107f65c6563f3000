#include "tests/support/catch.hpp"
#include "tests/unit/storage/temporary_directory.hpp"
#include "wasm64/storage/filesystem_store.hpp"
#include "wasm64/storage/layered_store.hpp"
#include "wasm64/storage/memory_store.hpp"

using namespace wasm64;

// What holds for every store that comes with the library.

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

std::string contents(const result<shared_bytes>& bytes) {
  REQUIRE(bytes.has_value());
  return std::string(bytes.assume_value().text());
}

content_id other_id(std::uint8_t fill) {
  content_id id;
  id.bytes.fill(fill);
  return id;
}

}  // namespace

TEMPLATE_TEST_CASE("what is put can be had by its hash", "[storage]", memory_fixture, filesystem_fixture,
                   layered_fixture) {
  TestType fixture;
  auto& store = fixture.store;
  const auto id = store.put(as_bytes("abc"));
  REQUIRE(id.has_value());
  CHECK(to_text(id.assume_value()) == "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  CHECK(contents(store.get(id.assume_value())) == "abc");
  CHECK(store.contains(id.assume_value()).assume_value());
  CHECK(store.put(as_bytes("abc")).assume_value() == id.assume_value());

  SECTION("also nothing at all") {
    const auto empty = store.put(bytes_view());
    REQUIRE(empty.has_value());
    CHECK(contents(store.get(empty.assume_value())).empty());
  }
  SECTION("what was not put is not found") {
    CHECK(store.get(other_id(1)).assume_error().code == errc::not_found);
    CHECK_FALSE(store.contains(other_id(1)).assume_value());
  }
}

TEMPLATE_TEST_CASE("many are put at once", "[storage]", memory_fixture, filesystem_fixture, layered_fixture) {
  TestType fixture;
  vector<std::string> texts;
  vector<bytes_view> items;
  for (int i = 0; i < 40; ++i) texts.push_back("item " + std::to_string(i % 30));
  for (const std::string& text : texts) items.push_back(as_bytes(text));
  const auto ids = put_all(fixture.store, std::span<const bytes_view>(items.data(), items.size()));
  REQUIRE(ids.has_value());
  REQUIRE(ids.assume_value().size() == 40);
  for (std::size_t i = 0; i < 40; ++i) CHECK(contents(fixture.store.get(ids.assume_value()[i])) == texts[i]);
}

TEMPLATE_TEST_CASE("roots are names that change", "[storage]", memory_fixture, filesystem_fixture, layered_fixture) {
  TestType fixture;
  auto& store = fixture.store;
  CHECK(store.resolve("process").assume_error().code == errc::not_found);
  REQUIRE(store.link("process", other_id(1)).has_value());
  REQUIRE(store.link("Process", other_id(2)).has_value());
  CHECK(store.resolve("process").assume_value() == other_id(1));
  REQUIRE(store.link("process", other_id(3)).has_value());
  CHECK(store.resolve("process").assume_value() == other_id(3));
  CHECK(store.resolve("Process").assume_value() == other_id(2));
  REQUIRE(store.unlink("process").has_value());
  REQUIRE(store.unlink("process").has_value());
  CHECK(store.resolve("process").assume_error().code == errc::not_found);
  CHECK(store.link("", other_id(1)).assume_error().code == errc::malformed_id);
}

TEMPLATE_TEST_CASE("a root is swapped only from what it is expected to be", "[storage]", memory_fixture,
                   filesystem_fixture, layered_fixture) {
  TestType fixture;
  auto& store = fixture.store;
  const content_id one = other_id(1);
  const content_id two = other_id(2);
  CHECK(store.compare_and_swap("r", &one, two).assume_error().code == errc::conflict);
  REQUIRE(store.compare_and_swap("r", nullptr, one).has_value());
  CHECK(store.compare_and_swap("r", nullptr, two).assume_error().code == errc::conflict);
  CHECK(store.compare_and_swap("r", &two, two).assume_error().code == errc::conflict);
  CHECK(store.resolve("r").assume_value() == one);
  REQUIRE(store.compare_and_swap("r", &one, two).has_value());
  CHECK(store.resolve("r").assume_value() == two);
}

TEMPLATE_TEST_CASE("roots may have any name", "[storage]", memory_fixture, filesystem_fixture, layered_fixture) {
  TestType fixture;
  auto& store = fixture.store;
  vector<std::string> names{".",
                            "..",
                            "/",
                            "../../etc/passwd",
                            "a/b",
                            "%2e",
                            "lock",
                            std::string("nul\0byte", 8),
                            std::string(10'000, 'x'),
                            std::string(10'000, 'x') + "y",
                            std::string(300, '/'),
                            "\xff\n",
                            "=",
                            "-"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    REQUIRE(store.link(names[i], other_id(static_cast<std::uint8_t>(i))).has_value());
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    REQUIRE(store.resolve(names[i]).has_value());
    CHECK(store.resolve(names[i]).assume_value() == other_id(static_cast<std::uint8_t>(i)));
  }
}

TEMPLATE_TEST_CASE("roots are listed by their names", "[storage]", memory_fixture, filesystem_fixture) {
  TestType fixture;
  auto& store = fixture.store;
  CHECK(store.roots().assume_value().empty());
  vector<std::pair<std::string, content_id>> expected;
  for (const std::string& name : {std::string("../%2e"), std::string("a"), std::string(10'000, 'x')}) {
    expected.emplace_back(name, other_id(static_cast<std::uint8_t>(expected.size())));
    REQUIRE(store.link(name, expected.back().second).has_value());
  }
  const auto roots = store.roots();
  CHECK((roots.assume_value() == expected));
}

TEMPLATE_TEST_CASE("stores list and erase", "[storage]", memory_fixture, filesystem_fixture) {
  TestType fixture;
  auto& store = fixture.store;
  using store_type = std::remove_cvref_t<decltype(store)>;
  static_assert(wasm64::storage_lists<store_type> && wasm64::storage_erases<store_type>);
  const content_id a = store.put(as_bytes("a")).assume_value();
  const content_id b = store.put(as_bytes("b")).assume_value();
  REQUIRE(store.link("root", a).has_value());
  CHECK(store.list().assume_value().size() == 2);
  REQUIRE(store.erase(a).has_value());
  REQUIRE(store.erase(a).has_value());
  const auto left = store.list();
  REQUIRE(left.assume_value().size() == 1);
  CHECK(left.assume_value().front() == b);
  CHECK(store.get(a).assume_error().code == errc::not_found);
}

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

TEST_CASE("layers: a near store that fails is passed over, and its failure told if nothing else answers", "[storage]") {
  struct broken_store {
    result<shared_bytes> get(const content_id&) { return fail(errc::storage_io, "broken"); }
    result<content_id> put(bytes_view) { return fail(errc::storage_io, "broken"); }
    result<bool> contains(const content_id&) { return fail(errc::storage_io, "broken"); }
  };
  broken_store near;
  memory_store far;
  const content_id id = far.put(as_bytes("x")).assume_value();
  layered_store store(near, far);
  CHECK(contents(store.get(id)) == "x");
  CHECK(store.contains(id).assume_value());
  CHECK(store.get(other_id(9)).assume_error().code == errc::storage_io);
  CHECK(store.contains(other_id(9)).assume_error().code == errc::storage_io);
  CHECK(store.put(as_bytes("y")).assume_error().code == errc::storage_io);
}
