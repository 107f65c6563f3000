#include "tests/device/sibling_support.hpp"

using namespace device_tests;

namespace {

/// `self` answers the base, `tell` what the step sees of the request, `odd` something that is not ok.
struct echo {
  template <class M, class V = message_value_t<M>>
  static result<device_response<V>> run(device_base<M>&, std::string_view key, V base, const V& request) {
    using of = words<M>;
    if (key == "self") return device_response<V>{device_status::ok, std::move(base)};
    if (key == "odd") return device_response<V>{device_status::skip, std::move(base)};
    if (key == "test-func") return device_response<V>{device_status::ok, of::txt("GOOD FUNCTION")};
    if (key == "tell") {
      const std::string said = of::at(base, "told") + " " + of::show(request);
      return device_response<V>{device_status::ok, of::put(std::move(base), "told", of::txt(said))};
    }
    return fail(errc::unknown_key, std::string(key));
  }
};
using echo_device = other_device<"echo@1.0", echo>;

/// Answers the result of a request that the device makes of its own base.
struct again {
  template <class M, class V = message_value_t<M>>
  static result<device_response<V>> run(device_base<M>& node, std::string_view, V base, const V& request) {
    return node.resolve(std::move(base), request);
  }
};
using again_device = other_device<"again@1.0", again>;

struct siblings_fixture : node_with<echo_device, again_device> {
  using node_with<echo_device, again_device>::node_with;
  using val = policy::value_type;

  val echo(val m = w::obj({})) { return w::put(std::move(m), "device", w::txt("echo@1.0")); }
  std::string store_message(const val& m) { return to_text(take(this->store.put(view_of(take(policy::encode(m)))))); }
};

}  // namespace

TEST_CASE("a path leads through a message", "[device][resolve]") {
  siblings_fixture f;
  const auto base = w::put(w::obj({{"key1", w::txt("value1")}}), "key2/key4/key6/key7", w::txt("value7"));
  CHECK(f.show(base, "key1") == "'value1'");
  CHECK(f.show(base, "KEY1") == "'value1'");
  CHECK(f.show(base, "key2/key4/key6/key7") == "'value7'");
  CHECK(f.show(base, "//key2/key4///Key6/key7/") == "'value7'");
  CHECK(f.show(base, "key2/keys") == "['key4']");
  CHECK(f.show(base, "") == w::show(base));
  CHECK(f.show(base, "/") == w::show(base));
  CHECK(f.show(w::obj({{"list", w::names({"a", "b"})}}), "list/2") == "'b'");
  CHECK(f.show(w::names({"a", "b"}), "1") == "'a'");
  CHECK(f.show(base, "key1") == f.show(base, "key1"));
}

TEST_CASE("a path is a text, a number or a list of keys", "[device][resolve]") {
  siblings_fixture f;
  const auto base = w::obj({{"a~b&c=(d", w::obj({{"1", w::txt("one")}})}, {"2", w::txt("two")}});
  const auto through = [&](auto path) { return w::show(f.resolve(base, w::obj({{"path", path}})).message); };
  CHECK(through(w::seq({w::txt("a~b&c=(d"), w::num(1)})) == "'one'");
  CHECK(through(w::num(2)) == "'two'");
  CHECK(through(w::txt("2")) == "'two'");
  CHECK(through(w::names({"", "2"})) == "'two'");
  CHECK(through(w::seq({})) == w::show(base));
  for (const auto& odd : {w::obj({}), w::seq({w::obj({})}), policy::make_float(1.5)}) {
    CHECK(code_of(f.node.resolve(base, w::obj({{"path", odd}}))) == errc::malformed_request);
  }
  CHECK(code_of(f.node.resolve(base, w::obj({}))) == errc::malformed_request);
}

