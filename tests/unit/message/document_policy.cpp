#include "tests/support/message_policies.hpp"

#include <limits>

#include "tests/support/catch.hpp"

using namespace wasm64;

// What message policies over somebody else's documents have beyond what every policy must do.

namespace {

template <class M>
using val = typename M::value_type;

template <class T>
T take(result<T> r) {
  REQUIRE(r.has_value());
  return std::move(r).assume_value();
}
template <class T>
errc code_of(const result<T>& r) {
  return r.has_value() ? errc{} : r.assume_error().code;
}

template <class M>
val<M> text(std::string_view t) {
  return M::make_binary(as_bytes(t));
}
template <class M>
val<M> set(val<M> m, std::string_view path, val<M> item, set_mode mode = set_mode::deep) {
  return take(M::set(std::move(m), path, std::move(item), mode));
}
template <class M>
val<M> with_secret(val<M> m, int n) {
  return take(M::set_private(std::move(m), "secret", M::make_host(host_object::make(n))));
}
/// The number at `secret` in the private part of what the path names; 0 for none.
template <class M>
int secret(const val<M>& m, std::string_view path) {
  const host_object found = M::as_host(M::get_private(M::get(m, path), "secret"));
  return found ? *found.template get<int>() : 0;
}
/// Another document with the same contents, through the library's own type.
template <class M>
message_value plain(const val<M>& m) {
  const byte_vector bytes = take(M::encode(m));
  return take(decode_message({bytes.data(), bytes.size()}));
}

}  // namespace

#ifdef WASM64_DOCUMENT_POLICIES

TEMPLATE_TEST_CASE("texts say everything that messages do", "[message][document]", WASM64_DOCUMENT_POLICIES) {
  using M = TestType;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const val<M> m = M::make_map({
      {"binary", text<M>(std::string_view("\xff\x00\x01", 3))},
      {"text", text<M>("gr\xc3\xbc\xc3\x9f\x65 \" \\ \n")},
      {"nul", text<M>(std::string_view("\0", 1))},
      {"floats", M::make_list({M::make_float(infinity), M::make_float(-infinity), M::make_float(0.1),
                               M::make_float(-0.0), M::make_float(1e300), M::make_float(3.0),
                               M::make_float(std::numeric_limits<double>::quiet_NaN())})},
      {"integers", M::make_list({M::make_integer(~std::uint64_t{0}), M::make_integer(INT64_MIN), M::make_integer(0)})},
      {"tag", M::make_map({{"$binary", text<M>("no base64url")}})},
      {"tags", M::make_map({{"$map", M::make_map({{"$float", M::make_integer(1)}})}})},
      {"many", M::make_map({{"$float", text<M>("nan")}, {"$map", M::make_bool(true)}})},
      {"empty", M::make_map({})},
      {"list", M::make_list({val<M>(), M::make_list({})})},
  });
  const std::string json = take(M::to_text(m));
  CHECK(json.find("\xff") == json.npos);
  CHECK(plain<M>(take(M::from_text(json))) == plain<M>(m));
  CHECK(take(M::to_text(take(M::from_text(json)))) == json);
}

TEMPLATE_TEST_CASE("equal messages have equal encodings and texts", "[message][document]", WASM64_DOCUMENT_POLICIES) {
  using M = TestType;
  val<M> a = M::make_map({}), b = M::make_map({});
  for (int i = 0; i < 40; ++i) a = set<M>(std::move(a), "key" + std::to_string(i), M::make_integer(i));
  for (int i = 40; i-- > 0;) b = set<M>(std::move(b), "key" + std::to_string(i), M::make_integer(i));
  b = M::remove(set<M>(std::move(b), "gone", M::make_integer(1)), "gone");
  CHECK(take(M::encode(a)) == take(M::encode(b)));
  CHECK(take(M::to_text(a)) == take(M::to_text(b)));
}

