#include <set>
#include <string>
#include <vector>

#include "tests/integration/object_code.hpp"
#include "tests/support/small_stack.hpp"
#include "tests/support/wat.hpp"
#include "wasm64/lower/lower.hpp"

// Handlers end with jumps, or are called from a loop: whatever a program does, and for however long, the native stack
// stays where it is. So every handler runs often enough, on a stack so small, that even 8 bytes left behind by each
// execution would run off its end.

using namespace wasm64;

namespace {

constexpr std::size_t stack_bytes = test::stack_scale * (128 << 10);
// More where the handlers are optimized; either way, 8 bytes an iteration are more than twice the stack.
#if defined(__OPTIMIZE__) || defined(WASM64_COMPILED)
constexpr std::int32_t iterations = 200'000;
#else
constexpr std::int32_t iterations = 2 * stack_bytes / 8;
#endif
static_assert(iterations * std::size_t{8} >= 2 * stack_bytes);

// Operands of each type in the places where a handler can find them. Parameters and the vectors are never assigned in
// the loops, so they are in their slots only; what was computed last is in its register, if its type has one.

struct places {
  std::string slot, other_slot, computed, constant = {}, sum = {}, local = {};
};
const places& operand(char type) {
  static const places i32{
      "(local.get $i)", "(local.get $j)", "(i32.xor (local.get $i) (i32.const 8))", "(i32.const 16)", {}, "$t"};
  static const places i64{
      "(local.get $I)", "(local.get $J)", "(i64.xor (local.get $I) (i64.const 8))", "(i64.const 16)", {}, "$T"};
  static const places f32{"(local.get $f)",
                          "(local.get $g)",
                          "(f32.abs (local.get $f))",
                          "(f32.const 2.5)",
                          "(f32.add (local.get $f) (local.get $g))",
                          "$x"};
  static const places f64{"(local.get $F)",
                          "(local.get $G)",
                          "(f64.abs (local.get $F))",
                          "(f64.const 2.5)",
                          "(f64.add (local.get $F) (local.get $G))",
                          "$X"};
  static const places v128{"(local.get $v)", "(local.get $w)", "(v128.not (local.get $v))"};
  switch (type) {
    case 'v': return v128;
    case 'i': return i32;
    case 'I': return i64;
    case 'f': return f32;
    default: return f64;
  }
}
std::string in(const places& p, kind k, bool second = false) {
  if (k == kind::slot) return second ? p.other_slot : p.slot;
  if (k == kind::sum) return p.sum;
  return k == kind::accumulator ? p.computed : p.constant;
}
/// Two operands. The same register twice is the same value.
std::string both(const places& a, const places& b, kind_pair kinds) {
  if (kinds.a != kind::slot && kinds.a == kinds.b)
    return "(local.tee " + a.local + in(a, kinds.a) + ")(local.get " + a.local + ")";
  return in(a, kinds.a) + in(b, kinds.b, true);
}

/// Every combination of operand kinds of an instruction. `address` is the type of addresses.
void add_instruction(std::vector<std::string>& code, op o, ir operation, char address) {
  const op_info& row = info(o);
  const shape_kinds kinds = kinds_of(shape_of(operation));
  for (std::size_t k = 0; k < kinds.count; ++k) {
    const places& first = operand(row.params[0] == 'a' ? address : row.params[0]);
    std::string text = in(first, kinds.pairs[k].a);
    if (row.params[1] != 0) text = both(first, operand(row.params[1]), kinds.pairs[k]);
    for (const char* more = row.params + 1; *more != 0 && *++more != 0;) text += operand(*more).slot;
    text.append("(").append(row.text).append(row.imm == immediate_kind::lane ? " 1)" : ")");
    for (const char* result = row.results; *result != 0; ++result) text += "(drop)";
    code.push_back(text);
  }
}
/// An access whose address is a sum.
void add_sum(std::vector<std::string>& code, op o, char address) {
  const op_info& row = info(o);
  if (row.params[1] != 0) {
    const places& value = operand(row.params[1]);
    for (const std::string& stored : {value.computed, value.constant, value.sum}) {
      if (stored.empty()) continue;
      code.push_back(operand(address).slot + operand(address).constant + (address == 'i' ? "(i32.add)" : "(i64.add)") +
                     stored + "(" + row.text + ")");
    }
  }
  for (const kind a : {kind::slot, kind::accumulator}) {
    for (const kind b : {kind::slot, kind::immediate}) {
      std::string text = in(operand(address), a) + in(operand(address), b, true);
      text += address == 'i' ? "(i32.add)" : "(i64.add)";
      if (row.params[1] != 0) text += operand(row.params[1]).slot;
      text.append("(").append(row.text).append(")");
      if (row.results[0] != 0) text += "(drop)";
      code.push_back(text);
    }
  }
}
/// Every combination of operand kinds of a comparison that a branch consumes, in both senses.
void add_branches(std::vector<std::string>& code, op comparison, shape s) {
  const op_info& row = info(comparison);
  const shape_kinds kinds = kinds_of(s);
  for (std::size_t k = 0; k < kinds.count; ++k) {
    const std::string test =
        both(operand(row.params[0]), operand(row.params[1]), kinds.pairs[k]) + "(" + row.text + ")";
    code.push_back("(block " + test + "(br_if 0))");
    code.push_back(test + "if end");
  }
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}
/// What one cell does with numbers of this type.
void add_combined(std::vector<std::string>& code, char type) {
  const places& p = operand(type);
  std::vector<std::string> texts;
  for (const char* by : {"SLOT", "(N.const 1)"}) {
    for (const char* comparison : {"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u"}) {
      for (const char* limit : {"OTHER", "(N.const 16)"}) {
        texts.push_back(std::string("(block (br_if 0 (N.") + comparison + " (local.tee $t (N.add (local.get $t) " + by +
                        ")) " + limit + ")))");
      }
    }
  }
  for (const char* first : {"SLOT", "COMPUTED"}) {
    const std::string a = first;
    for (const std::string& bits : {"(N.and " + a + " OTHER)", "(N.and " + a + " (N.const 16))"}) {
      texts.push_back("(drop (N.eqz " + bits + "))");
      texts.push_back("(drop (i32.eqz (N.eqz " + bits + ")))");
      texts.push_back("(block (br_if 0 (N.eqz " + bits + ")))");
      texts.push_back("(block (br_if 0 (i32.eqz (N.eqz " + bits + "))))");
    }
    texts.push_back("(drop (N.add OTHER (N.shl " + a + " (N.const 3))))");
    texts.push_back("(drop (N.xor OTHER (N.rotl " + a + " (N.const 3))))");
  }
  texts.push_back("(local.set $u (local.tee $t (N.add SLOT (N.const 3))))");
  texts.push_back("(block (local.set $t (N.add SLOT (N.const 3))) (br 0))");
  texts.push_back("(local.set $t (N.add (global.get $a) (N.const 3)))");
  texts.push_back("(global.set $a (N.add SLOT (N.const 3)))");
  for (std::string& text : texts) {
    text = replaced(replaced(replaced(text, "SLOT", p.slot), "OTHER", p.other_slot), "COMPUTED", p.computed);
    if (type == 'I') text = replaced(replaced(replaced(text, "$t", "$T"), "$u", "$U"), "$a", "$b");
    code.push_back(replaced(text, "(N.", type == 'i' ? "(i32." : "(i64."));
  }
}
/// What one cell does with an address.
void add_accesses(std::vector<std::string>& code, char address) {
  const places& p = operand(address);
  const std::string add = address == 'i' ? "(i32.add " : "(i64.add ", sum = add + p.slot + p.constant + ")";
  for (const char* load : {"i32.load", "i64.load", "f64.load", "i32.load8_u"}) {
    code.push_back(std::string("(drop (") + load + " offset=8 (local.tee " + p.local + " " + sum + ")))");
  }
  for (const std::string& other : {operand('F').slot, operand('F').sum}) {
    code.push_back("(drop (f64.add " + other + "(f64.mul (local.get $G) (f64.load " + sum + "))))");
  }
  for (const char* load : {"i32.load", "i64.load", "i32.load8_u"}) {
    const std::string type = std::string(load).substr(0, 3);
    const places& limit = operand(type == "i32" ? 'i' : 'I');
    for (const std::string& at : {p.slot, p.computed}) {
      for (const std::string& to : {limit.other_slot, limit.constant}) {
        for (const char* comparison : {".eq ", ".ne "}) {
          code.push_back("(block (br_if 0 (" + type + comparison + "(" + load + " offset=8 " + at + ")" + to + ")))");
        }
      }
    }
  }
}

/// All instructions that compute values, or with 64-bit addresses only those that use them.
std::vector<std::string> value_code(char address) {
  std::vector<std::string> code;
  const auto wanted = [address](op o) { return address == 'i' || info(o).params[0] == 'a'; };
#define WASM64_IR_OP(name, s) \
  if (wanted(op::name)) add_instruction(code, op::name, ir::name, address);
#define WASM64_IR_BRANCH(name, s) \
  if (wanted(op::name)) add_branches(code, op::name, shape::s);
#define WASM64_IR_SUM(name, s) add_sum(code, op::name, address);
#include "wasm64/lower/ops.def"
  add_accesses(code, address);
  return code;
}

/// What moves data and control; `$t` and `$T` are locals.
std::vector<std::string> other_code() {
  const std::string i = operand('i').slot, computed = operand('i').computed;
  std::string nine_drops;
  for (int drop = 0; drop < 9; ++drop) nine_drops += "(drop)";
  std::vector<std::string> code = {
      "(local.set $t (local.get $i))",
      "(local.set $t (i32.const 5))",
      "(local.set $T (i64.const 0x123456789ab))",
      "(drop (i64.mul (i64.add (local.get $I) (i64.const 3)) (local.get $J)))",
      "(drop (global.get $a))",
      "(block (br 0))",
      "(call $nothing)",
      "(drop (call $slot (i32.const 1)))",
      "(drop (call $computed (i32.const 1)))",
      "(drop (call $constant))",
      "(call $pair) (drop) (drop)",
      "(block (type $nine) (i32.const 1) (call $nine) (br 0))" + nine_drops,
      "(call $nine) (call $nine_back)",
      "(call $tail)",
      "(call $tail_host)",
      "(call $tail_other)",
      "(call $tail_indirect)",
      "(call $with_locals)",
      "(call $host)",
      "(call $other)",
      "(drop (call $host_value (i32.const 3)))",
      "(block $h (try_table (catch_all $h) (throw $e)))",
      "(block $h (try_table (catch_all $h) (call $raise)))",
      "(block $h (try_table (catch_all $h) (throw_ref (block $r (result exnref) "
      "(try_table (catch_all_ref $r) (throw $e)) (unreachable)))))",
      "(block $h (try_table (catch_all $h) (call $other_raises)))",
      "(drop (memory.size))",
      "(drop (memory.grow (i32.const 0)))",
      "(memory.fill (local.get $i) (i32.const 1) (i32.const 9))",
      "(memory.copy (local.get $i) (i32.const 1) (i32.const 9))",
      "(memory.init $d (local.get $i) (i32.const 0) (i32.const 0))",
      "(data.drop $d)",
      "(drop (table.get $t (i32.const 0)))",
      "(table.set $t (i32.const 6) (ref.null func))",
      "(drop (table.size $t))",
      "(drop (table.grow $t (ref.null func) (i32.const 0)))",
      "(table.fill $t (i32.const 6) (ref.null func) (i32.const 1))",
      "(table.copy $t $t (i32.const 6) (i32.const 5) (i32.const 1))",
      "(table.init $t $s (i32.const 6) (i32.const 0) (i32.const 0))",
      "(elem.drop $s)",
      "(drop (i32.atomic.rmw.add (local.get $i) (i32.const 1)))",
      "(drop (ref.func $nothing))",
      "(local.set $V (local.get $v))",
      "(drop (v128.const i64x2 1 2))",
      "(drop (v128.load32_zero (local.get $i)))",
      "(drop (v128.load $far (local.get $i)))",
      "(v128.store $far (local.get $i) (local.get $v))",
      "(global.set $vector (v128.not (global.get $vector)))",
      "(drop (i8x16.shuffle 4 5 6 7 0 1 2 3 28 29 30 31 8 9 10 11 (local.get $v) (local.get $w)))",
      "(drop (i8x16.shuffle 1 0 3 2 5 4 7 6 9 8 31 10 13 12 15 14 (local.get $v) (local.get $w)))"};
  for (const std::string& condition : {i, computed}) {
    code.push_back("(drop (select (local.get $I) (local.get $J) " + condition + "))");
    code.push_back("(drop (select (local.get $I) (i64.const 5) " + condition + "))");
    code.push_back("(drop (select (i64.const 5) (local.get $I) " + condition + "))");
    code.push_back("(drop (i64.add (local.get $J) (i64.extend_i32_s " + condition + ")))");
    code.push_back("(drop (select (local.get $v) (local.get $w) " + condition + "))");
    code.push_back("(global.set $a " + condition + ")");
    code.push_back("(block (block (br_table 0 1 0 " + condition + ")))");
    // Functions 0 to 2 of the table: of this instance, of the host, of the other instance.
    for (const char* target : {"0", "1", "2"}) {
      code.push_back("(call_indirect (i32.add (i32.mul (i32.const 0) " + condition + ") (i32.const " + target + ")))");
    }
  }
  for (const char* target : {"0", "1", "2"}) {
    code.push_back(std::string("(local.set $t (i32.const ") + target + ")) (call_indirect (local.get $t))");
  }
  for (const char* type : {"i32", "i64", "f32", "f64"}) {
    const std::string t = type;
    code.push_back("(drop (" + t + ".load $far (local.get $i)))");
    code.push_back("(" + t + ".store $far (local.get $i) (" + t + ".load offset=8 (local.get $i)))");
  }
  add_combined(code, 'i');
  add_combined(code, 'I');
  for (const std::string& other : {operand('F').slot, operand('F').sum}) {
    for (const std::string& factor : {operand('F').slot, operand('F').computed}) {
      code.push_back("(drop (f64.add " + other + "(f64.mul " + factor + "(local.get $G))))");
      code.push_back("(drop (f64.sub " + other + "(f64.mul " + factor + "(local.get $G))))");
    }
  }
  return code;
}

/// Loops of at most `together` pieces of code each.
std::string loops(const std::vector<std::string>& code) {
  constexpr std::size_t together = 60;
  std::string text;
  for (std::size_t first = 0; first < code.size(); first += together) {
    text += "(func (export \"run" + std::to_string(first / together) +
            "\") (param $i i32) (param $j i32) (param $I i64) (param $J i64) (param $f f32) (param $g f32)"
            " (param $F f64) (param $G f64) (param $n i32) (local $t i32) (local $T i64) (local $u i32) (local $U i64) "
            "(local $x f32) (local $X f64)"
            " (local $v v128) (local $w v128) (local $V v128) (local.set $v (f32x4.splat (local.get $f)))"
            " (local.set $w (i16x8.splat (local.get $i))) (loop $l\n";
    for (std::size_t c = first; c < std::min(code.size(), first + together); ++c) text += code[c] + "\n";
    text += "(br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))\n";
  }
  return text;
}

std::string program_with_64_bit_addresses() { return "(module (memory i64 1)\n" + loops(value_code('I')) + ")"; }

std::string program() {
  std::string text = R"((module
    (import "host" "f" (func $host)) (import "host" "g" (func $host_value (param i32) (result i32)))
    (import "other" "f" (func $other)) (import "other" "raise" (func $other_raises))
    (memory 1) (memory $far 1) (global $a (mut i32) (i32.const 0)) (global $b (mut i64) (i64.const 0)) (tag $e)
    (global $vector (mut v128) (v128.const i64x2 0 0))
    (table $t 8 20 funcref) (elem (table $t) (i32.const 0) func $nothing $host $other) (elem $s func) (data $d "")
    (func $nothing) (func $slot (param i32) (result i32) (local.get 0)) (func $constant (result i32) (i32.const 3))
    (func $computed (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func $pair (result i32 f64) (i32.const 1) (f64.const 2))
    (func $tail (return_call $nothing)) (func $tail_host (return_call $host)) (func $tail_other (return_call $other))
    (func $tail_indirect (return_call_indirect (i32.const 2)))
    (type $nine (func (result i32 i32 i32 i32 externref i32 i32 i32 i32)))
    (func $nine (type $nine) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (ref.null extern)
      (i32.const 5) (i32.const 6) (i32.const 7) (i32.const 8))
    (func $nine_back (param i32 i32 i32 i32 externref i32 i32 i32 i32))
    (func $with_locals (local i64 f32 externref)) (func $raise (throw $e))
    (func $endless (export "endless") (param i32)
      (if (i32.eqz (local.get 0)) (then (return)))
      (return_call $endless (i32.sub (local.get 0) (i32.const 1))))
)";
  std::vector<std::string> code = value_code('i');
  for (const std::string& more : other_code()) code.push_back(more);
  for (const std::string& more : test::object_code()) code.push_back(more);
  return text + test::object_definitions + loops(code) + ")";
}

constexpr std::string_view other_program = R"((module (tag $e) (memory 1) (global $g (mut i64) (i64.const 0))
  (func (export "f") (global.set $g (i64.add (global.get $g) (i64.const 1))))
  (func (export "raise") (throw $e))))";

