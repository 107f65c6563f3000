#include "tests/device/support.hpp"

using namespace device_tests;

TEST_CASE("init leaves handles in the private part", "[device][init]") {
  fixture<> f;
  const msg base = take(f.device.init(map({{"image", image(fac)}})));
  for (const char* name : {"instance", "import-resolver", "read", "write"}) {
    CHECK(base.get_private(name).kind() == value_kind::host);
  }
  CHECK(base.keys().size() == 1);
  CHECK(f.device.instance_of(base)->is_alive());
}

TEST_CASE("the prefixes say where the image is and where the handles go", "[device][init]") {
  fixture<> f;
  const msg process = map({{"input-prefix", "process"}, {"output-prefix", "wasm"}});
  const msg base = take(f.device.init(with(process, "process/image", image(fac))));
  CHECK(base.get_private("wasm/instance").kind() == value_kind::host);
  CHECK(base.get_private("wasm/import-resolver").kind() == value_kind::host);
  CHECK(base.get_private("instance").is_null());
  const msg done = f.compute(base, "fac", {5.0});
  CHECK(done.get("results/wasm/output") == list({120.0}));
  CHECK(text_at(done, "results/wasm/type") == "ok");

  CHECK(take(f.device.init(map({{"input-prefix", "test-in"}, {"test-in", map({{"image", image(fac)}})}})))
            .get_private("instance")
            .kind() == value_kind::host);
}

TEST_CASE("an image is bytes, a message with a body, an id, or the body of the base", "[device][init]") {
  fixture<> f;
  const byte_vector wasm = wat(fac);
  const auto runs = [&](const msg& base) {
    return f.compute(take(f.device.init(base)), "fac", {3.0}).get("results/output") == list({6.0});
  };
  CHECK(runs(map({{"image", bytes(wasm)}})));
  CHECK(runs(map({{"image", map({{"body", bytes(wasm)}})}})));
  CHECK(runs(map({{"body", bytes(wasm)}})));

  const content_id plain = take(f.store.put(view_of(wasm)));
  const byte_vector encoded = take(policy::encode(map({{"body", bytes(wasm)}})));
  const content_id wrapped = take(f.store.put(view_of(encoded)));
  for (const content_id& id : {plain, wrapped}) {
    CHECK(runs(map({{"image", to_text(id)}})));
    CHECK(runs(map({{"image", msg(bytes_view(id.bytes))}})));
  }
}

TEST_CASE("an image that cannot be had is an error", "[device][init]") {
  fixture<> f;
  CHECK(code_of(f.device.init(msg())) == errc::no_image);
  CHECK(code_of(f.device.init(map({}))) == errc::no_image);
  CHECK(code_of(f.device.init(map({{"image", 7}}))) == errc::no_image);
  CHECK(code_of(f.device.init(map({{"image", map({{"other", "x"}})}}))) == errc::no_image);
  CHECK(code_of(f.device.init(map({{"body", list({1})}}))) == errc::no_image);
  CHECK(code_of(f.device.init(map({{"image", std::string(43, 'A')}}))) == errc::image_not_found);
  CHECK(code_of(f.device.init(map({{"image", std::string(32, 'x')}}))) == errc::image_not_found);
  CHECK(code_of(f.device.init(map({{"image", std::string(43, '!')}}))) == errc::malformed_id);
  CHECK(code_of(f.device.init(map({{"image", "0x52908400098527886E0F7030069857D2E4169EE7"}}))) == errc::malformed_id);
  const byte_vector empty = take(policy::encode(map({{"size", 1}})));
  const content_id id = take(f.store.put(view_of(empty)));
  CHECK(code_of(f.device.init(map({{"image", to_text(id)}}))) == errc::no_image);
}

TEST_CASE("an image is validated, and native code is none", "[device][init]") {
  fixture<> f;
  CHECK(code_of(f.device.init(map({{"image", std::string("\0aot\3\0\0\0", 8)}}))) == errc::bad_magic);
  CHECK(code_of(f.device.init(map({{"image", "(module)"}}))) == errc::bad_magic);
  CHECK(code_of(f.device.init(map({{"image", image("(module (func (result i32)))")}}))) == errc::type_mismatch);
  CHECK(code_of(f.device.init(map({{"image", image("(module (import \"a\" \"b\" (memory 1)))")}}))) ==
        errc::unknown_import);
}

TEST_CASE("small modules are not taken for ids", "[device][init]") {
  fixture<> f;
  for (const std::size_t size : {std::size_t{32}, std::size_t{42}, std::size_t{43}}) {
    byte_vector wasm = wat("(module)");
    // A custom section named "x" fills up.
    wasm.push_back(0);
    wasm.push_back(static_cast<std::uint8_t>(size - 10));
    wasm.push_back(1);
    wasm.push_back('x');
    wasm.resize(size, 0);
    CHECK(f.device.init(map({{"image", bytes(wasm)}})).has_value());
  }
}

TEST_CASE("mode is WASM or AOT", "[device][init]") {
  fixture<> f;
  const msg base = map({{"image", image(fac)}});
  CHECK(f.device.init(with(base, "Mode", "WASM")).has_value());
  CHECK(f.device.init(with(base, "mode", "AOT")).has_value());
  CHECK(code_of(f.device.init(with(base, "Mode", "JIT"))) == errc::unknown_mode);
  CHECK(code_of(f.device.init(with(base, "Mode", 1))) == errc::unknown_mode);
  const msg prefixed = map({{"input-prefix", "in"}, {"in", with(base, "Mode", "JIT")}});
  CHECK(code_of(f.device.init(prefixed)) == errc::unknown_mode);
}

TEST_CASE("a start function runs at init, and its imports see the message", "[device][init]") {
  fixture<config_with_test_device> f;
  const std::string_view source = R"((module
    (import "my_lib" "mul" (func $mul (param i32 i32) (result i32)))
    (global $product (mut i32) (i32.const 0))
    (func (export "product") (result i32) (global.get $product))
    (func $start (global.set $product (call $mul (i32.const 6) (i32.const 7))))
    (start $start)))";
  const msg library = map({{"my_lib", map({{"device", "Test-Device@1.0"}})}});
  const msg base = take(f.device.init(map({{"image", image(source)}, {"stdlib", library}})));
  CHECK(base.get("calls") == msg(1));
  CHECK(f.compute(base, "product").get("results/output") == list({42}));

  CHECK(code_of(f.device.init(map({{"image", image("(module (func $f unreachable) (start $f))")}}))) ==
        errc::trap_unreachable);
}

TEST_CASE("terminate destroys the instance for all who hold it", "[device][terminate]") {
  fixture<> f;
  const msg base = f.init(fac);
  const msg done = take(f.device.terminate(base));
  CHECK(done.get_private("instance").is_null());
  CHECK(f.device.instance_of(base) == nullptr);
  CHECK(code_of(f.device.terminate(done)) == errc::no_instance);
  CHECK(code_of(f.device.compute(base)) == errc::no_instance);
  const msg reader = base.get_private("read");
  CHECK(code_of((*reader.as_host().get<guest_reader<policy>>())(msg(0))) == errc::no_instance);
  CHECK(f.compute(take(f.device.init(done)), "fac", {4.0}).get("results/output") == list({24.0}));
}
