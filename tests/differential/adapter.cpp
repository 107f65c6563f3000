#include "adapter.hpp"

#include "wasm64/valid/describe.hpp"
#include "wasm64/valid/matching.hpp"

namespace differential {
namespace {

using wasm64::val_type;

bool is_exception(val_type type) { return type.is_ref() && wasm64::top_of(type.heap) == wasm64::heap::exn; }
bool is_unspeakable(val_type type) { return type.is_vec() || is_exception(type); }

std::string declare(const char* what, const wasm64::vector<val_type>& types) {
  std::string text;
  for (const val_type t : types) text.append(" (").append(what).append(" ").append(describe(t)).append(")");
  return text;
}

constexpr const char* memory = "(memory (export \"memory\") 1)\n";

std::string address(std::size_t at) { return "(i32.const " + std::to_string(at) + ")"; }

}  // namespace

bool needs_adapter(const wasm64::func_type& type) {
  for (const val_type t : type.params) {
    if (is_unspeakable(t)) return true;
  }
  for (const val_type t : type.results) {
    if (is_unspeakable(t)) return true;
  }
  return false;
}

std::optional<std::string> call_adapter(const wasm64::func_type& type) {
  for (const auto* list : {&type.params, &type.results}) {
    for (const val_type t : *list) {
      if (t.is_ref() && t.heap.is_index()) return std::nullopt;
    }
  }
  wasm64::vector<val_type> references_in, references_out;
  std::string arguments, stores, returns;
  for (std::size_t i = 0; i < type.params.size(); ++i) {
    const val_type t = type.params[i];
    if (is_exception(t)) {
      if (!t.nullable) return std::nullopt;
      arguments.append("(ref.null ").append(describe(t.heap)).append(")\n");
    } else if (t.is_ref()) {
      arguments.append("(local.get ").append(std::to_string(references_in.size())).append(")\n");
      references_in.push_back(t);
    } else {
      arguments.append("(").append(describe(t)).append(".load ").append(address(16 * i)).append(")\n");
    }
  }
  std::string locals;
  for (std::size_t i = 0; i < type.results.size(); ++i) {
    const val_type t = type.results[i];
    const std::string local = "$r" + std::to_string(i);
    locals.append("(local ").append(local).append(" ").append(describe(t)).append(")");
    const std::string get = "(local.get " + local + ")", to = address(1024 + 16 * i);
    if (is_exception(t)) {
      stores.append("(i32.store ").append(to).append(" (ref.is_null ").append(get).append("))\n");
    } else if (t.is_ref()) {
      references_out.push_back(t);
      returns.append(get);
    } else {
      stores.append("(").append(describe(t)).append(".store ").append(to).append(" ").append(get).append(")\n");
    }
  }
  std::string sets;
  for (std::size_t i = type.results.size(); i-- > 0;) sets.append("(local.set $r").append(std::to_string(i)).append(")");
  std::string text = "(module (import \"m\" \"f\" (func $f" + declare("param", type.params);
  text.append(declare("result", type.results)).append("))\n").append(memory).append("(func (export \"run\")");
  text.append(declare("param", references_in)).append(declare("result", references_out)).append("\n").append(locals);
  return text.append(arguments).append("(call $f)\n").append(sets).append(stores).append(returns).append("))");
}

std::string vector_global_adapter(bool is_mutable) {
  const std::string type = is_mutable ? "(mut v128)" : "v128";
  return "(module (import \"m\" \"g\" (global $g " + type + "))" + memory +
         "(func (export \"run\") (v128.store (i32.const 1024) (global.get $g))))";
}

}  // namespace differential
