#pragma once

#include <map>
#include <string>

#include "wasm64/binary/branch_hints.hpp"
#include "wasm64/module/features.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/module/names.hpp"
#include "wasm64/text/cursor.hpp"
#include "wasm64/text/symbols.hpp"
#include "wasm64/text/writer.hpp"

namespace wasm64::text {

namespace detail {

class annotation_parser;

/// What an `(@custom ...)` annotation asks for.
struct given_section {
  std::string name;
  std::string bytes;
  unsigned place = 0;  ///< see parser_annotations_impl.hpp
};

/// What an `(@name ...)` annotation says.
struct given_name {
  std::string name;
  const annotation* note;
  bool used = false;  ///< a definition stands where it is
};

/// A branch hint of the text, in the order of the tokens they stand before.
struct given_hint {
  std::size_t next_token;
  const annotation* note;
  bool is_likely;
};

/// Parameters and locals of a function, or fields of a structure.
struct name_scope {
  symbol_table ids;
  vector<name_map_entry> names;  ///< for the name section
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
  bool check_annotations_used();
  void name_definition(vector<name_map_entry>& names, std::uint32_t index);
  bool name_member(detail::name_scope& scope, std::uint32_t index);
  bool take_given_name(std::string& name);
  void write_custom_sections(unsigned place, writer& out) const;

  // Types, parser_types_impl.hpp
  bool parse_type_field();
  bool parse_type_definition();
  bool parse_composite(sub_type& type, detail::name_scope& fields);
  bool parse_struct_fields(sub_type& type, detail::name_scope& fields);
  bool parse_field_type(field_type& field);
  bool parse_params(func_type& type, detail::name_scope* names);
  bool parse_results(func_type& type);
  bool parse_types_until_close(vector<val_type>& types);
  bool parse_val_type(val_type& type);
  bool parse_ref_type(val_type& type);
  bool parse_heap_type(heap_type& type);
  bool parse_type_use(std::uint32_t& index, detail::name_scope* names);
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
  bool parse_inline_import(extern_kind kind, std::uint32_t index);
  bool parse_import_names(writer& out);
  bool parse_import_desc(extern_kind kind, std::uint32_t index, writer& out);
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
  bool open_folded_block(op o, frame& entry);
  bool folded_clause(frame& top);
  bool close_group();
  bool flat_instruction();
  bool flat_block(op o);
  bool flat_clause(op o);
  bool parse_catch(op o);
  bool parse_delegate();
  bool parse_catch_table(writer& out);
  void push_label(std::string name);
  void pop_label();
  bool check_repeated_label();
  void flush(frame& top);
  const detail::given_hint* take_hint();
  void place_hint(const detail::given_hint* hint);

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
  void write_named_section(std::string_view name, const writer& content, writer& out) const;

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
    const detail::given_hint* hint = nullptr;
    bool has_body = false;      ///< `try`: its `do` is there
    bool has_catch = false;     ///< `try`: some catch is there
    bool is_complete = false;   ///< no clause may follow: else, catch_all or delegate is there
    bool is_delegated = false;  ///< `try`: ended by its delegate
  };

  const feature_set& features_;
  vector<std::size_t> fields_;  ///< token index behind the opening parenthesis of every module field
  std::size_t fields_end_ = 0;  ///< token index behind the last field
  const char* defined_ = nullptr;  ///< the kind of the first definition that is no import

  vector<detail::given_section> customs_;
  std::map<std::size_t, detail::given_name> given_names_;  ///< by the token behind the annotation
  bool has_name_annotation_ = false;
  vector<detail::given_hint> given_hints_;
  std::size_t next_hint_ = 0;
  name_section names_;
  vector<function_hints> hints_;

  index_space types_{"type"}, funcs_{"func"}, tables_{"table"}, memories_{"memory"}, globals_{"global"}, tags_{"tag"},
      elems_{"elem"}, datas_{"data"};

  vector<sub_type> type_defs_;
  vector<symbol_table> field_names_;
  vector<std::uint32_t> group_sizes_;
  std::map<std::string, std::uint32_t> func_type_indices_;  ///< by their binary form

  // Entities of each kind met so far by the third pass.
  std::uint32_t met_funcs_ = 0, met_tables_ = 0, met_memories_ = 0, met_globals_ = 0, met_tags_ = 0;
  section imports_, func_section_, table_section_, memory_section_, tag_section_, global_section_, exports_,
      elem_section_, code_section_, data_section_;
  bool has_start_ = false;
  bool uses_data_ = false;
  std::uint32_t start_ = 0;

  // The function or expression being parsed.
  detail::name_scope locals_;
  std::uint32_t local_count_ = 0;
  vector<std::string> labels_;                           ///< open blocks, outermost first
  std::map<std::string, vector<std::uint32_t>> named_labels_;  ///< where in `labels_` a name stands
  vector<name_map_entry> label_names_;
  std::uint32_t met_labels_ = 0;
  vector<branch_hint> body_hints_;
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
