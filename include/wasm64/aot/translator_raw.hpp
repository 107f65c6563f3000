#pragma once

// translator: stores of floats whose NaNs are not canonical yet. A float of arithmetic goes to memory as it is, and
// becomes canonical there before anybody can look: several at once, and one comparison tells that none is a NaN. What
// is between the stores and the comparison are instructions that see neither; where one of them traps, what has been
// stored becomes canonical on the way out.

#include "wasm64/aot/translator.hpp"

namespace wasm64::aot {

namespace detail {

/// Whether stores may stay raw over an instruction. Loads and stores that are named here look themselves.
constexpr bool leaves_raw(op o) noexcept {
  switch (o) {
    case op::nop:
    case op::block:
    case op::drop:
    case op::select:
    case op::local_get:
    case op::local_set:
    case op::local_tee:
    case op::global_get: return true;
    default: break;
  }
  if (o >= op::i32_load && o <= op::i64_store32) return true;
  switch (info(o).imm) {
    case immediate_kind::i32:
    case immediate_kind::i64:
    case immediate_kind::f32:
    case immediate_kind::f64: return true;
    case immediate_kind::none: return info(o).prefix == 0 ? info(o).code > 0x44 : info(o).prefix == 0xFC;
    default: return false;
  }
}

/// Whether addresses of the same root cannot mean the same bytes, both being in bounds.
constexpr bool are_disjoint(std::uint64_t a, std::uint32_t a_width, std::uint64_t b, std::uint32_t b_width) noexcept {
  return b - a >= a_width && a - b >= b_width;
}

}  // namespace detail

/// The sum of an i64 and a constant.
template <code_emitter E>
void translator<E>::note_sum(operand& sum, const operand& part, std::uint64_t constant) noexcept {
  sum.has_root = true;
  sum.root = part.has_root ? part.root : part.v;
  sum.delta = part.delta + constant;
}

/// The address as a sum that can be compared with others. That of a 32-bit memory may wrap in between, so its root is
/// what the offset is added to.
template <code_emitter E>
typename translator<E>::extent translator<E>::extent_of(const operand& address, std::uint64_t offset,
                                                        std::uint32_t width, std::uint32_t memory) {
  extent e;
  e.memory = memory;
  e.width = width;
  e.at = offset;
  if (address.is_constant) {
    e.at += address.bits;
  } else if (address.type == value_type::i64 && address.has_root) {
    e.root = address.root;
    e.at += address.delta;
  } else {
    e.root = address.v;
  }
  return e;
}

/// Of different memories nothing is known: both may be the same one, imported twice.
template <code_emitter E>
bool translator<E>::is_apart(const extent& e) const noexcept {
  for (const raw_store& s : raw_) {
    if (s.to.memory != e.memory || !(s.to.root == e.root)) return false;
    if (!detail::are_disjoint(s.to.at, s.to.width, e.at, e.width)) return false;
  }
  return true;
}

template <code_emitter E>
void translator<E>::settle_before(op o) {
  if (!detail::leaves_raw(o)) settle_stores();
}

/// To be called in front of an access: nothing that it can see stays raw.
template <code_emitter E>
void translator<E>::settle_for(const extent& e) {
  if (!is_apart(e)) settle_stores();
}

/// Stores a float of arithmetic where `settle_for` has been.
template <code_emitter E>
void translator<E>::store_raw(access how, const place& at, const extent& to, value v) {
  constexpr std::size_t most = 16;  // all of their places may be in registers
  if (raw_.size() == most || (!raw_.empty() && raw_.front().how.type != how.type)) settle_stores();
  e_.store(how, at.base, at.index, at.offset, v);
  raw_.push_back({how, at, to, v, block{}});
}

template <code_emitter E>
void translator<E>::make_canonical(const raw_store& s) {
  const std::uint64_t nan = s.how.type == value_type::f32 ? 0x7fc00000 : 0x7ff8000000000000;
  const value is_nan = e_.binary(primitive::fne, s.v, s.v);
  e_.store(s.how, s.at.base, s.at.index, s.at.offset, e_.select(is_nan, e_.constant(s.how.type, nan), s.v));
}

/// Where a trap goes while there are raw stores.
template <code_emitter E>
typename E::block translator<E>::way_out_of_raw() {
  for (; raw_ways_ < raw_.size(); ++raw_ways_) raw_[raw_ways_].traps = e_.new_block(true);
  return raw_.back().traps;
}

/// Makes what is raw canonical. A sum is a NaN if one of its parts is, and may be one of infinities: that does no harm.
/// What is added are those that are half of them apart, which may be neighbours in two vectors.
template <code_emitter E>
void translator<E>::settle_stores() {
  if (raw_.empty()) return;
  small_vector<value, 16> sums;
  for (const raw_store& s : raw_) sums.push_back(s.v);
  std::size_t size = sums.size();
  while (size > 2) {
    const std::size_t half = (size + 1) / 2;
    for (std::size_t i = 0; i + half < size; ++i) sums[i] = e_.binary(primitive::fadd, sums[i], sums[i + half]);
    size = half;
  }
  const block some = e_.new_block(true), behind = e_.new_block();
  e_.branch(e_.binary(primitive::funordered, sums[0], sums[size - 1]), some, behind, likelihood::unlikely);
  e_.begin(some);
  for (const raw_store& s : raw_) make_canonical(s);
  e_.jump(behind);
  for (std::size_t i = raw_ways_; i-- > 0;) {
    e_.begin(raw_[i].traps);
    make_canonical(raw_[i]);
    e_.jump(i == 0 ? way_out(traps_) : raw_[i - 1].traps);
  }
  raw_.clear();
  raw_ways_ = 0;
  e_.begin(behind);
}

}  // namespace wasm64::aot
