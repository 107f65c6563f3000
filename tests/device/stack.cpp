#include "tests/device/sibling_support.hpp"

using namespace device_tests;

namespace {

using d1 = append_device<"+D1">;
using d2 = append_device<"+D2">;

struct prefix_set {
  template <class M, class V = message_value_t<M>>
  static result<device_response<V>> run(device_base<M>&, std::string_view key, V base, const V& request) {
    using of = words<M>;
    if (key != "prefix-set") return fail(errc::unknown_key);
    const auto prefixed = [&](const char* prefix) {
      return std::string(text_of<M>(M::get_key(base, prefix))) + "/" + of::text_at(request, "key");
    };
    V value = M::get(request, prefixed("input-prefix"));
    const std::string place = prefixed("output-prefix");
    return device_response<V>{device_status::ok, of::put(std::move(base), place, std::move(value))};
  }
};
struct cool {
  template <class M, class V = message_value_t<M>>
  static result<device_response<V>> run(device_base<M>&, std::string_view key, V base, const V&) {
    if (key != "value") return fail(errc::unknown_key);
    return device_response<V>{device_status::ok, words<M>::txt(words<M>::text_at(base, "value") + "-Cool")};
  }
};
struct special {
  template <class M, class V = message_value_t<M>>
  static result<device_response<V>> run(device_base<M>& node, std::string_view key, V base, const V& request) {
    if (key == "append") return d2::call(node, key, std::move(base), request);
    if (key != "special") return fail(errc::unknown_key);
    return device_response<V>{device_status::ok, words<M>::put(std::move(base), "output", words<M>::num(1337))};
  }
};
struct failing {
  template <class M, class V = message_value_t<M>>
  static result<device_response<V>> run(device_base<M>&, std::string_view key, V base, const V&) {
    using response = device_response<V>;
    if (key == "fail") return fail(errc::no_image, "why");
    if (key == "say") return response{device_status::error, words<M>::txt("no")};
    if (key == "odd") return response{device_status::skip, words<M>::txt("no")};
    if (key == "raw") return response{device_status::ok, words<M>::txt("raw")};
    return response{device_status::pass, std::move(base)};
  }
};
struct writer {
  static constexpr std::string_view name = "writer";
  static constexpr bool has_key(std::string_view key) noexcept { return key == "write"; }
  static result<device_response<msg>> call(device_base<policy>&, std::string_view, msg base, const msg&) {
    WASM64_CHECK(base.set("500", "new"));
    return device_response<msg>{device_status::ok, std::move(base)};
  }
};
using prefix_device = other_device<"prefix", prefix_set>;
using cool_device = other_device<"cool", cool>;
using special_device = other_device<"special", special>;
using failing_device = other_device<"failing", failing>;

using any_node = node_with<d1, d2, prefix_device, cool_device, special_device, failing_device>;

struct siblings_fixture : any_node {
  using any_node::any_node;
  using val = policy::value_type;

  val stack(std::initializer_list<std::string_view> devices) {
    return w::obj({{"device", w::txt("stack@1.0")}, {"device-stack", w::names(devices)}, {"result", w::txt("INIT")}});
  }
  val append(val base, std::string_view bin) {
    return this->resolve(std::move(base), w::obj({{"path", w::txt("append")}, {"bin", w::txt(bin)}})).message;
  }
};

}  // namespace

TEST_CASE("a stack hands the message from device to device", "[device][stack]") {
  siblings_fixture f;
  const auto one = w::obj({{"device", w::txt("+D1")}, {"result", w::txt("1")}});
  CHECK(w::at(f.append(one, "2"), "result") == "'1+D12'");

  node_with<append_device<"!D1!">, append_device<"_D2_">> simple;
  const auto base = w::put(f.stack({"!D1!", "_D2_"}), "result", w::txt("INIT"));
  const auto done = simple.resolve(base, w::obj({{"path", w::txt("append")}, {"bin", w::txt("2")}}));
  CHECK(w::at(done.message, "result") == "'INIT!D1!2_D2_2'");

  const auto many = f.append(f.stack({"+D1", "+D2", "+D1", "+D2", "+D1", "+D2", "+D1", "+D2"}), "2");
  CHECK(w::at(many, "result") == "'INIT+D12+D22+D12+D22+D12+D22+D12+D22'");
  const auto again = f.append(f.append(f.stack({"+D1", "+D2"}), "2"), "3");
  CHECK(w::at(again, "result") == "'INIT+D12+D22+D13+D23'");
}

