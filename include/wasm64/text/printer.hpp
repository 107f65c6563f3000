#pragma once

#include <map>
#include <string>
#include <string_view>

#include "wasm64/base/result.hpp"
#include "wasm64/binary/branch_hints.hpp"
#include "wasm64/binary/custom_sections.hpp"
#include "wasm64/binary/instruction.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/module/names.hpp"

namespace wasm64::text {

namespace detail {

/// What the name section calls one thing. Where it has no identifier, its index stands for it.
struct printed_name {
  std::string_view name;
  bool is_named = false;
  bool is_id = false;
};
using printed_names = vector<printed_name>;

}  // namespace detail

/// Prints one module; see `print_module`. Nothing here is recursive: what nests is kept in `blocks_`.
class module_printer {
 public:
  module_printer(const module& m, std::uint64_t max_size) : module_(m), max_size_(max_size) {}

  result<std::string> run();

 private:
  using names = detail::printed_names;

  // Pieces, printer_impl.hpp
  void put(std::string_view words);
  void put_number(std::uint64_t value);
  void put_index(const names& space, std::uint32_t index);
  void put_optional_index(const names& space, std::uint32_t index);
  void put_name(std::string_view name);
  void put_bytes(byte_range range);
  void begin_field(std::string_view keyword, const names& space, std::uint32_t index);
  void put_definition(const names& space, std::uint32_t index);
  void put_given_name(const names& space, std::uint32_t index);
  void put_module_name();
  void new_line(std::size_t depth);

  // Names and custom sections, printer_names_impl.hpp
  void collect_names();
  void collect_hints();
  static void resolve(const vector<name_map_entry>& from, std::size_t count, names& to);
  static const vector<name_map_entry>* names_of(const vector<indirect_names>& map, std::uint32_t index);
  void put_custom_sections();

  // Types, printer_types_impl.hpp
  void put_types();
  void put_type(std::uint32_t index, std::size_t depth);
  void put_composite(std::uint32_t index);
  void put_type_use(std::uint32_t type, const names& params);
  void put_value_types(std::string_view keyword, const vector<val_type>& types);
  void put_members(std::string_view keyword, const vector<val_type>& types, const names& named);
  void put_val_type(val_type type);
  void put_heap_type(heap_type type);
  void put_field_type(const field_type& field);
  void put_limits(const limits_type& limits);
  void put_table_type(const table_type& table);
  void put_memory_type(const memory_type& memory);
  void put_global_type(const global_type& global);

  // Fields, printer_fields_impl.hpp
  void put_imports();
  void put_tables();
  void put_memories();
  void put_tags();
  void put_globals();
  void put_exports();
  void put_start();
  void put_data_count();
  void put_elems();
  void put_datas();
  bool put_const_expr(const_expr expr);
  bool put_wrapped_expr(std::string_view wrapper, const_expr expr);
  const names& space_of(extern_kind kind) const;

  // Functions, printer_code_impl.hpp
  struct open_block {
    op code = op::block;
    bool is_complete = false;  ///< `else` or `catch_all` is there
    bool has_catch = false;
    std::string_view label;
  };
  void put_functions();
  bool put_function(std::uint32_t defined_index);
  void put_locals(const func_def& def, std::size_t params);
  bool put_body(const func_def& def);
  bool put_structured(const instruction& in);
  void put_block(const instruction& in);
  bool continue_block(op code);
  void push_block(op code);
  void pop_block();
  void put_hint(std::uint64_t offset);
  void put_instruction(const instruction& in);
  void put_immediates(const instruction& in);
  void put_label(std::uint32_t depth);
  void put_catches(const instruction& in);
  void put_memarg(const instruction& in);
  void put_v128(const instruction& in);
  void put_field_index(std::uint32_t type, std::uint32_t field);
  void put_segment_and_space(const instruction& in, const names& segments, const names& space);
  void put_ref_test(const instruction& in);

  bool failed(reader& in) {
    if (in.failed() && failure_.code == errc{}) failure_ = in.failure_as_error();
    return in.failed();
  }
  bool fail_at(errc code, std::uint64_t offset) {
    if (failure_.code == errc{}) failure_ = error(code, offset);
    return false;
  }

  const module& module_;
  const std::uint64_t max_size_;
  std::string out_;
  bool is_full_ = false;
  error failure_;

  name_section section_;
  names types_, funcs_, tables_, memories_, globals_, elems_, datas_, tags_;
  vector<names> fields_;               ///< by type; empty where nothing has a name
  std::uint64_t names_to_print_ = 0;   ///< those of the section
  std::uint64_t names_printed_ = 0;
  bool prints_names_ = false;          ///< the section is what the encoder makes of these names
  vector<function_hints> hints_;
  std::size_t next_hints_ = 0;
  std::uint64_t hints_to_print_ = 0;
  std::uint64_t hints_printed_ = 0;
  bool prints_hints_ = false;
  bool needs_data_count_ = false;      ///< an instruction does

  // The function being printed.
  names locals_;
  const vector<name_map_entry>* labels_ = nullptr;
  std::size_t next_label_ = 0;
  std::uint32_t met_labels_ = 0;
  const function_hints* body_hints_ = nullptr;
  std::size_t next_hint_ = 0;
  std::uint32_t body_entry_ = 0;
  vector<open_block> blocks_;
  std::map<std::string_view, vector<std::size_t>> named_blocks_;  ///< where in `blocks_` a label stands
};

}  // namespace wasm64::text

#if WASM64_IMPLEMENTATION
#include "wasm64/text/printer_code_impl.hpp"
#include "wasm64/text/printer_fields_impl.hpp"
#include "wasm64/text/printer_immediates_impl.hpp"
#include "wasm64/text/printer_impl.hpp"
#include "wasm64/text/printer_names_impl.hpp"
#include "wasm64/text/printer_types_impl.hpp"
#endif
