#include "tests/device/support.hpp"

// The tests of HyperBEAM's own device, by path.

using namespace device_tests;

namespace {

struct node : fixture<config_with_test_device> {
  content_id keep(std::string_view source) { return take(store.put(view_of(wat(source)))); }
  msg at(msg base, std::string_view path) { return take(device.resolve(std::move(base), path)).message; }
};

bool is_host(const msg& m, std::string_view path) { return m.get_private(path).kind() == value_kind::host; }

msg calling(msg base, std::string_view function, std::initializer_list<msg> parameters) {
  return with(with(std::move(base), "function", function), "parameters", list(parameters));
}

const msg my_lib = map({{"my_lib", map({{"device", "Test-Device@1.0"}})}});

}  // namespace

TEST_CASE("init finds the image by its input prefix", "[device][catalogue]") {
  node n;
  const msg image = map({{"image", to_text(n.keep(fac))}});
  const msg made = n.at(map({{"device", "WASM-64@1.0"}, {"input-prefix", "test-in"}, {"test-in", image}}), "init");
  CHECK(n.device.instance_of(made) != nullptr);
  CHECK(is_host(made, "instance"));
  CHECK(is_host(made, "import-resolver"));
}

TEST_CASE("init puts its handles under the output prefix", "[device][catalogue]") {
  node n;
  const msg process = map({{"device", "WASM-64@1.0"}, {"image", to_text(n.keep(fac))}});
  const msg made = n.at(
      map({{"device", "WASM-64@1.0"}, {"output-prefix", "wasm"}, {"input-prefix", "process"}, {"process", process}}),
      "init");
  for (const char* name : {"wasm/instance", "wasm/import-resolver", "wasm/read", "wasm/write"}) {
    CHECK(is_host(made, name));
  }
  CHECK(!is_host(made, "instance"));
}

TEST_CASE("a path initializes, computes and reads the output", "[device][catalogue]") {
  node n;
  msg base = map({{"device", "WASM-64@1.0"}, {"image", to_text(n.keep(fac))}});
  base = calling(std::move(base), "fac", {5.0});
  CHECK(n.at(base, "init/compute/results/output") == list({120.0}));
  CHECK(n.at(base, "/init/compute/results/output/1") == msg(120.0));
}

TEST_CASE("the image may be the body, the function come with the request", "[device][catalogue]") {
  node n;
  const msg base = map({{"device", "~wasm64@1.0"}, {"body", image(fac)}});
  const msg request =
      map({{"path", "init/compute/results/output/1"}, {"function", "fac"}, {"parameters", list({3.0})}});
  CHECK(take(n.device.resolve(base, request)).message == msg(6.0));
}

TEST_CASE("an import is answered by a device of the message", "[device][catalogue]") {
  node n;
  msg base = map({{"device", "WASM-64@1.0"}, {"image", to_text(n.keep(power))}, {"stdlib", my_lib}});
  base = calling(n.at(std::move(base), "init"), "pow", {2, 5});
  const msg done = n.at(std::move(base), "compute");
  CHECK(done.get("results/output") == list({32}));
  CHECK(done.get("calls").as_integer() == integer(5));
}

TEST_CASE("a message without an instance is computed from its snapshot", "[device][catalogue]") {
  node n;
  const msg base = map({{"device", "WASM-64@1.0"}, {"image", to_text(n.keep(power))}});
  const msg ready = with(calling(base, "pow", {2, 2}), "stdlib", my_lib);
  msg running = n.at(base, "init");
  running = with(calling(std::move(running), "pow", {2, 2}), "stdlib", my_lib);
  running = n.at(std::move(running), "compute");
  CHECK(running.get("results/output") == list({4}));
  const msg snapshot = n.at(running, "snapshot");
  CHECK(n.at(with(ready, "snapshot", snapshot), "compute/results/output") == list({4}));
}

TEST_CASE("terminate ends an instance by path", "[device][catalogue]") {
  node n;
  const msg made = n.at(map({{"device", "WASM-64@1.0"}, {"image", image(fac)}}), "init");
  const msg ended = n.at(made, "terminate");
  CHECK(!is_host(ended, "instance"));
  CHECK(n.device.instance_of(made) == nullptr);
  CHECK(code_of(n.device.resolve(calling(ended, "fac", {1.0}), "compute")) == errc::no_instance);
}