TEST_CASE("a stack is a list or a map, and its keys any case", "[device][stack]") {
  siblings_fixture f;
  const auto devices = w::obj({{"2", w::txt("~+D2")}, {"1", w::txt("+d1")}, {"other", w::txt("+D1")}});
  const auto base = w::put(f.stack({}), "Device-Stack", devices);
  CHECK(w::at(f.append(base, "2"), "result") == "'INIT+D12+D22'");
  CHECK(w::at(f.append(f.stack({}), "2"), "result") == "'INIT'");
}

TEST_CASE("a stack restores the message but for the previous device", "[device][stack]") {
  siblings_fixture f;
  const auto done = f.append(w::put(f.stack({"+D1", "+D2"}), "device-stack-previous", w::num(1)), "2");
  CHECK(w::at(done, "device") == "'stack@1.0'");
  for (const char* gone : {"pass", "device-key", "device-stack-previous", "input-prefix", "output-prefix"}) {
    CHECK(w::at(done, gone) == "nothing");
  }
  CHECK(w::at(done, "previous-device") == "'+D1'");
  const auto passed = f.append(w::put(f.stack({"+D1"}), "pass", w::num(7)), "2");
  CHECK(w::at(passed, "pass") == "7");
  CHECK(w::at(passed, "result") == "'INIT+D12'");
}

TEST_CASE("transform makes one entry of a stack active", "[device][stack]") {
  siblings_fixture f;
  const auto base = w::put(f.stack({"+D1", "Message@1.0"}), "output-prefixes", w::names({"a", "b"}));
  const auto second = f.resolve(base, "transform/2").message;
  CHECK(w::at(second, "device") == "'Message@1.0'");
  CHECK(w::at(second, "device-key") == "'2'");
  CHECK(w::at(second, "output-prefix") == "'b'");
  CHECK(f.failure(base, "transform/3").code == errc::unknown_key);
  CHECK(w::at(f.resolve(base, "transform/2/result").message, "") == "'INIT'");

  const auto named = w::obj({{"device", w::txt("stack@1.0")},
                             {"device-stack", w::obj({{"make-cool", w::txt("cool")}})},
                             {"value", w::txt("Super")}});
  CHECK(f.show(named, "/transform/make-cool/value") == "'Super-Cool'");
}

TEST_CASE("each device of a stack has its prefixes", "[device][stack]") {
  siblings_fixture f;
  const auto base = f.stack({"prefix", "prefix"});
  const auto one = w::num(1);
  const auto request = w::obj({{"path", w::txt("prefix-set")}, {"key", w::txt("example")}, {"example", one}});
  const auto set = [&](auto m, auto r) { return f.resolve(std::move(m), std::move(r)).message; };
  CHECK(w::at(set(base, request), "example") == "1");

  const auto out = w::put(base, "output-prefixes", w::obj({{"1", w::txt("out1/")}, {"2", w::txt("out2/")}}));
  const auto outs = set(out, request);
  CHECK(w::at(outs, "out1/example") == "1");
  CHECK(w::at(outs, "out2/example") == "1");
  CHECK(w::at(outs, "output-prefix") == "'out1/'");

  const auto in = w::put(out, "input-prefixes", w::obj({{"1", w::txt("in1/")}, {"2", w::txt("in2/")}}));
  const auto ins = w::put(w::put(request, "in1/example", one), "in2/example", w::num(2));
  CHECK(w::at(set(in, ins), "out1/example") == "1");
  CHECK(w::at(set(in, ins), "out2/example") == "2");

  const auto both =
      w::put(w::put(base, "output-prefix", w::txt("combined-out/")), "input-prefix", w::txt("combined-in/"));
  const auto through = set(both, w::put(request, "combined-in/example", one));
  CHECK(w::at(through, "combined-out/example") == "1");
  CHECK(w::at(through, "output-prefix") == "'combined-out/'");
}

