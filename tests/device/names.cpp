#include "tests/device/support.hpp"

using namespace device_tests;

TEST_CASE("the device has two names, in any case, with or without a tilde", "[device]") {
  for (const char* name : {"wasm64@1.0", "wasm-64@1.0", "WASM-64@1.0", "~wasm64@1.0", "~Wasm-64@1.0"}) {
    CHECK(is_device_name(name));
  }
  for (const char* name : {"wasm64", "wasm64@1.1", "~~wasm64@1.0", "wasm_64@1.0", "", "~", "WASM-64/1.0"}) {
    CHECK_FALSE(is_device_name(name));
  }
}

TEST_CASE("keys are called by name, without regard to case", "[device]") {
  fixture<> f;
  const msg base = take(f.device.call("INIT", map({{"image", image(fac)}, {"colour", "red"}}))).message;
  REQUIRE(f.device.instance_of(base) != nullptr);
  const msg request = map({{"function", "fac"}, {"parameters", list({5.0})}});
  const auto done = take(f.device.call("Compute", base, request));
  CHECK(done.status == device_status::ok);
  CHECK(done.message.get("results/output") == list({120.0}));
  CHECK(take(f.device.call("~wasm-64@1.0", "snapshot", base, {})).message.get("body").as_bytes().size() > 0);
}

TEST_CASE("other keys are read from the message", "[device]") {
  fixture<> f;
  const msg base = map({{"colour", "red"}});
  CHECK(take(f.device.call("Colour", base)).message == msg("red"));
  CHECK(code_of(f.device.call("shape", base)) == errc::unknown_key);
  CHECK(code_of(f.device.call("priv", f.init(fac))) == errc::unknown_key);
  CHECK(code_of(f.device.call("instance", f.init(fac))) == errc::unknown_key);
  CHECK(code_of(f.device.call("other@1.0", "colour", base, {})) == errc::unknown_device);
}

TEST_CASE("signatures are written with a letter for each type", "[device]") {
  func_type type;
  CHECK(signature_text(type) == "()");
  for (const val_type t : {types::i32, types::i64, types::f32, types::f64}) type.params.push_back(t);
  type.results.push_back(types::externref);
  type.results.push_back(types::funcref);
  CHECK(signature_text(type) == "(iIfF)eu");
}
