#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/lower/random_generator.hpp"

/// Valid random modules whose functions are full of references: structures, arrays, tables, casts and exceptions of
/// both kinds. Written instruction by instruction against a stack of types, like those of `program_generator`, which
/// has numbers and few references.
namespace wasm64::test {

class object_program_generator {
 public:
  explicit object_program_generator(bits64 seed) : random_(seed) {}

  std::string make() {
    text_ = head;
    const std::uint32_t count = 1 + random_.below(4);
    functions_.push_back({"i", "ia"});
    for (std::uint32_t i = 1; i < count; ++i) functions_.push_back({some_types(3), some_types(3)});
    if (random_.one_in(3)) functions_.push_back({"iapilaapia", "apilaapia"});  // more than are moved one by one
    for (std::uint32_t i = 0; i < functions_.size(); ++i) function(i);
    return text_ + ")";
  }

 private:
  struct func {
    std::string params;
    std::string results;
  };
  struct label {
    std::string types;
    bool is_loop;
    bool is_caught;  ///< a body that may throw again
  };

  // i: i32, l: i64, d: f64, a: anyref, r: (ref any), p: (ref null $p), n: (ref $p), f: (ref null $t), e: exnref
  static constexpr std::string_view all_types = "ildapnfe";
  static constexpr std::string_view head = R"((module
  (type $p (sub (struct (field $x (mut i32)) (field $next (mut (ref null any))))))
  (type $q (sub $p (struct (field (mut i32)) (field (mut (ref null any))) (field $small (mut i8)) (field $wide (mut f64)))))
  (type $s (struct (field (mut i8)) (field (mut i16))))
  (type $list (array (mut anyref))) (type $bytes (array (mut i8))) (type $longs (array (mut i64)))
  (type $t (func (param i32 anyref) (result anyref)))
  (tag $e (param i32 anyref)) (tag $o (param i64)) (tag $none)
  (table $any 6 anyref) (table $funcs (ref null $t) (elem (ref.func $picks) (ref.func $throws) (ref.null $t)))
  (global $ga (mut anyref) (ref.null any)) (global $gi (mut i32) (i32.const 1))
  (data $d "abcdefghijklmnopqrst") (elem $r anyref (ref.i31 (i32.const 3)) (ref.null any) (struct.new_default $p))
  (func $picks (type $t) (struct.new $p (local.get 0) (local.get 1)))
  (func $throws (type $t)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0) (local.get 1))))
    (if (i32.and (local.get 0) (i32.const 2)) (then (throw $o (i64.extend_i32_s (local.get 0)))))
    (if (i32.and (local.get 0) (i32.const 4)) (then (throw $none)))
    (table.get $any (i32.rem_u (local.get 0) (i32.const 6))))
)";

  static std::string_view name_of(char type) {
    switch (type) {
      case 'i': return "i32";
      case 'l': return "i64";
      case 'd': return "f64";
      case 'a': return "anyref";
      case 'r': return "(ref any)";
      case 'p': return "(ref null $p)";
      case 'n': return "(ref $p)";
      case 'f': return "(ref null $t)";
      default: return "exnref";
    }
  }
  static std::string list(std::string_view what, std::string_view types) {
    std::string out;
    for (const char type : types) out += " (" + std::string(what) + " " + std::string(name_of(type)) + ")";
    return out;
  }

  char some_type() { return random_.one_in(3) ? 'i' : all_types[random_.below(all_types.size())]; }
  std::string some_types(std::uint32_t most) {
    std::string types;
    for (std::uint32_t n = random_.below(most + 1); n > 0; --n) types += some_type();
    return types;
  }
  std::string number(std::uint32_t below) { return std::to_string(random_.below(below)); }

  void line(const std::string& instruction) { text_ += "    " + instruction + "\n"; }
  void give(const std::string& instruction, char type) {
    line(instruction);
    stack_ += type;
  }
  /// An instruction that takes operands which are made for it.
  void give(const std::string& instruction, std::string_view takes, std::string_view gives) {
    for (const char type : takes) push(type);
    line(instruction);
    stack_.resize(stack_.size() - takes.size());
    stack_ += gives;
  }

  void function(std::uint32_t index) {
    const func& f = functions_[index];
    std::string own = "iaapfed" + some_types(3);
    for (char& type : own) type = type == 'n' ? 'p' : type;  // locals begin with a value
    text_ += "  (func $f" + std::to_string(index);
    if (index == 0) text_ += " (export \"run\")";
    text_ += list("param", f.params) + list("result", f.results) + list("local", own) + "\n";
    locals_ = f.params + own;
    index_ = index;
    stack_.clear();
    labels_ = {{f.results, false, false}};
    budget_ = 12 + static_cast<int>(random_.below(50));
    body(0, f.results);
    text_ += "  )\n";
  }

  /// Instructions from a stack of this height on, which leave the results there.
  void body(std::size_t height, const std::string& results) {
    for (std::uint32_t n = random_.below(9); n > 0 && budget_ > 0; --n) step(height);
    if (stack_.substr(height) == results && random_.one_in(2)) return;
    while (stack_.size() > height) drop();
    for (const char type : results) push(type);
  }
  /// A body in a block of which the beginning is written; `end` follows.
  void inside(const std::string& begin, const std::string& params, const std::string& results, bool is_loop = false) {
    line(begin);
    const std::size_t height = stack_.size() - params.size();
    labels_.push_back({results, is_loop, false});
    body(height, results);
    labels_.pop_back();
  }
  void drop() {
    line("drop");
    stack_.pop_back();
  }
  void push_all(const std::string& types) {
    for (const char type : types) push(type);
  }
  void forget(std::size_t count) { stack_.resize(stack_.size() - count); }

  std::string local_of(char type) {
    std::vector<std::size_t> fitting;
    for (std::size_t i = 0; i < locals_.size(); ++i) {
      if (locals_[i] == type) fitting.push_back(i);
    }
    return fitting.empty() ? "" : std::to_string(fitting[random_.below(fitting.size())]);
  }

  void push(char type) {
    --budget_;
    const std::string local = local_of(type);
    if (!local.empty() && random_.below(3) != 0) return give("local.get " + local, type);
    if (budget_ < 0 || nesting_ > 5) return push_simple(type);
    ++nesting_;
    push_some(type);
    --nesting_;
  }
  void push_simple(char type) {
    switch (type) {
      case 'i': return give("i32.const " + number(9), type);
      case 'l': return give("i64.const " + number(9), type);
      case 'd': return give("f64.const 1.5", type);
      case 'a': return random_.one_in(2) ? give("ref.null any", type) : give("(ref.i31 (i32.const 77))", type);
      case 'r': return give("(ref.i31 (i32.const -7))", type);
      case 'p': return give("ref.null $p", type);
      case 'n': return give("struct.new_default $p", type);
      case 'f': return random_.one_in(5) ? give("ref.null $t", type) : give("ref.func $picks", type);
      default: return give("ref.null exn", type);
    }
  }
  void push_some(char type) {
    switch (type) {
      case 'i': return push_i32();
      case 'l':
        if (random_.one_in(2)) return give("i64.extend_i32_u", "i", "l");
        return give("(array.get $longs (array.new $longs (i64.const 5) (i32.const 3)) (i32.const " + number(3) + "))",
                    'l');
      case 'd': return random_.one_in(2) ? give("f64.add", "dd", "d") : push_simple('d');
      case 'a': return push_any();
      case 'r': return random_.one_in(2) ? give("struct.new $p", "ia", "r") : give("ref.i31", "i", "r");
      case 'p':
        switch (random_.below(9)) {
          case 0: return give("ref.cast (ref null $p)", "a", "p");
          case 1:
          case 2: return give("select (result (ref null $p))", "ppi", "p");
          case 3: return block("p");
          default: return give("struct.new $p", "ia", "p");
        }
      case 'n':
        switch (random_.below(9)) {
          case 0: return give("ref.as_non_null", "p", "n");
          case 1: return give("ref.cast (ref $p)", "a", "n");
          default: return give("struct.new $p", "ia", "n");
        }
      case 'f':
        switch (random_.below(4)) {
          case 0: return give("ref.func $throws", 'f');
          case 1: return give("(table.get $funcs (i32.const " + number(3) + "))", 'f');
          case 2: return give("select (result (ref null $t))", "ffi", "f");
          default: return push_simple('f');
        }
      default: return catch_reference();
    }
  }
  void push_i32() {
    switch (random_.below(13)) {
      case 0: return give("ref.is_null", std::string(1, "apfe"[random_.below(4)]), "i");
      case 1: return give("i32.add", "ii", "i");
      case 2: return give("ref.test (ref " + std::string(random_.one_in(2) ? "null " : "") + heap() + ")", "a", "i");
      case 3: return give("ref.eq", "pp", "i");
      case 4: return give("struct.get $p $x", random_.one_in(9) ? "p" : "n", "i");
      case 5: return give("(array.len (array.new $bytes (i32.const 7) (i32.const 70)))", 'i');
      case 6: return give("global.get $gi", 'i');
      case 7: return give("table.size $any", 'i');
      case 8: return give("i32.eqz", "i", "i");
      case 9: return give("i32.const " + number(3) + " table.grow $any", "a", "i");
      case 10:
        return give(
            "(array.get_u $bytes (array.new_data $bytes $d (i32.const 2) (i32.const 9)) (i32.const " + number(9) + "))",
            'i');
      case 11:
        return give("(struct.get_s $s 1 (struct.new $s (i32.const 777) (i32.const " + number(70000) + ")))", 'i');
      default: return push_simple('i');
    }
  }
  void push_any() {
    switch (random_.below(14)) {
      case 0: return give("struct.new $p", "ia", "a");
      case 1: return give("struct.new $q", "iaid", "a");
      case 2: return give("array.new_fixed $list 3", "aaa", "a");
      case 3: return give("(table.get $any (i32.const " + number(6) + "))", 'a');
      case 4: return give("global.get $ga", 'a');
      case 5: return give("struct.get $p $next", "n", "a");
      case 6: return give("select (result anyref)", "aai", "a");
      case 7: return give("call_ref $t", "iaf", "a");
      case 8:
        return give("(i32.const " + number(random_.one_in(8) ? 4 : 2) + ") call_indirect $funcs (type $t)", "ia", "a");
      case 9: return give("call $throws", "ia", "a");
      case 10: return give("i32.const 15 i32.and array.new $list", "ai", "a");
      case 11: return give("(array.new_elem $list $r (i32.const 0) (i32.const " + number(4) + "))", 'a');
      case 12: return block("a");
      default: return give("array.new_fixed $list 1 i32.const 0 array.get $list", "a", "a");
    }
  }
  std::string heap() {
    static constexpr const char* heaps[] = {"$p", "$q", "$list", "i31", "eq", "struct", "array", "none", "any", "$s"};
    return heaps[random_.below(std::size(heaps))];
  }

  void step(std::size_t height) {
    --budget_;
    switch (random_.below(25)) {
      case 0:
      case 1:
      case 2:
      case 3: return push(some_type());
      case 4:
        if (stack_.size() > height) drop();
        return;
      case 5:
      case 6:
      case 7: {
        const std::uint32_t local = random_.below(locals_.size());
        if (random_.one_in(3) && stack_.size() > height && stack_.back() == locals_[local]) {
          return line("local.tee " + std::to_string(local));
        }
        return give("local.set " + std::to_string(local), std::string(1, locals_[local]), "");
      }
      case 8: return give("global.set $ga", "a", "");
      case 9:
        give("i32.const " + number(7), 'i');
        push('a');
        line("table.set $any");
        return forget(2);
      case 10: return give("struct.set $p $next", "na", "");
      case 11: return give("struct.set $p $x", "ni", "");
      case 12:
        give("i32.const " + number(4), 'i');
        push('a');
        line("i32.const " + number(4) + " table.fill $any");
        return forget(2);
      case 13: return block(some_types(2));
      case 14: return loop();
      case 15: return branch();
      case 16:
      case 17: return legacy();
      case 18: return on_null();
      case 19: return on_cast();
      case 20:
        if (index_ + 1 < functions_.size()) {
          const func& callee = functions_[index_ + 1 + random_.below(functions_.size() - index_ - 1)];
          const auto number = static_cast<std::size_t>(&callee - functions_.data());
          return give("call $f" + std::to_string(number), callee.params, callee.results);
        }
        return;
      case 21: return throw_again();
      case 22: return table();
      case 23: return bulk();
      default: return either();
    }
  }

  void either() {
    const std::string results = some_types(2), params = some_types(2);
    push_all(params);
    push('i');
    forget(1);
    const std::string there = stack_;
    inside("if" + list("param", params) + list("result", results), params, results);
    stack_ = there;
    if (params != results || random_.one_in(2)) inside("else", params, results);
    line("end");
    stack_ = there.substr(0, there.size() - params.size()) + results;
  }
  void block(const std::string& results) {
    const std::string params = some_types(2);
    push_all(params);
    inside("block" + list("param", params) + list("result", results), params, results);
    line("end");
  }
  /// A count in a global bounds all loops together.
  void loop() {
    const std::string params = some_types(2);
    push_all(params);
    inside("loop" + list("param", params) + list("result", params), params, params, true);
    line("global.get $gi i32.const 1 i32.add global.set $gi");
    line("global.get $gi i32.const 12 i32.lt_s br_if 0");
    line("end");
  }
  /// To a label with its values, which stay.
  void branch() {
    const std::uint32_t depth = random_.below(labels_.size());
    const label to = labels_[labels_.size() - 1 - depth];
    if (to.is_loop) return;
    push_all(to.types);
    push('i');
    forget(1);
    if (random_.one_in(3))
      line("if" + list("param", to.types) + list("result", to.types) + " br " + std::to_string(depth + 1) + " end");
    else line("br_if " + std::to_string(depth));
  }
  /// To one of two labels of the same types, at different heights.
  void table() {
    const std::string results = some_types(2);
    line("block" + list("result", results));
    labels_.push_back({results, false, false});
    const std::string outer = stack_;
    push('a');
    line("block" + list("result", results));
    labels_.push_back({results, false, false});
    push('a');
    push_all(results);
    push('i');
    line("br_table 0 1 1 end");
    labels_.pop_back();
    stack_ = outer + "a" + results;
    while (stack_.size() > outer.size()) drop();
    push_all(results);
    labels_.pop_back();
    line("end");
  }
  void on_null() {
    if (random_.one_in(2)) {
      line("block (result i32)");
      labels_.push_back({"i", false, false});
      push('i');
      push(random_.one_in(2) ? 'a' : 'p');
      line("br_on_null 0");
      drop();
      drop();
      push('i');
    } else {
      line("block (result i32 (ref any))");
      labels_.push_back({"ir", false, false});
      push('i');
      push('a');
      line("br_on_non_null 0");
      forget(1);
      push('r');
    }
    labels_.pop_back();
    line("end");
  }
  void on_cast() {
    if (random_.one_in(2)) {
      line("block (result i32 (ref $p))");
      labels_.push_back({"in", false, false});
      push('i');
      push('a');
      line("br_on_cast 0 anyref (ref $p)");
      drop();
      push('n');
    } else {
      line("block (result i32 anyref)");
      labels_.push_back({"ia", false, false});
      push('i');
      push('a');
      line("br_on_cast_fail 0 anyref (ref $p) struct.get $p $next");
    }
    labels_.pop_back();
    line("end");
  }
  void bulk() {
    switch (random_.below(4)) {
      case 0: return line("(table.copy $any $any (i32.const 0) (i32.const 1) (i32.const 4))");
      case 1: return line("(table.init $any $r (i32.const " + number(3) + ") (i32.const 0) (i32.const 2))");
      case 2:
        return give(
            "i32.const 9 array.new $list ref.cast (ref $list) i32.const 2 ref.null any i32.const 3 array.fill $list",
            "a", "");
      default:
        return give(
            "(array.new_fixed $list 2 (ref.null any) (ref.null any)) (i32.const 0) (array.new_fixed $list 1 "
            "(struct.new_default $q)) (i32.const 0) (i32.const 1) (array.copy $list $list)",
            "", "");
    }
  }

  // Exceptions.

  void catch_reference() {
    line("block (result exnref)");
    labels_.push_back({"e", false, false});
    line("block (result i32 anyref exnref)");
    labels_.push_back({"iae", false, false});
    inside("try_table (catch_ref $e 0) (catch_all_ref 1)", "", "");
    line("end ref.null exn br 1 end");
    labels_.pop_back();
    const std::string local = local_of('e');
    line("local.set " + local + " drop drop local.get " + local);
    labels_.pop_back();
    line("end");
    stack_ += 'e';
  }
  void throw_again() {
    for (std::size_t depth = 0; depth < labels_.size(); ++depth) {
      if (!labels_[labels_.size() - 1 - depth].is_caught || random_.one_in(3)) continue;
      push('i');
      forget(1);
      return line("if rethrow " + std::to_string(depth + 1) + " end");
    }
    push('i');
    forget(1);
    line("if");
    labels_.push_back({"", false, false});
    push('e');
    line("throw_ref end");
    labels_.pop_back();
    forget(1);
  }
  void legacy() {
    const std::string results = some_types(2), params = some_types(2);
    push_all(params);
    const std::string outer = stack_.substr(0, stack_.size() - params.size());
    inside("try" + list("param", params) + list("result", results), params, results);
    if (random_.one_in(5)) {
      line("delegate " + number(static_cast<std::uint32_t>(labels_.size())));
      stack_ = outer + results;
      return;
    }
    const auto handle = [&](const std::string& begin, const std::string& payload) {
      line(begin);
      stack_ = outer + payload;
      labels_.push_back({results, false, true});
      body(outer.size(), results);
      labels_.pop_back();
    };
    if (random_.below(3) != 0) handle("catch $e", "ia");
    if (random_.one_in(2)) handle("catch $o", "l");
    if (random_.one_in(2)) handle("catch_all", "");
    line("end");
    stack_ = outer + results;
  }

  random_source random_;
  std::string text_;
  std::vector<func> functions_;
  std::string locals_;
  std::string stack_;
  std::vector<label> labels_;
  std::size_t index_ = 0;
  int budget_ = 0;
  int nesting_ = 0;
};

}  // namespace wasm64::test