TEST_CASE("what is not there fails with its name", "[device][resolve]") {
  siblings_fixture f;
  const auto base = w::obj({{"a", w::obj({{"b", w::num(1)}})}, {"x", w::obj({{"device", w::num(1)}})}});
  CHECK(to_string(f.failure(base, "a/c/d")) == "not found: c");
  CHECK(to_string(f.failure(base, "a/b/d")) == "not found: d");
  CHECK(to_string(f.failure(base, "a/b/keys")) == "not found: keys");
  CHECK(to_string(f.failure(base, "~other@1.0/key")) == "unknown device: other@1.0");
  CHECK(to_string(f.failure(base, "x/key")) == "unknown device: device");
  CHECK(f.failure(w::obj({}), "priv").code == errc::unknown_key);
  CHECK(f.failure({}, "a").code == errc::unknown_key);
  const auto secret = take(policy::set_private(base, "instance", w::num(1)));
  for (const char* path : {"priv/instance", "instance", "Private"}) {
    CHECK(f.failure(secret, path).code == errc::unknown_key);
  }
  CHECK(f.show(secret, "keys") == "['a', 'x']");
}

TEST_CASE("each message has its device", "[device][resolve]") {
  siblings_fixture f;
  const auto base = w::obj({{"inner", f.echo(w::obj({{"deep", w::txt("plain")}}))}});
  CHECK(f.show(base, "inner/test-func") == "'GOOD FUNCTION'");
  CHECK(f.failure(base, "inner/deep").code == errc::unknown_key);
  CHECK(f.show(w::obj({{"device", w::txt("WASM64@1.0")}, {"key", w::txt("v")}}), "key") == "'v'");
  CHECK(f.show(w::obj({{"device", w::txt("wasm-64@1.0")}, {"key", w::txt("v")}}), "keys") == "['device', 'key']");
  CHECK(f.show(w::obj({{"device", w::txt("~Message@1.0")}, {"key", w::txt("v")}}), "KEY") == "'v'");
}

TEST_CASE("a step may run with another device", "[device][resolve]") {
  siblings_fixture f;
  const auto base = f.echo(w::obj({{"test-func", w::obj({{"test-key", w::txt("MESSAGE")}})}}));
  CHECK(f.show(base, "test-func") == "'GOOD FUNCTION'");
  CHECK(f.show(base, "test-func~message@1.0/test-key") == "'MESSAGE'");
  CHECK(f.show(base, "~message@1.0/test-func/test-key") == "'MESSAGE'");
  CHECK(f.show(base, "self/~message@1.0/test-func/test-key") == "'MESSAGE'");
  CHECK(f.show({}, "~echo@1.0/test-func") == "'GOOD FUNCTION'");
  CHECK(f.show({}, "~message@1.0&a=1&b+integer=2") == "{a: '1', b: 2, device: 'message@1.0'}");
  CHECK(f.show({}, "/~message@1.0&greeting=hello/greeting") == "'hello'");
}

TEST_CASE("an id stands for what is stored", "[device][resolve]") {
  siblings_fixture f;
  const auto stored = f.echo(w::obj({{"test-func", w::obj({{"test-key", w::txt("MESSAGE")}})}}));
  const std::string id = f.store_message(stored);
  const std::string raw = to_text(take(f.store.put(as_bytes("raw bytes"))));
  CHECK(f.show({}, id) == w::show(stored));
  CHECK(f.show({}, id + "~message@1.0/test-func/test-key") == "'MESSAGE'");
  CHECK(f.show({}, id + "/test-func") == "'GOOD FUNCTION'");
  CHECK(f.show({}, raw + "/body") == "'raw bytes'");
  CHECK(f.show({}, raw + "&x=y/x") == "'y'");
  CHECK(f.show(w::txt(id), "/test-func") == "'GOOD FUNCTION'");
  CHECK(f.show(w::txt(raw), "") == "{body: 'raw bytes'}");
  CHECK(f.show(w::obj({{"link", w::txt(id)}}), "link/~message@1.0/test-func/test-key") == "'MESSAGE'");
  const auto listed = w::obj({{"path", w::seq({w::txt(raw), w::txt("body")})}});
  CHECK(w::show(f.resolve({}, listed).message) == "'raw bytes'");
  const std::string missing(43, 'A');
  CHECK(to_string(f.failure({}, missing + "/x")) == "not found in storage: " + missing);
  CHECK(to_string(f.failure(w::txt(missing), "x")) == "not found in storage: " + missing);
  CHECK(f.failure(w::txt(std::string(43, '!')), "x").code == errc::unknown_key);
}

