#pragma once

#include <map>
#include <string>

#include "wasm64/module/features.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/text/cursor.hpp"
#include "wasm64/text/symbols.hpp"
#include "wasm64/text/writer.hpp"

namespace wasm64::text {

namespace detail {

class annotation_parser;

/// What an `(@custom ...)` annotation asks for.
struct custom_section {
  std::string name;
  std::string bytes;
  unsigned place = 0;  ///< see parser_annotations_impl.hpp
};

}  // namespace detail

/// Turns the text of one module into its binary form (specification 6.4–6.6).
///
/// Three passes over the tokens: the first numbers every definition and collects its identifier, since uses may come
/// before definitions; the second reads the explicit types, since type uses compare with all of them; the third
/// writes everything else straight into the sections of the binary.
class module_parser : public token_cursor {
 public:
  module_parser(const token_list& tokens, const feature_set& features) : token_cursor(tokens), features_(features) {}

  /// The binary, or `take_failure()` after an empty optional.
  bool run(byte_vector& binary);

 private:
  /// Nested blocks and parentheses of instructions.
  static constexpr std::size_t max_nesting = 4096;

  // First pass, parser_scan_impl.hpp
  bool scan_module();
  bool scan_field();
  bool scan_type();
  bool scan_import();
  bool scan_definition(index_space& space);
  bool scan_inline_segments(index_space& space);
  bool declare(index_space& space, bool is_import, const token& at);
  bool seal(index_space& space);
  index_space* space_of(std::string_view keyword);

  // Annotations, parser_annotations_impl.hpp
  bool parse_annotations();
  bool parse_name_annotation(const annotation& note, detail::annotation_parser& parser);
  bool bad_annotation(const annotation& note, std::string_view what, errc code = errc::annotation_malformed);
  bool between_fields(std::size_t token_index) const;
  bool in_function(std::size_t token_index) const;
  bool before_branch(std::size_t token_index) const;
  void name_function(std::uint32_t index, std::string id);
  void write_custom_sections(unsigned place, writer& out) const;

  // Types, parser_types_impl.hpp
  bool parse_type_field();
  bool parse_type_definition();
  bool parse_composite(sub_type& type, symbol_table& fields);
  bool parse_struct_fields(sub_type& type, symbol_table& fields);
  bool parse_field_type(field_type& field);
  bool parse_params(func_type& type, symbol_table* names);
  bool parse_results(func_type& type);
  bool parse_types_until_close(vector<val_type>& types);
  bool parse_val_type(val_type& type);
  bool parse_ref_type(val_type& type);
  bool parse_heap_type(heap_type& type);
  bool parse_type_use(std::uint32_t& index, symbol_table* names);
  bool check_inline_type(std::uint32_t index, const func_type& written, const token& where);
  std::uint32_t implicit_type(const func_type& type);
  bool parse_block_type(writer& out);
  bool parse_limits(limits_type& limits);
  bool parse_address_type(limits_type& limits);
  bool parse_table_type(table_type& table);
  bool parse_memory_type(memory_type& memory);
  bool parse_page_size(memory_type& memory);
  bool parse_global_type(global_type& global);
  void write_type_section(section& out) const;

  // Fields, parser_fields_impl.hpp
  bool parse_field();
  bool parse_exports_of(extern_kind kind, std::uint32_t index);
  bool parse_import();
  bool parse_inline_import(extern_kind kind);
  bool parse_import_names(writer& out);
  bool parse_import_desc(extern_kind kind, writer& out);
  bool parse_func();
  bool parse_locals(writer& body);
  bool parse_table();
  bool parse_memory();
  bool parse_global();
  bool parse_tag();
  bool parse_export();
  bool parse_start();
  bool parse_extern_kind(extern_kind& kind);
  index_space& space_of(extern_kind kind);

  // Segments, parser_segments_impl.hpp
  bool parse_elem();
  bool parse_elem_list(bool allow_bare_indices, writer& list, val_type& type, bool& is_indices);
  bool parse_elem_indices(writer& list, std::uint32_t& count);
  bool parse_elem_exprs(writer& list, std::uint32_t& count);
  bool parse_inline_elem(std::uint32_t table, const table_type& type, writer& segment, std::uint32_t& count);
  bool parse_data();
  bool parse_offset(writer& out);
  bool parse_const_expr(writer& out);

  // Instructions, parser_code_impl.hpp
  struct frame;
  bool parse_instructions(writer& out, bool single_folded);
  bool open_folded();
  bool open_folded_block(op o);
  bool folded_clause(frame& top);
  bool close_group();
  bool flat_instruction();
  bool flat_block(op o);
  bool flat_clause(op o);
  bool parse_catch(op o);
  bool parse_delegate();
  bool parse_catch_table(writer& out);
  bool push_frame(const frame& entry);
  bool push_label(std::string name);
  bool check_repeated_label();
  void flush(frame& top);

