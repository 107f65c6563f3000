#include "wasm64/lower/lower.hpp"

#include "tests/support/wat.hpp"

using namespace wasm64;

namespace {

/// Lowers functions again and again, as traces and snapshots do.
struct lowered {
  std::shared_ptr<const module> source;
  test::engine<> e;
  instance* in = nullptr;

  explicit lowered(std::string_view text) : source(test::compile_wat(text)) { in = &e.add(source); }

  func_code lower(std::uint32_t index, code_map* map = nullptr) {
    func_code out;
    out.index = source->imported_funcs + index;
    out.charge = in->code->funcs[index].charge;
    const auto done = lower_function(e.st.vm().handlers, *in->code, out, map);
    REQUIRE(done.has_value());
    return out;
  }
  std::uint8_t byte(std::uint32_t offset) const { return source->bytes.at(offset); }
};

/// Words that do not depend on where the code lies: addresses into it become indices.
std::vector<std::uint64_t> relative(const func_code& f) {
  const auto begin = reinterpret_cast<word>(f.words.data());
  const word end = begin + f.words.size() * sizeof(word);
  std::vector<std::uint64_t> words;
  for (const word w : f.words) words.push_back(w >= begin && w < end ? (w - begin) / sizeof(word) : w);
  return words;
}

constexpr std::string_view varied = R"((module (memory 1) (tag $e (param i32 externref)) (table funcref (elem $calls))
  (func $calls (export "calls") (param i32 f64 externref) (result i64 externref) (local i64 externref f32)
    (i64.extend_i32_s (local.get 0))
    (block $h (result i32 externref)
      (try_table (catch $e $h)
        (if (i32.lt_s (local.get 0) (i32.const 5)) (then (throw $e (local.get 0) (local.get 2)))))
      (i32.const 3) (local.get 2))
    (local.set 4) (local.set 0)
    (loop $l
      (i32.store (i32.add (local.get 0) (i32.const 12)) (local.get 0))
      (block $a (block $b (block $c (br_table $a $b $c $b (local.get 0)))) (local.set 1 (f64.const 0.5)))
      (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 10))))
    (if (f64.gt (local.get 1) (f64.const 100)) (then (drop (call $calls (i32.const 1) (f64.const 2) (local.get 4))) (drop)))
    (local.get 4))
  (func (export "plain") (param i32 i32) (result i32)
    (i32.add (local.get 0) (i32.mul (local.get 1) (i32.const 3)))))
  )";

}  // namespace

TEST_CASE("lowering: lowering again, with and without a map, gives the same code") {
  lowered l(varied);
  for (const std::uint32_t index : {0u, 1u}) {
    code_map map;
    const func_code first = l.lower(index), second = l.lower(index, &map);
    CHECK(relative(first) == relative(second));
    CHECK(first.area == second.area);
    CHECK(first.first_ref == second.first_ref);
    CHECK(first.ref_slots == second.ref_slots);
    REQUIRE(first.catches.size() == second.catches.size());
    REQUIRE(first.regions.size() == second.regions.size());
    for (std::size_t i = 0; i < first.catches.size(); ++i) {
      CHECK(first.catches[i].handler == second.catches[i].handler);
      CHECK(first.catches[i].payload == second.catches[i].payload);
      CHECK(first.catches[i].ref_payload == second.catches[i].ref_payload);
    }
    for (std::size_t i = 0; i < first.regions.size(); ++i) {
      CHECK(first.regions[i].begin == second.regions[i].begin);
      CHECK(first.regions[i].end == second.regions[i].end);
    }
    code_map again;
    l.lower(index, &again);
    REQUIRE(again.positions.size() == map.positions.size());
    REQUIRE(again.points.size() == map.points.size());
    for (std::size_t i = 0; i < map.positions.size(); ++i) CHECK(again.positions[i].offset == map.positions[i].offset);
  }
}

TEST_CASE("lowering: positions ascend and every one is a cell of a handler") {
  lowered l(varied);
  code_map map;
  const func_code f = l.lower(0, &map);
  const word* const handlers = l.e.st.vm().handlers;
  REQUIRE_FALSE(map.positions.empty());
  CHECK(map.positions.front().word == 0);
  for (std::size_t i = 0; i < map.positions.size(); ++i) {
    if (i > 0) CHECK(map.positions[i - 1].word < map.positions[i].word);
    const word* const end = handlers + handler_entries * handler_count;
    CHECK(std::find(handlers, end, f.words[map.positions[i].word]) != end);
    const byte_range body = l.source->funcs[0].body;
    if (i > 0) CHECK(map.positions[i].offset >= body.offset);
    CHECK(map.positions[i].offset < body.offset + body.size);
  }
  CHECK(map.offset_of(map.positions.back().word + 1) == map.positions.back().offset);
}

