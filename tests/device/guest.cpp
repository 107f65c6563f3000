#include "tests/device/support.hpp"

using namespace device_tests;

namespace {

/// Gives memory from 1024 up, and hands its allocations to an import.
constexpr std::string_view allocating = R"((module
  (import "host" "ask" (func $ask (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello\00")
  (data (i32.const 65534) "no")
  (global $next (mut i32) (i32.const 1024))
  (func (export "malloc") (param $size i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size))))
  (func (export "next") (result i32) (global.get $next))
  (func (export "again") (param i32) (result i32) (i32.add (call $ask) (local.get 0)))
  (func (export "run") (result i32) (call $ask))))";

msg with_ask(msg base, handler h) {
  take(base.set_private("stdlib/host/ask", msg(host_object::make(std::move(h)))));
  return base;
}

}  // namespace

TEST_CASE("read answers the text a pointer points to", "[device][guest]") {
  fixture<> f;
  const msg base = f.init(allocating);
  const host_object object = base.get_private("read").as_host();
  const auto& read = *object.get<guest_reader<policy>>();
  CHECK(bytes(take(read(msg(16)))) == msg("hello"));
  CHECK(bytes(take(read(list({17})))) == msg("ello"));
  CHECK(take(read(msg(0))).empty());
  CHECK(code_of(read(msg(65534))) == errc::out_of_bounds);
  CHECK(code_of(read(msg(65536))) == errc::out_of_bounds);
  CHECK(code_of(read(msg(-1))) == errc::out_of_bounds);
  CHECK(code_of(read(msg("16"))) == errc::argument_type_mismatch);
  CHECK(code_of(read(list({16, 17}))) == errc::argument_type_mismatch);
}

TEST_CASE("write puts a text where malloc says", "[device][guest]") {
  fixture<> f;
  const msg base = f.init(allocating);
  const host_object object = base.get_private("write").as_host();
  const auto& write = *object.get<guest_writer<policy>>();
  CHECK(take(write(as_bytes("first"))) == 1024);
  CHECK(take(write(as_bytes(""))) == 1030);
  CHECK(take(write(as_bytes("second"))) == 1031);
  CHECK(bytes(take(f.device.instance_of(base)->read(1031))) == msg("second"));
  CHECK(code_of(write(as_bytes(std::string(70'000, 'x')))) == errc::out_of_bounds);
  CHECK(code_of(f.device.instance_of(f.init(fac))->write(as_bytes("x"))) == errc::unknown_export);

  const msg refusing = f.init("(module (memory 1) (func (export \"malloc\") (param i32) (result i32) (i32.const 0)))");
  CHECK(code_of(f.device.instance_of(refusing)->write(as_bytes("x"))) == errc::out_of_memory);
  const msg strange = f.init("(module (memory 1) (func (export \"malloc\")))");
  CHECK(code_of(f.device.instance_of(strange)->write(as_bytes("x"))) == errc::incompatible_import);
}

TEST_CASE("an import handler may allocate, write and read", "[device][guest]") {
  fixture<> f;
  const msg base =
      with_ask(f.init(allocating), handler([](call_of& call) -> result<answer_of> {
                 WASM64_TRY(const std::uint64_t pointer, call.instance->write(as_bytes("from the handler")));
                 WASM64_TRY(const byte_vector back, call.instance->read(pointer));
                 CHECK(bytes(back) == msg("from the handler"));
                 return answer_of{list({pointer}), {}};
               }));
  const msg done = f.compute(base, "run");
  CHECK(done.get("results/output") == list({1024}));
  CHECK(f.compute(done, "next").get("results/output") == list({1041}));
}

TEST_CASE("an import handler may call exports, whose imports are answered in turn", "[device][guest]") {
  fixture<> f;
  int depth = 0;
  const msg base = with_ask(f.init(allocating), handler([&](call_of& call) -> result<answer_of> {
                              msg state = with(call.state, "depth", ++depth);
                              if (depth == 4) return answer_of{list({100}), state};
                              auto nested = call.instance->call("again", list({depth}), std::move(state));
                              WASM64_TRY(const msg output, std::move(nested.output));
                              return answer_of{output, std::move(nested.state)};
                            }));
  const msg done = f.compute(base, "run");
  CHECK(done.get("results/output") == list({106}));
  CHECK(done.get("depth") == msg(4));
}

TEST_CASE("endless nesting ends in an error result", "[device][guest]") {
  fixture<> f;
  const msg base = with_ask(f.init(allocating), handler([](call_of& call) -> result<answer_of> {
                              auto nested = call.instance->call("run", list({}), call.state);
                              WASM64_TRY(const msg output, std::move(nested.output));
                              return answer_of{output, std::move(nested.state)};
                            }));
  const msg done = f.compute(base, "run");
  CHECK(text_at(done, "results/type") == "error");
  CHECK(text_at(done, "results/output").find("host calls nested too deeply") != std::string::npos);
  CHECK(f.compute(done, "next").get("results/output") == list({1024}));
}

TEST_CASE("an instance is neither terminated nor captured while it runs", "[device][guest]") {
  fixture<> f;
  const msg base = with_ask(f.init(allocating), handler([&](call_of& call) -> result<answer_of> {
                              CHECK(code_of(f.device.terminate(call.state)) == errc::instance_busy);
                              CHECK(code_of(f.device.snapshot(call.state)) == errc::instance_busy);
                              return answer_of{list({1}), {}};
                            }));
  CHECK(f.compute(base, "run").get("results/output") == list({1}));
  CHECK(f.device.terminate(base).has_value());
}

TEST_CASE("handlers that lose the private part lose nothing", "[device][guest]") {
  fixture<> f;
  const msg base =
      with_ask(f.init(allocating),
               handler([](call_of&) -> result<answer_of> { return answer_of{list({1}), map({{"fresh", true}})}; }));
  const msg done = f.compute(base, "run");
  CHECK(done.get("fresh") == msg(true));
  CHECK(f.device.instance_of(done) == f.device.instance_of(base));
  CHECK(f.compute(done, "next").get("results/output") == list({1024}));
}

TEST_CASE("messages of one module share it, not their instances", "[device][guest]") {
  fixture<> f;
  const msg a = f.init(allocating), b = f.init(allocating);
  CHECK(f.device.instance_of(a)->module_instance()->source == f.device.instance_of(b)->module_instance()->source);
  CHECK(take(f.device.instance_of(a)->write(as_bytes("x"))) == 1024);
  CHECK(f.compute(b, "next").get("results/output") == list({1024}));
}
