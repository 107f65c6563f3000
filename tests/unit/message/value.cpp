#include "wasm64/message/value.hpp"
#include "tests/support/catch.hpp"

#include <limits>
#include <string>
#include <vector>

using namespace wasm64;

TEST_CASE("a message_value knows its kind and contents", "[message][message_value]") {
  CHECK(message_value().is_null());
  CHECK(message_value(true).as_bool());
  CHECK(message_value(-7).as_integer().as_int64() == -7);
  CHECK(message_value(std::numeric_limits<std::uint64_t>::max()).as_integer().bits ==
        std::numeric_limits<std::uint64_t>::max());
  CHECK(message_value(1.5).as_float() == 1.5);
  CHECK(message_value("text").as_text() == "text");
  CHECK(message_value::list({1, "x"}).elements().size() == 2);
  CHECK(message_value::map({{"a", 1}}).kind() == value_kind::map);

  SECTION("and answers nothing for another kind") {
    CHECK(message_value("text").as_integer() == integer(0));
    CHECK(message_value(3).as_bytes().empty());
    CHECK(message_value(3).elements().empty());
    CHECK(message_value(3).find("a") == nullptr);
  }
}

TEST_CASE("integers of either signedness are distinct where they should be", "[message][message_value]") {
  CHECK(message_value(5) == message_value(5u));
  CHECK_FALSE(message_value(-1) == message_value(std::numeric_limits<std::uint64_t>::max()));
  CHECK_FALSE(message_value(1) == message_value(1.0));
}

TEST_CASE("floats compare by their bits, and there is one NaN", "[message][message_value]") {
  CHECK(message_value(std::numeric_limits<double>::quiet_NaN()) ==
        message_value(-std::numeric_limits<double>::signaling_NaN()));
  CHECK_FALSE(message_value(0.0) == message_value(-0.0));
}

TEST_CASE("get takes the exact key, else one of another case", "[message][message_value]") {
  const message_value m =
      message_value::map({{"Key", 1}, {"key", 2}, {"Nested", message_value::map({{"Deep", 3}})}, {"with/slash", 4}});
  CHECK(m.get("Key") == message_value(1));
  CHECK(m.get("key") == message_value(2));
  CHECK(m.get("KEY") == message_value(1));
  CHECK(m.get("nested/deep") == message_value(3));
  CHECK(m.get("/nested//deep/") == message_value(3));
  CHECK(m.get("nested/deep/more").is_null());
  CHECK(m.get("missing").is_null());
  CHECK(m.get("") == m);
  CHECK(m.get("with/slash").is_null());
  REQUIRE(m.find_key("with/slash") != nullptr);
  CHECK(*m.find_key("with/slash") == message_value(4));
}

TEST_CASE("lists are read as maps that count from one", "[message][message_value]") {
  const message_value m =
      message_value::map({{"output", message_value::list({120.0, message_value::map({{"x", "y"}})})}});
  CHECK(m.get("output/1") == message_value(120.0));
  CHECK(m.get("output/2/X") == message_value("y"));
  CHECK(m.get("output/0").is_null());
  CHECK(m.get("output/3").is_null());
  CHECK(m.get("output").keys().size() == 2);
  CHECK(m.get("output").keys()[1] == "2");
}

TEST_CASE("the map factory leaves out nulls and private keys, and the last of equal keys wins",
          "[message][message_value]") {
  const message_value m =
      message_value::map({{"b", 1}, {"a", 2}, {"b", 3}, {"c", message_value()}, {"Private", 4}, {"priv", 5}});
  CHECK(m == message_value::map({{"a", 2}, {"b", 3}}));
  const auto keys = m.keys();
  REQUIRE(keys.size() == 2);
  CHECK(keys[0] == "a");
  CHECK(keys[1] == "b");
}

TEST_CASE("a large map finds every key", "[message][message_value]") {
  vector<std::pair<std::string, message_value>> entries;
  for (int i = 0; i < 1000; ++i) entries.push_back({"Key" + std::to_string(i * 7919 % 1000), i});
  const message_value m = message_value::map(std::move(entries));
  REQUIRE(m.entries().size() == 1000);
  bool all = true;
  for (int i = 0; i < 1000; ++i) all = all && m.get("kEY" + std::to_string(i * 7919 % 1000)) == message_value(i);
  CHECK(all);
}

TEST_CASE("keys that begin alike are found and kept in order", "[message][message_value]") {
  const std::string id(43, 'I');
  const std::vector<std::string> keys{"",
                                      "a",
                                      std::string("a\0", 2),
                                      std::string("a\0b", 3),
                                      "ab",
                                      "AB",
                                      "abcdefgh",
                                      "abcdefghi",
                                      "ABCDEFGH",
                                      "abcdefgH1",
                                      "abcdefgh2",
                                      "ABCDEFGHIJ",
                                      id,
                                      "iiiiiiiii",
                                      id + "I",
                                      "\xff\xffzzzzzz",
                                      "[_`{",
                                      "@Z",
                                      "z@",
                                      "\xc3\x84"};
  vector<std::pair<std::string, message_value>> entries;
  for (const std::string& key : keys) entries.push_back({key, message_value(key)});
  const message_value m = message_value::map(std::move(entries));
  REQUIRE(m.entries().size() == keys.size());
  for (std::size_t i = 1; i < keys.size(); ++i) {
    CHECK(compare_keys(m.entries()[i - 1].name(), m.entries()[i].name()) <= 0);
  }
  message_value one_by_one = message_value::map();
  for (const std::string& key : keys) {
    REQUIRE(m.find_key(key) != nullptr);
    CHECK(m.find_key(key)->as_text() == key);
    if (!key.empty()) CHECK(one_by_one.set(key, message_value(key)).has_value());
  }
  CHECK(m.get("ABCDEFGHI").as_text() == "abcdefghi");
  CHECK(m.find_key("abcdefgh3") == nullptr);
  CHECK(m.find_key(std::string(43, 'i')) == nullptr);
  for (std::size_t i = 1; i < keys.size(); ++i) CHECK(one_by_one.find_key(keys[i]) != nullptr);
}

TEST_CASE("host objects are told apart by type and identity", "[message][message_value]") {
  struct instance {
    int number;
  };
  const host_object object = host_object::make(instance{42});
  REQUIRE(object.get<instance>() != nullptr);
  CHECK(object.get<instance>()->number == 42);
  CHECK(object.get<int>() == nullptr);
  CHECK(message_value(object) == message_value(object));
  CHECK_FALSE(message_value(object) == message_value(host_object::make(instance{42})));
}

TEST_CASE("a host object is destroyed with its last owner", "[message][message_value]") {
  struct counter {
    explicit counter(int* n) : alive(n) { ++*alive; }
    counter(counter&& other) noexcept : alive(std::exchange(other.alive, nullptr)) {}
    ~counter() {
      if (alive != nullptr) --*alive;
    }
    int* alive;
  };
  int alive = 0;
  {
    message_value m = message_value::map();
    REQUIRE(m.set_private("instance", message_value(host_object::make(counter(&alive)))).has_value());
    const message_value copy = m;
    m = message_value();
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

TEST_CASE("values nested to any depth by the host are compared and destroyed without recursion",
          "[message][message_value]") {
  const auto nest = [] {
    message_value v;
    for (int i = 0; i < 200'000; ++i)
      v = i % 2 == 0 ? message_value::list({std::move(v)}) : message_value::map({{"x", std::move(v)}});
    return v;
  };
  const message_value a = nest();
  const message_value b = nest();
  CHECK(a == b);
  CHECK(a.depth() == 200'000);
}