TEST_CASE("lowering: safe points hold the operands, wherever they are") {
  lowered l(R"((module (func $f (param i32) (result i32) (local.get 0))
    (func (export "run") (param i64 externref) (result i64) (local f32 i32)
      (i64.const 77)
      (local.get 0)
      (local.get 1)
      (local.set 3 (call $f (i32.const 1)))
      (drop)
      (i64.mul (i64.const 3))
      (f64.const 0.5)
      (loop $l (param f64) (result f64)
        (br_if $l (local.get 3)))
      (drop)
      (drop))))");
  code_map map;
  l.lower(1, &map);
  std::vector<const map_point*> at_call, at_loop;
  for (const map_point& p : map.points) {
    if (l.byte(p.at.offset) == 0x10) at_call.push_back(&p);
    if (l.byte(p.at.offset) == 0x03) at_loop.push_back(&p);
  }
  REQUIRE(at_call.size() == 1);
  const vector<map_value>& call = at_call[0]->stack;
  REQUIRE(call.size() == 3);
  CHECK(call[0].where == operand::place::constant);
  CHECK(call[0].type.code == type_code::i64);
  CHECK(call[0].bits == 77);
  CHECK(call[1].where == operand::place::local);
  CHECK(call[1].type.code == type_code::i64);
  CHECK(call[1].slot < 0);  // a parameter: below the frame's header
  CHECK(call[2].where == operand::place::local);
  CHECK(call[2].type.code == type_code::ref);

  REQUIRE(at_loop.size() == 1);
  const vector<map_value>& loop = at_loop[0]->stack;
  REQUIRE(loop.size() == 3);
  CHECK(loop[0].where == operand::place::constant);
  CHECK(loop[1].where == operand::place::temporary);
  CHECK(loop[1].type.code == type_code::i64);
  CHECK(loop[2].where == operand::place::temporary);  // a loop's parameters are in their places
  CHECK(loop[2].type.code == type_code::f64);
}

TEST_CASE("lowering: safe points in front of instructions that pay by size, with types") {
  lowered l(R"((module (memory 1) (table $t 10 funcref) (type $s (struct (field i32))) (type $f (func))
    (elem declare func $run)
    (func $run (export "run") (type $f) (local i32 (ref $s) (ref $f))
      (ref.null $s) (ref.func $run)
      (local.set 2)
      (loop $l
        (memory.fill (i32.add (local.get 0) (i32.const 5)) (i32.const 7) (local.get 0)))
      (table.fill $t (i32.const 1) (ref.func $run) (i32.const 2))
      (local.set 1 (struct.new $s (local.get 0)))
      (table.fill $t (local.get 0) (local.get 2) (local.get 0))
      (drop))))");
  code_map map;
  l.lower(0, &map);
  REQUIRE(map.local_types.size() == 3);
  CHECK(map.local_types[1] == val_type::ref_to(0, false));
  REQUIRE(map.points.size() == 5);  // the function, the loop, three instructions
  CHECK(map.points[0].unset == vector<std::uint32_t>{1, 2});
  CHECK(map.points[1].unset == vector<std::uint32_t>{1});
  CHECK_FALSE(map.points[1].superseded);  // a displaced local is computed in between
  for (std::size_t i = 2; i < 5; ++i) {
    CHECK(map.points[i].kind == map_point::place::instruction);
    REQUIRE(map.points[i].stack.size() == 4);
    CHECK(map.points[i].stack[0].type == val_type::ref_to(0, true));
  }
  const vector<map_value>& fill = map.points[2].stack;
  CHECK(fill[1].where == operand::place::temporary);
  CHECK(fill[2].where == operand::place::temporary);
  CHECK(fill[3].where == operand::place::local);
  CHECK(map.points[3].stack[2].type == types::funcref);
  CHECK(map.points[4].unset.empty());
  CHECK(map.points[4].stack[2].where == operand::place::local);

  // Only what is asked for.
  point_filter filter;
  filter.by_offset = true;
  filter.wanted = {{map.points[2].at.offset, 4}, {map.points[3].at.offset, 3}};
  code_map some;
  some.filter = &filter;
  l.lower(0, &some);
  REQUIRE(some.points.size() == 1);
  CHECK(some.points[0].at.word == map.points[2].at.word);
}

TEST_CASE("lowering: a frame that no cell can address is refused when it is compiled") {
  std::string text = "(module (func (export \"f\") (local";
  for (int i = 0; i < 33'000; ++i) text += " i64";
  text += ")) (func (export \"fine\") (result i32) (i32.const 1)))";
  const auto binary = text::parse_module(text);
  REQUIRE(binary.has_value());
  const auto m = compile(view_of(binary.value()));
  REQUIRE_FALSE(m.has_value());
  CHECK(m.error().code == errc::implementation_limit);
}
