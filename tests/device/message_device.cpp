#include "tests/device/sibling_support.hpp"

using namespace device_tests;

namespace {

struct message_fixture : node_with<> {
  msg run(std::string_view key, msg base, msg request) {
    return take(node.call("message@1.0", key, std::move(base), request)).message;
  }
  errc refused(std::string_view key, msg base, msg request) {
    return code_of(node.call("message@1.0", key, std::move(base), request));
  }
};

}  // namespace

TEST_CASE("a message is read by key in any case", "[device][message]") {
  message_fixture f;
  const msg base = map({{"Colour", "red"}, {"colour-2", "blue"}, {"nested", map({{"a", 1}})}});
  CHECK(f.run("Colour", base, {}) == msg("red"));
  CHECK(f.run("colour", base, {}) == msg("red"));
  CHECK(f.run("COLOUR-2", base, {}) == msg("blue"));
  CHECK(f.refused("nested/a", base, {}) == errc::unknown_key);
  CHECK(f.refused("", base, {}) == errc::unknown_key);
  CHECK(f.refused("colour", "red", {}) == errc::unknown_key);
  CHECK(f.refused("keys", "red", {}) == errc::unknown_key);
  CHECK(f.refused("keys", 5, {}) == errc::unknown_key);
}

TEST_CASE("private keys are neither read, listed, set nor removed", "[device][message]") {
  message_fixture f;
  msg base = map({{"a", 1}, {"b", 2}});
  take(base.set_private("instance", 7));
  CHECK(f.run("keys", base, {}) == list({"a", "b"}));
  for (const char* key : {"priv", "private", "Priv_x", "instance"})
    CHECK(f.refused(key, base, {}) == errc::unknown_key);
  const msg set = f.run("set", base, map({{"c", 3}}));
  CHECK(set.get_private("instance") == msg(7));
  CHECK(set.get("c") == msg(3));
  CHECK(f.run("remove", base, map({{"item", "priv/instance"}})).get_private("instance") == msg(7));
  CHECK(f.run("set", base, map({{"private", 1}})).get("private").is_null());
}

TEST_CASE("set merges the request into the message", "[device][message]") {
  message_fixture f;
  const msg base = map({{"a", map({{"x", 1}, {"y", 2}})}, {"b", "old"}});
  CHECK(f.run("set", base, map({{"a", map({{"y", 3}, {"z", 4}})}, {"B", "new"}})) ==
        map({{"a", map({{"x", 1}, {"y", 3}, {"z", 4}})}, {"b", "new"}}));
  CHECK(f.run("set", base, map({{"a", map({{"y", 3}})}, {"set-mode", "explicit"}})) ==
        map({{"a", map({{"y", 3}})}, {"b", "old"}}));
  CHECK(f.run("set", base, map({{"a", map({{"y", 3}})}, {"set-mode", "deep"}})).get("a/x") == msg(1));
  CHECK(f.run("set", base, map({{"a", "flat"}})).get("a") == msg("flat"));
  CHECK(f.run("set", base, map({{"a/x", 5}, {"d/e", 6}, {"z/y/x", 7}})) == map({{"a", map({{"x", 5}, {"y", 2}})},
                                                                                {"b", "old"},
                                                                                {"d", map({{"e", 6}})},
                                                                                {"z", map({{"y", map({{"x", 7}})}})}}));
  CHECK(f.run("set", {}, map({{"a", 1}})) == map({{"a", 1}}));
  CHECK(f.run("set", base, {}) == base);
  CHECK(f.refused("set", base, map({{"set-mode", "shallow"}})) == errc::malformed_request);
  CHECK(f.refused("set", base, map({{"b/c", 1}})) == errc::malformed_message);
}

TEST_CASE("set leaves reserved keys alone", "[device][message]") {
  message_fixture f;
  const msg base = map({{"id", "mine"}, {"path", "p"}});
  const msg request = map({{"id", "theirs"},
                           {"ID", "theirs"},
                           {"commitments", map({})},
                           {"committers", "x"},
                           {"keys", "x"},
                           {"path", "set"},
                           {"set", "x"},
                           {"remove", "x"},
                           {"verify", "x"},
                           {"a", 1}});
  CHECK(f.run("set", base, request) == map({{"id", "mine"}, {"path", "p"}, {"a", 1}}));
}