TEST_CASE("every step sees the keys of the request", "[device][resolve]") {
  siblings_fixture f;
  const auto told = [&](auto request) { return w::text_at(f.resolve(f.echo(), request).message, "told"); };
  const auto asked = [&](const char* path) { return told(w::obj({{"k", w::num(1)}, {"path", w::txt(path)}})); };
  CHECK(asked("tell") == "nothing {k: 1, path: 'tell'}");
  CHECK(asked("tell/tell") == "'nothing {k: 1, path: 'tell'}' {k: 1, path: 'tell'}");
  CHECK(asked("self/tell") == "nothing {k: 1, path: 'tell'}");
  CHECK(asked("self&x=y/tell") == "nothing {k: 1, path: 'tell'}");
  CHECK(asked("tell&k=2&x") == "nothing {k: '2', path: 'tell', x: true}");
  CHECK(asked("self/tell?q=a%2Fb&n+integer=-3") == "nothing {k: 1, n: -3, path: 'tell', q: 'a/b'}");
  CHECK(w::text_at(f.resolve(f.echo(), "self/tell").message, "told") == "nothing nothing");
  CHECK(w::text_at(f.resolve(f.echo(), "self/tell&a=1").message, "told") == "nothing {a: '1'}");
}

TEST_CASE("keys in a path have types", "[device][resolve]") {
  siblings_fixture f;
  const auto value = [&](std::string part) { return f.show({}, "~message@1.0&" + part + "/k"); };
  CHECK(value("k=text") == "'text'");
  CHECK(value("k=") == "''");
  CHECK(value("k+binary=1") == "'1'");
  CHECK(value("k") == "true");
  CHECK(value("k+integer=18446744073709551615") == "-1");
  CHECK(value("K+int=-9223372036854775808") == "-9223372036854775808");
  CHECK(value("k+float=1.5e1") == "15.000000");
  CHECK(value("k+atom=true") == "true");
  CHECK(value("k+atom=ok") == "'ok'");
  CHECK(value("k+boolean=false") == "false");
  CHECK(value("k+list=1, \"a, \\\"b\\\"\",word,%3F1, 2.5") == "[1, 'a, \"b\"', 'word', true, 2.500000]");
  CHECK(value("k+list=\"(ao-type-integer) 7\"") == "[7]");
  CHECK(value("k+list=") == "[]");
  CHECK(value("k=1&k=2") == "'2'");
  CHECK(value("k=%26%28") == "'&('");
  for (const char* bad :
       {"k+integer=1.5", "k+integer=18446744073709551616", "k+float=inf", "k+float=", "k+list=1 2", "k+list=\"a",
        "k+list=,", "k+boolean=1", "k+colour=red", "=v", "+integer=1", "k=%2", "k=%zz"}) {
    INFO(bad);
    CHECK(f.failure({}, "~message@1.0&" + std::string(bad) + "/k").code == errc::malformed_request);
  }
  CHECK(to_string(f.failure({}, "a&b+integer=c")) == "malformed request: b+integer=c");
  CHECK(f.failure({}, "~message@1.0&private=1").code == errc::malformed_message);
}

