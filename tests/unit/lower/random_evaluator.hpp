#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "tests/unit/lower/random_program.hpp"

namespace wasm64::test {

/// Runs random programs as the specification words it: one stack of values, instruction by instruction.
class reference_evaluator {
 public:
  std::vector<std::uint8_t> memories[2];
  bits64 globals[5] = {};
  bits64 table[random_program::table_size] = {};

  explicit reference_evaluator(const random_program& p) : program_(p) {
    for (auto& m : memories) m.resize(page);
  }

  /// The trap, or 0 with the results.
  errc call(std::uint32_t function, const std::vector<bits64>& arguments, std::vector<bits64>& results) {
    trap_ = {};
    results = arguments;
    const flow end = invoke(function, results);
    if (end == flow::thrown) return errc::trap_uncaught_exception;
    return end == flow::trapped ? trap_ : errc{};
  }

 private:
  static constexpr std::size_t page = 65536;
  enum class flow { next, branch, leave, trapped, thrown };
  struct exception {
    int tag = 0;
    std::vector<bits64> payload;
  };
  struct activation {
    const random_function& function;
    std::vector<bits64> locals;
    std::vector<bits64> stack;
    std::uint32_t depth = 0;  ///< of the branch under way
    std::vector<exception> caught;  ///< for every open block, what its handler caught

    bits64 pop() {
      const bits64 v = stack.back();
      stack.pop_back();
      return v;
    }
  };
  using what = node::what;

  /// Replaces the arguments on top of `stack` by the results.
  flow invoke(std::uint32_t index, std::vector<bits64>& stack) {
    const random_function& f = program_.functions[index];
    activation a{f, {stack.end() - static_cast<std::ptrdiff_t>(f.params.size()), stack.end()}, {}, 0, {}};
    stack.resize(stack.size() - f.params.size());
    a.locals.resize(f.params.size() + f.locals.size());
    const flow end = run(f.body, a);
    if (end == flow::trapped || end == flow::thrown) return end;
    stack.insert(stack.end(), a.stack.end() - static_cast<std::ptrdiff_t>(f.results.size()), a.stack.end());
    return flow::next;
  }

  flow run(const std::vector<node>& body, activation& a) {
    for (const node& n : body) {
      const flow end = step(n, a);
      if (end != flow::next) return end;
    }
    return flow::next;
  }

  flow trap(errc code) {
    trap_ = code;
    return flow::trapped;
  }

  flow step(const node& n, activation& a) {
    switch (n.kind) {
      case what::value: {
        const bool two = n.op->params[1] != 0;
        const bits64 y = two ? a.pop() : 0, x = a.pop();
        errc failed{};
        a.stack.push_back(n.op->apply(x, y, failed));
        return failed == errc{} ? flow::next : trap(failed);
      }
      case what::constant: a.stack.push_back(n.bits); return flow::next;
      case what::null: a.stack.push_back(0); return flow::next;
      case what::is_null: a.stack.back() = a.stack.back() == 0; return flow::next;
      case what::drop: a.pop(); return flow::next;
      case what::select: {
        const bits64 condition = a.pop(), second = a.pop();
        if (condition == 0) a.stack.back() = second;
        return flow::next;
      }
      case what::local_get: a.stack.push_back(a.locals[n.index]); return flow::next;
      case what::local_set: a.locals[n.index] = a.pop(); return flow::next;
      case what::local_tee: a.locals[n.index] = a.stack.back(); return flow::next;
      case what::global_get: a.stack.push_back(globals[n.index]); return flow::next;
      case what::global_set: globals[n.index] = a.pop(); return flow::next;
      case what::table_get:
        if (a.stack.back() >= random_program::table_size) return trap(errc::trap_table_out_of_bounds);
        a.stack.back() = table[a.stack.back()];
        return flow::next;
      case what::table_set: {
        const bits64 v = a.pop(), at = a.pop();
        if (at >= random_program::table_size) return trap(errc::trap_table_out_of_bounds);
        table[at] = v;
        return flow::next;
      }
      case what::br: a.depth = n.index; return flow::branch;
      case what::br_if:
        if (a.pop() == 0) return flow::next;
        a.depth = n.index;
        return flow::branch;
      case what::br_table: {
        const bits64 index = a.pop();
        a.depth = n.depths[std::min<std::size_t>(index, n.depths.size() - 1)];
        return flow::branch;
      }
      case what::return_: return flow::leave;
      case what::unreachable: return trap(errc::trap_unreachable);
      case what::call: return invoke(n.index, a.stack);
      case what::call_indirect: a.pop(); return invoke(n.index, a.stack);
      case what::throw_: {
        thrown_.tag = static_cast<int>(n.index);
        const std::size_t count = std::string_view(random_program::tags[n.index]).size();
        thrown_.payload.assign(a.stack.end() - static_cast<std::ptrdiff_t>(count), a.stack.end());
        return flow::thrown;
      }
      case what::block:
      case what::if_:
      case what::loop:
      case what::legacy_try:
      case what::try_table: {
        a.caught.emplace_back();
        const flow end = block(n, a);
        a.caught.pop_back();
        return end;
      }
      case what::rethrow: thrown_ = a.caught[a.caught.size() - 1 - n.index]; return flow::thrown;
      default: return memory_step(n, a);
    }
  }