/// Adds the handlers whose cells the code of an instance holds.
void collect_handlers(store_base& st, const instance& in, std::set<std::size_t>& found) {
  for (const func_code& f : in.code->funcs) {
    func_code again;
    again.index = f.index;
    again.charge = f.charge;
    code_map map;
    REQUIRE(lower_function(st.vm().handlers, *in.code, again, &map).has_value());
    for (const code_position& at : map.positions) {
      const word* const end = st.vm().handlers + handler_entries * handler_count;
      const word* const handler = std::find(st.vm().handlers, end, again.words[at.word]);
      REQUIRE(handler != end);
      found.insert(static_cast<std::size_t>(handler - st.vm().handlers) % handler_count);
    }
  }
}

/// Handlers that no loop can reach, and those that lowering has no use for.
bool is_exempt(handler_key key, bool metered) {
  if (shape_of(key.operation) == shape::pair) return true;  // both halves are here; tests/codegen sees how pairs end
  switch (key.operation) {
    case ir::halt:
    case ir::restore_instance:  // a cell of the store; cross-instance calls run it
    case ir::lower_function:
    case ir::enter_native:
    case ir::trap_unreachable: return true;
    case ir::charge: return !metered;
    case ir::return_call_indirect: return key.kinds.a == kind::accumulator;
    default: return false;
  }
}

