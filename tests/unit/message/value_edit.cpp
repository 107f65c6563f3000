#include "tests/support/catch.hpp"
#include "wasm64/message/value.hpp"

using namespace wasm64;

namespace {

value with(value m, std::string_view path, value item, set_mode mode = set_mode::deep) {
  const auto done = m.set(path, std::move(item), mode);
  REQUIRE(done.has_value());
  return m;
}

errc refused(value m, std::string_view path, value item) {
  const value before = m;
  const auto done = m.set(path, std::move(item));
  REQUIRE(!done.has_value());
  CHECK(m == before);
  return done.assume_error().code;
}

std::string deep_path(std::size_t levels) {
  std::string path;
  for (std::size_t i = 0; i < levels; ++i) path += "/a";
  return path;
}

}  // namespace

TEST_CASE("set makes the maps on its way", "[message][set]") {
  CHECK(with(value::map(), "a/b/c", 1) == value::map({{"a", value::map({{"b", value::map({{"c", 1}})}})}}));
  CHECK(with(value(), "x", 1) == value::map({{"x", 1}}));
}

TEST_CASE("set finds existing keys in any case and keeps their spelling", "[message][set]") {
  const value m = with(value::map({{"Results", value::map({{"Output", 1}})}}), "results/output", 2);
  CHECK(m == value::map({{"Results", value::map({{"Output", 2}})}}));
}

TEST_CASE("set merges maps, or replaces them", "[message][set]") {
  const value base = value::map({{"m", value::map({{"a", 1}, {"b", value::map({{"x", 1}})}})}});
  const value item = value::map({{"B", value::map({{"y", 2}})}, {"c", 3}});
  CHECK(with(base, "m", item) ==
        value::map({{"m", value::map({{"a", 1}, {"b", value::map({{"x", 1}, {"y", 2}})}, {"c", 3}})}}));
  CHECK(with(base, "m", item, set_mode::replace) == value::map({{"m", item}}));
  CHECK(with(base, "m", 5) == value::map({{"m", 5}}));
  CHECK(with(base, "", value::map({{"n", 1}})).keys().size() == 2);
}

TEST_CASE("unset removes, null changes nothing", "[message][set]") {
  const value base = value::map({{"a", 1}, {"b", value::map({{"c", 2}, {"d", 3}})}});
  CHECK(with(base, "A", value::unset()) == value::map({{"b", value::map({{"c", 2}, {"d", 3}})}}));
  CHECK(with(base, "b/c", value::unset()).get("b") == value::map({{"d", 3}}));
  CHECK(with(base, "", value::map({{"b", value::map({{"c", value::unset()}})}})).get("b") == value::map({{"d", 3}}));
  CHECK(with(base, "x/y", value::unset()) == base);
  CHECK(with(base, "a", value()) == base);

  SECTION("also inside a map that is new") {
    CHECK(with(base, "n", value::map({{"p", value::unset()}, {"q", value::map({{"r", value::unset()}})}})).get("n") ==
          value::map({{"q", value::map()}}));
  }
}

TEST_CASE("merging large maps keeps every key once", "[message][set]") {
  vector<std::pair<std::string, value>> even;
  vector<std::pair<std::string, value>> third;
  vector<std::pair<std::string, value>> expected;
  for (int i = 0; i < 600; ++i) {
    const std::string key = std::to_string(i);
    if (i % 2 == 0) even.push_back({key, i});
    if (i % 3 == 0) third.push_back({key, i % 5 == 0 ? value::unset() : value(-i)});
    if (i % 3 == 0 && i % 5 != 0) expected.push_back({key, -i});
    if (i % 2 == 0 && i % 3 != 0) expected.push_back({key, i});
  }
  CHECK(with(value::map(std::move(even)), "", value::map(std::move(third))) == value::map(std::move(expected)));
}

TEST_CASE("lists take items by position", "[message][set]") {
  const value base = value::map({{"l", value::list({1, 2})}});
  CHECK(with(base, "l/2", 5).get("l") == value::list({1, 5}));
  CHECK(with(base, "l/3", 5).get("l") == value::list({1, 2, 5}));
  CHECK(with(base, "l/x", 5).get("l") == value::map({{"1", 1}, {"2", 2}, {"x", 5}}));
  CHECK(with(base, "l/9", 5).get("l") == value::map({{"1", 1}, {"2", 2}, {"9", 5}}));
  CHECK(with(base, "l/1/k", value::unset()) == base);
}

