#include "tests/unit/runtime/hopping.hpp"
#include "tests/unit/runtime/suspended_programs.hpp"

using namespace wasm64;

namespace {

/// Records that differ from a genuine one in one place.
class damaged_records {
 public:
  std::vector<suspended_call> all;

  damaged_records(const suspended_call& genuine, const store_base& of, machine& vm, bool every_offset)
      : genuine_(genuine), vm_(vm) {
    static_cast<void>(of);
    heads();
    chains();
    for (std::size_t i = 0; i < genuine.frames.size(); ++i) frame(i);
    values();
    if (every_offset) {
      for (std::uint32_t at = 0; at < vm.all_instances[0]->source->bytes.size(); ++at) {
        change([&](suspended_call& c) { c.frames[0].offset = at; });
      }
    }
  }

 private:
  template <class Change>
  void change(Change make) {
    suspended_call c = genuine_;
    make(c);
    if (!(c == genuine_)) all.push_back(std::move(c));
  }

  void heads() {
    for (const waits_for what : {waits_for::nothing, waits_for::fuel, waits_for::import}) {
      change([&](suspended_call& c) { c.what = what; });
    }
    change([](suspended_call& c) { c.entry = nullptr; });
    change([](suspended_call& c) { c.arguments.push_back({type_code::i32, 0, 0}); });
    for (const instance* in : vm_.all_instances) {
      for (const func_instance* f : in->funcs) {
        change([&](suspended_call& c) { c.entry = f; });
        change([&](suspended_call& c) { c.import = f; });
        change([&](suspended_call& c) {
          c.import = f;
          c.what = waits_for::import;
        });
      }
    }
  }
  void chains() {
    const std::size_t count = genuine_.frames.size();
    change([](suspended_call& c) { c.frames.clear(); });
    for (std::size_t i = 0; i < count && i < 6; ++i) {
      const auto at = static_cast<std::ptrdiff_t>(i);
      change([&](suspended_call& c) { c.frames.erase(c.frames.begin() + at); });
      change([&](suspended_call& c) { c.frames.insert(c.frames.begin() + at, suspended_frame(c.frames[i])); });
      if (i != 0) change([&](suspended_call& c) { std::swap(c.frames[i], c.frames[0]); });
    }
    change([](suspended_call& c) { c.frames.resize(100'000, c.frames.back()); });
  }
  void frame(std::size_t i) {
    for (const std::uint32_t v : {0u, 1u, 2u, 3u, 0x7fffffffu, 0xffffffffu}) {
      change([&](suspended_call& c) { c.frames[i].instance = v; });
      change([&](suspended_call& c) { c.frames[i].function = v; });
      change([&](suspended_call& c) { c.frames[i].offset = v; });
      change([&](suspended_call& c) { c.frames[i].offset += v; });
      change([&](suspended_call& c) { c.frames[i].offset -= v; });
    }
    for (const type_code type : {type_code::i32, type_code::i64, type_code::v128, type_code::ref}) {
      change([&](suspended_call& c) { c.frames[i].locals.push_back({type, 0, 0}); });
      change([&](suspended_call& c) { c.frames[i].operands.push_back({type, 0, 0}); });
      change([&](suspended_call& c) { c.frames[i].caught.push_back({type, 0, 0}); });
      for (const word bits : {word{0}, reference::from_i31(3)}) {
        change([&](suspended_call& c) { c.frames[i].leftovers.push_back({type, bits, 0}); });
        change([&](suspended_call& c) { c.frames[i].leftovers.resize(40, {type, bits, 0}); });
      }
    }
    for (const auto list : {&suspended_frame::locals, &suspended_frame::operands, &suspended_frame::caught,
                            &suspended_frame::leftovers}) {
      if ((genuine_.frames[i].*list).empty()) continue;
      change([&](suspended_call& c) { (c.frames[i].*list).pop_back(); });
      change([&](suspended_call& c) { (c.frames[i].*list).clear(); });
    }
  }
  void values() {
    std::vector<word> references = {0, reference::from_i31(5), reference::from_host(9)};
    for (const func_instance* f : vm_.all_instances[0]->funcs) references.push_back(reinterpret_cast<word>(f));
    std::size_t count = 0;
    each_value(genuine_, [&](const suspended_value& v) {
      ++count;
      if (v.type == type_code::ref) references.push_back(v.bits);
    });
    for (std::size_t n = 0; n < count && n < 60; ++n) {
      for (const type_code type : {type_code::none, type_code::i8, type_code::i32, type_code::i64, type_code::f32,
                                   type_code::f64, type_code::v128, type_code::ref}) {
        change_value(n, [&](suspended_value& v) {
          // References are what the store has, whatever else a record says.
          if (v.type != type_code::ref && type == type_code::ref) v.bits = 0;
          v.type = type;
        });
      }
      for (const word r : references) {
        change_value(n, [&](suspended_value& v) {
          if (v.type == type_code::ref) v.bits = r;
        });
      }
      for (const word bits : {word{1}, word{1} << 31, word{1} << 32, ~word{0}}) {
        change_value(n, [&](suspended_value& v) {
          if (v.type != type_code::ref) v.bits ^= bits;
        });
        change_value(n, [&](suspended_value& v) { v.high ^= bits; });
      }
    }
  }
  template <class Change>
  void change_value(std::size_t number, Change make) {
    change([&](suspended_call& c) {
      std::size_t n = 0;
      each_value(c, [&](suspended_value& v) {
        if (n++ == number) make(v);
      });
    });
  }

  const suspended_call& genuine_;
  machine& vm_;
};

struct tally {
  std::size_t refused = 0, accepted = 0;
};

/// Tries records in stores of their own; those that are taken run for a while.
template <class Make>
void try_records(test::metered_engine& genuine, Make make, const std::vector<suspended_call>& records, tally& out) {
  std::unique_ptr<test::metered_engine> e;
  std::unique_ptr<test::store_copy> copy;
  for (const suspended_call& damaged : records) {
    if (e == nullptr) {
      e = std::make_unique<test::metered_engine>();
      static_cast<void>(make(*e));
      copy = std::make_unique<test::store_copy>(genuine.st, e->st);
    }
    const auto restored = restore_call(e->st, copy->translated(damaged));
    if (!restored.has_value()) {
      ++out.refused;
      REQUIRE(restored.error().code == errc::suspension_mismatch);
      REQUIRE_FALSE(restored.error().detail.empty());
      REQUIRE_FALSE(e->st.suspended());
      REQUIRE(e->st.vm().nesting == 0);
      continue;
    }
    ++out.accepted;
    REQUIRE(capture_call(e->st).has_value());
    vector<value> results;
    e->st.set_fuel(2000);
    static_cast<void>(e->st.resume(results));
    static_cast<void>(e->st.resume_failed(errc::trap_host));
    e->st.abandon();
    e = nullptr;
  }
}

template <class Make>
tally damage(Make make, std::int32_t argument, unsigned every) {
  test::metered_engine e;
  const instance& in = make(e);
  e.st.set_fuel(0);
  tally out;
  vector<value> results;
  const value arguments[] = {value::i32(argument)};
  auto done = e.st.call(e.func(in, "run"), arguments, results);
  for (unsigned stops = 0; e.st.suspended(); ++stops) {
    if (stops % every == 0) {
      const auto record = capture_call(e.st);
      REQUIRE(record.has_value());
      try_records(e, make, damaged_records(record.value(), e.st, e.st.vm(), stops % (5 * every) == 0).all, out);
    }
    e.st.add_fuel(e.st.fuel() < 0 ? -e.st.fuel() : 1 + e.st.fuel());
    done = e.st.resume(results);
  }
  CHECK(done.has_value());
  return out;
}

}  // namespace

TEST_CASE("hostile suspension: damaged records are refused, or are those of a call that could be") {
  namespace programs = test::suspended;
  const bool is_long = std::getenv("WASM64_LONG_RUNS") != nullptr;
  const std::pair<std::string_view, std::int32_t> all[] = {{programs::calls, 5},
                                                           {programs::blocks, 9},
                                                           {programs::tails, 5},
                                                           {programs::exceptions, 5},
                                                           {programs::legacy_exceptions, 3},
                                                           {programs::paying, 40},
                                                           {programs::references, 6}};
  for (const auto& [text, argument] : all) {
    INFO(text);
    const auto m = test::compile_wat(text);
    const tally out =
        damage([&m](test::metered_engine& e) -> instance& { return e.add(m); }, argument, is_long ? 1 : 7);
    CHECK(out.refused > 20 * out.accepted / 10);
    CHECK(out.accepted > 0);
  }
}

namespace {

/// Stops `run` where the host function is called, with 30 and 40 as arguments.
struct waiting_call {
  test::engine<> e;
  suspended_call record;

  explicit waiting_call(std::string_view text) {
    e.imports.func("h", "later", [](caller& from) -> result<void> { return from.suspend(); });
    instance& in = e.add(text);
    CHECK(e.failure(in, "run", 30, std::int64_t{40}) == errc::pending);
    auto captured = capture_call(e.st);
    REQUIRE(captured.has_value());
    record = std::move(captured).value();
    e.st.abandon();
  }
  /// What the call ends with, or why the record is refused.
  std::string outcome_of(const suspended_call& call) {
    const auto restored = restore_call(e.st, call);
    if (!restored.has_value()) return restored.error().detail;
    vector<value> results;
    REQUIRE(e.st.resume({}, results).has_value());
    std::string text;
    for (const value& v : results) text += std::to_string(v.as_i64()) + " ";
    return text;
  }
};

}  // namespace

TEST_CASE("hostile suspension: an operand that code reads from a local is what the local holds") {
  waiting_call w(R"((module (import "h" "later" (func $later))
    (func (export "run") (param $a i32) (param $b i64) (result i32 i64 i64 i64 i64)
      (local.get $a) (local.get $b) (i64.const 50) (i64.add (local.get $b) (i64.const -7))
      (i64.mul (local.get $b) (local.get $b))
      (call $later))))");
  REQUIRE(w.record.frames.size() == 1);
  suspended_frame& f = w.record.frames[0];
  REQUIRE(f.operands.size() == 5);
  CHECK(w.outcome_of(w.record) == "30 40 50 33 1600 ");
  const auto with = [&](std::size_t operand, word bits) {
    suspended_call c = w.record;
    c.frames[0].operands[operand].bits = bits;
    return w.outcome_of(c);
  };
  CHECK(with(0, 31) == "frame 0: operand 0");
  CHECK(with(1, 41) == "frame 0: operand 1");
  CHECK(with(2, 51) == "frame 0: operand 2");
  CHECK(with(3, 34) == "frame 0: operand 3");
  CHECK(with(4, 5) == "30 40 50 33 5 ");  // stands for itself
  f.locals[1].bits = 100;
  CHECK(w.outcome_of(w.record) == "frame 0: operand 1");
  f.operands[1].bits = 100;
  CHECK(w.outcome_of(w.record) == "frame 0: operand 3");
  f.operands[3].bits = 93;
  CHECK(w.outcome_of(w.record) == "30 100 50 93 1600 ");
}

TEST_CASE("hostile suspension: references have the types of their places") {
  waiting_call w(R"((module (import "h" "later" (func $later))
    (type $f (func (result i32))) (type $p (struct (field i32)))
    (elem declare func $one)
    (func $one (result i32) (i32.const 1))
    (func (export "run") (param i32 i64) (result i32) (local $r (ref $f)) (local $never (ref $p)) (local $any anyref)
      (local.set $r (ref.func $one))
      (ref.func $one) (ref.i31 (i32.const 5)) (ref.null extern)
      (call $later)
      (drop) (drop) (drop)
      (call_ref $f (local.get $r)))))");
  suspended_frame& f = w.record.frames[0];
  const instance& in = *w.e.st.vm().all_instances[0];
  const auto address = [&](std::size_t function) { return reinterpret_cast<word>(in.funcs[function]); };
  CHECK(f.locals[2].bits == address(1));
  CHECK(f.locals[3].bits == 0);
  CHECK(w.outcome_of(w.record) == "1 ");
  const auto try_value = [&](suspended_value& at, word bits) {
    const word before = std::exchange(at.bits, bits);
    const std::string text = w.outcome_of(w.record);
    at.bits = before;
    return text;
  };
  for (const word bad : {word{0}, address(0), address(2), reference::from_i31(1), reference::from_host(1)}) {
    CHECK(try_value(f.locals[2], bad) == "frame 0: local 2");
    CHECK(try_value(f.operands[0], bad) == "frame 0: operand 0");
  }
  CHECK(try_value(f.locals[3], address(1)) == "frame 0: local 3");  // null while it has no value
  CHECK(try_value(f.locals[3], reference::from_i31(1)) == "frame 0: local 3");
  CHECK(try_value(f.locals[4], address(1)) == "frame 0: local 4");
  CHECK(try_value(f.locals[4], reference::from_host(1)) == "1 ");
  CHECK(try_value(f.operands[1], 0) == "frame 0: operand 1");
  CHECK(try_value(f.operands[1], reference::from_host(1)) == "frame 0: operand 1");
  CHECK(try_value(f.operands[1], reference::from_i31(6)) == "1 ");
  CHECK(try_value(f.operands[2], address(1)) == "frame 0: operand 2");
  CHECK(try_value(f.operands[2], reference::from_host(77)) == "frame 0: operand 2");  // a constant
}

TEST_CASE("hostile suspension: a chain of frames is one of calls") {
  test::metered_engine e;
  instance& in = e.add(R"((module
    (func $leaf (param i32) (result i32) (loop $l (br_if $l (i32.const 0))) (local.get 0))
    (func $other (param i32) (result i32) (loop $l (br_if $l (i32.const 0))) (local.get 0))
    (func $tail (param i32) (result i32) (return_call $other (local.get 0)))
    (func (export "run") (param i32) (result i32)
      (i32.add (call $leaf (local.get 0)) (call $tail (i32.const 3))))
    (func (export "unlike") (param i32) (result i64) (i64.extend_i32_u (call $leaf (local.get 0))))))");
  e.st.set_fuel(5);
  CHECK(e.failure(in, "run", 7) == errc::trap_out_of_fuel);
  auto captured = capture_call(e.st);
  REQUIRE(captured.has_value());
  suspended_call record = captured.value();
  e.st.abandon();
  REQUIRE(record.frames.size() == 2);
  REQUIRE(record.frames[0].function == 0);
  const auto refusal = [&](const suspended_call& c) -> std::string {
    const auto restored = restore_call(e.st, c);
    if (!restored.has_value()) return restored.error().detail;
    e.st.abandon();
    return "none";
  };
  CHECK(refusal(record) == "none");
  suspended_call other = record;
  other.frames[0].function = 1;
  // The same place in the function that looks alike.
  const auto& funcs = in.source->funcs;
  other.frames[0].offset += funcs[1].body.offset - funcs[0].body.offset;
  CHECK(refusal(other) == "frame 0: not what its caller calls");
  suspended_call from_host = record;
  from_host.entry = e.st.vm().all_instances[0]->exported_func("unlike");
  CHECK(refusal(from_host) == "frame 1: not what its caller calls");
  suspended_call deep = record;
  deep.frames.insert(deep.frames.end(), 1'000'000, record.frames[1]);
  CHECK(refusal(deep).find("call depth") != std::string::npos);

