#include "tests/support/catch.hpp"
#include "wasm64/message/value.hpp"

using namespace wasm64;

namespace {

message_value with(message_value m, std::string_view path, message_value item, set_mode mode = set_mode::deep) {
  const auto done = m.set(path, std::move(item), mode);
  REQUIRE(done.has_value());
  return m;
}

errc refused(message_value m, std::string_view path, message_value item) {
  const message_value before = m;
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
  CHECK(with(message_value::map(), "a/b/c", 1) ==
        message_value::map({{"a", message_value::map({{"b", message_value::map({{"c", 1}})}})}}));
  CHECK(with(message_value(), "x", 1) == message_value::map({{"x", 1}}));
}

TEST_CASE("set finds existing keys in any case and keeps their spelling", "[message][set]") {
  const message_value m =
      with(message_value::map({{"Results", message_value::map({{"Output", 1}})}}), "results/output", 2);
  CHECK(m == message_value::map({{"Results", message_value::map({{"Output", 2}})}}));
}

TEST_CASE("set merges maps, or replaces them", "[message][set]") {
  const message_value base =
      message_value::map({{"m", message_value::map({{"a", 1}, {"b", message_value::map({{"x", 1}})}})}});
  const message_value item = message_value::map({{"B", message_value::map({{"y", 2}})}, {"c", 3}});
  CHECK(with(base, "m", item) ==
        message_value::map(
            {{"m", message_value::map({{"a", 1}, {"b", message_value::map({{"x", 1}, {"y", 2}})}, {"c", 3}})}}));
  CHECK(with(base, "m", item, set_mode::replace) == message_value::map({{"m", item}}));
  CHECK(with(base, "m", 5) == message_value::map({{"m", 5}}));
  CHECK(with(base, "", message_value::map({{"n", 1}})).keys().size() == 2);
}

TEST_CASE("unset removes, null changes nothing", "[message][set]") {
  const message_value base = message_value::map({{"a", 1}, {"b", message_value::map({{"c", 2}, {"d", 3}})}});
  CHECK(with(base, "A", message_value::unset()) ==
        message_value::map({{"b", message_value::map({{"c", 2}, {"d", 3}})}}));
  CHECK(with(base, "b/c", message_value::unset()).get("b") == message_value::map({{"d", 3}}));
  CHECK(with(base, "", message_value::map({{"b", message_value::map({{"c", message_value::unset()}})}})).get("b") ==
        message_value::map({{"d", 3}}));
  CHECK(with(base, "x/y", message_value::unset()) == base);
  CHECK(with(base, "a", message_value()) == base);

  SECTION("also inside a map that is new") {
    CHECK(with(base, "n",
               message_value::map(
                   {{"p", message_value::unset()}, {"q", message_value::map({{"r", message_value::unset()}})}}))
              .get("n") == message_value::map({{"q", message_value::map()}}));
  }
}

TEST_CASE("merging large maps keeps every key once", "[message][set]") {
  vector<std::pair<std::string, message_value>> even;
  vector<std::pair<std::string, message_value>> third;
  vector<std::pair<std::string, message_value>> expected;
  for (int i = 0; i < 600; ++i) {
    const std::string key = std::to_string(i);
    if (i % 2 == 0) even.push_back({key, i});
    if (i % 3 == 0) third.push_back({key, i % 5 == 0 ? message_value::unset() : message_value(-i)});
    if (i % 3 == 0 && i % 5 != 0) expected.push_back({key, -i});
    if (i % 2 == 0 && i % 3 != 0) expected.push_back({key, i});
  }
  CHECK(with(message_value::map(std::move(even)), "", message_value::map(std::move(third))) ==
        message_value::map(std::move(expected)));
}

TEST_CASE("lists take items by position", "[message][set]") {
  const message_value base = message_value::map({{"l", message_value::list({1, 2})}});
  CHECK(with(base, "l/2", 5).get("l") == message_value::list({1, 5}));
  CHECK(with(base, "l/3", 5).get("l") == message_value::list({1, 2, 5}));
  CHECK(with(base, "l/x", 5).get("l") == message_value::map({{"1", 1}, {"2", 2}, {"x", 5}}));
  CHECK(with(base, "l/9", 5).get("l") == message_value::map({{"1", 1}, {"2", 2}, {"9", 5}}));
  CHECK(with(base, "l/1/k", message_value::unset()) == base);
}

TEST_CASE("remove forgets keys and list elements", "[message][set]") {
  message_value m = message_value::map({{"a", message_value::list({1, 2, 3})}, {"B", 2}});
  m.remove("a/2");
  m.remove("b");
  m.remove("missing/x");
  m.remove("");
  CHECK(m == message_value::map({{"a", message_value::list({1, 3})}}));
}

TEST_CASE("set refuses what it cannot do and changes nothing", "[message][set]") {
  const message_value base = message_value::map({{"scalar", "text"}, {"n", message_value::map({{"m", 1}})}});
  CHECK(refused(base, "scalar/key", 1) == errc::malformed_message);
  CHECK(refused(base, "private/key", 1) == errc::malformed_message);
  CHECK(refused(base, "n/PRIV", 1) == errc::malformed_message);
  CHECK(refused(base, "", 1) == errc::malformed_message);
  CHECK(refused(base, deep_path(max_value_depth + 1), 1) == errc::nesting_too_deep);
  CHECK(refused(base, deep_path(max_value_depth), message_value::map()) == errc::nesting_too_deep);
  CHECK(with(base, deep_path(max_value_depth), 1).depth() == max_value_depth);
}

TEST_CASE("depth is exact after removals, so that a message may be nested and unnested for ever", "[message][set]") {
  message_value m = message_value::map({{"a", 1}});
  for (std::size_t i = 0; i < 3 * max_value_depth; ++i) {
    REQUIRE(m.set("library/state", message_value(m), set_mode::replace).has_value());
    CHECK(m.depth() == 3);
    m.remove("library");
    CHECK(m.depth() == 1);
  }
}

TEST_CASE("copies do not see each other's changes", "[message][sharing]") {
  const message_value base =
      message_value::map({{"a", message_value::map({{"b", 1}})}, {"l", message_value::list({1})}});
  message_value copy = base;
  copy = with(std::move(copy), "a/b", 2);
  copy = with(std::move(copy), "l/1", 2);
  copy.remove("a/c");
  CHECK(base.get("a/b") == message_value(1));
  CHECK(base.get("l/1") == message_value(1));
  CHECK(copy.get("a/b") == message_value(2));
}

TEST_CASE("a sole owner changes in place, sharing copies only the path", "[message][sharing]") {
  message_value m = message_value::map({{"big", "state"}, {"a", message_value::map({{"b", 1}})}});
  const auto* entries = m.entries().data();
  REQUIRE(m.set("a/b", 2).has_value());
  CHECK(m.entries().data() == entries);

  const message_value before = m;
  REQUIRE(m.set("a/b", 3).has_value());
  CHECK(m.entries().data() != entries);
  CHECK(m.get("big").as_bytes().data() == before.get("big").as_bytes().data());
}

TEST_CASE("a message can be put into itself", "[message][sharing]") {
  message_value m = message_value::map({{"a", 1}});
  REQUIRE(m.set("state", message_value(m)).has_value());
  REQUIRE(m.set("state/state", m.get("")).has_value());
  CHECK(m.get("state/state/state/a") == message_value(1));
  REQUIRE(m.set("", message_value(m)).has_value());
  CHECK(m.get("state/a") == message_value(1));
}

TEST_CASE("the private part is reached by its own operations only", "[message][private]") {
  message_value m = message_value::map({{"a", 1}});
  REQUIRE(m.set_private("wasm/Instance", message_value(host_object::make(7))).has_value());
  REQUIRE(m.set_private("priv/note", "secret").has_value());
  CHECK(*m.get_private("WASM/instance").as_host().get<int>() == 7);
  CHECK(m.get_private("priv/wasm/instance").kind() == value_kind::host);
  CHECK(m.get_private("note") == message_value("secret"));
  CHECK(m.keys().size() == 1);
  CHECK(m.get("priv").is_null());
  CHECK(m.get("wasm").is_null());
  CHECK(m == message_value::map({{"a", 1}}));

  SECTION("null removes") {
    REQUIRE(m.set_private("wasm/instance", message_value()).has_value());
    CHECK(m.get_private("wasm/instance").is_null());
  }
  SECTION("it survives changes and merges, and travels with copies") {
    const message_value holder = with(message_value::map(), "lib/state", m);
    CHECK(holder.get("lib/state").get_private("note") == message_value("secret"));
    CHECK(with(m, "", message_value::map({{"b", 2}})).get_private("note") == message_value("secret"));
    CHECK(with(message_value::map({{"x", 1}}), "", m).get_private("note") == message_value("secret"));
  }
  SECTION("copies have their own") {
    message_value copy = m;
    REQUIRE(copy.set_private("note", "other").has_value());
    CHECK(m.get_private("note") == message_value("secret"));
  }
  SECTION("only maps have one") { CHECK_FALSE(message_value(5).set_private("x", 1).has_value()); }
}