  // Immediates, parser_immediates_impl.hpp
  bool parse_immediates(op o, writer& out);
  bool parse_index(const index_space& space, std::uint32_t& index);
  bool write_index(const index_space& space, writer& out);
  bool write_optional_index(const index_space& space, writer& out);
  bool parse_local(writer& out);
  bool parse_label(std::uint32_t& depth);
  bool write_label(writer& out);
  bool parse_label_table(writer& out);
  bool parse_memarg(op o, writer& out, bool with_lane);
  bool parse_segment_and_space(const index_space& segments, const index_space& space, writer& out);
  bool parse_index_pair(const index_space& space, writer& out);
  bool parse_call_indirect(writer& out);
  bool parse_select(writer& out);
  bool parse_ref_test(op o, writer& out);
  bool parse_br_on_cast(writer& out);
  bool parse_struct_field(writer& out);
  bool parse_lane(writer& out);
  bool parse_shuffle(writer& out);
  bool parse_int_const(unsigned width, writer& out);
  bool parse_float_const(float_format format, writer& out);
  bool parse_v128_const(writer& out);

  // Result, parser_impl.hpp
  byte_vector assemble() const;
  void write_name_section(writer& out) const;

  struct frame {
    enum class kind_type : std::uint8_t {
      plain,         ///< `(op ...`: waits for its operands
      block,         ///< `(block ...`, `(loop ...`, `(try_table ...`
      if_condition,  ///< `(if ...` before its `(then`
      if_,           ///< `(if ...` behind its `(then ...)`
      try_,          ///< `(try ...`
      clause,        ///< `(then ...`, `(else ...`, `(do ...`, `(catch ...`, `(catch_all ...`
      flat,          ///< `block ...` up to its `end`
    };
    kind_type kind = kind_type::plain;
    op code = op::nop;
    std::size_t pending = 0;    ///< where the instruction that waits begins in `pending_`
    std::string label;          ///< of an `if` whose condition is not over
    bool has_body = false;      ///< `try`: its `do` is there
    bool has_catch = false;     ///< `try`: some catch is there
    bool is_complete = false;   ///< no clause may follow: else, catch_all or delegate is there
    bool is_delegated = false;  ///< `try`: ended by its delegate
  };

  const feature_set& features_;
  std::string module_name_;
  vector<std::size_t> fields_;  ///< token index behind the opening parenthesis of every module field
  std::size_t fields_end_ = 0;  ///< token index behind the last field
  const char* defined_ = nullptr;  ///< the kind of the first definition that is no import

  vector<detail::custom_section> customs_;
  std::map<std::size_t, std::string> func_names_at_;  ///< by the token behind the annotation
  vector<name_map_entry> func_names_;
  bool has_name_annotation_ = false;

  index_space types_{"type"}, funcs_{"func"}, tables_{"table"}, memories_{"memory"}, globals_{"global"}, tags_{"tag"},
      elems_{"elem"}, datas_{"data"};

  vector<sub_type> type_defs_;
  vector<symbol_table> field_names_;
  vector<std::uint32_t> group_sizes_;
  std::map<std::string, std::uint32_t> func_type_indices_;  ///< by their binary form

  // Entities of each kind met so far by the third pass.
  std::uint32_t met_funcs_ = 0, met_tables_ = 0, met_memories_ = 0, met_globals_ = 0, met_tags_ = 0;
  section imports_, func_section_, table_section_, memory_section_, tag_section_, global_section_, exports_,
      elem_section_, code_section_, data_section_, local_names_;
  bool has_start_ = false;
  bool uses_data_ = false;
  std::uint32_t start_ = 0;

  // The function or expression being parsed.
  symbol_table locals_;
  std::uint32_t local_count_ = 0;
  vector<std::string> labels_;
  vector<frame> frames_;
  writer* code_ = nullptr;
  writer pending_;  ///< folded instructions that wait for their operands
};

}  // namespace wasm64::text

#if WASM64_IMPLEMENTATION
#include "wasm64/text/parser_annotations_impl.hpp"
#include "wasm64/text/parser_code_impl.hpp"
#include "wasm64/text/parser_fields_impl.hpp"
#include "wasm64/text/parser_immediates_impl.hpp"
#include "wasm64/text/parser_impl.hpp"
#include "wasm64/text/parser_scan_impl.hpp"
#include "wasm64/text/parser_segments_impl.hpp"
#include "wasm64/text/parser_types_impl.hpp"
#endif
