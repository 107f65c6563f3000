#pragma once

#include "wasm64/text/parser.hpp"

namespace wasm64::text {

WASM64_INLINE index_space* module_parser::space_of(std::string_view keyword) {
  for (index_space* space : {&funcs_, &tables_, &memories_, &globals_, &tags_}) {
    if (keyword == space->what) return space;
  }
  return nullptr;
}

/// Gives the next index of a space to the definition whose identifier, if any, comes next.
WASM64_INLINE bool module_parser::declare(index_space& space, bool is_import, const token& at) {
  if (is_import && defined_ != nullptr) {
    const std::string_view what = defined_;
    return fail_at(errc::import_after_definition, at,
                   "import after " + std::string(what == "func" ? "function" : what));
  }
  if (!is_import && defined_ == nullptr) defined_ = space.what;
  ++space.count;
  return true;
}

WASM64_INLINE bool module_parser::seal(index_space& space) {
  const symbol_table::symbol* twice = space.names.seal();
  if (twice == nullptr) return true;
  failure_ = error(errc::duplicate_identifier, twice->at.packed(),
                   std::string("duplicate ") + space.what + " $" + twice->name);
  return false;
}

WASM64_INLINE bool module_parser::scan_module() {
  const bool wrapped = take_open("module");
  if (wrapped) {
    take_keyword("definition");
    names_.module = take_id();
    names_.has_module = !names_.module.empty();
  }
  while (at(token_kind::left_paren)) {
    if (!scan_field()) return false;
  }
  fields_end_ = next_;
  if (wrapped && !expect_close()) return false;
  if (!at(token_kind::end_of_input)) return unexpected();
  for (index_space* space : {&types_, &funcs_, &tables_, &memories_, &globals_, &tags_, &elems_, &datas_}) {
    if (!seal(*space)) return false;
  }
  return true;
}

/// Notes one field and skips it. Its syntax is checked by the later passes; here only what numbering needs.
WASM64_INLINE bool module_parser::scan_field() {
  const std::size_t open = next_;
  fields_.push_back(open + 1);
  ++next_;
  if (at_keyword("type")) {
    if (!scan_type()) return false;
  } else if (take_keyword("rec")) {
    while (at_open("type")) {
      const std::size_t member = next_++;
      if (!scan_type()) return false;
      next_ = member;
      if (!skip_group()) return false;
    }
  } else if (take_keyword("import")) {
    if (!scan_import()) return false;
  } else if (at_keyword("elem") || at_keyword("data")) {
    index_space& space = at_keyword("elem") ? elems_ : datas_;
    ++next_;
    if (at(token_kind::id)) space.names.add(decode_id(peek().text), space.count, peek().at);
    ++space.count;
  } else if (index_space* space = space_of(at(token_kind::keyword) ? peek().text : std::string_view())) {
    if (!scan_definition(*space)) return false;
  } else if (!at_keyword("export") && !at_keyword("start")) {
    return unexpected();
  }
  next_ = open;
  return skip_group();
}

WASM64_INLINE bool module_parser::scan_type() {
  ++next_;
  if (at(token_kind::id)) types_.names.add(decode_id(peek().text), types_.count, peek().at);
  ++types_.count;
  return true;
}

/// Behind `(import`: two names and `(kind id? ...)`.
WASM64_INLINE bool module_parser::scan_import() {
  const token& where = peek();
  std::string name;
  if (!expect_string(name) || !expect_string(name)) return false;
  if (!at(token_kind::left_paren)) return unexpected();
  index_space* space = space_of(peek(1).text);
  if (space == nullptr) return unexpected(1);
  next_ += 2;
  if (at(token_kind::id)) space->names.add(decode_id(peek().text), space->count, peek().at);
  return declare(*space, true, where);
}

/// At the keyword of a function, table, memory, global or tag, possibly with an inline import.
WASM64_INLINE bool module_parser::scan_definition(index_space& space) {
  const token& where = take();
  if (at(token_kind::id)) {
    space.names.add(decode_id(peek().text), space.count, peek().at);
    ++next_;
  }
  while (at_open("export")) {
    if (!skip_group()) return false;
  }
  return declare(space, at_open("import"), where) && (at_open("import") || scan_inline_segments(space));
}

/// `(table ... (elem ...))` and `(memory ... (data ...))` define a segment too.
WASM64_INLINE bool module_parser::scan_inline_segments(index_space& space) {
  if (&space != &tables_ && &space != &memories_) return true;
  while (!at(token_kind::right_paren)) {
    if (&space == &tables_ && at_open("elem")) ++elems_.count;
    if (&space == &memories_ && at_open("data")) ++datas_.count;
    if (!skip_group()) return false;
  }
  return true;
}

}  // namespace wasm64::text
