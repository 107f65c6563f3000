#include "wasm64/message/value.hpp"
#include "tests/support/catch.hpp"

#include <limits>

using namespace wasm64;

TEST_CASE("a value knows its kind and contents", "[message][value]") {
  CHECK(value().is_null());
  CHECK(value(true).as_bool());
  CHECK(value(-7).as_integer().as_int64() == -7);
  CHECK(value(std::numeric_limits<std::uint64_t>::max()).as_integer().bits ==
        std::numeric_limits<std::uint64_t>::max());
  CHECK(value(1.5).as_float() == 1.5);
  CHECK(value("text").as_text() == "text");
  CHECK(value::list({1, "x"}).elements().size() == 2);
  CHECK(value::map({{"a", 1}}).kind() == value_kind::map);

  SECTION("and answers nothing for another kind") {
    CHECK(value("text").as_integer() == integer(0));
    CHECK(value(3).as_bytes().empty());
    CHECK(value(3).elements().empty());
    CHECK(value(3).find("a") == nullptr);
  }
}

TEST_CASE("integers of either signedness are distinct where they should be", "[message][value]") {
  CHECK(value(5) == value(5u));
  CHECK_FALSE(value(-1) == value(std::numeric_limits<std::uint64_t>::max()));
  CHECK_FALSE(value(1) == value(1.0));
}

TEST_CASE("floats compare by their bits, and there is one NaN", "[message][value]") {
  CHECK(value(std::numeric_limits<double>::quiet_NaN()) == value(-std::numeric_limits<double>::signaling_NaN()));
  CHECK_FALSE(value(0.0) == value(-0.0));
}

TEST_CASE("get takes the exact key, else one of another case", "[message][value]") {
  const value m = value::map({{"Key", 1}, {"key", 2}, {"Nested", value::map({{"Deep", 3}})}, {"with/slash", 4}});
  CHECK(m.get("Key") == value(1));
  CHECK(m.get("key") == value(2));
  CHECK(m.get("KEY") == value(1));
  CHECK(m.get("nested/deep") == value(3));
  CHECK(m.get("/nested//deep/") == value(3));
  CHECK(m.get("nested/deep/more").is_null());
  CHECK(m.get("missing").is_null());
  CHECK(m.get("") == m);
  CHECK(m.get("with/slash").is_null());
  REQUIRE(m.find_key("with/slash") != nullptr);
  CHECK(*m.find_key("with/slash") == value(4));
}

TEST_CASE("lists are read as maps that count from one", "[message][value]") {
  const value m = value::map({{"output", value::list({120.0, value::map({{"x", "y"}})})}});
  CHECK(m.get("output/1") == value(120.0));
  CHECK(m.get("output/2/X") == value("y"));
  CHECK(m.get("output/0").is_null());
  CHECK(m.get("output/3").is_null());
  CHECK(m.get("output").keys().size() == 2);
  CHECK(m.get("output").keys()[1] == "2");
}

TEST_CASE("the map factory leaves out nulls and private keys, and the last of equal keys wins", "[message][value]") {
  const value m = value::map({{"b", 1}, {"a", 2}, {"b", 3}, {"c", value()}, {"Private", 4}, {"priv", 5}});
  CHECK(m == value::map({{"a", 2}, {"b", 3}}));
  const auto keys = m.keys();
  REQUIRE(keys.size() == 2);
  CHECK(keys[0] == "a");
  CHECK(keys[1] == "b");
}

TEST_CASE("a large map finds every key", "[message][value]") {
  vector<std::pair<std::string, value>> entries;
  for (int i = 0; i < 1000; ++i) entries.push_back({"Key" + std::to_string(i * 7919 % 1000), i});
  const value m = value::map(std::move(entries));
  REQUIRE(m.entries().size() == 1000);
  bool all = true;
  for (int i = 0; i < 1000; ++i) all = all && m.get("kEY" + std::to_string(i * 7919 % 1000)) == value(i);
  CHECK(all);
}

TEST_CASE("host objects are told apart by type and identity", "[message][value]") {
  struct instance {
    int number;
  };
  const host_object object = host_object::make(instance{42});
  REQUIRE(object.get<instance>() != nullptr);
  CHECK(object.get<instance>()->number == 42);
  CHECK(object.get<int>() == nullptr);
  CHECK(value(object) == value(object));
  CHECK_FALSE(value(object) == value(host_object::make(instance{42})));
}

TEST_CASE("a host object is destroyed with its last owner", "[message][value]") {
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
    value m = value::map();
    REQUIRE(m.set_private("instance", value(host_object::make(counter(&alive)))).has_value());
    const value copy = m;
    m = value();
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

TEST_CASE("values nested to any depth by the host are compared and destroyed without recursion", "[message][value]") {
  const auto nest = [] {
    value v;
    for (int i = 0; i < 200'000; ++i) v = i % 2 == 0 ? value::list({std::move(v)}) : value::map({{"x", std::move(v)}});
    return v;
  };
  const value a = nest();
  const value b = nest();
  CHECK(a == b);
  CHECK(a.depth() == 200'000);
}