TEST_CASE("devices skip and pass", "[device][stack]") {
  siblings_fixture f;
  const auto request = w::obj({{"path", w::txt("append")}, {"bin", w::txt("2")}});
  node_with<append_device<"+D1", device_status::skip>, d2> skip;
  CHECK(w::at(skip.resolve(f.stack({"+D1", "+D2"}), request).message, "result") == "'INIT+D12'");

  node_with<append_device<"+D1", device_status::pass>> pass;
  const auto done = pass.resolve(f.stack({"+D1"}), w::put(request, "bin", w::txt("_")));
  CHECK(done.status == device_status::ok);
  CHECK(w::at(done.message, "result") == "'INIT+D1_+D1_'");
}

TEST_CASE("a device without the key is passed over", "[device][stack]") {
  siblings_fixture f;
  const auto base = f.stack({"+D1", "special"});
  CHECK(w::at(f.append(base, "2"), "result") == "'INIT+D12+D22'");
  CHECK(f.show(base, "special/output") == "1337");
  const auto done = f.resolve(f.stack({"special", "+D1"}), "special").message;
  CHECK(w::at(done, "output") == "1337");
  CHECK(w::at(done, "previous-device") == "'special'");
}

TEST_CASE("a stack in map mode asks every device", "[device][stack]") {
  siblings_fixture f;
  const auto request = w::obj({{"path", w::txt("append")}, {"mode", w::txt("Map")}, {"bin", w::txt("/")}});
  const auto done = f.resolve(f.stack({"+D1", "+D2"}), request).message;
  CHECK(w::at(done, "1/result") == "'INIT+D1/'");
  CHECK(w::at(done, "2/result") == "'INIT+D2/'");
  CHECK(w::at(done, "2/device-key") == "'2'");

  const auto of_base = w::put(f.stack({"+D1", "failing", "+D2", "unknown"}), "mode", w::txt("Map"));
  const auto some = f.append(of_base, "/");
  CHECK(policy::keys(some).size() == 2);
  CHECK(w::at(some, "3/result") == "'INIT+D2/'");
  const auto fold = w::put(request, "mode", w::txt("Fold"));
  CHECK(w::at(f.resolve(w::put(of_base, "device-stack", w::names({"+D1"})), fold).message, "result") == "'INIT+D1/'");
}

TEST_CASE("a mode is Fold or Map", "[device][stack]") {
  siblings_fixture f;
  for (const auto& mode : {w::txt("fold"), w::txt(""), w::num(1)}) {
    const auto refused = f.node.resolve(w::put(f.stack({"+D1"}), "mode", mode), "append");
    CHECK(code_of(refused) == errc::unknown_mode);
  }
}

TEST_CASE("only the keys of stack-keys go through the stack", "[device][stack]") {
  siblings_fixture f;
  const auto base = w::put(f.stack({"+D1", "failing"}), "stack-keys", w::names({"Append", "init_all"}));
  CHECK(f.show(base, "result") == "'INIT'");
  CHECK(f.failure(base, "say").code == errc::unknown_key);
  CHECK(f.failure(base, "transform/1").code == errc::unknown_key);
  CHECK(w::at(f.append(w::put(base, "device-stack", w::names({"+D1"})), "2"), "result") == "'INIT+D12'");
  CHECK(f.show(f.stack({"failing"}), "keys") == "['device', 'device-stack', 'result']");
  const auto set = w::obj({{"path", w::txt("set")}, {"result", w::txt("new")}});
  CHECK(w::at(f.resolve(f.stack({"failing"}), set).message, "result") == "'new'");
}

TEST_CASE("the failure of a device names it, or stops the stack", "[device][stack]") {
  siblings_fixture f;
  const auto base = f.stack({"+D1", "failing"});
  CHECK(to_string(f.failure(base, "fail")) == "no viable image found: device 2 (failing): why");
  CHECK(to_string(f.failure(base, "say")) == "device failed: device 2 (failing): no");
  CHECK(to_string(f.failure(base, "odd")) == "device failed: device 2 (failing): unexpected result");
  CHECK(to_string(f.failure(f.stack({"nobody@1.0"}), "x")) == "unknown device: device 1 (nobody@1.0): nobody@1.0");
  CHECK(f.show(base, "raw") == "'raw'");

  device_options options;
  options.on_stack_failure = stack_failure::stop;
  siblings_fixture stops(options);
  const auto said = stops.resolve(base, "say");
  CHECK(said.status == device_status::error);
  CHECK(w::show(said.message) == "{device-number: 2, info: 'no', reason: 'stack_call_failed'}");
  const auto failed = stops.resolve(base, "fail");
  CHECK(failed.status == device_status::error);
  CHECK(w::at(failed.message, "info") == "'no viable image found: why'");
}

