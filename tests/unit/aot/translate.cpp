#include "wasm64/aot/translate.hpp"

#include "tests/support/wat.hpp"
#include "wasm64/aot/backends/c.hpp"
#include "wasm64/aot/c_emitter.hpp"

// What can be seen of translated functions without running them; tests/aot runs them.

using namespace wasm64;

namespace {

struct translated {
  aot::translation t;
  std::string text;
};

translated translate(const module& m, bool metered, const aot::translation_limits& limits = {},
                     std::uint32_t reserve = aot::translation().reserve) {
  translated made;
  made.t.reserve = reserve;
  made.t.source = &m;
  made.t.metered = metered;
  REQUIRE(aot::plan_functions(made.t, aot::c_emitter(0), {}, limits).has_value());
  aot::c_emitter e(m.func_types.size(), metered);
  aot::function_translation<aot::c_emitter> functions(made.t, e);
  for (std::uint32_t i = 0; i < m.funcs.size(); ++i) {
    if (!made.t.plans[i].is_compiled) continue;
    const auto written = functions.run(m.imported_funcs + i);
    REQUIRE(written.has_value());
    CHECK(written.value());
  }
  made.text = e.take();
  return made;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

/// How often a function makes a NaN of f64 canonical, and how often it looks whether an address is out of bounds.
std::size_t canonical_nans(std::string_view text) {
  return count(translate(*test::compile_wat(text), false).text, " = f64_of(9221120237041090560u);");
}
std::size_t bounds_checks(std::string_view text) {
  const std::string status = std::to_string(static_cast<std::uint32_t>(errc::trap_memory_out_of_bounds));
  return count(translate(*test::compile_wat(text), false).text, " = " + status + "u;");
}

constexpr const char* various = R"((module
  (type $step (func (param i64) (result i64)))
  (import "host" "ask" (func $ask (type $step)))
  (memory i64 1)
  (table 2 funcref)
  (global $sum (mut f64) (f64.const 0))
  (tag $oops (param i64))
  (func $plain (param i64 f64) (result i64) (local $i i64)
    (loop $again
      (global.set $sum (f64.add (global.get $sum) (local.get 1)))
      (i64.store (local.get $i) (call $ask (i64.load offset=8 (local.get $i))))
      (br_if $again (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 8))) (local.get 0))))
    (call_indirect (type $step) (local.get $i) (i32.const 1)))
  (func $several (param i64) (result i64 i64) (local.get 0) (call $plain (local.get 0) (f64.const 1)))
  (func $catches (param i64) (result i64)
    (block $caught (result i64)
      (try_table (catch $oops $caught) (throw $oops (local.get 0)))
      unreachable))
  (func $holds (param externref) (result externref) (local.get 0))
  (func $pushes (drop (ref.func $plain)))
  (elem declare func $plain)
  (func $copies (memory.copy (i64.const 0) (i64.const 8) (i64.const 16)) (memory.fill (i64.const 0) (i32.const 1) (i64.const 9)))
  (func $vectors (param v128) (result v128) (f32x4.mul (local.get 0) (f32x4.splat (f32.const 2))))
  (func $catches_again (try (do (call $copies)) (catch $oops drop (rethrow 0)) (catch_all)))
  (type $pair (struct (field i32) (field anyref)))
  (func $objects (param anyref) (result i32)
    (struct.get $pair 0 (ref.cast (ref $pair) (struct.get $pair 1 (struct.new $pair (i32.const 1) (local.get 0))))))
  (func $jumps (param i64) (result i64) (return_call_indirect (type $step) (local.get 0) (i32.const 0)))))";

}  // namespace

TEST_CASE("aot: functions are translated, but for some tail calls") {
  const auto m = test::compile_wat(various);
  for (const bool metered : {false, true}) {
    const translated made = translate(*m, metered);
    const bool expected[] = {true, true, true, true, true, true, true, true, true, false};
    REQUIRE(made.t.plans.size() == std::size(expected));
    for (std::size_t i = 0; i < std::size(expected); ++i) {
      INFO("function " << i);
      CHECK(made.t.plans[i].is_compiled == expected[i]);
      const std::string number = std::to_string(m->imported_funcs + i);
      CHECK((count(made.text, "u32 wasm64_entry_" + number + "(") == 1) == expected[i]);
    }
  }
}

