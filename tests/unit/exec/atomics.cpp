#include "wasm64/exec/atomics.hpp"

#include "tests/support/wat.hpp"

using namespace wasm64;

namespace {

struct operation {
  const char* name;
  std::uint64_t (*apply)(std::uint64_t old, std::uint64_t operand);
};
constexpr operation operations[] = {
    {"add", [](std::uint64_t a, std::uint64_t b) { return a + b; }},
    {"sub", [](std::uint64_t a, std::uint64_t b) { return a - b; }},
    {"and", [](std::uint64_t a, std::uint64_t b) { return a & b; }},
    {"or", [](std::uint64_t a, std::uint64_t b) { return a | b; }},
    {"xor", [](std::uint64_t a, std::uint64_t b) { return a ^ b; }},
    {"xchg", [](std::uint64_t, std::uint64_t b) { return b; }},
};

/// One width of the atomic instructions: `i64.atomic.rmw16.add_u` has type i64, infix 16, suffix _u.
struct width {
  const char* type;
  const char* infix;
  const char* suffix;
  std::uint64_t bytes;

  std::uint64_t mask() const { return ~std::uint64_t{0} >> (64 - 8 * bytes); }
  std::string prefix() const { return std::string(type) + ".atomic."; }
};
constexpr width widths[] = {{"i32", "", "", 4},     {"i64", "", "", 8},    {"i32", "8", "_u", 1},
                            {"i32", "16", "_u", 2}, {"i64", "8", "_u", 1}, {"i64", "16", "_u", 2},
                            {"i64", "32", "_u", 4}};

/// A module whose functions access `memory` with addresses of type `address`; what they take and give is i64.
std::string all_accesses(const std::string& memories, const std::string& address, const std::string& memory) {
  std::string text = "(module " + memories;
  const std::string target = memory + " offset=16 ";
  for (const width& w : widths) {
    const bool narrow = std::string_view(w.type) == "i32";
    const auto value = [&](const char* local) {
      return narrow ? std::string("(i32.wrap_i64 (local.get ") + local + "))"
                    : std::string("(local.get ") + local + ")";
    };
    const auto answer = [&](const std::string& code) { return narrow ? "(i64.extend_i32_u " + code + ")" : code; };
    const std::string params = "(param $a " + address + ") (param $v i64) (param $w i64) ";
    const auto function = [&](const std::string& name, const std::string& code) {
      text += "(func (export \"" + name + "\") " + params + "(result i64) " + code + ")\n";
    };
    const std::string load = w.prefix() + "load" + w.infix + w.suffix, store = w.prefix() + "store" + w.infix;
    function(load, answer("(" + load + " " + target + "(local.get $a))"));
    function(store, "(" + store + " " + target + "(local.get $a) " + value("$v") + ") (i64.const 0)");
    for (const operation& o : operations) {
      const std::string rmw = w.prefix() + "rmw" + w.infix + "." + o.name + w.suffix;
      function(rmw, answer("(" + rmw + " " + target + "(local.get $a) " + value("$v") + ")"));
    }
    const std::string cmpxchg = w.prefix() + "rmw" + w.infix + ".cmpxchg" + w.suffix;
    function(cmpxchg, answer("(" + cmpxchg + " " + target + "(local.get $a) " + value("$v") + " " + value("$w") + ")"));
  }
  return text + ")";
}

constexpr std::uint64_t pattern = 0x8899AABBCCDDEEFF;

/// Tries every access at an address `at` + 16 of a memory, against a copy of the 24 bytes around it.
template <class Address>
void check_accesses(test::engine<>& e, instance& in, memory_instance& m, Address at) {
  std::uint8_t* const bytes = m.base + static_cast<std::uint64_t>(at) + 16;
  const auto number = [&](std::uint64_t size) {
    std::uint64_t v = 0;
    std::memcpy(&v, bytes, size);
    return v;
  };
  constexpr std::uint64_t operand = 0x7766554433221180;
  for (const width& w : widths) {
    const auto fill = [&] { std::memcpy(bytes, &pattern, 8); };
    const auto call = [&](const std::string& name, std::uint64_t v, std::uint64_t with) {
      INFO(name);
      return static_cast<std::uint64_t>(
          e.call<std::int64_t>(in, name, at, static_cast<std::int64_t>(v), static_cast<std::int64_t>(with)));
    };
    const std::uint64_t before = pattern & w.mask(), above = pattern & ~w.mask();
    fill();
    CHECK(call(w.prefix() + "load" + w.infix + w.suffix, 0, 0) == before);
    call(w.prefix() + "store" + w.infix, operand, 0);
    CHECK(number(8) == (above | (operand & w.mask())));
    for (const operation& o : operations) {
      fill();
      CHECK(call(w.prefix() + "rmw" + w.infix + "." + o.name + w.suffix, operand, 0) == before);
      CHECK(number(8) == (above | (o.apply(before, operand) & w.mask())));
    }
    const std::string cmpxchg = w.prefix() + "rmw" + w.infix + ".cmpxchg" + w.suffix;
    fill();
    CHECK(call(cmpxchg, before, operand) == before);
    CHECK(number(8) == (above | (operand & w.mask())));
    fill();
    CHECK(call(cmpxchg, before ^ 1, operand) == before);
    CHECK(number(8) == pattern);
  }
}

}  // namespace

