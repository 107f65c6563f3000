#include "adapter.hpp"

#include "encode.hpp"
#include "wasm64/binary/leb128.hpp"
#include "wasm64/valid/matching.hpp"

namespace differential {
namespace {

using wasm64::byte_vector;
using wasm64::type_code;
using wasm64::val_type;

bool is_exception(val_type type) {
  return type.is_ref() && !type.heap.is_index() && wasm64::top_of(type.heap) == wasm64::heap::exn;
}

constexpr std::size_t argument_at(std::size_t i) { return 16 * i; }
constexpr std::size_t result_at(std::size_t i) { return 1024 + 16 * i; }

enum section : std::uint8_t {
  type_section = 1,
  import_section = 2,
  function_section = 3,
  memory_section = 5,
  export_section = 7,
  code_section = 10
};

/// The type section's entries and how many types they are. Recursive groups are copied whole, since what a type is
/// depends on its group.
struct type_entries {
  std::uint32_t count = 0;
  wasm64::bytes_view bytes;
};
type_entries types_of(const wasm64::module& m) {
  const std::uint8_t *at = m.bytes.data() + 8, *const end = m.bytes.data() + m.bytes.size();
  while (at != end) {
    const auto size = wasm64::read_leb128<std::uint32_t, 32>(at + 1, end);
    const std::uint8_t* const next = size.next + size.value;
    if (*at == type_section) {
      const auto count = wasm64::read_leb128<std::uint32_t, 32>(size.next, next);
      return {count.value, {count.next, next}};
    }
    at = next;
  }
  return {};
}

class code {
 public:
  void constant(std::uint32_t value) { op(0x41), put_u32(bytes, value); }
  void local_get(std::size_t index) { op(0x20), put_u32(bytes, index); }
  void local_set(std::size_t index) { op(0x21), put_u32(bytes, index); }
  void global_get(std::size_t index) { op(0x23), put_u32(bytes, index); }
  void call(std::size_t index) { op(0x10), put_u32(bytes, index); }
  void null(wasm64::heap_type type) { op(0xD0), put_s33(bytes, type.code); }
  void is_null() { op(0xD1); }
  void end() { op(0x0B); }
  /// The address is an operand and 0.
  void load(type_code type, std::size_t offset) { access(type, 0x28, 0, offset); }
  void store(type_code type, std::size_t offset) { access(type, 0x36, 11, offset); }

  byte_vector bytes;

 private:
  void op(std::uint8_t opcode) { bytes.push_back(opcode); }
  /// Loads and stores of the numeric types are in the order of their type codes, downwards.
  void access(type_code type, std::uint8_t scalar, std::uint8_t vector, std::size_t offset) {
    if (type == type_code::v128) op(0xFD), op(vector);
    else op(static_cast<std::uint8_t>(scalar + (static_cast<unsigned>(type_code::i32) - static_cast<unsigned>(type))));
    put_u32(bytes, 0);
    put_u32(bytes, offset);
  }
};

/// A module with one import, one page of memory, and the function "run" of type `run`.
struct parts {
  byte_vector types, import, locals;
  std::size_t run = 0;
  std::size_t imported_funcs = 0;
  code body;
};

byte_vector assemble(parts p) {
  byte_vector to = {0, 'a', 's', 'm', 1, 0, 0, 0};
  put_section(to, type_section, p.types);
  byte_vector imports = {1};
  put_name(imports, "m");
  put_bytes(imports, wasm64::view_of(p.import));
  put_section(to, import_section, imports);
  byte_vector functions = {1};
  put_u32(functions, p.run);
  put_section(to, function_section, functions);
  put_section(to, memory_section, {1, 0, 1});
  byte_vector exports = {2};
  put_name(exports, "memory");
  exports.push_back(static_cast<std::uint8_t>(wasm64::extern_kind::memory));
  exports.push_back(0);
  put_name(exports, "run");
  exports.push_back(static_cast<std::uint8_t>(wasm64::extern_kind::func));
  put_u32(exports, p.imported_funcs);
  put_section(to, export_section, exports);
  p.body.end();
  byte_vector bodies = {1};
  put_u32(bodies, p.locals.size() + p.body.bytes.size());
  put_bytes(bodies, wasm64::view_of(p.locals));
  put_bytes(bodies, wasm64::view_of(p.body.bytes));
  put_section(to, code_section, bodies);
  return to;
}

}  // namespace

bool needs_adapter(const wasm64::func_type& type) {
  const auto unspeakable = [](val_type t) { return t.is_vec() || is_exception(t); };
  for (const val_type t : type.params) {
    if (unspeakable(t)) return true;
  }
  for (const val_type t : type.results) {
    if (unspeakable(t)) return true;
  }
  return false;
}

std::optional<byte_vector> call_adapter(const wasm64::module& m, std::uint32_t index) {
  const wasm64::func_type& type = m.types[index].func;
  parts p;
  wasm64::vector<val_type> references_in, references_out;
  for (std::size_t i = 0; i < type.params.size(); ++i) {
    const val_type t = type.params[i];
    if (is_exception(t)) {
      if (!t.nullable) return std::nullopt;
      p.body.null(t.heap);
    } else if (t.is_ref()) {
      p.body.local_get(references_in.size());
      references_in.push_back(t);
    } else {
      p.body.constant(0);
      p.body.load(t.code, argument_at(i));
    }
  }
  p.body.call(0);
  const std::size_t first_local = references_in.size();
  for (std::size_t i = type.results.size(); i-- > 0;) p.body.local_set(first_local + i);
  put_u32(p.locals, type.results.size());
  for (std::size_t i = 0; i < type.results.size(); ++i) {
    const val_type t = type.results[i];
    put_u32(p.locals, 1);
    put_type(p.locals, t);
    if (t.is_ref() && !is_exception(t)) {
      references_out.push_back(t);
      continue;
    }
    p.body.constant(0);
    p.body.local_get(first_local + i);
    if (is_exception(t)) p.body.is_null();
    p.body.store(is_exception(t) ? type_code::i32 : t.code, result_at(i));
  }
  for (std::size_t i = 0; i < type.results.size(); ++i) {
    if (type.results[i].is_ref() && !is_exception(type.results[i])) p.body.local_get(first_local + i);
  }

  const type_entries known = types_of(m);
  put_u32(p.types, known.count + 1);
  put_bytes(p.types, known.bytes);
  p.types.push_back(0x60);
  put_types(p.types, references_in);
  put_types(p.types, references_out);
  put_name(p.import, "f");
  p.import.push_back(static_cast<std::uint8_t>(wasm64::extern_kind::func));
  put_u32(p.import, index);
  p.run = m.types.size();
  p.imported_funcs = 1;
  return assemble(std::move(p));
}

byte_vector vector_global_adapter(bool is_mutable) {
  parts p;
  p.types = {1, 0x60, 0, 0};
  put_name(p.import, "g");
  p.import.push_back(static_cast<std::uint8_t>(wasm64::extern_kind::global));
  put_type(p.import, wasm64::types::v128);
  p.import.push_back(is_mutable);
  p.locals = {0};
  p.body.constant(0);
  p.body.global_get(0);
  p.body.store(type_code::v128, result_at(0));
  return assemble(std::move(p));
}

}  // namespace differential