TEST_CASE("aot: the same text is written every time, another one for stores that count fuel") {
  const auto m = test::compile_wat(various);
  CHECK(translate(*m, false).text == translate(*m, false).text);
  CHECK(translate(*m, true).text == translate(*m, true).text);
  CHECK(translate(*m, true).text != translate(*m, false).text);
}

TEST_CASE("aot: only some functions are translated when asked for some") {
  const auto m = test::compile_wat(various);
  aot::translation t;
  t.source = m.get();
  const std::uint32_t wanted[] = {0, 2, 4, 77};  // an import, two functions, none
  REQUIRE(aot::plan_functions(t, aot::c_emitter(0), wanted).has_value());
  for (std::size_t i = 0; i < t.plans.size(); ++i) CHECK(t.plans[i].is_compiled == (i == 1 || i == 3));
}

TEST_CASE("aot: what takes too much to translate is left to the interpreter") {
  const auto m = test::compile_wat(various);
  aot::translation_limits limits;
  limits.operations = 10;
  const translated few = translate(*m, false, limits);
  CHECK(!few.t.plans[0].is_compiled);
  CHECK(few.t.plans[1].is_compiled);
  limits.operations = 0;
  CHECK(translate(*m, false, limits).t.plans[0].is_compiled);
  limits.work = 1;
  CHECK(!translate(*m, false, limits).t.plans[0].is_compiled);
}

TEST_CASE("aot: functions are left at instructions, and go on at cells") {
  const auto m = test::compile_wat(various);
  for (const bool metered : {false, true}) {
    const translated made = translate(*m, metered);
    std::size_t calls = 0, others = 0, traps = 0;
    for (const aot::site& s : made.t.sites) {
      REQUIRE(s.function >= m->imported_funcs);
      const byte_range body = m->funcs[s.function - m->imported_funcs].body;
      const bool is_entry = s.offset == m->funcs[s.function - m->imported_funcs].entry;
      CHECK((is_entry || (s.offset >= body.offset && s.offset < body.offset + body.size)));
      (s.cell != aot::site::none ? calls : s.word != aot::site::none ? others : traps) += 1;
    }
    CHECK(calls >= 3);  // two in $plain, one in $several; with fuel, looks at it behind some of them
    CHECK((others > 6) == metered);  // without fuel only in front of calls, and of what pays by size
    CHECK(traps >= 4);
  }
}

TEST_CASE("aot: fuel is looked at where ways may take more than there is") {
  const auto looks = [](std::string_view body, std::uint32_t reserve) {
    const auto m = test::compile_wat("(module (func $f (param i32) " + std::string(body) + "))");
    const translated made = translate(*m, true, {}, reserve);
    const aot::function_plan& plan = made.t.plans[0];
    return std::count_if(plan.places.begin(), plan.places.end(), [&](const aot::function_plan::fuel_place& p) {
      return p.is_check && p.reserve + plan.cost_of(p) != 0;
    });
  };
  const std::string branches =
      R"((if (local.get 0) (then (local.set 0 (i32.const 1))) (else (local.set 0 (i32.const 2))))
                                 (block (br_if 0 (local.get 0)) (local.set 0 (i32.const 3))) (local.set 0 (i32.const 4)))";
  CHECK(looks(branches, 1000) == 1);  // where the function begins
  CHECK(looks(branches, 0) == 6);     // and in both arms, behind them, behind the branch and behind its block
  CHECK(looks("(local.set 0 (i32.const 1)) (loop " + branches + " (br_if 0 (local.get 0)))", 1000) == 2);
  CHECK(looks("(call $f (local.get 0)) " + branches, 1000) == 2);
  CHECK(looks(branches + " (call $f (local.get 0))", 1000) == 1);  // nothing is paid for behind the call
  // A loop where it has a way round on which nothing has looked; the others are paid for behind the call.
  const std::string begin = "(local.set 0 (i32.const 1))", call = "(call $f (local.get 0))";
  const std::string again = "(br_if 0 (local.get 0))";
  CHECK(looks(begin + "(loop " + branches + call + again + ")", 1000) == 2);
  CHECK(looks(begin + "(loop (if (local.get 0) (then " + call + ")) " + again + ")", 1000) == 3);
  CHECK(looks(begin + "(loop " + again + call + again + ")", 1000) == 2);  // nothing is paid for behind the call
  CHECK(looks(begin + "(loop (loop " + again + ") " + again + ")", 1000) == 2);
  CHECK(looks(begin + "(loop (loop " + call + again + ") " + again + ")", 1000) == 2);
  CHECK(looks(begin + "(loop " + branches + call + again + ")", 4) > 2);
}

