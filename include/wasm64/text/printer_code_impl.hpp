#pragma once

#include "wasm64/text/literals.hpp"
#include "wasm64/text/printer.hpp"

namespace wasm64::text {

WASM64_INLINE void module_printer::put_functions() {
  for (std::uint32_t i = 0; i < module_.funcs.size() && !is_full_; ++i) {
    if (!put_function(i)) return;
  }
}

WASM64_INLINE bool module_printer::put_function(std::uint32_t defined_index) {
  const func_def& def = module_.funcs[defined_index];
  const std::uint32_t index = module_.imported_funcs + defined_index;
  const bool known = def.type < module_.types.size() && module_.types[def.type].kind == comp_kind::func;
  const std::size_t params = known ? module_.types[def.type].func.params.size() : 0;
  locals_.clear();
  if (const vector<name_map_entry>* named = names_of(section_.locals, index); named != nullptr) {
    std::size_t count = params;
    for (const local_run& run : def.locals) count += run.count;
    resolve(*named, count, locals_);
  }
  labels_ = names_of(section_.labels, index);
  next_label_ = 0;
  met_labels_ = 0;
  while (next_hints_ < hints_.size() && hints_[next_hints_].func < index) ++next_hints_;
  const bool has_hints = next_hints_ < hints_.size() && hints_[next_hints_].func == index;
  body_hints_ = has_hints ? &hints_[next_hints_] : nullptr;
  next_hint_ = 0;

  begin_field("func", funcs_, index);
  put_type_use(def.type, locals_);
  put_locals(def, params);
  if (!put_body(def)) return false;
  put(")");
  return true;
}

/// A line for each run of equal types; what has a name has a line of its own.
WASM64_INLINE void module_printer::put_locals(const func_def& def, std::size_t params) {
  std::size_t index = params;
  bool is_open = false;
  val_type open_type;
  for (const local_run& run : def.locals) {
    for (std::uint32_t i = 0; i < run.count && !is_full_; ++i, ++index) {
      const bool has_name = index < locals_.size() && locals_[index].is_named;
      const bool joins = is_open && !has_name && open_type == run.type;
      if (is_open && !joins) put(")");
      if (!joins) {
        new_line(2);
        put("(local");
      }
      if (has_name) {
        const auto local = static_cast<std::uint32_t>(index);
        if (locals_[index].is_id) put_index(locals_, local);
        put_given_name(locals_, local);
      }
      put(" ");
      put_val_type(run.type);
      if (has_name) put(")");
      is_open = !has_name;
      open_type = run.type;
    }
  }
  if (is_open) put(")");
}

/// A line an instruction. The `end` of the function is its closing parenthesis.
WASM64_INLINE bool module_printer::put_body(const func_def& def) {
  reader in(view_of(module_.bytes), def.body.offset, def.body.size);
  body_entry_ = def.entry;
  blocks_.clear();
  named_blocks_.clear();
  while (!is_full_) {
    const instruction next = read_instruction(in);
    if (failed(in)) return false;
    if (next.code == op::end && blocks_.empty()) break;
    if (!put_structured(next)) return false;
  }
  return is_full_ || in.at_end() || fail_at(errc::end_opcode_expected, in.offset());
}

/// An instruction with the indentation of its block.
WASM64_INLINE bool module_printer::put_structured(const instruction& in) {
  constexpr std::size_t body_depth = 2;
  switch (in.code) {
    case op::else_:
    case op::catch_:
    case op::catch_all:
    case op::delegate:
    case op::end: {
      if (!continue_block(in.code)) return fail_at(errc::end_opcode_expected, in.offset);
      new_line(blocks_.size() - 1 + body_depth);
      put_hint(in.offset);
      if (in.code == op::end || in.code == op::delegate) pop_block();
      put_instruction(in);
      return true;
    }
    case op::block:
    case op::loop:
    case op::if_:
    case op::try_:
    case op::try_table:
      new_line(blocks_.size() + body_depth);
      put_hint(in.offset);
      put_block(in);
      return true;
    default:
      new_line(blocks_.size() + body_depth);
      put_hint(in.offset);
      put_instruction(in);
      return true;
  }
}

/// Notes a clause, or the end, of the innermost block; false where it cannot have one.
WASM64_INLINE bool module_printer::continue_block(op code) {
  if (blocks_.empty()) return false;
  open_block& top = blocks_.back();
  if (code == op::end) return true;
  if (top.is_complete || top.code != (code == op::else_ ? op::if_ : op::try_)) return false;
  if (code == op::delegate) return !top.has_catch;
  top.is_complete = code != op::catch_;
  top.has_catch = true;
  return true;
}

WASM64_INLINE void module_printer::push_block(op code) {
  open_block entry;
  entry.code = code;
  if (labels_ != nullptr && next_label_ < labels_->size() && (*labels_)[next_label_].index == met_labels_) {
    entry.label = (*labels_)[next_label_++].name;
    if (!entry.label.empty()) {
      ++names_printed_;
      named_blocks_[entry.label].push_back(blocks_.size());
    }
  }
  ++met_labels_;
  blocks_.push_back(entry);
}

WASM64_INLINE void module_printer::pop_block() {
  const std::string_view label = blocks_.back().label;
  if (!label.empty()) {
    const auto places = named_blocks_.find(label);
    places->second.pop_back();
    if (places->second.empty()) named_blocks_.erase(places);
  }
  blocks_.pop_back();
}

/// `block $label (type)`; what it says is outside of its own label.
WASM64_INLINE void module_printer::put_block(const instruction& in) {
  const bool has_label =
      labels_ != nullptr && next_label_ < labels_->size() && (*labels_)[next_label_].index == met_labels_;
  put(info(in.code).text);
  if (has_label && !(*labels_)[next_label_].name.empty()) {
    std::string id;
    append_id(id, (*labels_)[next_label_].name);
    put(" ");
    put(id);
  }
  put_immediates(in);
  push_block(in.code);
}

WASM64_INLINE void module_printer::put_hint(std::uint64_t offset) {
  if (body_hints_ == nullptr || next_hint_ >= body_hints_->hints.size()) return;
  const branch_hint& hint = body_hints_->hints[next_hint_];
  if (body_entry_ + std::uint64_t{hint.offset} != offset) return;
  ++next_hint_;
  ++hints_printed_;
  put("(@");
  put(branch_hint_section);
  put(hint.is_likely ? " \"\\01\") " : " \"\\00\") ");
}

/// An identifier only where no block inside has the same; the function itself has none.
WASM64_INLINE void module_printer::put_label(std::uint32_t depth) {
  put(" ");
  if (depth >= blocks_.size()) return put_number(depth);
  const std::size_t target = blocks_.size() - 1 - depth;
  const std::string_view label = blocks_[target].label;
  if (label.empty() || named_blocks_.find(label)->second.back() != target) return put_number(depth);
  std::string id;
  append_id(id, label);
  put(id);
}

}  // namespace wasm64::text