TEST_CASE("a path in parentheses is resolved first", "[device][resolve]") {
  siblings_fixture f;
  const std::string stored = f.store_message(w::obj({{"key", w::txt("name")}, {"name", w::txt("found")}}));
  const auto base = w::obj({{"name", w::txt("value")}, {"key", w::txt("other")}});
  CHECK(f.show({}, "(" + stored + ")/name") == "'found'");
  CHECK(f.show({}, "(/" + stored + "/)&name=new/name") == "'new'");
  CHECK(f.show(base, "(" + stored + "/key)") == "'value'");
  CHECK(f.show(base, "(~message@1.0&path=key)") == "'other'");
  CHECK(f.show(f.echo(), "(~message@1.0&path=tell&a=(" + stored + "/name))/~message@1.0/told") ==
        "'nothing {a: 'found', device: 'message@1.0', path: 'tell'}'");
  CHECK(f.show({}, "~message@1.0&k=(" + stored + "/key)/k") == "'name'");
  CHECK(f.show({}, "~message@1.0&k+resolve=%2F" + stored + "%2Fkey/k") == "'name'");
  CHECK(f.show({}, "~message@1.0&k+res=(" + stored + "/name)/k") == "'found'");
  CHECK(f.failure(base, "(~message@1.0&a=b)").code == errc::malformed_request);
  CHECK(f.failure(base, "(~message@1.0&a+integer=1/a)").code == errc::malformed_request);
  CHECK(to_string(f.failure(base, "(nothing)")) == "not found: nothing");
  for (const char* bad : {"(", ")", "a/(b", "a)/b", "(a)b", "((a)", "a~/b", "a~&k=v", "(~echo@1.0/odd)&(", "a?b=)"}) {
    INFO(bad);
    CHECK(f.failure(base, bad).code == errc::malformed_request);
  }
  CHECK(to_string(f.failure(base, "name/(b")) == "malformed request: (b");
}

TEST_CASE("a status that is not ok ends a path", "[device][resolve]") {
  siblings_fixture f;
  CHECK(f.resolve(f.echo(), "odd/nothing").status == device_status::skip);
  CHECK(f.resolve(f.echo(), "self/odd").status == device_status::skip);
  CHECK(f.resolve({}, "(~echo@1.0/odd)/x").status == device_status::skip);
  CHECK(f.failure({}, "~message@1.0&k=(~echo@1.0/odd)").code == errc::malformed_request);
}

TEST_CASE("hostile paths fail in time and leave the node alone", "[device][resolve][hostile]") {
  device_options options;
  options.max_steps = 10'000;
  siblings_fixture f(options);
  const auto repeated = [](std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  CHECK(to_string(f.failure(f.echo(), repeated("self/", 1'000'000))) ==
        "too many or too deeply nested steps: echo@1.0");
  CHECK(f.failure(f.echo(), repeated("a/", 1'000'000)).code == errc::unknown_key);
  const error long_key = f.failure(w::obj({}), std::string(1'000'000, 'k'));
  CHECK(long_key.code == errc::unknown_key);
  CHECK(long_key.detail == std::string(256, 'k'));
  CHECK(f.failure({}, repeated("(", 100'000) + repeated(")", 100'000)).code == errc::resolution_limit);
  CHECK(f.failure({}, repeated("(", 1'000'000)).code == errc::malformed_request);
  CHECK(f.failure({}, "a" + repeated("&k=(a", 1000) + repeated(")", 1000)).code == errc::resolution_limit);
  CHECK(f.failure({}, "~message@1.0" + repeated("&k=v", 100'000)).code == errc::resolution_limit);
  CHECK(f.failure({}, "~message@1.0&k" + repeated("/k", 300)).code == errc::unknown_key);

  const auto itself = w::put(f.echo(), "device", w::txt("again@1.0"));
  CHECK(f.failure(itself, "key").code == errc::malformed_request);
  const auto loops = f.node.resolve(itself, w::obj({{"path", w::txt("key")}}));
  CHECK(code_of(loops) == errc::resolution_limit);
  const std::string stored = f.store_message(w::obj({{"path", w::txt("(~again@1.0)")}}));
  CHECK(f.resolve({}, "~again@1.0").status == device_status::ok);
  const std::string any("\x01\xff%zz\0?", 7);
  CHECK(f.failure(w::obj({}), any).code == errc::unknown_key);
  CHECK(f.show(f.echo(), "self/test-func") == "'GOOD FUNCTION'");
}

TEST_CASE("an import is not one of the keys that every message has", "[device][resolve][import]") {
  const msg base =
      map({{"image", image(R"((module (import "lib" "keys" (func (result i32))) (export "keys" (func 0))))")},
           {"stdlib", map({{"lib", map({{"device", "patch@1.0"}})}})},
           {"function", "keys"}});
  node_with<> f;
  const msg done = take(f.node.compute(take(f.node.init(base))));
  CHECK(text_at(done, "results/type") == "ok");
  CHECK(done.get("results/output") == list({0}));
}