TEST_CASE("a stack needs a stack", "[device][stack]") {
  siblings_fixture f;
  const auto none = w::obj({{"device", w::txt("stack@1.0")}});
  CHECK(f.failure(none, "append").code == errc::no_device_stack);
  CHECK(f.failure(w::put(none, "mode", w::txt("Map")), "append").code == errc::no_device_stack);
  CHECK(f.failure(w::put(none, "device-stack", w::txt("+D1")), "append").code == errc::no_device_stack);
  const auto odd = w::put(none, "device-stack", w::seq({w::num(1)}));
  CHECK(f.failure(odd, "append").code == errc::unknown_device);
}

TEST_CASE("a message cannot make a stack run for ever", "[device][stack]") {
  siblings_fixture f;
  CHECK(to_string(f.failure(f.stack({"+D1", "failing"}), "again")) == "too many or too deeply nested steps: passes");
  device_options few;
  few.max_steps = 1000;
  few.max_nesting = 16;
  siblings_fixture bounded(few);
  for (const char* mode : {"Map", "Fold"}) {
    const auto within = w::put(f.stack({"stack@1.0", "stack@1.0"}), "mode", w::txt(mode));
    CHECK(bounded.failure(within, "append").code == errc::resolution_limit);
  }
  CHECK(bounded.failure(f.stack({"+D1", "failing"}), "again").code == errc::resolution_limit);
  CHECK(w::at(bounded.append(f.stack({"+D1"}), "2"), "result") == "'INIT+D12'");
  vector<w::val> many(2000, w::txt("message@1.0"));  // none of them has the key
  const auto idle = w::put(f.stack({"+D1"}), "device-stack", policy::make_list(std::move(many)));
  CHECK(bounded.failure(idle, "append").code == errc::resolution_limit);
}

TEST_CASE("multipass asks for as many passes as the message wants", "[device][stack]") {
  siblings_fixture f;
  const auto at_pass = [&](std::int64_t pass) {
    return w::obj({{"device", w::txt("multipass@1.0")}, {"passes", w::num(2)}, {"pass", w::num(pass)}});
  };
  CHECK(f.resolve(at_pass(1), "compute").status == device_status::pass);
  CHECK(f.resolve(at_pass(2), "compute").status == device_status::ok);
  CHECK(f.resolve(w::put(at_pass(1), "passes", w::txt("1")), "compute").status == device_status::ok);
  CHECK(f.resolve(w::obj({{"device", w::txt("multipass@1.0")}}), "x").status == device_status::ok);
  CHECK(f.failure(w::put(at_pass(1), "passes", w::txt("two")), "x").code == errc::malformed_message);
  CHECK(f.failure(w::put(at_pass(1), "passes", w::num(-1)), "x").code == errc::malformed_message);

  const auto stack = w::put(f.stack({"+D1", "Multipass@1.0"}), "passes", w::num(2));
  CHECK(w::at(f.append(stack, "2"), "result") == "'INIT+D12+D12'");
}

TEST_CASE("devices that declare their keys change the message of a stack in place", "[device][stack]") {
  vector<std::pair<std::string, msg>> entries;
  for (int i = 0; i < 1000; ++i) entries.push_back({std::to_string(i), i});
  entries.push_back({"device", "stack@1.0"});
  entries.push_back({"device-stack", list({"writer", "message@1.0", "multipass@1.0"})});
  node_with<writer> f;
  const msg request = map({{"path", "write"}});
  msg base = f.resolve(msg::map(std::move(entries)), request).message;
  const void* const place = address_of(base);
  base = f.resolve(std::move(base), request).message;
  CHECK(address_of(base) == place);
  CHECK(base.get("500") == msg("new"));
}