TEST_CASE("atomics: all widths and operations on a 32-bit memory") {
  test::engine<> e;
  instance& in = e.add(all_accesses("(memory 1)", "i32", ""));
  check_accesses(e, in, *in.memories[0], std::int32_t{0});
  check_accesses(e, in, *in.memories[0], std::int32_t{65536 - 24});
}
TEST_CASE("atomics: all widths and operations on a shared 64-bit memory that is not the first") {
  test::engine<> e;
  instance& in = e.add(all_accesses("(memory 1) (memory $far i64 1 2 shared)", "i64", "$far"));
  check_accesses(e, in, *in.memories[1], std::int64_t{0});
  check_accesses(e, in, *in.memories[1], std::int64_t{65536 - 24});
}

TEST_CASE("atomics: misaligned and out of bounds accesses trap and change nothing") {
  test::engine<> e;
  instance& in = e.add(all_accesses("(memory i64 1)", "i64", ""));
  memory_instance& m = *in.memories[0];
  std::memcpy(m.base + 65528, &pattern, 8);
  const auto failure = [&](const std::string& name, std::int64_t address) {
    INFO(name << " at " << address);
    return e.failure(in, name, address, std::int64_t{1}, std::int64_t{1});
  };
  for (const width& w : widths) {
    const auto size = static_cast<std::int64_t>(w.bytes);
    for (const std::string& name :
         {w.prefix() + "load" + w.infix + w.suffix, w.prefix() + "store" + w.infix,
          w.prefix() + "rmw" + w.infix + ".add" + w.suffix, w.prefix() + "rmw" + w.infix + ".cmpxchg" + w.suffix}) {
      for (std::int64_t by = 1; by < size; by *= 2) CHECK(failure(name, by) == errc::trap_unaligned_atomic);
      CHECK(failure(name, 65536 - 16) == errc::trap_memory_out_of_bounds);
      CHECK(failure(name, -16) == errc::trap_memory_out_of_bounds);  // address + offset wraps to 0
      CHECK(failure(name, std::numeric_limits<std::int64_t>::min()) == errc::trap_memory_out_of_bounds);
      if (size > 1) CHECK(failure(name, 65536 - 17) == errc::trap_unaligned_atomic);
    }
  }
  CHECK(std::memcmp(m.base + 65528, &pattern, 8) == 0);
}

TEST_CASE("atomics: waiting ends at once, without a timeout in a trap, since there is one agent only") {
  test::engine<> e;
  const char* const functions = R"(
    (func (export "wait32") (param i32 i32 i64) (result i32)
      (memory.atomic.wait32 offset=8 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "wait64") (param i32 i64 i64) (result i32)
      (memory.atomic.wait64 offset=8 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "notify") (param i32 i32) (result i32)
      (memory.atomic.notify offset=8 (local.get 0) (local.get 1)))
    (func (export "fence") (result i32) (atomic.fence) (i32.const 1)) (data (i32.const 8) "\05"))";
  instance& shared = e.add(std::string("(module (memory 1 1 shared)") + functions + ")");
  constexpr std::int64_t forever = -1, soon = 1, now = 0;
  CHECK(e.call<std::int32_t>(shared, "wait32", 0, 4, forever) == 1);
  CHECK(e.call<std::int32_t>(shared, "wait32", 0, 5, soon) == 2);
  CHECK(e.call<std::int32_t>(shared, "wait32", 0, 5, now) == 2);
  CHECK(e.failure(shared, "wait32", 0, 5, forever) == errc::trap_endless_wait);
  CHECK(e.call<std::int32_t>(shared, "wait64", 0, std::int64_t{6}, forever) == 1);
  CHECK(e.call<std::int32_t>(shared, "wait64", 0, std::int64_t{5}, now) == 2);
  CHECK(e.failure(shared, "wait64", 0, std::int64_t{5}, std::int64_t{-7}) == errc::trap_endless_wait);
  CHECK(e.failure(shared, "wait64", 4, std::int64_t{5}, now) == errc::trap_unaligned_atomic);
  CHECK(e.failure(shared, "wait32", 65528, 5, now) == errc::trap_memory_out_of_bounds);
  CHECK(e.call<std::int32_t>(shared, "notify", 0, 100) == 0);
  CHECK(e.failure(shared, "notify", 2, 100) == errc::trap_unaligned_atomic);
  CHECK(e.failure(shared, "notify", 65528, 100) == errc::trap_memory_out_of_bounds);
  CHECK(e.call<std::int32_t>(shared, "fence") == 1);

  instance& unshared = e.add(std::string("(module (memory 1 1)") + functions + ")");
  CHECK(e.failure(unshared, "wait32", 0, 4, now) == errc::trap_expected_shared_memory);
  CHECK(e.failure(unshared, "wait64", 0, std::int64_t{4}, now) == errc::trap_expected_shared_memory);
  CHECK(e.call<std::int32_t>(unshared, "notify", 0, 1) == 0);
}

