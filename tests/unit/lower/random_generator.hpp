#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/lower/random_program.hpp"

namespace wasm64::test {

/// Deterministic on every platform, unlike the standard distributions.
class random_source {
 public:
  explicit random_source(bits64 seed) : state_(seed * 0x9e3779b97f4a7c15u + 0x1234567) {}
  bits64 bits() {
    bits64 z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint32_t below(std::size_t n) { return static_cast<std::uint32_t>(bits() % n); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

 private:
  bits64 state_;
};

/// Writes valid random functions instruction by instruction, against a stack of types. Values are left lying on the
/// operand stack on purpose: that is where lowering has something to get wrong.
class program_generator {
 public:
  enum class operands { all, numbers };

  /// With `numbers`, functions hold no references and no exceptions.
  explicit program_generator(bits64 seed, operands use = operands::all)
      : random_(seed), types_(use == operands::all ? "iIfFr" : "iIfF") {}

  random_program make() {
    const std::uint32_t count = 1 + random_.below(4);
    program_.wide = random_.one_in(2);
    for (std::uint32_t i = 0; i < count; ++i) {
      random_function f;
      f.params = random_types(i == 0 ? 3 : 5);
      f.results = random_types(4);
      f.locals = types_ + random_types(4);
      program_.functions.push_back(f);
    }
    for (std::uint32_t i = 0; i < count; ++i) fill(i);
    return std::move(program_);
  }

 private:
  struct label {
    std::string types;
    bool is_loop;
    bool in_catch = false;  ///< of a legacy try
  };
  using what = node::what;

  bool has_references() const { return types_.back() == 'r'; }
  char random_type() { return types_[random_.below(types_.size())]; }
  std::string random_types(std::uint32_t most) {
    std::string types;
    for (std::uint32_t n = random_.below(most + 1); n > 0; --n) types += random_type();
    return types;
  }

  void fill(std::uint32_t index) {
    random_function& f = program_.functions[index];
    function_ = index;
    locals_ = f.params + f.locals;
    stack_.clear();
    labels_ = {{f.results, false}};
    budget_ = 15 + static_cast<int>(random_.below(60));
    f.body = body("", f.results, 0);
  }

  /// A block's instructions, from its parameters to its results.
  std::vector<node> body(const std::string& params, const std::string& results, int depth) {
    std::vector<node> outer = std::exchange(out_, {});
    const std::size_t outer_base = std::exchange(base_, stack_.size() - params.size());
    if (labels_.back().is_loop) {
      emit(what::global_get);
      stack_ += 'i';
      constant('i', 1);
      apply("i32.sub");
      emit(what::global_set);
      stack_.pop_back();
    }
    bool open = true;
    for (std::uint32_t n = 2 + random_.below(12); open && n > 0 && budget_ > 0; --n) open = step(depth);
    if (open) give(results);
    stack_.resize(base_);
    stack_ += results;
    base_ = outer_base;
    return std::exchange(out_, std::move(outer));
  }

  node& emit(what kind, char type = 'i', std::uint32_t index = 0, bits64 bits = 0) {
    --budget_;
    node n{};
    n.kind = kind;
    n.type = type;
    n.index = index;
    n.bits = bits;
    out_.push_back(std::move(n));
    return out_.back();
  }
  void drop() {
    emit(what::drop);
    stack_.pop_back();
  }
  bool ends_with(const std::string& types) const {
    return stack_.size() - base_ >= types.size() &&
           stack_.compare(stack_.size() - types.size(), types.size(), types) == 0;
  }
  /// Takes the top operand away, mostly to where it can be seen later.
  void sink() {
    const char type = stack_.back();
    if (random_.one_in(4)) return drop();
    if (type != 'i' && random_.one_in(3)) emit(what::global_set, type, global_of(type));
    else emit(what::local_set, type, local_of(type));
    stack_.pop_back();
  }
  /// Makes the operands above the block's height exactly these.
  void give(const std::string& types) {
    std::size_t same = 0;
    while (same < types.size() && base_ + same < stack_.size() && stack_[base_ + same] == types[same]) ++same;
    while (stack_.size() > base_ + same) sink();
    for (; same < types.size(); ++same) push(types[same]);
  }
  /// Makes the topmost operands these.
  void provide(const std::string& types) {
    if (ends_with(types)) return;
    for (const char t : types) push(t);
  }

  bits64 random_constant(char type) {
    static constexpr bits64 small[] = {0, 1, 2, 7, ~bits64{0}, ~bits64{1}, 0x7fffffff, 0x80000000, 0xffff, 31};
    bits64 v = random_.one_in(3) ? random_.bits() >> random_.below(64) : small[random_.below(std::size(small))];
    if (type == 'f') v = ops::to(static_cast<float>(static_cast<std::int64_t>(v)) / 4);
    if (type == 'F') v = ops::to(static_cast<double>(static_cast<std::int64_t>(v)) / 4);
    return type == 'i' ? v & 0xffffffff : v;
  }
  void constant(char type, bits64 bits) {
    emit(what::constant, type, 0, bits);
    stack_ += type;
  }
  std::uint32_t local_of(char type) {
    std::uint32_t at = random_.below(locals_.size());
    while (locals_[at] != type) at = static_cast<std::uint32_t>((at + 1) % locals_.size());
    return at;
  }
  static std::uint32_t global_of(char type) {
    return static_cast<std::uint32_t>(std::string_view(random_program::globals).find(type));
  }
  void push(char type) {
    switch (random_.below(8)) {
      case 0:
      case 1:
      case 2:
        if (type != 'r') return constant(type, random_constant(type));
        emit(what::null, 'r');
        break;
      case 3:
        if (type == 'r') {
          constant('i', random_.below(random_program::table_size));
          emit(what::table_get, 'r');
          stack_.back() = 'r';
          return;
        }
        if (type != 'i') {
          emit(what::global_get, type, global_of(type));
          break;
        }
        [[fallthrough]];
      default: emit(what::local_get, type, local_of(type)); break;
    }
    stack_ += type;
  }

  /// One instruction, with what it needs. False when the rest of the block is unreachable.
  bool step(int depth) {
    switch (random_.below(30)) {
      case 0:
      case 1:
      case 2:
      case 3: push(random_type()); break;
      case 4:
      case 5:
      case 6:
      case 7:
      case 8:
      case 9: value_op_step(); break;
      case 10:
      case 11:
      case 12: set_or_tee(); break;
      case 13:
        if (stack_.size() > base_) drop();
        break;
      case 14: select(); break;
      case 15: access(false); break;
      case 16: access(true); break;
      case 17: global_step(); break;
      case 18:
        if (has_references()) table_step();
        break;
      case 19: bulk(); break;
      case 20:
      case 21:
      case 22:
        if (depth < 5) block(depth);
        break;
      case 23:
        if (depth < 5) loop(depth);
        break;
      case 24:
      case 25: br_if(); break;
      case 26: call(); break;
      case 27:
        if (depth < 5) random_.one_in(2) || !has_references() ? try_table(depth) : legacy_try(depth);
        break;
      case 28: return random_.one_in(2) || !br_table();
      default: return random_.one_in(3) ? !leave() : true;
    }
    return true;
  }

  void value_op_step() {
    const auto all = value_ops();
    const value_op* op = &all[random_.below(all.size())];
    for (int tries = 0; tries < 8 && !ends_with(op->params); ++tries) op = &all[random_.below(all.size())];
    provide(op->params);
    if (op->divides && !random_.one_in(10)) {  // most divisors are not zero
      constant(op->params[1], 1);
      apply(op->params[1] == 'i' ? "i32.or" : "i64.or");
    }
    apply(*op);
  }
  void apply(const value_op& op) {
    emit(what::value).op = &op;
    stack_.resize(stack_.size() - std::string_view(op.params).size());
    stack_ += op.result;
  }
  void apply(std::string_view name) {
    const auto all = value_ops();
    apply(*std::find_if(all.begin(), all.end(), [name](const value_op& o) { return name == o.text; }));
  }
  void set_or_tee() {
    if (stack_.size() == base_) push(random_type());
    const char type = stack_.back();
    const bool tee = random_.one_in(2);
    emit(tee ? what::local_tee : what::local_set, type, local_of(type));
    if (!tee) stack_.pop_back();
  }
  void select() {
    const char type = stack_.size() > base_ ? stack_.back() : random_type();
    provide(std::string(2, type));
    push('i');
    emit(what::select, type);
    stack_.resize(stack_.size() - 3);
    stack_ += type;
  }
  void add_constant_and(char type, bits64 constant_bits, const char* name) {
    constant(type, constant_bits);
    apply(std::string(type == 'i' ? "i32." : "i64.") + name);
  }
  /// An address, mostly in bounds and often a sum.
  void address(char type) {
    provide(std::string(1, type));
    if (random_.one_in(20)) return;
    add_constant_and(type, 0xfff, "and");
    switch (random_.below(4)) {
      case 0: return add_constant_and(type, random_.below(2000), "add");
      case 1:
        push(type);
        add_constant_and(type, 0xff, "and");
        return apply(type == 'i' ? "i32.add" : "i64.add");
      default: return;
    }
  }
  void access(bool is_store) {
    const char type = "iIfF"[random_.below(4)];
    const std::uint32_t memory = random_.one_in(4) ? 1 : 0;
    const bits64 offset = random_.one_in(10) ? 65530 : random_.below(100);
    address(program_.address(memory));
    if (is_store) {
      push(type);
      emit(what::store, type, memory, offset);
      stack_.resize(stack_.size() - 2);
    } else {
      emit(what::load, type, memory, offset);
      stack_.back() = type;
    }
  }
  void global_step() {
    const char type = types_[1 + random_.below(types_.size() - 1)];
    if (random_.one_in(2)) {
      emit(what::global_get, type, global_of(type));
      stack_ += type;
    } else {
      provide(std::string(1, type));
      emit(what::global_set, type, global_of(type));
      stack_.pop_back();
    }
  }
  void table_step() {
    if (random_.one_in(2)) {
      provide("r");
      emit(what::is_null);
      stack_.back() = 'i';
      return;
    }
    constant('i', random_.below(random_program::table_size));
    push('r');
    emit(what::table_set, 'r');
    stack_.resize(stack_.size() - 2);
  }
  void bulk() {
    const std::uint32_t memory = random_.below(2);
    const char type = program_.address(memory), other = program_.address(1 - memory);
    switch (random_.below(4)) {
      case 0:
        emit(what::memory_size, 'i', memory);
        stack_ += type;
        return;
      case 1:
        constant(program_.address(0), random_.below(2));
        emit(what::memory_grow, 'i', 0);
        return;
      case 2:
        constant(type, random_.below(0x2000));
        push('i');
        constant(type, random_.below(300));
        emit(what::memory_fill, 'i', memory);
        break;
      default:
        constant(type, random_.below(0x2000));
        push(other);
        add_constant_and(other, 0xff, "and");
        constant(type == other ? type : 'i', random_.below(300));
        emit(what::memory_copy, 'i', memory);
        break;
    }
    stack_.resize(stack_.size() - 3);
  }

  /// The types of a new block: some of what is on the stack goes in.
  std::pair<std::string, std::string> block_types() {
    const std::size_t available = std::min<std::size_t>(stack_.size() - base_, 3);
    const std::size_t taken = random_.below(available + 1);
    return {stack_.substr(stack_.size() - taken), random_types(3)};
  }
  void nested(node n, int depth) {
    const bool is_loop = n.kind == what::loop;
    labels_.push_back({is_loop ? n.params : n.results, is_loop});
    n.body = body(n.params, n.results, depth + 1);
    labels_.pop_back();
    --budget_;
    out_.push_back(std::move(n));
  }
  void block(int depth) {
    const bool is_if = random_.one_in(2);
    node n{};
    n.kind = is_if ? what::if_ : what::block;
    if (!is_if) {
      std::tie(n.params, n.results) = block_types();
      return nested(std::move(n), depth);
    }
    provide("i");
    stack_.pop_back();
    std::tie(n.params, n.results) = block_types();
    stack_ += 'i';
    const bool has_else = !random_.one_in(3);
    if (!has_else) n.results = n.params;
    stack_.pop_back();
    labels_.push_back({n.results, false});
    n.body = body(n.params, n.results, depth + 1);
    if (has_else) {
      stack_.resize(stack_.size() - n.results.size());
      stack_ += n.params;
      n.otherwise = body(n.params, n.results, depth + 1);
      if (n.otherwise.empty()) n.otherwise.push_back(nop());
    }
    labels_.pop_back();
    out_.push_back(std::move(n));
  }
  static node nop() {
    node n{};
    n.kind = what::block;
    return n;
  }
  /// Loops count global 0 down (`body`); branches back ask whether it is spent (`condition`).
  void loop(int depth) {
    node n{};
    n.kind = what::loop;
    std::tie(n.params, n.results) = block_types();
    nested(std::move(n), depth);
  }
  void legacy_try(int depth) {
    node n{};
    n.kind = what::legacy_try;
    std::tie(n.params, n.results) = block_types();
    n.index = random_.below(labels_.size());
    labels_.push_back({n.results, false});
    n.body = body(n.params, n.results, depth + 1);
    labels_.back().in_catch = true;
    if (!random_.one_in(4)) {
      for (int tag = random_.one_in(3) ? 2 : static_cast<int>(random_.below(3)); tag >= -1; --tag) {
        if (random_.one_in(3)) continue;
        const std::string payload = tag < 0 ? "" : random_program::tags[tag];
        stack_.resize(stack_.size() - n.results.size());
        stack_ += payload;
        n.handlers.push_back({tag, body(payload, n.results, depth + 1)});
      }
    }
    labels_.pop_back();
    out_.push_back(std::move(n));
  }
  void try_table(int depth) {
    node n{};
    n.kind = what::try_table;
    std::tie(n.params, n.results) = block_types();
    for (std::uint32_t d = 0; d < labels_.size() && n.clauses.size() < 3; ++d) {
      const label& to = labels_[labels_.size() - 1 - d];
      if (to.is_loop) continue;
      for (int tag = 0; tag < 3; ++tag) {
        if (to.types == random_program::tags[tag]) n.clauses.push_back({random_.one_in(5) && tag == 2 ? -1 : tag, d});
      }
    }
    nested(std::move(n), depth);
  }

  void br_if() {
    const std::uint32_t depth = random_.below(labels_.size());
    const label to = labels_[labels_.size() - 1 - depth];
    if (ends_with(to.types + "i") && !random_.one_in(3)) {
      if (to.is_loop) return;
    } else {
      provide(to.types);
      condition(to.is_loop);
    }
    emit(what::br_if, 'i', depth);
    stack_.pop_back();
  }
  /// A condition; `counted` ones are false once global 0 is spent.
  void condition(bool counted) {
    if (counted) {
      emit(what::global_get, 'i', 0);
      stack_ += 'i';
      constant('i', 0);
      apply("i32.gt_s");
      if (random_.one_in(2)) return;
      push('i');
      return apply("i32.and");
    }
    if (random_.one_in(2)) return push('i');
    const auto all = value_ops();
    for (;;) {
      const value_op& op = all[random_.below(all.size())];
      if (op.result != 'i' || op.divides) continue;
      for (const char* t = op.params; *t != 0; ++t) push(*t);
      return apply(op);
    }
  }
  bool br_table() {
    const std::uint32_t first = random_.below(labels_.size());
    const label to = labels_[labels_.size() - 1 - first];
    if (to.is_loop) return false;
    std::vector<std::uint32_t> depths;
    for (std::uint32_t d = 0; d < labels_.size(); ++d) {
      const label& l = labels_[labels_.size() - 1 - d];
      for (std::uint32_t copies = random_.below(3); !l.is_loop && l.types == to.types && copies > 0; --copies) {
        depths.insert(depths.begin() + random_.below(depths.size() + 1), d);
      }
    }
    depths.push_back(first);
    provide(to.types);
    push('i');
    if (random_.one_in(2)) {
      constant('i', 3);
      apply("i32.and");
    }
    emit(what::br_table).depths = depths;
    return true;
  }
  /// br, return, throw or unreachable.
  bool leave() {
    for (std::uint32_t d = 0; d < labels_.size(); ++d) {
      if (!labels_[labels_.size() - 1 - d].in_catch || random_.one_in(2)) continue;
      emit(what::rethrow, 'i', d);
      return true;
    }
    if (random_.one_in(4)) {
      std::uint32_t tag = random_.below(3);
      if (tag == 1 && !has_references()) tag = 2;
      provide(random_program::tags[tag]);
      emit(what::throw_, 'i', tag);
      return true;
    }
    if (random_.one_in(10)) return emit(what::unreachable), true;
    const std::uint32_t depth = random_.below(labels_.size());
    const label to = labels_[labels_.size() - 1 - depth];
    if (to.is_loop) return false;
    provide(to.types);
    if (depth + 1 == labels_.size() && random_.one_in(2)) emit(what::return_);
    else emit(what::br, 'i', depth);
    return true;
  }
  void call() {
    if (function_ + 1 == program_.functions.size()) return;
    const std::uint32_t callee = function_ + 1 + random_.below(program_.functions.size() - function_ - 1);
    const random_function& f = program_.functions[callee];
    provide(f.params);
    if (random_.one_in(3)) {
      indirect_index(callee);
      emit(what::call_indirect, 'i', callee);
      stack_.pop_back();
    } else {
      emit(what::call, 'i', callee);
    }
    stack_.resize(stack_.size() - f.params.size());
    stack_ += f.results;
  }
  /// The table index as a constant, a local or a computed value.
  void indirect_index(std::uint32_t callee) {
    switch (random_.below(3)) {
      case 0: return constant('i', callee);
      case 1: {
        const std::uint32_t local = local_of('i');
        constant('i', callee);
        emit(what::local_set, 'i', local);
        emit(what::local_get, 'i', local);
        return;
      }
      default:
        constant('i', callee + 5);
        emit(what::local_tee, 'i', local_of('i'));
        constant('i', 5);
        return apply("i32.sub");
    }
  }

  random_source random_;
  std::string types_;
  random_program program_;
  std::uint32_t function_ = 0;
  std::string locals_, stack_;
  std::size_t base_ = 0;
  std::vector<label> labels_;
  std::vector<node> out_;
  int budget_ = 0;
};

}  // namespace wasm64::test
