#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/module/type_registry.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64 {

/// A range of bytes inside the module's own copy of its binary.
struct byte_range {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

/// A constant expression, `end` included; evaluated at instantiation (specification 3.4.18).
using const_expr = byte_range;

/// An import (specification 5.5.5). Which member is meaningful follows from `kind`.
struct import_desc {
  std::string module;
  std::string name;
  extern_kind kind = extern_kind::func;
  std::uint32_t func_type = 0;
  table_type table;
  memory_type memory;
  global_type global;
  tag_type tag;
};

/// An export (specification 5.5.10).
struct export_desc {
  std::string name;
  extern_kind kind = extern_kind::func;
  std::uint32_t index = 0;
};

/// A table, imported or defined; without an initial value its elements are null (specification 5.5.7).
struct table_def {
  table_type type;
  bool has_init = false;
  const_expr init;
};

/// A global with its initial value, which an imported one has not (specification 5.5.9).
struct global_def {
  global_type type;
  const_expr init;
};

/// When a segment is used: at instantiation, by instructions, or only to declare functions.
enum class segment_mode : std::uint8_t { active, passive, declarative };

/// An element segment (specification 5.5.12).
struct elem_segment {
  segment_mode mode = segment_mode::active;
  std::uint32_t table = 0;
  const_expr offset;
  val_type type = types::funcref;
  bool is_indices = true;             ///< `indices` holds function indices, otherwise `exprs` holds expressions
  vector<std::uint32_t> indices;
  vector<const_expr> exprs;
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(is_indices ? indices.size() : exprs.size()); }
};

/// A data segment (specification 5.5.14).
struct data_segment {
  segment_mode mode = segment_mode::active;
  std::uint32_t memory = 0;
  const_expr offset;
  byte_range init;
};

/// A run of locals of one type, as the code section writes them.
struct local_run {
  std::uint32_t count = 0;
  val_type type;
};

/// What validation learns about a function body; the size limit needs it. Open legacy catch bodies count as one value
/// and one reference each, for the exception they can rethrow.
struct body_facts {
  std::uint32_t max_height = 0;  ///< maximum operand height in 8-byte values, see `limits::stack_values`
  std::uint32_t max_refs = 0;    ///< maximum number of references on the operand stack at once
};

/// A defined function: its type and its entry of the code section.
struct func_def {
  std::uint32_t type = 0;
  small_vector<local_run, 3> locals;
  std::uint32_t entry = 0;  ///< where its entry of the code section begins, with the locals
  byte_range body;  ///< the instructions, without the locals, `end` included
  body_facts facts;
};

/// An entry of a name map of the name section.
struct name_map_entry {
  std::uint32_t index = 0;
  std::string name;
};

/// The same as a place in the module, for names that are seldom wanted.
struct name_range {
  std::uint32_t index = 0;
  byte_range name;
};

/// A decoded module: plain data, immutable once validated, shared by its instances.
/// One line per member, in the order of the binary format (specification 5.5).
struct module {
  byte_vector bytes;                      ///< the binary; every `byte_range` points into it
  vector<sub_type> types;                 ///< 5.5.4
  vector<import_desc> imports;            ///< 5.5.5
  vector<std::uint32_t> func_types;       ///< type index of every function, imported first (5.5.6)
  vector<table_def> tables;               ///< every table, imported first (5.5.7)
  vector<memory_type> memories;           ///< every memory, imported first (5.5.8)
  vector<tag_type> tags;                  ///< every tag, imported first (5.5.16)
  vector<global_def> globals;             ///< every global, imported first (5.5.9)
  vector<export_desc> exports;            ///< 5.5.10
  bool has_start = false;                 ///< 5.5.11
  std::uint32_t start = 0;
  vector<elem_segment> elems;             ///< 5.5.12
  bool has_data_count = false;            ///< 5.5.15
  std::uint32_t data_count = 0;
  vector<func_def> funcs;                 ///< defined functions only (5.5.13)
  vector<data_segment> datas;             ///< 5.5.14
  std::string name;                       ///< name section, module
  vector<name_range> func_names;          ///< name section, functions, by ascending index

  std::uint32_t imported_funcs = 0;
  std::uint32_t imported_tables = 0;
  std::uint32_t imported_memories = 0;
  std::uint32_t imported_globals = 0;
  std::uint32_t imported_tags = 0;
  vector<std::uint32_t> declared_funcs;   ///< functions that `ref.func` may name, ascending; filled by validation
  type_registry canonical_types;          ///< subtyping of `types`; filled by validation
  vector<std::uint32_t> type_ids;  ///< by type index: the type's id in `canonical_types`; filled by validation
  std::array<std::uint8_t, 32> id{};  ///< SHA-256 of `bytes`, where a caller computed it; zero otherwise

  bytes_view view(byte_range range) const noexcept { return view_of(bytes).subspan(range.offset, range.size); }
  const func_type& type_of_func(std::uint32_t index) const noexcept { return types[func_types[index]].func; }

  /// The export of that name, or null.
  const export_desc* find_export(std::string_view wanted) const noexcept {
    for (const export_desc& e : exports) {
      if (e.name == wanted) return &e;
    }
    return nullptr;
  }

  /// The function's name from the name section, or empty.
  std::string_view func_name(std::uint32_t index) const noexcept {
    std::size_t low = 0;
    for (std::size_t high = func_names.size(); low < high;) {
      const std::size_t middle = low + (high - low) / 2;
      if (func_names[middle].index < index) low = middle + 1;
      else high = middle;
    }
    const bool found = low < func_names.size() && func_names[low].index == index;
    return found ? as_text(view(func_names[low].name)) : std::string_view();
  }
};

}  // namespace wasm64
