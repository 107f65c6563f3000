#include <array>

#include "tests/support/wat.hpp"
#include "wasm64/binary/opcode.hpp"

// Addresses at the edges: of the memory, of 32 bits, of 64 bits.

using namespace wasm64;

namespace {

constexpr std::uint64_t size = 65536;

const char* type_name(char letter) {
  switch (letter) {
    case 'i': return "i32";
    case 'I': return "i64";
    case 'f': return "f32";
    default: return "f64";
  }
}

/// The loads and stores of numbers.
std::vector<op> all_accesses() {
  std::vector<op> found;
  for (std::size_t i = 0; i < op_count; ++i) {
    const auto o = static_cast<op>(i);
    if (info(o).feature == op_feature::mvp && info(o).imm == immediate_kind::memarg) found.push_back(o);
  }
  return found;
}

constexpr std::array<std::uint64_t, 6> offsets = {0, 1, 65528, 0xFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF};

/// Functions "access offset": each at an address of i64 that is narrowed where the memory has 32-bit addresses, alone
/// and (`+`) as the sum of two.
std::string program(bool is_64, bool far) {
  const std::string address = is_64 ? "i64" : "i32";
  std::string text = far ? "(module (memory 0) (memory $m " + address + " 1)" : "(module (memory $m " + address + " 1)";
  for (const op o : all_accesses()) {
    for (const std::uint64_t offset : offsets) {
      if (!is_64 && offset > 0xFFFFFFFF) continue;
      for (const bool sum : {false, true}) {
        const std::string_view params = info(o).params, results = info(o).results;
        const std::string narrow = is_64 ? "(local.get $a)" : "(i32.wrap_i64 (local.get $a))";
        const std::string at = sum ? "(" + address + ".add " + narrow + " (" + address + ".const 16))" : narrow;
        const std::string code = std::string("(") + info(o).text + " $m offset=" + std::to_string(offset) + " " + at +
                                 (params.size() > 1 ? std::string("(") + type_name(params[1]) + ".const 1)" : "") + ")";
        text += std::string("(func (export \"") + info(o).text + (sum ? "+" : " ") + std::to_string(offset) +
                "\") (param $a i64) " + (results.empty() ? code : "(drop " + code + ")") + ")\n";
      }
    }
  }
  return text + ")";
}

/// Whether an access of that width at address + offset (a 65-bit sum) fits.
bool fits(std::uint64_t address, std::uint64_t offset, std::uint64_t width) {
  const std::uint64_t sum = address + offset;
  return sum >= address && sum <= size - width;
}

}  // namespace