  flow block(const node& n, activation& a) {
    const std::vector<node>* body = &n.body;
    if (n.kind == what::if_ && a.pop() == 0) body = &n.otherwise;
    const std::size_t height = a.stack.size() - n.params.size();
    for (bool handling = false;;) {
      const flow end = run(*body, a);
      if (end == flow::thrown && delegated_ > 0) {
        --delegated_;  // on its way to the label of a `delegate`
        return end;
      }
      if (end == flow::thrown && n.kind == what::try_table) return caught(n, a, height);
      if (end == flow::thrown && n.kind == what::legacy_try && !handling) {
        if (n.handlers.empty()) delegated_ = n.index;
        const auto found = std::find_if(n.handlers.begin(), n.handlers.end(),
                                        [this](const node::handler& h) { return h.tag < 0 || h.tag == thrown_.tag; });
        if (found == n.handlers.end()) return end;
        a.stack.resize(height);
        if (found->tag >= 0) a.stack.insert(a.stack.end(), thrown_.payload.begin(), thrown_.payload.end());
        a.caught.back() = thrown_;
        body = &found->body;
        handling = true;
        continue;
      }
      if (end != flow::branch) return end;
      if (a.depth > 0) {
        --a.depth;
        return flow::branch;
      }
      const std::size_t kept = n.kind == what::loop ? n.params.size() : n.results.size();
      a.stack.erase(a.stack.begin() + static_cast<std::ptrdiff_t>(height),
                    a.stack.end() - static_cast<std::ptrdiff_t>(kept));
      if (n.kind != what::loop) return flow::next;
    }
  }
  flow caught(const node& n, activation& a, std::size_t height) {
    for (const node::clause& c : n.clauses) {
      if (c.tag >= 0 && c.tag != thrown_.tag) continue;
      a.stack.resize(height);
      if (c.tag >= 0) a.stack.insert(a.stack.end(), thrown_.payload.begin(), thrown_.payload.end());
      a.depth = c.depth;
      return flow::branch;
    }
    return flow::thrown;
  }

  flow memory_step(const node& n, activation& a) {
    std::vector<std::uint8_t>& m = memories[n.index];
    const std::size_t width = n.type == 'i' || n.type == 'f' ? 4 : 8;
    switch (n.kind) {
      case what::load: {
        const bits64 base = a.pop(), at = base + n.bits;
        if (base > m.size() || at + width > m.size()) return trap(errc::trap_memory_out_of_bounds);
        bits64 v = 0;
        std::memcpy(&v, m.data() + at, width);
        a.stack.push_back(v);
        return flow::next;
      }
      case what::store: {
        const bits64 v = a.pop(), base = a.pop(), at = base + n.bits;
        if (base > m.size() || at + width > m.size()) return trap(errc::trap_memory_out_of_bounds);
        std::memcpy(m.data() + at, &v, width);
        return flow::next;
      }
      case what::memory_size: a.stack.push_back(m.size() / page); return flow::next;
      case what::memory_grow: {
        const bits64 pages = m.size() / page, delta = a.pop();
        const bool fits = delta <= 2 - pages;
        if (fits) m.resize(m.size() + delta * page);
        a.stack.push_back(fits ? pages : program_.wide ? ~bits64{0} : 0xffffffff);
        return flow::next;
      }
      default: {  // fill and copy
        const bits64 count = a.pop(), second = a.pop(), to = a.pop();
        if (to + count > m.size()) return trap(errc::trap_memory_out_of_bounds);
        if (n.kind == what::memory_fill) {
          std::fill_n(m.begin() + static_cast<std::ptrdiff_t>(to), count, static_cast<std::uint8_t>(second));
          return flow::next;
        }
        const std::vector<std::uint8_t>& from = memories[1 - n.index];
        if (second + count > from.size()) return trap(errc::trap_memory_out_of_bounds);
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(second), count,
                    m.begin() + static_cast<std::ptrdiff_t>(to));
        return flow::next;
      }
    }
  }

  const random_program& program_;
  errc trap_{};
  exception thrown_;
  std::uint32_t delegated_ = 0;  ///< blocks that a delegated exception still passes by
};

}  // namespace wasm64::test
