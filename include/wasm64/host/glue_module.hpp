#pragma once

#include <string>

#include "wasm64/exec/engine.hpp"
#include "wasm64/runtime/store.hpp"

namespace wasm64::detail {

/// Instructions of a function body that is being written.
class glue_code {
 public:
  byte_vector bytes;

  void op(std::uint8_t opcode) { bytes.push_back(opcode); }
  void op(std::uint8_t opcode, std::uint64_t immediate) {
    op(opcode);
    number(immediate);
  }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) op(static_cast<std::uint8_t>(value | 0x80));
    op(static_cast<std::uint8_t>(value));
  }
  void append(const byte_vector& other) { bytes.insert(bytes.end(), other.begin(), other.end()); }

  void local_get(std::uint32_t n) { op(0x20, n); }
  void local_set(std::uint32_t n) { op(0x21, n); }
  void call(std::uint32_t f) { op(0x10, f); }
  void begin_block() { op(0x02, 0x40); }
  void begin_if() { op(0x04, 0x40); }
  void br(std::uint32_t label) { op(0x0c, label); }
  void br_if(std::uint32_t label) { op(0x0d, label); }
  void end() { op(0x0b); }
  void ret() { op(0x0f); }
  void drop() { op(0x1a); }
  void unreachable() { op(0x00); }
  void throw_(std::uint32_t tag) { op(0x08, tag); }
  void call_indirect(std::uint32_t type) {
    op(0x11, type);
    number(0);
  }
  /// A small constant, 0 to 63, of a number type.
  void constant(val_type t, std::uint8_t value) {
    if (t == types::i32 || t == types::i64) return op(t == types::i64 ? 0x42 : 0x41, value);
    op(t == types::f64 ? 0x44 : 0x43);  // zero only
    bytes.insert(bytes.end(), t == types::f64 ? 8 : 4, 0);
  }
  /// i32 to i64 and back, as far as they differ.
  void convert(val_type from, val_type to) {
    if (from == types::i64 && to == types::i32) op(0xa7);
    if (from == types::i32 && to == types::i64) op(0xad);
  }
  void is_zero(val_type t) { op(t == types::i64 ? 0x50 : 0x45); }
  void equal(val_type t) { op(t == types::i64 ? 0x51 : 0x46); }
  void subtract(val_type t) { op(t == types::i64 ? 0x7d : 0x6b); }
  void add(val_type t) { op(t == types::i64 ? 0x7c : 0x6a); }
};

/// A small module of our own that stands between an instance and the host: what catches and throws is WebAssembly, so
/// that the engine's exceptions, limits and fuel do the work, and the native stack does not grow. It is made for one
/// instance, whose functions and table it imports; imports come before functions.
class glue_module {
 public:
  std::uint32_t type(const func_type& t) {
    for (std::uint32_t i = 0; i < types_.size(); ++i) {
      if (types_[i] == t) return i;
    }
    types_.push_back(t);
    return static_cast<std::uint32_t>(types_.size() - 1);
  }
  std::uint32_t import(func_instance& f) {
    definition d;
    d.func = &f;
    return import_func(*f.type, std::move(d));
  }
  std::uint32_t import(host_function f) {
    definition d;
    const func_type t = f.type;
    d.host = std::make_shared<const host_function>(std::move(f));
    return import_func(t, std::move(d));
  }
  void import(table_instance& t) {
    definition d;
    d.table = &t;
    glue_code& to = next(0x01, std::move(d));
    to.op(0x70);
    to.op(t.type.limits.is_64 ? 0x04 : 0x00);
    to.number(0);
  }
  void import(global_instance& g) {
    definition d;
    d.global = &g;
    glue_code& to = next(0x03, std::move(d));
    to.op(static_cast<std::uint8_t>(g.type.type.code));
    to.op(g.type.is_mutable ? 1 : 0);
  }
  void import(tag_instance& t) {
    definition d;
    d.tag = &t;
    glue_code& to = next(0x04, std::move(d));
    to.op(0);
    to.number(type(*t.type));
  }

  /// A function with that many locals of one type behind its parameters. Its body ends without `end`.
  void define(const func_type& t, std::uint32_t locals, val_type of, const glue_code& body) {
    glue_code entry;
    entry.number(locals == 0 ? 0 : 1);
    if (locals != 0) {
      entry.number(locals);
      entry.op(static_cast<std::uint8_t>(of.code));
    }
    entry.append(body.bytes);
    entry.end();
    functions_.number(type(t));
    bodies_.number(entry.bytes.size());
    bodies_.append(entry.bytes);
    ++defined_;
  }
  std::uint32_t defined() const noexcept { return defined_; }

  /// Instantiates it in a store. The functions are those behind the imported ones, in their order.
  result<instance*> instantiate(store_base& in) const {
    glue_code types, functions, exports;
    types.number(types_.size());
    for (const func_type& t : types_) {
      types.op(0x60);
      put(types, t.params);
      put(types, t.results);
    }
    functions.number(defined_);
    functions.append(functions_.bytes);
    glue_code imports, bodies;
    imports.number(imported_);
    imports.append(imports_.bytes);
    bodies.number(defined_);
    bodies.append(bodies_.bytes);

    glue_code binary;
    for (const char c : {'\0', 'a', 's', 'm', '\1', '\0', '\0', '\0'}) binary.op(static_cast<std::uint8_t>(c));
    section(binary, 1, types);
    section(binary, 2, imports);
    section(binary, 3, functions);
    section(binary, 10, bodies);
    WASM64_TRY(std::shared_ptr<const module> compiled, compile(view_of(binary.bytes)));
    return in.instantiate(std::move(compiled), linker_);
  }

 private:
  glue_code& next(std::uint8_t kind, definition d) {
    const std::string name = std::to_string(imported_++);
    imports_.number(0);
    imports_.number(name.size());
    for (const char c : name) imports_.op(static_cast<std::uint8_t>(c));
    imports_.op(kind);
    linker_.define({}, name, std::move(d));
    return imports_;
  }
  std::uint32_t import_func(const func_type& t, definition d) {
    next(0x00, std::move(d)).number(type(t));
    return imported_funcs_++;
  }
  static void put(glue_code& to, const vector<val_type>& list) {
    to.number(list.size());
    for (const val_type t : list) to.op(static_cast<std::uint8_t>(t.code));
  }
  static void section(glue_code& to, std::uint8_t id, const glue_code& content) {
    to.op(id, content.bytes.size());
    to.append(content.bytes);
  }

  vector<func_type> types_;
  glue_code imports_, functions_, bodies_;
  std::uint32_t imported_ = 0, imported_funcs_ = 0, defined_ = 0;
  linker linker_;
};

}  // namespace wasm64::detail