  // What a tail call leads to may be any function with such results.
  e.st.set_fuel(1'000);
  CHECK(e.call<std::int32_t>(in, "run", 7) == 10);
  const std::int64_t all = 1'000 - e.st.fuel();
  for (std::int64_t fuel = 0; fuel < all; ++fuel) {
    e.st.set_fuel(fuel);
    CHECK(e.failure(in, "run", 7) == errc::trap_out_of_fuel);
    record = capture_call(e.st).value();
    e.st.abandon();
    CHECK(refusal(record) == "none");
  }
}

TEST_CASE("hostile suspension: nothing runs in an instance that could not be made") {
  constexpr std::string_view text = R"((module (memory (export "m") 1)
    (func (export "run") (result i32) (loop $l (br_if $l (i32.const 0))) (i32.load (i32.const 4))) (table 100 funcref)))";
  limits small;
  small.table_elements = 150;
  test::metered_engine e(small);
  const auto m = test::compile_wat(text);
  instance& in = e.add(m);
  CHECK(e.st.instantiate(m, e.imports).error().code == errc::limit_exceeded);
  e.st.set_fuel(0);
  CHECK(e.failure(in, "run") == errc::trap_out_of_fuel);
  suspended_call record = capture_call(e.st).value();
  e.st.abandon();
  REQUIRE(e.st.vm().all_instances.size() == 2);
  record.frames[0].instance = 1;
  CHECK(restore_call(e.st, record).error().detail == "frame 0: instance that could not be made");
  record.frames[0].instance = 0;
  CHECK(restore_call(e.st, record).has_value());
}