TEST_CASE("hostile addresses: every load and store, at every edge, in every kind of memory") {
  for (const bool is_64 : {false, true}) {
    for (const bool far : {false, true}) {
      test::engine<> e;
      const instance& in = e.add(program(is_64, far));
      const auto check = [&](op o, std::uint64_t offset, bool sum, std::uint64_t address) {
        const std::string name = info(o).text + std::string(sum ? "+" : " ") + std::to_string(offset);
        INFO(name << " at " << address << (is_64 ? " of 64 bits" : " of 32 bits") << (far ? ", far" : ""));
        std::uint64_t effective = sum ? address + 16 : address;
        if (!is_64) effective = static_cast<std::uint32_t>(effective);
        const bool good = fits(effective, offset, std::uint64_t{1} << access_log2(o));
        const auto done = e.st.call<>(e.func(in, name), static_cast<std::int64_t>(address));
        CHECK((done.has_value() ? errc{} : done.error().code) == (good ? errc{} : errc::trap_memory_out_of_bounds));
      };
      for (const op o : all_accesses()) {
        const std::uint64_t width = std::uint64_t{1} << access_log2(o);
        for (const std::uint64_t offset : offsets) {
          if (!is_64 && offset > 0xFFFFFFFF) continue;
          for (const bool sum : {false, true}) {
            const std::uint64_t end = size - width - offset;  // of the last good access; may have wrapped
            for (const std::uint64_t address :
                 {std::uint64_t{0}, end, end + 1, end - 16, end - 15, 0 - offset, 0 - offset - 16, 0 - width,
                  std::uint64_t{0xFFFFFFFF}, std::uint64_t{1} << 32, (std::uint64_t{1} << 32) + 8,
                  std::uint64_t{1} << 63, (std::uint64_t{1} << 63) + 8, ~std::uint64_t{0}}) {
              check(o, offset, sum, address);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("hostile addresses: bulk operations of no bytes, of too many, and of wrapping many") {
  test::engine<> e;
  const instance& in = e.add(R"((module (memory i64 1) (memory $narrow 1) (data $d "abcd")
    (func (export "fill") (param i64 i64 i64) (memory.fill (local.get 0) (i32.const 1) (local.get 2)))
    (func (export "copy to") (param i64 i64 i64) (memory.copy (local.get 0) (i64.const 0) (local.get 2)))
    (func (export "copy from") (param i64 i64 i64) (memory.copy (i64.const 0) (local.get 0) (local.get 2)))
    (func (export "init") (param i64 i64 i64)
      (memory.init $d (local.get 0) (i32.wrap_i64 (local.get 1)) (i32.wrap_i64 (local.get 2))))
    (func (export "widen") (param i64 i64 i64)
      (memory.copy 0 $narrow (local.get 0) (i32.wrap_i64 (local.get 1)) (i32.wrap_i64 (local.get 2))))
    (func (export "narrow") (param i64 i64 i64)
      (memory.copy $narrow 0 (i32.wrap_i64 (local.get 1)) (local.get 0) (i32.wrap_i64 (local.get 2))))
    (func (export "drop") (data.drop $d))))");
  const auto outcome_of = [&](const char* name, std::uint64_t at, std::uint64_t other, std::uint64_t count) {
    const auto done = e.st.call<>(e.func(in, name), static_cast<std::int64_t>(at), static_cast<std::int64_t>(other),
                                  static_cast<std::int64_t>(count));
    return done.has_value() ? errc{} : done.error().code;
  };
  constexpr errc trap = errc::trap_memory_out_of_bounds;
  for (const char* name : {"fill", "copy to", "copy from", "init", "widen", "narrow"}) {
    INFO(name);
    CHECK(outcome_of(name, size, 0, 0) == errc{});
    CHECK(outcome_of(name, size + 1, 0, 0) == trap);
    CHECK(outcome_of(name, ~std::uint64_t{0}, 0, 0) == trap);
    CHECK(outcome_of(name, size - 4, 0, 4) == errc{});
    CHECK(outcome_of(name, size - 3, 0, 4) == trap);
    CHECK(outcome_of(name, std::uint64_t{1} << 32, 0, 1) == trap);
    CHECK(outcome_of(name, 0, 0, 0xFFFFFFFF) == trap);
    CHECK(outcome_of(name, 0 - std::uint64_t{4}, 0, 8) == trap);
  }
  for (const char* name : {"fill", "copy to", "copy from"}) {
    INFO(name);
    CHECK(outcome_of(name, 8, 0, 0 - std::uint64_t{8}) == trap);  // 8 + count wraps to 0
    CHECK(outcome_of(name, 0, 0, ~std::uint64_t{0}) == trap);
    CHECK(outcome_of(name, 0, 0, std::uint64_t{1} << 63) == trap);
    CHECK(outcome_of(name, 0, 0, std::uint64_t{1} << 32) == trap);
  }
  CHECK(outcome_of("widen", 0, 0xFFFFFFFF, 1) == trap);
  CHECK(outcome_of("narrow", 0, 0xFFFFFFFF, 1) == trap);
  CHECK(outcome_of("init", 0, 4, 0) == errc{});
  CHECK(outcome_of("init", 0, 5, 0) == trap);
  CHECK(outcome_of("init", 0, 1, 4) == trap);
  e.call(in, "drop");
  CHECK(outcome_of("init", 0, 0, 0) == errc{});
  CHECK(outcome_of("init", 0, 1, 0) == trap);
  CHECK(outcome_of("init", 0, 0, 1) == trap);
}

TEST_CASE("hostile addresses: copies overlap in both directions") {
  test::engine<> e;
  const instance& in = e.add(R"((module (memory (export "m") i64 1) (data (i64.const 0) "0123456789")
    (func (export "copy") (param i64 i64 i64) (memory.copy (local.get 0) (local.get 1) (local.get 2)))))");
  const auto text = [&] { return std::string(reinterpret_cast<const char*>(in.exported_memory("m")->base), 10); };
  e.call(in, "copy", std::int64_t{2}, std::int64_t{0}, std::int64_t{6});
  CHECK(text() == "0101234589");
  e.call(in, "copy", std::int64_t{1}, std::int64_t{3}, std::int64_t{6});
  CHECK(text() == "0123458589");
}

TEST_CASE("hostile addresses: memories refuse to grow beyond their type, with the result of their type") {
  test::engine<> e;
  const instance& in = e.add(R"((module (memory i64 1 3) (memory $narrow 1 3)
    (func (export "grow64") (param i64) (result i64) (memory.grow (local.get 0)))
    (func (export "grow32") (param i32) (result i64) (i64.extend_i32_u (memory.grow $narrow (local.get 0))))))");
  for (const std::uint64_t delta :
       {std::uint64_t{3}, std::uint64_t{1} << 16, std::uint64_t{1} << 48, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    CHECK(e.call<std::int64_t>(in, "grow64", static_cast<std::int64_t>(delta)) == -1);
  }
  for (const std::uint32_t delta : {3u, 65535u, 65536u, 0x80000000u, 0xFFFFFFFFu}) {
    CHECK(e.call<std::int64_t>(in, "grow32", static_cast<std::int32_t>(delta)) == 0xFFFFFFFF);
  }
  CHECK(e.call<std::int64_t>(in, "grow64", std::int64_t{2}) == 1);
  CHECK(e.call<std::int64_t>(in, "grow32", 2) == 1);
}

TEST_CASE("hostile addresses: a memory that moves when it grows is found again wherever it grew") {
  struct moving : engine_config {
    using memory = allocated_memory;
  };
  test::engine<moving> e;
  e.imports.func("host", "grow", [](caller& from) {
    static_cast<void>(from.memory()->grow(16));  // far enough for the allocator to move it
  });
  const instance& in = e.add(R"((module (import "host" "grow" (func $host)) (memory (export "m") i64 1 1000)
    (table funcref (elem $callee $host))
    (func $callee (drop (memory.grow (i64.const 16))))
    (func $last (result i64) (i64.sub (i64.shl (memory.size) (i64.const 16)) (i64.const 8)))
    (func $check (result i64) (local i64)
      (local.set 0 (call $last))
      (i64.store (local.get 0) (i64.const 77))
      (i64.load (local.get 0)))
    (func (export "frame") (result i64)
      (drop (memory.grow (i64.const 16)))
      (i64.store (i64.const 0) (i64.const 5))
      (i64.store (call $last) (i64.const 77))
      (i64.add (i64.load (i64.const 0)) (i64.load (call $last))))
    (func (export "callee") (result i64) (call $callee) (i64.add (call $check) (i64.load (i64.const 0))))
    (func (export "host") (result i64) (call $host) (i64.add (call $check) (i64.load (i64.const 0))))
    (func (export "indirect") (param i32) (result i64)
      (call_indirect (local.get 0)) (i64.add (call $check) (i64.load (i64.const 0))))
    (func (export "caught") (result i64)
      (block $h (try_table (catch_all $h) (call $callee) (throw $e)))
      (i64.add (call $check) (i64.load (i64.const 0))))
    (tag $e)))");
  CHECK(e.call<std::int64_t>(in, "frame") == 82);
  CHECK(e.call<std::int64_t>(in, "callee") == 82);
  CHECK(e.call<std::int64_t>(in, "host") == 82);
  CHECK(e.call<std::int64_t>(in, "indirect", 0) == 82);
  CHECK(e.call<std::int64_t>(in, "indirect", 1) == 82);
  CHECK(e.call<std::int64_t>(in, "caught") == 82);
  CHECK(in.exported_memory("m")->pages() == 1 + 6 * 16);
}

TEST_CASE("hostile addresses: tables with 64-bit indices") {
  test::engine<> e;
  const instance& in = e.add(R"((module (table $t i64 10 20 externref) (table $f i64 funcref (elem $x $x))
    (table $narrow 10 20 externref) (elem $s externref (ref.null extern) (ref.null extern))
    (func $x)
    (func (export "get") (param i64 i64 i64) (drop (table.get $t (local.get 0))))
    (func (export "set") (param i64 i64 i64) (table.set $t (local.get 0) (ref.null extern)))
    (func (export "call") (param i64 i64 i64) (call_indirect $f (local.get 0)))
    (func (export "fill") (param i64 i64 i64) (table.fill $t (local.get 0) (ref.null extern) (local.get 2)))
    (func (export "copy to") (param i64 i64 i64) (table.copy $t $t (local.get 0) (i64.const 0) (local.get 2)))
    (func (export "copy from") (param i64 i64 i64) (table.copy $t $t (i64.const 0) (local.get 0) (local.get 2)))
    (func (export "widen") (param i64 i64 i64)
      (table.copy $t $narrow (local.get 0) (i32.const 0) (i32.wrap_i64 (local.get 2))))
    (func (export "narrow") (param i64 i64 i64)
      (table.copy $narrow $t (i32.const 0) (local.get 0) (i32.wrap_i64 (local.get 2))))
    (func (export "init") (param i64 i64 i64)
      (table.init $t $s (local.get 0) (i32.const 0) (i32.wrap_i64 (local.get 2))))
    (func (export "grow") (param i64) (result i64) (table.grow $t (ref.null extern) (local.get 0)))
    (func (export "grow32") (param i32) (result i64)
      (i64.extend_i32_u (table.grow $narrow (ref.null extern) (local.get 0))))
    (func (export "size") (result i64) (table.size $t))))");
  const auto outcome_of = [&](const char* name, std::uint64_t at, std::uint64_t count) {
    const auto done =
        e.st.call<>(e.func(in, name), static_cast<std::int64_t>(at), std::int64_t{0}, static_cast<std::int64_t>(count));
    return done.has_value() ? errc{} : done.error().code;
  };
  const std::uint64_t beyond[] = {10, std::uint64_t{1} << 32, (std::uint64_t{1} << 32) + 1, std::uint64_t{1} << 63,
                                  ~std::uint64_t{0}};
  for (const std::uint64_t index : beyond) {
    INFO(index);
    CHECK(outcome_of("get", index, 0) == errc::trap_table_out_of_bounds);
    CHECK(outcome_of("set", index, 0) == errc::trap_table_out_of_bounds);
    CHECK(outcome_of("call", index, 0) == errc::trap_undefined_element);
    for (const char* name : {"fill", "copy to", "copy from", "widen", "narrow", "init"}) {
      INFO(name);
      CHECK(outcome_of(name, index, 1) == errc::trap_table_out_of_bounds);
      CHECK(outcome_of(name, index, 0) == (index == 10 ? errc{} : errc::trap_table_out_of_bounds));
    }
    for (const char* name : {"fill", "copy to", "copy from"}) {
      CHECK(outcome_of(name, 8, index) == errc::trap_table_out_of_bounds);
      CHECK(outcome_of(name, 8, 0 - std::uint64_t{8}) == errc::trap_table_out_of_bounds);
    }
    if (index != 10) CHECK(e.call<std::int64_t>(in, "grow", static_cast<std::int64_t>(index)) == -1);
  }
  CHECK(outcome_of("get", 9, 0) == errc{});
  CHECK(outcome_of("call", 1, 0) == errc{});
  CHECK(e.call<std::int64_t>(in, "grow", std::int64_t{11}) == -1);
  CHECK(e.call<std::int64_t>(in, "grow32", 11) == 0xFFFFFFFF);
  CHECK(e.call<std::int64_t>(in, "grow32", -1) == 0xFFFFFFFF);
  CHECK(e.call<std::int64_t>(in, "grow", std::int64_t{10}) == 10);
  CHECK(e.call<std::int64_t>(in, "size") == 20);
}
