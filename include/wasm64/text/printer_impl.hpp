#pragma once

#include <algorithm>

#include "wasm64/text/literals.hpp"
#include "wasm64/text/printer.hpp"

namespace wasm64::text {

WASM64_INLINE result<std::string> module_printer::run() {
  collect_names();
  collect_hints();
  put("(module");
  put_module_name();
  put_types();
  put_imports();
  put_tables();
  put_memories();
  put_tags();
  put_globals();
  put_exports();
  put_start();
  put_elems();
  put_functions();
  put_datas();
  put_data_count();
  put_custom_sections();
  put(")\n");
  if (failure_.code != errc{}) return fail(failure_);
  if (is_full_) return fail(errc::implementation_limit, "size of the text");
  return std::move(out_);
}

/// Everything goes through here, so that the text stays within its limit; loops look at `is_full_` now and then.
WASM64_INLINE void module_printer::put(std::string_view words) {
  if (is_full_ || words.size() > max_size_ - out_.size()) is_full_ = true;
  else out_.append(words);
}

WASM64_INLINE void module_printer::put_number(std::uint64_t value) {
  std::string digits;
  append_decimal(digits, value);
  put(digits);
}

/// ` $id` or ` index`.
WASM64_INLINE void module_printer::put_index(const names& space, std::uint32_t index) {
  put(" ");
  if (index >= space.size() || !space[index].is_id) return put_number(index);
  std::string id;
  append_id(id, space[index].name);
  put(id);
}

/// Of instructions where index 0 may be left out.
WASM64_INLINE void module_printer::put_optional_index(const names& space, std::uint32_t index) {
  if (index != 0) put_index(space, index);
}

WASM64_INLINE void module_printer::put_name(std::string_view name) {
  std::string literal;
  append_name(literal, name);
  put(" ");
  put(literal);
}

WASM64_INLINE void module_printer::put_bytes(byte_range range) {
  // Each byte takes three characters at most; chunks keep the copy small.
  constexpr std::uint32_t chunk = 1 << 16;
  std::uint32_t done = 0;
  do {
    const std::uint32_t size = std::min(chunk, range.size - done);
    std::string literal;
    append_bytes(literal, as_text(module_.view({range.offset + done, size})));
    put(" ");
    put(literal);
    done += size;
  } while (done < range.size && !is_full_);
}

/// Depths beyond a screen's width are not shown, or deep nesting would take space by its square.
WASM64_INLINE void module_printer::new_line(std::size_t depth) {
  constexpr std::size_t deepest = 32;
  put("\n");
  for (std::size_t i = 0; i < std::min(depth, deepest); ++i) put("  ");
}

/// `(keyword $id (;index;)` on a line of its own.
WASM64_INLINE void module_printer::begin_field(std::string_view keyword, const names& space, std::uint32_t index) {
  new_line(1);
  put("(");
  put(keyword);
  put_definition(space, index);
}

/// Identifier, index as a comment, and the name where it is no identifier.
WASM64_INLINE void module_printer::put_definition(const names& space, std::uint32_t index) {
  if (index < space.size() && space[index].is_id) put_index(space, index);
  put(" (;");
  put_number(index);
  put(";)");
  put_given_name(space, index);
}

/// What the encoder needs to write the name: nothing behind an identifier.
WASM64_INLINE void module_printer::put_given_name(const names& space, std::uint32_t index) {
  if (index >= space.size() || !space[index].is_named) return;
  ++names_printed_;
  if (space[index].is_id) return;
  put(" (@name");
  put_name(space[index].name);
  put(")");
}

WASM64_INLINE void module_printer::put_module_name() {
  if (!section_.has_module) return;
  names only(1);
  only[0] = {section_.module, true, !section_.module.empty()};
  if (only[0].is_id) put_index(only, 0);
  put_given_name(only, 0);
}

}  // namespace wasm64::text
