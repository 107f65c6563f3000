#include "tests/device/sibling_support.hpp"

using namespace device_tests;

namespace {

struct patch_fixture : node_with<> {
  msg run(msg base, msg request) { return take(node.resolve(std::move(base), request)).message; }
  errc refused(msg base, msg request) { return code_of(node.resolve(std::move(base), request)); }
  msg compute(msg base) { return run(std::move(base), map({{"path", "compute"}})); }
};

msg outbox() {
  return map({{"1", map({{"method", "PATCH"}, {"prices", map({{"apple", 100}, {"banana", 200}})}})},
              {"2", map({{"method", "GET"}, {"prices", map({{"apple", 1000}})}})},
              {"3", map({{"device", "Patch@1.0"}, {"prices", map({{"apple", 101}})}})}});
}
msg process(msg from_outbox) {
  return map({{"device", "patch@1.0"},
              {"results", map({{"outbox", from_outbox}})},
              {"prices", map({{"cherry", 300}})},
              {"other", "value"},
              {"patch-from", "/results/outbox"}});
}

struct own_set {
  template <class M, class V = message_value_t<M>>
  static result<device_response<V>> run(device_base<M>&, std::string_view key, V base, const V& request) {
    if (key != "set") return fail(errc::unknown_key);
    const std::string before = words<M>::text_at(base, "apples");
    const std::string all = before + (before.empty() ? "" : " ") + words<M>::at(request, "prices/apple");
    return device_response<V>{device_status::ok, words<M>::put(std::move(base), "apples", words<M>::txt(all))};
  }
};

}  // namespace

TEST_CASE("patches move from the outbox into the message", "[device][patch]") {
  patch_fixture f;
  const msg done = f.compute(process(outbox()));
  CHECK(done.get("prices") == map({{"apple", 101}, {"banana", 200}, {"cherry", 300}}));
  CHECK(done.get("results/outbox") == map({{"2", outbox().get("2")}}));
  CHECK(done.get("other") == msg("value"));
  CHECK(done.get("method").is_null());
  CHECK(done.get("device") == msg("patch@1.0"));
  CHECK(f.run(process(outbox()), map({{"path", "patches"}})) == done);
  const msg of_list = f.compute(process(list({outbox().get("1"), outbox().get("2"), "text"})));
  CHECK(of_list.get("results/outbox") == list({outbox().get("2"), "text"}));
  CHECK(of_list.get("prices/apple") == msg(100));
}

TEST_CASE("patches have a target", "[device][patch]") {
  patch_fixture f;
  CHECK(f.compute(with(process(outbox()), "patch-to", "/state")).get("state/prices/apple") == msg(101));
  CHECK(f.compute(with(process(outbox()), "to", "a/b")).get("a/b/prices/apple") == msg(101));
  const msg both = with(with(process(outbox()), "patch-to", "x"), "to", "y");
  CHECK(f.compute(both).get("x/prices/apple") == msg(101));
  const msg request = map({{"path", "compute"}, {"patch-to", "z"}});
  CHECK(f.run(both, request).get("z/prices/apple") == msg(101));
  CHECK(f.refused(with(process(outbox()), "patch-to", "other"), request) == errc{});
  CHECK(f.refused(with(process(outbox()), "patch-to", "other"), map({{"path", "compute"}})) == errc::malformed_message);
}

TEST_CASE("patches have a source", "[device][patch]") {
  patch_fixture f;
  const msg none = map({{"device", "patch@1.0"}, {"p", outbox().get("1")}, {"q", outbox().get("2")}});
  CHECK(f.compute(none) == map({{"device", "patch@1.0"}, {"prices", outbox().get("1/prices")}, {"q", none.get("q")}}));
  const msg elsewhere = with(none, "box", outbox());
  CHECK(f.run(elsewhere, map({{"path", "compute"}, {"from", "box"}})).get("prices/apple") == msg(101));
  CHECK(f.run(elsewhere, map({{"path", "compute"}, {"from", "base:/box"}})).get("prices/apple") == msg(101));
  const msg of_request = map({{"path", "compute"}, {"patch-from", "req:/box"}, {"box", outbox()}});
  CHECK(f.run(none, of_request) == with(none, "prices", map({{"apple", 101}, {"banana", 200}})));
  CHECK(f.run(none, map({{"path", "compute"}, {"from", "nowhere"}})) == none);
  CHECK(f.refused(none, map({{"path", "compute"}, {"from", 1}})) == errc::malformed_request);
  CHECK(f.refused(none, map({{"path", "compute"}, {"to", "req:x"}})) == errc::malformed_request);
}

