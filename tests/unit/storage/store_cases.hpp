#pragma once

// What holds for every store that comes with the library: test cases over STORE_FIXTURES, and over
// LISTING_STORE_FIXTURES for stores that list and erase. The program that includes this defines both: types whose
// member `store` is a new store.

#include "tests/support/catch.hpp"
#include "wasm64/base/shared_bytes.hpp"
#include "wasm64/storage/garbage.hpp"

using namespace wasm64;

namespace {

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

TEMPLATE_TEST_CASE("what is put can be had by its hash", "[storage]", STORE_FIXTURES) {
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

TEMPLATE_TEST_CASE("many are put at once", "[storage]", STORE_FIXTURES) {
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

TEMPLATE_TEST_CASE("roots are names that change", "[storage]", STORE_FIXTURES) {
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

TEMPLATE_TEST_CASE("a root is swapped only from what it is expected to be", "[storage]", STORE_FIXTURES) {
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

TEMPLATE_TEST_CASE("roots may have any name", "[storage]", STORE_FIXTURES) {
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

TEMPLATE_TEST_CASE("stores list and erase", "[storage]", LISTING_STORE_FIXTURES) {
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

TEMPLATE_TEST_CASE("roots are listed by their names", "[storage]", LISTING_STORE_FIXTURES) {
  TestType fixture;
  auto& store = fixture.store;
  static_assert(wasm64::storage_lists_roots<std::remove_cvref_t<decltype(store)>>);
  CHECK(store.roots().assume_value().empty());
  const std::string names[] = {"b", "../%2e", std::string("nul\0byte", 8), std::string(10'000, 'x')};
  for (std::size_t i = 0; i < 4; ++i) REQUIRE(store.link(names[i], other_id(static_cast<std::uint8_t>(i))).has_value());
  REQUIRE(store.unlink("b").has_value());
  const auto roots = store.roots();
  REQUIRE(roots.assume_value().size() == 3);
  for (const auto& [name, id] : roots.assume_value()) CHECK(name == names[id.bytes[0]]);
}

TEMPLATE_TEST_CASE("many that no root leads to are forgotten at once", "[storage]", LISTING_STORE_FIXTURES) {
  TestType fixture;
  auto& store = fixture.store;
  const content_id kept = store.put(as_bytes("kept")).assume_value();
  const content_id root = store.put(as_bytes("names " + to_text(kept))).assume_value();
  REQUIRE(store.link("root", root).has_value());
  for (unsigned i = 0; i < 100; ++i) REQUIRE(store.put(as_bytes(std::to_string(i))).has_value());
  const auto totals = collect_garbage(store);
  REQUIRE(totals.has_value());
  CHECK(totals.assume_value().reached == 2);
  CHECK(totals.assume_value().swept.objects == 100);
  CHECK(store.list().assume_value().size() == 2);
  CHECK(store.contains(kept).assume_value());
}
