#include "tests/support/catch.hpp"
#include "tests/support/message_policies.hpp"
#include "wasm64/message/wasm_value.hpp"

using namespace wasm64;

// What a device may expect of any message policy.

namespace {

template <class M>
using val = typename M::value_type;

template <class M>
val<M> text(std::string_view t) {
  return M::make_binary(as_bytes(t));
}

template <class M>
val<M> set(val<M> m, std::string_view path, val<M> item, set_mode mode = set_mode::deep) {
  auto done = M::set(std::move(m), path, std::move(item), mode);
  REQUIRE(done.has_value());
  return std::move(done).assume_value();
}

template <class M>
errc refused(val<M> m, std::string_view path, val<M> item) {
  auto done = M::set(std::move(m), path, std::move(item), set_mode::deep);
  REQUIRE(!done.has_value());
  return done.assume_error().code;
}

template <class M>
std::int64_t number(const val<M>& m, std::string_view path) {
  const val<M> found = M::get(m, path);
  REQUIRE(M::kind(found) == value_kind::integer);
  return M::as_integer(found).as_int64();
}

template <class M>
bool absent(const val<M>& m, std::string_view path) {
  return M::kind(M::get(m, path)) == value_kind::null;
}

}  // namespace

TEMPLATE_TEST_CASE("a policy makes and reads every kind", "[message][policy]", WASM64_MESSAGE_POLICIES) {
  using M = TestType;
  CHECK(M::kind(val<M>()) == value_kind::null);
  CHECK(M::as_bool(M::make_bool(true)));
  CHECK(M::as_integer(M::make_integer(-5)) == integer(-5));
  CHECK(M::as_integer(M::make_integer(~std::uint64_t{0})) == integer(~std::uint64_t{0}));
  CHECK(M::as_float(M::make_float(2.5)) == 2.5);
  const val<M> bytes = M::make_binary(as_bytes(std::string_view("\xff\x00z", 3)));
  CHECK(as_text(M::as_bytes(bytes)) == std::string_view("\xff\x00z", 3));
  const val<M> list = M::make_list({M::make_integer(1), text<M>("two")});
  REQUIRE(M::list_size(list) == 2);
  CHECK(as_text(M::as_bytes(M::list_element(list, 1))) == "two");
  const val<M> map = M::make_map({{"k", M::make_integer(1)}, {"private", M::make_integer(2)}});
  CHECK(M::kind(map) == value_kind::map);
  CHECK(M::keys(map).size() == 1);
  CHECK(*M::as_host(M::make_host(host_object::make(3))).template get<int>() == 3);
}

TEMPLATE_TEST_CASE("a policy reads paths", "[message][policy]", WASM64_MESSAGE_POLICIES) {
  using M = TestType;
  val<M> m = M::make_map({});
  m = set<M>(std::move(m), "Results//wasm/output", M::make_list({M::make_integer(7)}));
  CHECK(number<M>(m, "results/WASM/output/1") == 7);
  CHECK(absent<M>(m, "results/wasm/output/2"));
  CHECK(absent<M>(m, "results/wasm/output/1/x"));
  CHECK(M::keys(M::get(m, "results/wasm/output")).size() == 1);
  const val<M> odd = M::make_map({{"a/b", M::make_integer(1)}});
  CHECK(absent<M>(odd, "a/b"));
  CHECK(M::as_integer(M::get_key(odd, "A/b")) == integer(1));
}

TEMPLATE_TEST_CASE("a policy merges, replaces, appends and removes", "[message][policy]", WASM64_MESSAGE_POLICIES) {
  using M = TestType;
  val<M> m = set<M>(M::make_map({}), "a/b", M::make_integer(1));
  m = set<M>(std::move(m), "A", M::make_map({{"B", M::make_integer(2)}, {"c", M::make_integer(3)}}));
  CHECK(number<M>(m, "a/b") == 2);
  CHECK(M::keys(M::get(m, "a")).size() == 2);
  m = set<M>(std::move(m), "a/b", val<M>());
  CHECK(number<M>(m, "a/b") == 2);
  m = set<M>(std::move(m), "a", M::make_map({{"d", M::make_integer(4)}}), set_mode::replace);
  CHECK(M::keys(M::get(m, "a")).size() == 1);
  m = set<M>(std::move(m), "l", M::make_list({M::make_integer(1)}));
  m = set<M>(std::move(m), "l/2", M::make_integer(2));
  CHECK(M::kind(M::get(m, "l")) == value_kind::list);
  m = set<M>(std::move(m), "l/x", M::make_integer(3));
  CHECK(M::kind(M::get(m, "l")) == value_kind::map);
  CHECK(number<M>(m, "l/2") == 2);
  m = M::remove(M::remove(std::move(m), "L/X"), "a");
  CHECK(absent<M>(m, "l/x"));
  CHECK(absent<M>(m, "a"));
  CHECK(M::keys(M::remove(M::make_map({{"z", M::make_integer(1)}}), "missing/z")).size() == 1);
}