TEST_CASE("all moves everything", "[device][patch]") {
  patch_fixture f;
  const msg base = map({{"device", "patch@1.0"},
                        {"input", map({{"zones", map({{"1", map({{"name", "north"}})}})}})},
                        {"state", map({{"zones", map({{"2", "south"}})}})}});
  const msg done = f.run(base, map({{"path", "all"}, {"patch-from", "/input"}, {"patch-to", "/state"}}));
  CHECK(done.get("input").is_null());
  CHECK(done.get("state/zones") == map({{"1", map({{"name", "north"}})}, {"2", "south"}}));
  const msg request = map({{"path", "all"}, {"from", "req:box/1"}, {"box", outbox()}});
  CHECK(f.run(base, request).get("prices/apple") == msg(100));
  CHECK(f.run(base, map({{"path", "all"}, {"from", "none"}})) == base);
  CHECK(f.refused(base, map({{"path", "all"}})) == errc::malformed_request);
  CHECK(f.refused(with(base, "t", "text"), map({{"path", "all"}, {"from", "t"}})) == errc::malformed_message);
}

TEST_CASE("a target with a device sets by itself", "[device][patch]") {
  node_with<other_device<"own@1.0", own_set>> f;
  const msg base = with(process(outbox()), "state", map({{"device", "own@1.0"}}));
  const msg done = take(f.node.resolve(with(base, "patch-to", "state"), "compute")).message;
  CHECK(done.get("state") == map({{"device", "own@1.0"}, {"apples", "100 101"}}));
}

TEST_CASE("what is no patch is left alone", "[device][patch]") {
  patch_fixture f;
  const msg base = process(outbox());
  for (const char* key : {"init", "normalize", "snapshot"}) CHECK(f.run(base, map({{"path", key}})) == base);
  CHECK(f.run(base, map({{"path", "other"}})) == msg("value"));
  CHECK(f.compute(process(map({{"1", "text"}, {"2", list({})}}))) == process(map({{"1", "text"}, {"2", list({})}})));
  CHECK(f.compute(process("text")) == process("text"));
}

TEST_CASE("a process patches itself in its stack", "[device][patch][stack]") {
  patch_fixture f;
  const msg base = map({{"device", "stack@1.0"},
                        {"device-stack", list({"patch@1.0", "multipass@1.0"})},
                        {"passes", 2},
                        {"patch-from", "/results/outbox"},
                        {"results", map({{"outbox", outbox()}})}});
  const msg done = f.compute(base);
  CHECK(done.get("prices/apple") == msg(101));
  CHECK(done.get("device") == msg("stack@1.0"));
  const msg snapshot = f.run(base, map({{"path", "snapshot"}, {"mode", "Map"}}));
  CHECK(snapshot.keys().size() == 1);  // multipass asks for another pass, which is no answer
}

TEST_CASE("a large outbox is patched in time", "[device][patch][hostile]") {
  patch_fixture f;
  vector<std::pair<std::string, msg>> entries;
  for (int i = 0; i < 2000; ++i) {
    entries.push_back({std::to_string(i), map({{"method", i % 2 == 0 ? "PATCH" : "GET"}, {"n", map({{"last", i}})}})});
  }
  const msg done = f.compute(process(msg::map(std::move(entries))));
  CHECK(done.get("results/outbox").keys().size() == 1000);
  CHECK(done.get("n/last").kind() == value_kind::integer);
}

TEST_CASE("a large patch of a large message is merged in time", "[device][patch][hostile]") {
  patch_fixture f;
  vector<std::pair<std::string, msg>> low, high;
  for (int i = 0; i < 50'000; ++i) {
    low.push_back({"a" + std::to_string(i), msg(i)});
    high.push_back({"z" + std::to_string(i), msg(i)});
  }
  low.push_back({"method", "PATCH"});
  msg base = process(map({{"1", msg::map(std::move(low))}}));
  base = with(std::move(base), "big", msg::map(std::move(high)));
  const msg done = f.compute(with(std::move(base), "patch-to", "big"));
  CHECK(done.get("big").keys().size() == 100'000);
}

TEST_CASE("many patches of a large message are merged in time", "[device][patch][hostile]") {
  patch_fixture f;
  vector<std::pair<std::string, msg>> patches, large;
  for (int i = 0; i < 500; ++i) patches.push_back({std::to_string(i), map({{"method", "PATCH"}, {"k0", 7}})});
  for (int i = 0; i < 50'000; ++i) large.push_back({"k" + std::to_string(i), msg(i)});
  const msg base = with(process(msg::map(std::move(patches))), "big", msg::map(std::move(large)));
  const msg done = f.compute(with(base, "patch-to", "big"));
  CHECK(done.get("big").keys().size() == 50'000);
  CHECK(done.get("big/k0") == msg(7));
}
