#pragma once

#include "wasm64/binary/branch_hints.hpp"
#include "wasm64/binary/custom_sections.hpp"
#include "wasm64/binary/instruction.hpp"
#include "wasm64/valid/custom_sections.hpp"

namespace wasm64 {

namespace detail {

WASM64_INLINE auto invalid_hint(std::uint64_t at) {
  return fail(errc::invalid_annotation, at, "@" + std::string(branch_hint_section) + " annotation: invalid target");
}

WASM64_INLINE result<void> validate_function_hints(const module& m, const function_hints& of) {
  if (of.func < m.imported_funcs || of.func >= m.func_types.size()) return invalid_hint(error::no_offset);
  const func_def& def = m.funcs[of.func - m.imported_funcs];
  reader in(view_of(m.bytes), def.body.offset, def.body.size);
  for (const branch_hint& hint : of.hints) {
    const std::uint64_t wanted = std::uint64_t{def.entry} + hint.offset;
    instruction at;
    do {
      if (in.at_end()) return invalid_hint(wanted);
      at = read_instruction(in);
    } while (at.offset < wanted);
    if (at.offset != wanted || (at.code != op::if_ && at.code != op::br_if)) return invalid_hint(wanted);
  }
  return success();
}

}  // namespace detail

WASM64_INLINE result<void> validate_custom_sections(const module& m) {
  bool found = false;
  for (const custom_section& section : custom_sections(m)) {
    if (section.name != branch_hint_section) continue;
    const bool late = section.behind == section_id::code || section.behind == section_id::data;
    if (found || late) return fail(errc::malformed_custom_section, section.content.offset, "misplaced branch hints");
    found = true;
    WASM64_TRY(const vector<function_hints> hints,
               read_branch_hints(reader(view_of(m.bytes), section.content.offset, section.content.size)));
    for (const function_hints& of : hints) WASM64_CHECK(detail::validate_function_hints(m, of));
  }
  return success();
}

}  // namespace wasm64