/// Runs every export, twice with the operands exchanged, so that every branch is both taken and not taken.
std::string run_exports(store_base& st, const instance& in) {
  std::string failed;
  const auto run = [&] {
    for (const export_desc& exported : in.source->exports) {
      const func_instance& f = *in.funcs[exported.index];
      for (const bool exchanged : {false, true}) {
        const std::int32_t a = exchanged ? 24 : 16, b = exchanged ? 16 : 24;
        const result<void> done =
            exported.name == "endless"
                ? st.call<>(f, iterations)
                : st.call<>(f, a, b, std::int64_t{a}, std::int64_t{b}, static_cast<float>(a), static_cast<float>(b),
                            static_cast<double>(a), static_cast<double>(b), iterations);
        if (!done.has_value() && failed.empty()) failed = exported.name + ": " + to_string(st.last_trap());
      }
    }
  };
  test::on_small_stack(stack_bytes, run);
  return failed;
}

template <class Config>
void run_everything() {
  test::engine<Config> e;
  std::uint64_t host_calls = 0;
  e.imports.func("host", "f", [&] { ++host_calls; });
  e.imports.func("host", "g", [](std::int32_t v) { return v + 1; });
  e.add_as("other", other_program);
  const instance& narrow = e.add(program());
  const instance& wide = e.add(program_with_64_bit_addresses());

  std::set<std::size_t> covered;
  collect_handlers(e.st, narrow, covered);
  collect_handlers(e.st, wide, covered);
  for (std::size_t id = 0; id < handler_count; ++id) {
    // Handlers may share an address when their code is the same; the first number then stands for all of them.
    const word* const same = std::find(e.st.vm().handlers, e.st.vm().handlers + id, e.st.vm().handlers[id]);
    const handler_key key = key_of_handler(id);
    if (covered.count(static_cast<std::size_t>(same - e.st.vm().handlers)) == 0 && !is_exempt(key, e.st.metered())) {
      FAIL_CHECK("no code for operation " << static_cast<int>(key.operation) << " with kinds "
                                          << static_cast<int>(key.kinds.a) << " " << static_cast<int>(key.kinds.b));
    }
  }
  CHECK(run_exports(e.st, narrow) == "");
  CHECK(run_exports(e.st, wide) == "");
  CHECK(host_calls > std::uint64_t{iterations});
}

}  // namespace

TEST_CASE("native stack: no handler leaves anything on it") { run_everything<engine_config>(); }
TEST_CASE("native stack: no handler leaves anything on it, with fuel") { run_everything<metered_engine_config>(); }