TEMPLATE_TEST_CASE("any JSON text is a message, and nothing else is", "[message][document]", WASM64_DOCUMENT_POLICIES) {
  using M = TestType;
  const val<M> m = take(M::from_text(R"( {"a": [1, 2.5, true, null, "x"], "b": {"c": 18446744073709551615}} )"));
  CHECK(plain<M>(m) == message_value::map({{"a", message_value::list({1, 2.5, true, message_value(), "x"})},
                                           {"b", message_value::map({{"c", ~std::uint64_t{0}}})}}));
  for (const char* json : {"", "{", "[1,]", "{\"a\":}", "nul", "1 2", "{\"$binary\": 1}", "{\"$binary\": \"?\"}",
                           "{\"$float\": \"1\"}", "{\"$map\": []}"}) {
    CHECK(code_of(M::from_text(json)) == errc::malformed_message);
  }
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CHECK(M::from_text(nested(max_value_depth)).has_value());
  CHECK(code_of(M::from_text(nested(max_value_depth + 1))) == errc::nesting_too_deep);
  CHECK(!M::from_text(std::string(100'000, '[')).has_value());
  for (const std::string_view tag : {"$binary", "$float", "$map"}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep.append("{\"").append(tag).append("\":");
    CHECK(!M::from_text(deep + "1" + std::string(100'000, '}')).has_value());
  }
  CHECK(code_of(M::to_text(M::make_map({{"\xff", M::make_integer(1)}}))) == errc::malformed_utf8);
}

TEMPLATE_TEST_CASE("private parts may be trees with objects of the host", "[message][document]",
                   WASM64_DOCUMENT_POLICIES) {
  using M = TestType;
  const val<M> part = M::make_map({{"a/b", M::make_map({{"f", M::make_host(host_object::make(1))}})},
                                   {"g", M::make_host(host_object::make(2))},
                                   {"n", M::make_integer(3)},
                                   {"inner", with_secret<M>(M::make_map({}), 4)}});
  const val<M> m = take(M::set_private(M::make_map({}), "lib", part));
  const val<M> found = M::get_private(m, "lib");
  CHECK(*M::as_host(M::get_key(M::get_key(found, "a/b"), "f")).template get<int>() == 1);
  CHECK(*M::as_host(M::get_private(m, "lib/g")).template get<int>() == 2);
  CHECK(M::as_integer(M::get(found, "n")) == integer(3));
  CHECK(secret<M>(found, "inner") == 4);
  CHECK(M::keys(m).empty());
  // What was read may be put somewhere else.
  const val<M> other = take(M::set_private(M::make_map({}), "copy", found));
  CHECK(*M::as_host(M::get(M::get_private(other, "copy"), "g")).template get<int>() == 2);
  CHECK(M::as_integer(M::get_private(other, "copy/n")) == integer(3));
  // Outside of private parts there are no such objects.
  CHECK(code_of(M::set(M::make_map({}), "lib", part, set_mode::deep)) == errc::malformed_message);
  CHECK(code_of(M::set(M::make_map({}), "x", M::make_host(host_object::make(1)), set_mode::deep)) ==
        errc::malformed_message);
  CHECK(code_of(M::encode(part)) == errc::malformed_message);
}

TEMPLATE_TEST_CASE("private parts go where their maps go", "[message][document]", WASM64_DOCUMENT_POLICIES) {
  using M = TestType;
  const val<M> list =
      M::make_list({with_secret<M>(M::make_map({}), 1), M::make_integer(0), with_secret<M>(M::make_map({}), 3)});
  CHECK(secret<M>(list, "3") == 3);
  val<M> m = set<M>(M::make_map({}), "l", list);
  CHECK(secret<M>(m, "l/1") == 1);
  CHECK(*M::as_host(M::get_private(M::list_element(M::get(m, "l"), 2), "secret")).template get<int>() == 3);
  m = M::remove(std::move(m), "l/1");
  CHECK(secret<M>(m, "l/1") == 0);
  CHECK(secret<M>(m, "l/2") == 3);

  m = set<M>(M::make_map({}), "a/b", with_secret<M>(M::make_map({{"x", M::make_integer(1)}}), 5));
  m = set<M>(std::move(m), "a", M::make_map({{"B", M::make_map({{"y", M::make_integer(2)}})}}));
  CHECK(secret<M>(m, "a/b") == 5);
  m = set<M>(std::move(m), "A", M::make_map({{"b", M::make_integer(1)}}));
  m = set<M>(std::move(m), "a", M::make_map({{"b", M::make_map({})}}));
  CHECK(secret<M>(m, "a/b") == 0);
  m = with_secret<M>(std::move(m), 6);
  m = set<M>(std::move(m), "a", with_secret<M>(M::make_map({}), 7), set_mode::replace);
  CHECK(secret<M>(m, "") == 6);
  CHECK(secret<M>(m, "a") == 7);
  m = set<M>(std::move(m), "a", M::make_map({}), set_mode::replace);
  CHECK(secret<M>(m, "a") == 0);
}

TEMPLATE_TEST_CASE("a document that is moved in is changed in place", "[message][document]", WASM64_DOCUMENT_POLICIES) {
  using M = TestType;
  val<M> m = M::make_map({{"text", text<M>(std::string(1000, 'x'))}, {"n", M::make_integer(0)}});
  const auto bytes_of = [&] { return M::traits::as_bytes(*M::traits::find(m.document, "text")).data(); };
  const void* const before = bytes_of();
  for (int i = 0; i < 10; ++i) m = set<M>(std::move(m), "n", M::make_integer(i));
  m = take(M::set_private(std::move(m), "p", M::make_integer(1)));
  m = M::remove(std::move(m), "n");
  CHECK(bytes_of() == before);
}

TEMPLATE_TEST_CASE("merged keys go where the same ones with other case are", "[message][document]",
                   WASM64_DOCUMENT_POLICIES) {
  using M = TestType;
  const val<M> below = M::make_map({{"Deep", M::make_integer(1)}, {"kept", M::make_integer(2)}});
  const val<M> m = M::make_map({{"Below", below}, {"One", M::make_integer(1)}, {"TWO", M::make_integer(2)}});
  const val<M> merged = set<M>(m, "",
                               M::make_map({{"one", M::make_integer(10)},
                                            {"THREE", M::make_integer(30)},
                                            {"Three", M::make_integer(31)},
                                            {"TWO", M::make_integer(20)},
                                            {"two", M::make_integer(21)},
                                            {"bELOW", M::make_map({{"dEEP", M::make_integer(11)}})}}));
  CHECK(M::keys(merged).size() == 4);
  CHECK(M::keys(M::get(merged, "Below")).size() == 2);
  const auto number = [&](std::string_view path) { return M::as_integer(M::get(merged, path)).bits; };
  CHECK(number("Below/Deep") == 11);
  CHECK(number("Below/kept") == 2);
  CHECK(number("One") == 10);
  CHECK(number("TWO") == 21);
  CHECK(number("Three") == 31);
}

#endif