#ifndef WASM64_TESTED_POLICY  // only `message_value` can say unset
TEST_CASE("unset removes, at every depth", "[device][message]") {
  message_fixture f;
  const msg base = map({{"a", map({{"x", 1}, {"y", 2}})}, {"b", 3}});
  CHECK(f.run("set", base, map({{"b", msg::unset()}})) == map({{"a", base.get("a")}}));
  CHECK(f.run("set", base, map({{"a", map({{"x", msg::unset()}})}})).get("a") == map({{"y", 2}}));
  CHECK(f.run("set", base, map({{"a/y", msg::unset()}, {"c", msg::unset()}})).get("a") == map({{"x", 1}}));
  CHECK(f.run("set_path", map({{"path", "p"}, {"a", 1}}), map({{"value", msg::unset()}})) == map({{"a", 1}}));
}
#endif

TEST_CASE("set_path sets the path", "[device][message]") {
  message_fixture f;
  CHECK(f.run("set_path", map({{"a", 1}}), map({{"value", "x/y"}})).get("path") == msg("x/y"));
  CHECK(f.run("Set-Path", map({{"path", "p"}}), map({{"value", list({"x"})}})).get("path") == list({"x"}));
  CHECK(f.refused("set_path", map({}), map({})) == errc::malformed_request);
}

TEST_CASE("remove takes one item or several", "[device][message]") {
  message_fixture f;
  const msg base = map({{"a", 1}, {"b", 2}, {"3", 3}});
  CHECK(f.run("remove", base, map({{"item", "A"}})) == map({{"b", 2}, {"3", 3}}));
  CHECK(f.run("remove", base, map({{"items", list({"a", 3, "none"})}})) == map({{"b", 2}}));
  CHECK(f.run("remove", base, map({{"items", map({{"1", "b"}})}})) == map({{"a", 1}, {"3", 3}}));
  CHECK(f.run("remove", base, map({{"items", list({})}})) == base);
  for (const msg& odd : {map({}), map({{"item", map({})}}), map({{"items", "a"}}), map({{"items", list({1.5})}})}) {
    CHECK(f.refused("remove", base, odd) == errc::malformed_request);
  }
}

TEST_CASE("a change of a committed key drops the commitments", "[device][message]") {
  message_fixture f;
  const auto committed = [](msg by) {
    return map({{"a", 1}, {"b", 2}, {"t", "x"}, {"commitments", map({{"id", by}})}});
  };
  const auto kept = [&](std::string_view key, msg by, msg request) {
    return !f.run(key, committed(by), request).get("commitments").is_null();
  };
  const msg some = map({{"committed", list({"A", "t"})}});
  CHECK(kept("set", some, map({{"b", 3}, {"c", 1}})));
  CHECK(kept("set", some, map({{"a", 1}, {"t", "x"}})));
  CHECK_FALSE(kept("set", some, map({{"a", 2}})));
  CHECK_FALSE(kept("set", some, map({{"t", "y"}})));
  CHECK_FALSE(kept("set", map({{"alg", "none"}}), map({{"b", 3}})));
  CHECK(kept("remove", some, map({{"item", "b"}})));
  CHECK_FALSE(kept("remove", some, map({{"item", "t"}})));
  CHECK_FALSE(kept("remove", some, map({{"items", list({"b", "a"})}})));
}

TEST_CASE("a large message is set in place", "[device][message]") {
  message_fixture f;
  vector<std::pair<std::string, msg>> entries;
  for (int i = 0; i < 1000; ++i) entries.push_back({"k" + std::to_string(i), i});
  msg base = map({{"big", msg::map(std::move(entries))}});
  const void* const place = address_of(base);
  base = f.run("set", std::move(base), map({{"big", map({{"k1", "new"}})}}));
  CHECK(address_of(base) == place);
  CHECK(base.get("big/k1") == msg("new"));
}
