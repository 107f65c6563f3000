#include "wasm64/aot/runtime.hpp"

#include "tests/support/wat.hpp"
#include "wasm64/lower/lower.hpp"
#include "wasm64/runtime/suspension.hpp"

// Compiled code written by hand: what generators do is in tests of their own.

using namespace wasm64;
using namespace wasm64::aot;

namespace {

constexpr const char* text = R"((module
  (import "host" "ask" (func $ask (param i64) (result i64)))
  (func $inner (param i64) (result i64)
    (i64.add (call $ask (local.get 0)) (i64.const 1)))
  (func $outer (export "run") (param i64) (result i64) (local $kept i64)
    (local.set $kept (i64.mul (local.get 0) (i64.const 7)))
    (if (i64.eqz (local.get 0)) (then unreachable))
    (i64.add (call $inner (local.get 0)) (local.get $kept)))))";

constexpr std::uint32_t outer = 2;
const map_point* point_of_call = nullptr;  ///< of `$inner` in `$outer`
code_map map;

/// `$outer`, as a generator would write it.
call_status run_outer(context* ctx, word* fp, std::uint64_t budget) {
  const std::uint64_t left = budget - activation_charge(*ctx->in->source, ctx->in->source->funcs[1]);
  if (call_budget::exceeded(left)) return static_cast<call_status>(errc::trap_call_stack_exhausted);
  word* const area = fp - frame::header - 1;
  const std::uint64_t n = area[0], kept = n * 7;
  const auto help = [&](helper h) { return ctx->helpers[static_cast<std::size_t>(h)]; };
  if (n == 0) return help(helper::leave)(ctx, fp, left, 0, static_cast<call_status>(errc::trap_unreachable));
  word* const callee = fp + point_of_call->area + 1 + frame::header;
  callee[-frame::header - 1] = n;
  const call_status ended = help(helper::call)(ctx, callee, left, 1, 0);
  if (ended != 0) {
    if (ended == step::suspended) {
      fp[map.local_slots[0]] = n;
      fp[map.local_slots[1]] = kept;
    }
    return help(helper::leave)(ctx, fp, left, 1, ended);
  }
  area[0] = callee[-frame::header - 1] + kept;
  return 0;
}

struct tier {
  explicit tier(bool compiled) {
    m = test::compile_wat(text);
    imports.func("host", "ask", [](caller&, std::int64_t n) -> result<std::int64_t> {
      if (n == 13) return fail(errc::trap_host, "unlucky");
      if (n == 99) return caller::suspend();
      return n + 1000;
    });
    const auto made = st.instantiate(m, imports);
    REQUIRE(made.has_value());
    in = made.value();
    if (!compiled) return;
    func_code scratch;
    scratch.index = outer;
    scratch.charge = in->code->of(outer).charge;
    REQUIRE(lower_function(st.vm().handlers, *in->code, scratch, &map).has_value());
    std::uint32_t trap_offset = 0;
    for (const map_point& p : map.points) {
      if (p.kind == map_point::place::call) point_of_call = &p;
    }
    for (const code_position& p : map.positions) {
      const word* const handler =
          std::find(st.vm().handlers, st.vm().handlers + handler_entries * handler_count, scratch.words[p.word]);
      const std::size_t number = static_cast<std::size_t>(handler - st.vm().handlers) % handler_count;
      if (number == handler_id(ir::trap_unreachable)) trap_offset = p.offset;
    }
    sites[0] = {outer, trap_offset, site::none, site::none};
    sites[1] = {outer, point_of_call->at.offset, point_of_call->at.word, point_of_call->cell};
    code_view view;
    view.code = reinterpret_cast<const std::uint8_t*>(reinterpret_cast<word>(&run_outer));
    view.entries = entries;
    view.bodies = bodies;
    view.sites = sites;
    REQUIRE(attach(st, m, std::move(view)).has_value());
    CHECK(compiled_functions(*in->code) == 1);
  }

  store<> st;
  linker imports;
  std::shared_ptr<const module> m;
  instance* in = nullptr;
  std::uint32_t entries[2] = {0, 1}, bodies[2] = {0, 0};
  site sites[2];
};

}  // namespace

TEST_CASE("aot: compiled and interpreted functions call each other") {
  tier t(true);
  const auto r = t.st.call<std::int64_t>(*t.in->exported_func("run"), std::int64_t{5});
  REQUIRE(r.has_value());
  CHECK(r.value() == 5 + 1000 + 1 + 35);
  CHECK(t.st.vm().nesting == 0);
}

TEST_CASE("aot: traps have the interpreter's traces") {
  for (const std::int64_t n : {0, 13}) {
    std::string traces[2];
    for (const bool compiled : {false, true}) {
      tier t(compiled);
      CHECK(!t.st.call<std::int64_t>(*t.in->exported_func("run"), n).has_value());
      traces[compiled] = to_string(t.st.last_trap());
      CHECK(t.st.call<std::int64_t>(*t.in->exported_func("run"), std::int64_t{1}).value() == 1009);
    }
    CHECK(traces[0] == traces[1]);
  }
}

TEST_CASE("aot: a call that waits is the interpreter's, and goes on there") {
  suspended_call calls[2];
  std::string traces[2];
  for (const bool compiled : {false, true}) {
    tier t(compiled);
    const auto waiting = t.st.call<std::int64_t>(*t.in->exported_func("run"), std::int64_t{99});
    REQUIRE(!waiting.has_value());
    CHECK(waiting.assume_error().code == errc::pending);
    traces[compiled] = to_string(t.st.last_trap());
    auto captured = capture_call(t.st);
    REQUIRE(captured.has_value());
    calls[compiled] = captured.value();
    calls[compiled].entry = calls[compiled].import = nullptr;  // of different stores
    vector<value> results;
    const value answer = value::i64(4);
    REQUIRE(t.st.resume({&answer, 1}, results).has_value());
    CHECK(results[0] == value::i64(4 + 1 + 693));
  }
  CHECK(calls[0] == calls[1]);
  CHECK(traces[0] == traces[1]);
}