TEST_CASE("remove forgets keys and list elements", "[message][set]") {
  value m = value::map({{"a", value::list({1, 2, 3})}, {"B", 2}});
  m.remove("a/2");
  m.remove("b");
  m.remove("missing/x");
  m.remove("");
  CHECK(m == value::map({{"a", value::list({1, 3})}}));
}

TEST_CASE("set refuses what it cannot do and changes nothing", "[message][set]") {
  const value base = value::map({{"scalar", "text"}, {"n", value::map({{"m", 1}})}});
  CHECK(refused(base, "scalar/key", 1) == errc::malformed_message);
  CHECK(refused(base, "private/key", 1) == errc::malformed_message);
  CHECK(refused(base, "n/PRIV", 1) == errc::malformed_message);
  CHECK(refused(base, "", 1) == errc::malformed_message);
  CHECK(refused(base, deep_path(max_value_depth + 1), 1) == errc::nesting_too_deep);
  CHECK(refused(base, deep_path(max_value_depth), value::map()) == errc::nesting_too_deep);
  CHECK(with(base, deep_path(max_value_depth), 1).depth() == max_value_depth);
}

TEST_CASE("depth is exact after removals, so that a message may be nested and unnested for ever", "[message][set]") {
  value m = value::map({{"a", 1}});
  for (std::size_t i = 0; i < 3 * max_value_depth; ++i) {
    REQUIRE(m.set("library/state", value(m), set_mode::replace).has_value());
    CHECK(m.depth() == 3);
    m.remove("library");
    CHECK(m.depth() == 1);
  }
}

TEST_CASE("copies do not see each other's changes", "[message][sharing]") {
  const value base = value::map({{"a", value::map({{"b", 1}})}, {"l", value::list({1})}});
  value copy = base;
  copy = with(std::move(copy), "a/b", 2);
  copy = with(std::move(copy), "l/1", 2);
  copy.remove("a/c");
  CHECK(base.get("a/b") == value(1));
  CHECK(base.get("l/1") == value(1));
  CHECK(copy.get("a/b") == value(2));
}

TEST_CASE("a sole owner changes in place; sharing copies only the path", "[message][sharing]") {
  value m = value::map({{"big", "state"}, {"a", value::map({{"b", 1}})}});
  const auto* entries = m.entries().data();
  REQUIRE(m.set("a/b", 2).has_value());
  CHECK(m.entries().data() == entries);

  const value before = m;
  REQUIRE(m.set("a/b", 3).has_value());
  CHECK(m.entries().data() != entries);
  CHECK(m.get("big").as_bytes().data() == before.get("big").as_bytes().data());
}

TEST_CASE("a message can be put into itself", "[message][sharing]") {
  value m = value::map({{"a", 1}});
  REQUIRE(m.set("state", value(m)).has_value());
  REQUIRE(m.set("state/state", m.get("")).has_value());
  CHECK(m.get("state/state/state/a") == value(1));
  REQUIRE(m.set("", value(m)).has_value());
  CHECK(m.get("state/a") == value(1));
}

TEST_CASE("the private part is reached by its own operations only", "[message][private]") {
  value m = value::map({{"a", 1}});
  REQUIRE(m.set_private("wasm/Instance", value(host_object::make(7))).has_value());
  REQUIRE(m.set_private("priv/note", "secret").has_value());
  CHECK(*m.get_private("WASM/instance").as_host().get<int>() == 7);
  CHECK(m.get_private("priv/wasm/instance").kind() == value_kind::host);
  CHECK(m.get_private("note") == value("secret"));
  CHECK(m.keys().size() == 1);
  CHECK(m.get("priv").is_null());
  CHECK(m.get("wasm").is_null());
  CHECK(m == value::map({{"a", 1}}));

  SECTION("null removes") {
    REQUIRE(m.set_private("wasm/instance", value()).has_value());
    CHECK(m.get_private("wasm/instance").is_null());
  }
  SECTION("it survives changes and merges, and travels with copies") {
    const value holder = with(value::map(), "lib/state", m);
    CHECK(holder.get("lib/state").get_private("note") == value("secret"));
    CHECK(with(m, "", value::map({{"b", 2}})).get_private("note") == value("secret"));
    CHECK(with(value::map({{"x", 1}}), "", m).get_private("note") == value("secret"));
  }
  SECTION("copies have their own") {
    value copy = m;
    REQUIRE(copy.set_private("note", "other").has_value());
    CHECK(m.get_private("note") == value("secret"));
  }
  SECTION("only maps have one") { CHECK_FALSE(value(5).set_private("x", 1).has_value()); }
}