TEMPLATE_TEST_CASE("a policy refuses what cannot be set", "[message][policy]", WASM64_MESSAGE_POLICIES) {
  using M = TestType;
  const val<M> m = M::make_map({{"scalar", M::make_integer(1)}});
  CHECK(refused<M>(m, "scalar/x", M::make_integer(1)) == errc::malformed_message);
  CHECK(refused<M>(m, "x/Private", M::make_integer(1)) == errc::malformed_message);
  CHECK(refused<M>(m, "", M::make_integer(1)) == errc::malformed_message);
  std::string path;
  for (std::size_t i = 0; i < max_value_depth; ++i) path += "/a";
  CHECK(refused<M>(m, path, M::make_map({})) == errc::nesting_too_deep);
  CHECK(refused<M>(m, path + "/a", M::make_integer(1)) == errc::nesting_too_deep);
  CHECK(number<M>(set<M>(m, path, M::make_integer(1)), path) == 1);
}

TEMPLATE_TEST_CASE("private parts travel with messages and stay private", "[message][policy]",
                   WASM64_MESSAGE_POLICIES) {
  using M = TestType;
  auto made =
      M::set_private(M::make_map({{"x", M::make_integer(1)}}), "wasm/instance", M::make_host(host_object::make(9)));
  REQUIRE(made.has_value());
  const val<M> m = std::move(made).assume_value();
  CHECK(*M::as_host(M::get_private(m, "WASM/instance")).template get<int>() == 9);
  CHECK(M::keys(m).size() == 1);
  CHECK(absent<M>(m, "wasm"));

  const val<M> outer = set<M>(M::make_map({}), "stdlib/lib/state", m, set_mode::replace);
  CHECK(*M::as_host(M::get_private(M::get(outer, "stdlib/LIB/state"), "wasm/instance")).template get<int>() == 9);
  CHECK(M::kind(M::get_private(outer, "wasm/instance")) == value_kind::null);
  CHECK(M::kind(M::get_private(M::get(M::remove(outer, "stdlib/lib"), "stdlib/lib/state"), "wasm/instance")) ==
        value_kind::null);

  auto removed = M::set_private(m, "wasm/instance", val<M>());
  REQUIRE(removed.has_value());
  CHECK(M::kind(M::get_private(removed.assume_value(), "wasm/instance")) == value_kind::null);
}

TEMPLATE_TEST_CASE("a policy encodes what all policies decode", "[message][policy]", WASM64_MESSAGE_POLICIES) {
  using M = TestType;
  auto m = M::set_private(M::make_map({{"list", M::make_list({M::make_float(1.5), text<M>("\xfe")})},
                                       {"flag", M::make_bool(false)},
                                       {"n", M::make_integer(~std::uint64_t{0})}}),
                          "secret", M::make_integer(1));
  REQUIRE(m.has_value());
  const auto bytes = M::encode(m.assume_value());
  REQUIRE(bytes.has_value());
  const bytes_view view(bytes.assume_value().data(), bytes.assume_value().size());
  const auto plain = decode_message(view);
  REQUIRE(plain.has_value());
  CHECK(plain.assume_value() ==
        message_value::map({{"flag", false}, {"list", message_value::list({1.5, "\xfe"})}, {"n", ~std::uint64_t{0}}}));
  const auto back = M::decode(view);
  REQUIRE(back.has_value());
  CHECK(number<M>(back.assume_value(), "n") == -1);
}

TEMPLATE_TEST_CASE("numbers cross the boundary of any policy", "[message][policy]", WASM64_MESSAGE_POLICIES) {
  using M = TestType;
  CHECK(to_wasm<M>(M::make_integer(3000000000), types::i32).assume_value() == 3000000000);
  CHECK(to_wasm<M>(text<M>("-inf"), types::f32).assume_value() == 0xff800000);
  CHECK(M::as_integer(from_wasm<M>(0xffffffff, types::i32)) == integer(-1));
  CHECK(M::as_float(from_wasm<M>(0x3fc00000, types::f32)) == 1.5);
}
