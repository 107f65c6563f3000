#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/unit/lower/random_ops.hpp"

namespace wasm64::test {

/// An instruction of a random program; blocks hold theirs.
struct node {
  // clang-format off
  enum class what {
    value, constant, null, is_null, drop, select, local_get, local_set, local_tee, global_get, global_set, load, store,
    table_get, table_set, memory_fill, memory_copy, memory_size, memory_grow, block, loop, if_, try_table, legacy_try, br,
    br_if, br_table, return_, unreachable, call, call_indirect, throw_, rethrow
  };
  // clang-format on
  what kind;
  char type = 'i';               ///< i, I, f, F, or r: externref
  std::uint32_t index = 0;       ///< of a local, global, function, tag, memory, label
  bits64 bits = 0;               ///< of a constant; the offset of an access
  const value_op* op = nullptr;
  std::string params, results;   ///< of a block
  std::vector<std::uint32_t> depths;  ///< br_table, the default last
  struct clause {
    int tag;  ///< −1 for catch_all
    std::uint32_t depth;
  };
  std::vector<clause> clauses;
  struct handler {
    int tag;  ///< −1 for catch_all
    std::vector<node> body;
  };
  std::vector<handler> handlers;  ///< of a legacy try; without any, it delegates to `index`
  std::vector<node> body, otherwise;
};

struct random_function {
  std::string params, results, locals;  ///< `locals` without the parameters
  std::vector<node> body;
};

/// Functions call later ones only, so there is no recursion. Global 0 counts loop iterations down.
struct random_program {
  static constexpr const char* globals = "iIfFr";
  static constexpr const char* tags[] = {"iI", "Fr", ""};
  static constexpr std::uint32_t table_size = 4;
  bool wide = false;  ///< memory 0 has 64-bit addresses; memory 1 never has
  std::vector<random_function> functions;

  char address(std::uint32_t memory) const { return wide && memory == 0 ? 'I' : 'i'; }
};

inline const char* type_name(char type) {
  switch (type) {
    case 'i': return "i32";
    case 'I': return "i64";
    case 'f': return "f32";
    case 'F': return "f64";
    default: return "externref";
  }
}
inline std::string type_list(const char* keyword, const std::string& types) {
  if (types.empty()) return {};
  std::string text = std::string(" (") + keyword;
  for (const char t : types) text.append(" ").append(type_name(t));
  return text + ")";
}

/// Writes a program in the text format.
class program_printer {
 public:
  std::string text;

  explicit program_printer(const random_program& p) : program_(p) {
    text = std::string("(module (memory ") + (p.wide ? "i64 " : "") +
           "1 2) (memory 1) (table $r 4 externref) (table $f funcref (elem";
    for (std::size_t i = 0; i < p.functions.size(); ++i) text += " " + std::to_string(i);
    text += "))\n";
    for (const char* tag : random_program::tags) text += "(tag" + type_list("param", tag) + ")\n";
    for (const char* g = random_program::globals; *g != 0; ++g) {
      text += std::string("(global (export \"g") + *g + "\") (mut " + type_name(*g) + ") (";
      text += *g == 'r' ? "ref.null extern" : std::string(type_name(*g)) + ".const 0";
      text += "))\n";
    }
    for (std::size_t i = 0; i < p.functions.size(); ++i) {
      const random_function& f = p.functions[i];
      text += "(func (export \"f" + std::to_string(i) + "\")" + type_list("param", f.params) +
              type_list("result", f.results) + type_list("local", f.locals) + "\n";
      print(f.body, 1);
      text += ")\n";
    }
    text += ")";
  }