TEST_CASE("atomics: a result set to a local, and operands that are constants and locals") {
  test::engine<> e;
  instance& in = e.add(R"((module (memory i64 1)
    (func (export "f") (param i64) (result i64) (local i64 i64)
      (local.set 1 (i64.atomic.rmw.add (i64.const 8) (local.get 0)))
      (local.set 2 (i64.atomic.rmw.cmpxchg (i64.const 8) (local.get 0) (i64.const 100)))
      (i64.add (i64.mul (local.get 1) (i64.const 1000000))
        (i64.add (i64.mul (local.get 2) (i64.const 1000)) (i64.atomic.load (i64.const 8)))))))");
  CHECK(e.call<std::int64_t>(in, "f", std::int64_t{7}) == 7'100);
  CHECK(e.call<std::int64_t>(in, "f", std::int64_t{7}) == 100'107'107);
}

TEST_CASE("atomics: alignment is natural, no more and no less") {
  const auto outcome = [](const std::string& body) {
    const auto binary = text::parse_module("(module (memory 1) (func " + body + "))");
    REQUIRE(binary.has_value());
    const auto compiled = compile(view_of(binary.value()));
    return compiled.has_value() ? errc{} : compiled.error().code;
  };
  CHECK(outcome("(drop (i64.atomic.load align=8 (i32.const 0)))") == errc{});
  CHECK(outcome("(drop (i64.atomic.load align=4 (i32.const 0)))") == errc::atomic_alignment);
  CHECK(outcome("(drop (i64.atomic.load align=16 (i32.const 0)))") == errc::alignment_too_large);
  CHECK(outcome("(drop (i32.atomic.rmw16.xchg_u align=2 (i32.const 0) (i32.const 0)))") == errc{});
  CHECK(outcome("(drop (i32.atomic.rmw16.xchg_u align=1 (i32.const 0) (i32.const 0)))") == errc::atomic_alignment);
  CHECK(outcome("(drop (memory.atomic.notify align=2 (i32.const 0) (i32.const 0)))") == errc::atomic_alignment);
  CHECK(outcome("(i64.atomic.store (i32.const 0) (i32.const 0))") == errc::type_mismatch);
  CHECK(outcome("(drop (memory.atomic.wait64 (i32.const 0) (i32.const 0) (i64.const 0)))") == errc::type_mismatch);
}

TEST_CASE("atomics: a shared memory is imported as shared, an unshared one as unshared") {
  test::engine<> e;
  e.add_as("a", R"((module (memory (export "s") 1 2 shared) (memory (export "u") 1 2)))");
  const auto outcome = [&](std::string_view text) {
    const auto made = e.st.instantiate(test::compile_wat(text), e.imports);
    return made.has_value() ? errc{} : made.error().code;
  };
  CHECK(outcome(R"((module (import "a" "s" (memory 1 3 shared))))") == errc{});
  CHECK(outcome(R"((module (import "a" "u" (memory 1 3))))") == errc{});
  CHECK(outcome(R"((module (import "a" "s" (memory 1 3))))") == errc::incompatible_import);
  CHECK(outcome(R"((module (import "a" "u" (memory 1 3 shared))))") == errc::incompatible_import);
}
