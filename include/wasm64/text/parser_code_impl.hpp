#pragma once

#include "wasm64/text/parser.hpp"

namespace wasm64::text {

// Folded instructions come after their operands in the binary. Instead of recursion, frames remember what encloses the
// current token; an instruction that waits for its operands sits in `pending_` until its parenthesis closes.

/// Names may repeat, the innermost counts; so each remembers all its places among the open labels.
WASM64_INLINE void module_parser::push_label(std::string name) {
  if (!name.empty()) {
    named_labels_[name].push_back(static_cast<std::uint32_t>(labels_.size()));
    label_names_.push_back({met_labels_, name});
  }
  ++met_labels_;
  labels_.push_back(std::move(name));
}

WASM64_INLINE void module_parser::pop_label() {
  if (!labels_.back().empty()) {
    const auto places = named_labels_.find(labels_.back());
    places->second.pop_back();
    if (places->second.empty()) named_labels_.erase(places);
  }
  labels_.pop_back();
}

/// The hint that stands before the current token, or null.
WASM64_INLINE const detail::given_hint* module_parser::take_hint() {
  const bool here = next_hint_ < given_hints_.size() && given_hints_[next_hint_].next_token == next_;
  return here ? &given_hints_[next_hint_++] : nullptr;
}

/// The instruction that comes next into the code is the hinted one. Whether it may be is the section's validation.
WASM64_INLINE void module_parser::place_hint(const detail::given_hint* hint) {
  if (hint != nullptr) body_hints_.push_back({static_cast<std::uint32_t>(code_->size()), hint->is_likely});
}

/// Moves the waiting instruction of a frame into the code.
WASM64_INLINE void module_parser::flush(frame& top) {
  place_hint(top.hint);
  code_->append(pending_.bytes().subspan(top.pending));
  pending_.truncate(top.pending);
}

/// Instructions up to a parenthesis that closes something outside, or just one folded instruction.
WASM64_INLINE bool module_parser::parse_instructions(writer& out, bool single_folded) {
  code_ = &out;
  frames_.clear();
  labels_.clear();
  named_labels_.clear();
  pending_.clear();
  for (;;) {
    if (at(token_kind::left_paren)) {
      if (!open_folded()) return false;
    } else if (at(token_kind::right_paren) && !frames_.empty()) {
      if (!close_group()) return false;
    } else if (at(token_kind::keyword)) {
      if (!flat_instruction()) return false;
    } else {
      return frames_.empty() || unexpected();
    }
    if (single_folded && frames_.empty()) return true;
  }
}

WASM64_INLINE bool module_parser::open_folded() {
  if (peek(1).kind != token_kind::keyword) return unexpected(1);
  const std::string_view word = peek(1).text;
  if (!frames_.empty()) {
    using kind_type = frame::kind_type;
    const kind_type around = frames_.back().kind;
    const bool starts_then = around == kind_type::if_condition && word == "then";
    if (starts_then || around == kind_type::if_ || around == kind_type::try_) return folded_clause(frames_.back());
  }
  const op o = find_op(word);
  if (o == op::count_) return unexpected(1);
  frame entry;
  entry.hint = take_hint();
  next_ += 2;
  switch (o) {
    case op::block:
    case op::loop:
    case op::if_:
    case op::try_:
    case op::try_table: return open_folded_block(o, entry);
    case op::else_:
    case op::end:
    case op::catch_:
    case op::catch_all:
    case op::delegate: --next_; return unexpected();
    default: break;
  }
  entry.pending = pending_.size();
  if (!parse_immediates(o, pending_)) return false;
  frames_.push_back(entry);
  return true;
}

WASM64_INLINE bool module_parser::open_folded_block(op o, frame& entry) {
  using kind_type = frame::kind_type;
  entry.code = o;
  entry.kind = o == op::if_ ? kind_type::if_condition : o == op::try_ ? kind_type::try_ : kind_type::block;
  entry.pending = pending_.size();
  entry.label = take_id();
  pending_.opcode(o);
  if (!parse_block_type(pending_) || (o == op::try_table && !parse_catch_table(pending_))) return false;
  if (o != op::if_) {
    // The condition of an `if` comes before it and outside of its label; everything else begins here.
    flush(entry);
    push_label(std::move(entry.label));
  }
  frames_.push_back(std::move(entry));
  return true;
}

/// `(then`, `(else`, `(do`, `(catch`, `(catch_all`, or a whole `(delegate l)`.
WASM64_INLINE bool module_parser::folded_clause(frame& top) {
  using kind_type = frame::kind_type;
  const std::string_view word = peek(1).text;
  const bool in_try = top.kind == kind_type::try_;
  if (word == "then" && top.kind == kind_type::if_condition) {
    flush(top);
    top.kind = kind_type::if_;
    push_label(std::move(top.label));
    next_ += 2;
  } else if (word == "else" && top.kind == kind_type::if_ && !top.is_complete) {
    top.is_complete = true;
    code_->opcode(op::else_);
    next_ += 2;
  } else if (word == "do" && in_try && !top.has_body) {
    top.has_body = true;
    next_ += 2;
  } else if ((word == "catch" || word == "catch_all") && in_try && top.has_body && !top.is_complete) {
    top.has_catch = true;
    top.is_complete = word == "catch_all";
    next_ += 2;
    if (!parse_catch(top.is_complete ? op::catch_all : op::catch_)) return false;
  } else if (word == "delegate" && in_try && top.has_body && !top.has_catch && !top.is_complete) {
    top.is_complete = top.is_delegated = true;
    next_ += 2;
    return parse_delegate() && expect_close();
  } else {
    return unexpected(1);
  }
  frame clause;
  clause.kind = kind_type::clause;
  frames_.push_back(clause);
  return true;
}

WASM64_INLINE bool module_parser::close_group() {
  using kind_type = frame::kind_type;
  frame& top = frames_.back();
  switch (top.kind) {
    case kind_type::plain: flush(top); break;
    case kind_type::clause: break;
    case kind_type::try_:
      if (!top.has_body) return unexpected();
      if (top.is_delegated) break;
      [[fallthrough]];
    case kind_type::block:
    case kind_type::if_:
      code_->opcode(op::end);
      pop_label();
      break;
    case kind_type::if_condition:
    case kind_type::flat: return unexpected();
  }
  frames_.pop_back();
  ++next_;
  return true;
}

WASM64_INLINE bool module_parser::parse_catch(op o) {
  code_->opcode(o);
  return o == op::catch_all || write_index(tags_, *code_);
}

/// The label counts from outside of the `try` that delegates.
WASM64_INLINE bool module_parser::parse_delegate() {
  pop_label();
  code_->opcode(op::delegate);
  return write_label(*code_);
}

/// The catch clauses of `try_table`; their labels count from outside of it.
WASM64_INLINE bool module_parser::parse_catch_table(writer& out) {
  static constexpr std::string_view kinds[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  section clauses;
  for (bool found = true; found;) {
    found = false;
    for (std::uint8_t kind = 0; kind < 4; ++kind) {
      if (!take_open(kinds[kind])) continue;
      found = true;
      writer& clause = clauses.entry();
      clause.byte(kind);
      if (kind < 2 && !write_index(tags_, clause)) return false;
      if (!write_label(clause) || !expect_close()) return false;
    }
  }
  out.unsigned_leb(clauses.count);
  out.append(clauses.content.bytes());
  return true;
}

/// One word of the flat form. Operand lists and bodies of clauses that are not open yet have none.
WASM64_INLINE bool module_parser::flat_instruction() {
  using kind_type = frame::kind_type;
  if (!frames_.empty()) {
    const kind_type around = frames_.back().kind;
    if (around != kind_type::block && around != kind_type::clause && around != kind_type::flat) return unexpected();
  }
  const op o = find_op(peek().text);
  if (o == op::count_) return unexpected();
  place_hint(take_hint());
  switch (o) {
    case op::block:
    case op::loop:
    case op::if_:
    case op::try_:
    case op::try_table: ++next_; return flat_block(o);
    case op::else_:
    case op::end:
    case op::catch_:
    case op::catch_all:
    case op::delegate: return flat_clause(o);
    default: ++next_; return parse_immediates(o, *code_);
  }
}

WASM64_INLINE bool module_parser::flat_block(op o) {
  frame entry;
  entry.kind = frame::kind_type::flat;
  entry.code = o;
  std::string label = take_id();
  code_->opcode(o);
  if (!parse_block_type(*code_) || (o == op::try_table && !parse_catch_table(*code_))) return false;
  push_label(std::move(label));
  frames_.push_back(std::move(entry));
  return true;
}

/// An identifier behind `else` or `end` must repeat the label of its block.
WASM64_INLINE bool module_parser::check_repeated_label() {
  if (!at(token_kind::id)) return true;
  const token& id = take();
  return decode_id(id.text) == labels_.back() || fail_at(errc::mismatching_label, id, std::string(id.text));
}

WASM64_INLINE bool module_parser::flat_clause(op o) {
  if (frames_.empty() || frames_.back().kind != frame::kind_type::flat) return unexpected();
  frame& top = frames_.back();
  const bool of_if = o == op::else_;
  if (o != op::end && (top.is_complete || top.code != (of_if ? op::if_ : op::try_))) return unexpected();
  if (o == op::delegate && top.has_catch) return unexpected();
  ++next_;
  switch (o) {
    case op::else_:
      top.is_complete = true;
      code_->opcode(o);
      return check_repeated_label();
    case op::catch_:
    case op::catch_all:
      top.has_catch = true;
      top.is_complete = o == op::catch_all;
      return parse_catch(o);
    case op::delegate: frames_.pop_back(); return parse_delegate();
    default:
      if (!check_repeated_label()) return false;
      code_->opcode(op::end);
      pop_label();
      frames_.pop_back();
      return true;
  }
}

}  // namespace wasm64::text