 private:
  void line(int depth, const std::string& what) {
    text += std::string(static_cast<std::size_t>(depth), ' ') + what + "\n";
  }
  void print(const std::vector<node>& body, int depth) {
    for (const node& n : body) print(n, depth);
  }
  void print(const node& n, int depth) {
    using w = node::what;
    const std::string type = type_name(n.type), index = std::to_string(n.index);
    const std::string block_type = type_list("param", n.params) + type_list("result", n.results);
    switch (n.kind) {
      case w::value: return line(depth, n.op->text);
      case w::constant: return line(depth, constant(n));
      case w::null: return line(depth, "ref.null extern");
      case w::is_null: return line(depth, "ref.is_null");
      case w::drop: return line(depth, "drop");
      case w::select: return line(depth, n.type == 'r' ? "select (result externref)" : "select");
      case w::local_get: return line(depth, "local.get " + index);
      case w::local_set: return line(depth, "local.set " + index);
      case w::local_tee: return line(depth, "local.tee " + index);
      case w::global_get: return line(depth, "global.get " + index);
      case w::global_set: return line(depth, "global.set " + index);
      case w::load: return line(depth, type + ".load " + index + " offset=" + std::to_string(n.bits));
      case w::store: return line(depth, type + ".store " + index + " offset=" + std::to_string(n.bits));
      case w::table_get: return line(depth, "table.get $r");
      case w::table_set: return line(depth, "table.set $r");
      case w::memory_fill: return line(depth, "memory.fill " + index);
      case w::memory_copy: return line(depth, "memory.copy " + index + " " + std::to_string(1 - n.index));
      case w::memory_size: return line(depth, "memory.size " + index);
      case w::memory_grow: return line(depth, "memory.grow " + index);
      case w::block: line(depth, "block" + block_type); break;
      case w::loop: line(depth, "loop" + block_type); break;
      case w::if_: line(depth, "if" + block_type); break;
      case w::try_table: {
        std::string clauses;
        for (const node::clause& c : n.clauses) {
          clauses += c.tag < 0 ? " (catch_all " : " (catch " + std::to_string(c.tag) + " ";
          clauses += std::to_string(c.depth) + ")";
        }
        line(depth, "try_table" + block_type + clauses);
        break;
      }
      case w::legacy_try: line(depth, "try" + block_type); break;
      case w::br: return line(depth, "br " + index);
      case w::br_if: return line(depth, "br_if " + index);
      case w::br_table: {
        std::string labels;
        for (const std::uint32_t d : n.depths) labels += " " + std::to_string(d);
        return line(depth, "br_table" + labels);
      }
      case w::return_: return line(depth, "return");
      case w::unreachable: return line(depth, "unreachable");
      case w::call: return line(depth, "call " + index);
      case w::call_indirect: {
        const random_function& f = program_.functions[n.index];
        return line(depth, "call_indirect $f" + type_list("param", f.params) + type_list("result", f.results));
      }
      case w::throw_: return line(depth, "throw " + index);
      case w::rethrow: return line(depth, "rethrow " + index);
    }
    print(n.body, depth + 1);
    if (n.kind == w::if_ && !n.otherwise.empty()) {
      line(depth, "else");
      print(n.otherwise, depth + 1);
    }
    for (const node::handler& h : n.handlers) {
      line(depth, h.tag < 0 ? "catch_all" : "catch " + std::to_string(h.tag));
      print(h.body, depth + 1);
    }
    line(depth, n.kind == w::legacy_try && n.handlers.empty() ? "delegate " + index : "end");
  }
  static std::string constant(const node& n) {
    char number[64];
    switch (n.type) {
      case 'i': return "i32.const " + std::to_string(static_cast<std::int32_t>(n.bits));
      case 'I': return "i64.const " + std::to_string(static_cast<std::int64_t>(n.bits));
      case 'f':
        std::snprintf(number, sizeof number, "f32.const %a", static_cast<double>(ops::from<float>(n.bits)));
        break;
      default: std::snprintf(number, sizeof number, "f64.const %a", ops::from<double>(n.bits));
    }
    return number;
  }

  const random_program& program_;
};

}  // namespace wasm64::test