TEST_CASE("aot: NaNs become canonical where somebody sees them") {
  CHECK(canonical_nans("(module (func (param f64 f64) (result i32)"
                       "  (f64.lt (f64.sqrt (f64.add (local.get 0) (local.get 1))) (f64.const 1))))") == 0);
  CHECK(canonical_nans("(module (func (param f64 f64) (result f64)"
                       "  (f64.mul (f64.add (local.get 0) (local.get 1)) (local.get 1))))") == 1);
  CHECK(canonical_nans("(module (memory 1) (func (f64.store (i32.const 0) (f64.load (i32.const 8)))))") == 0);
  CHECK(canonical_nans("(module (func (param f64) (result f64) (f64.neg (f64.ceil (local.get 0)))))") == 1);
}

TEST_CASE("aot: NaNs of a sum become canonical behind its loop") {
  const std::string loop = R"(
    (loop $again
      (local.set $sum (f64.add (local.get $sum) (local.get 0)))
      (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
    (local.get $sum)))";
  CHECK(canonical_nans("(module (func (param f64 i32) (result f64) (local $sum f64)" + loop + ")") == 1);
  // The sum begins with bits that are to be kept should the loop end at once: each way round makes it canonical.
  const std::string leaves = R"((block $out (br_if $out (i32.eqz (local.get 1))) )";
  CHECK(canonical_nans("(module (func (param f64 i32) (result f64) (local $sum f64) (local.set $sum (local.get 0))" +
                       loop + ")") == 1);
  CHECK(canonical_nans("(module (func (param f64 i32) (result f64) (local $sum f64) (local.set $sum (local.get 0))" +
                       leaves + "(local.set $sum (f64.add (local.get $sum) (local.get $sum)))) (local.get $sum)))") ==
        1);
}

TEST_CASE("aot: addresses are looked at once on a straight path") {
  CHECK(bounds_checks("(module (memory 1) (func (param i32) (result i32)"
                      "  (i32.add (i32.load offset=4 (local.get 0)) (i32.load (local.get 0)))))") == 1);
  CHECK(bounds_checks("(module (memory 1) (func (param i32) (result i32)"
                      "  (i32.add (i32.load (local.get 0)) (i32.load offset=4 (local.get 0)))))") == 2);
  CHECK(bounds_checks("(module (memory 1) (func (result i32) (i32.load offset=4 (i32.const 65528))))") == 0);
  CHECK(bounds_checks("(module (memory 1) (func (result i32) (i32.load offset=4 (i32.const 65529))))") == 1);
  // Where the offset alone may be too large there are two.
  CHECK(bounds_checks("(module (memory 1) (func (param i32) (result i32) (i32.load offset=65533 (local.get 0))))") ==
        2);
}

TEST_CASE("aot: a compiler that is missing or fails is an error") {
  const auto m = test::compile_wat(various);
  aot::c_options options;
  options.compiler = "wasm64-no-such-compiler";
  aot::c_generator missing(options);
  CHECK(missing.fingerprint().error().code == errc::aot_compiler_missing);
  CHECK(missing.compile(*m, {}).error().code == errc::aot_compiler_missing);
  options.compiler = "false";
  aot::c_generator failing(options);
  CHECK(failing.compile(*m, {}).error().code == errc::aot_compiler_failed);
}
