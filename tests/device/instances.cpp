#include "tests/device/support.hpp"

#include <thread>

using namespace device_tests;

// What a node does with instances beside the device's keys: calls from C++, and the guest's memory.

namespace {

constexpr std::string_view fac_64 = R"((module
  (memory (export "memory") i64 1)
  (func (export "fac") (param f64) (result f64)
    (if (result f64) (f64.lt (local.get 0) (f64.const 1))
      (then (f64.const 1))
      (else (f64.mul (local.get 0) (call 0 (f64.sub (local.get 0) (f64.const 1)))))))))";

constexpr std::string_view print = R"((module
  (memory (export "memory") 1)
  (data (i32.const 66) "Hello, World!\00")))";

/// A bump allocator that refuses what does not fit into its two pages.
constexpr std::string_view allocating = R"((module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 1024))
  (func (export "malloc") (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $next))
    (if (i32.gt_u (local.get $size) (i32.sub (i32.const 131072) (local.get $at))) (then (return (i32.const 0))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func (export "free") (param i32))))";

result<std::shared_ptr<const module>> module_of(std::string_view source) { return compile(view_of(wat(source))); }

}  // namespace

TEST_CASE("an export is called with C++ types", "[instance]") {
  for (const std::string_view source : {fac, fac_64}) {
    store<> s;
    instance& made = *take(s.instantiate(take(module_of(source)), {}));
    CHECK(take(s.call<double>(*made.exported_func("fac"), 5.0)) == 120.0);
    CHECK(code_of(s.call<double>(*made.exported_func("fac"), 5)) == errc::argument_type_mismatch);
    CHECK(made.exported_func("other") == nullptr);
  }
}

TEST_CASE("an imported function is called from the guest", "[instance]") {
  int calls = 0;
  linker imports;
  imports.func("my_lib", "mul", [&calls](std::int32_t a, std::int32_t b) {
    ++calls;
    return a * b;
  });
  store<> s;
  instance& made = *take(s.instantiate(take(module_of(power)), imports));
  CHECK(take(s.call<std::int32_t>(*made.exported_func("pow"), 2, 5)) == 32);
  CHECK(calls == 5);
}

TEST_CASE("an instance that one thread made is called from another", "[instance]") {
  store<> s;
  instance& made = *take(s.instantiate(take(module_of(fac)), {}));
  double answer = 0;
  std::thread([&] {
    const auto done = s.call<double>(*made.exported_func("fac"), 5.0);
    if (done.has_value()) answer = done.assume_value();
  }).join();
  CHECK(answer == 120.0);
  CHECK(take(s.call<double>(*made.exported_func("fac"), 4.0)) == 24.0);

  fixture<> f;
  const msg base = f.init(fac);
  msg done;
  std::thread([&] { done = f.compute(base, "fac", {5.0}); }).join();
  CHECK(done.get("results/output") == list({120.0}));
}

TEST_CASE("instances of different stores run at the same time", "[instance]") {
  const auto source = take(module_of(fac));
  double answers[4] = {};
  std::vector<std::thread> threads;
  for (double& answer : answers) {
    threads.emplace_back([&answer, source] {
      store<> s;
      const auto made = s.instantiate(source, {});
      if (!made.has_value()) return;
      for (int i = 0; i < 1000; ++i) {
        answer += s.call<double>(*made.assume_value()->exported_func("fac"), 5.0).assume_value();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double answer : answers) CHECK(answer == 120'000.0);
}

TEST_CASE("a guest's memory has the size of its pages", "[instance]") {
  fixture<> f;
  CHECK(take(f.device.instance_of(f.init(print))->main_memory())->size == 65536);
  CHECK(take(f.device.instance_of(f.init("(module (memory 192))"))->main_memory())->size == 192 * 65536);
  CHECK(code_of(f.device.instance_of(f.init(fac))->main_memory()) == errc::unknown_memory);
}

TEST_CASE("a guest's memory is read and written inside its bounds only", "[instance]") {
  fixture<> f;
  const msg base = f.init(print);
  memory_instance& memory = *take(f.device.instance_of(base)->main_memory());
  CHECK(as_text(take(memory.read(66, 13))) == "Hello, World!");
  take(memory.write(0, as_bytes("Hello, World!")));
  CHECK(as_text(take(memory.read(0, 13))) == "Hello, World!");
  CHECK(take(memory.read(65536, 0)).empty());
  CHECK(take(memory.read(65535, 1)).size() == 1);
  for (const std::uint64_t address : {std::uint64_t{65524}, std::uint64_t{1'000'000}, UINT64_MAX - 5}) {
    CHECK(code_of(memory.read(address, 13)) == errc::out_of_bounds);
    CHECK(code_of(memory.write(address, as_bytes("Hello, World!"))) == errc::out_of_bounds);
  }
  CHECK(take(memory.read(65524, 12))[0] == 0);

  take(memory.write(66, as_bytes(std::string_view("Latest & greatest!\0", 19))));
  CHECK(bytes(take(f.device.instance_of(base)->read(66))) == msg("Latest & greatest!"));
}

TEST_CASE("a guest's malloc is asked for memory, and may refuse", "[instance]") {
  fixture<> f;
  const auto made = f.device.instance_of(f.init(allocating));
  store_base& vm = *made->vm();
  const func_instance& malloc = *made->module_instance()->exported_func("malloc");
  CHECK(take(vm.call<std::int32_t>(malloc, 100)) == 1024);
  CHECK(take(vm.call<std::int32_t>(malloc, 128 << 20)) == 0);
  CHECK(code_of(made->write(as_bytes(std::string(200'000, 'x')))) == errc::out_of_memory);
  CHECK(take(made->write(as_bytes("still there"))) == 1124);
}

TEST_CASE("a text that was written is read back", "[instance]") {
  fixture<> f;
  const auto made = f.device.instance_of(f.init(allocating));
  const std::string text = "Hello, world! " + std::string(230, 'a');
  const std::uint64_t first = take(made->write(as_bytes(text)));
  const std::uint64_t second = take(made->write(as_bytes("another")));
  CHECK(bytes(take(made->read(first))) == msg(text));
  CHECK(bytes(take(made->read(second))) == msg("another"));
  CHECK(take(made->read(first + text.size())).empty());
}
