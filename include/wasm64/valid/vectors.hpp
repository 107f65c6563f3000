#pragma once

// function_validator: vector instructions (specification 3.4.3, 3.4.7).

#include "wasm64/valid/function.hpp"

namespace wasm64 {

namespace detail {

/// Lanes of the shape in front of the dot: `i8x16.…` has 16.
constexpr unsigned lanes_of(op o) noexcept {
  const char* at = info(o).text;
  while (*at != 'x') ++at;
  return at[1] == '1' ? 16 : static_cast<unsigned>(at[1] - '0');
}

}  // namespace detail

template <class Sink>
bool function_validator<Sink>::vector_instruction(op o) {
  if (!supported(o)) return false;
  const op_info& row = info(o);
  memarg arg;
  std::uint8_t lane = 0;
  std::uint64_t halves[2] = {};
  switch (row.imm) {
    case immediate_kind::memarg:
      if (!read_memory_access(o, in_, arg)) return false;
      break;
    case immediate_kind::memarg_lane:
      if (!read_memory_access(o, in_, arg) || !read_lane(16u >> access_log2(o), lane)) return false;
      break;
    case immediate_kind::lane:
      if (!read_lane(detail::lanes_of(o), lane)) return false;
      break;
    case immediate_kind::shuffle:
      for (unsigned i = 0; i < 16; ++i) {
        if (!read_lane(32, lane)) return false;
        halves[i / 8] |= std::uint64_t{lane} << i % 8 * 8;
      }
      break;
    case immediate_kind::v128:
      halves[0] = in_.f64_bits();
      halves[1] = in_.f64_bits();
      break;
    default: break;
  }
  if (in_.failed()) return false;
  const bool accesses = row.imm == immediate_kind::memarg || row.imm == immediate_kind::memarg_lane;
  if (!pop_letters(o, accesses ? module_.memories[arg.memory].limits.address_type() : types::bottom)) return false;
  if (reachable()) {
    switch (row.imm) {
      case immediate_kind::memarg: row.results[0] != 0 ? sink_->on_load(o, arg) : sink_->on_store(o, arg); break;
      case immediate_kind::memarg_lane: sink_->on_lane_access(o, arg, lane); break;
      case immediate_kind::lane: sink_->on_lane_op(o, lane); break;
      case immediate_kind::shuffle: sink_->on_shuffle(halves[0], halves[1]); break;
      case immediate_kind::v128: sink_->on_v128_const(halves[0], halves[1]); break;
      default: sink_->on_numeric(o);
    }
  }
  push_letters(o);
  return true;
}

template <class Sink>
bool function_validator<Sink>::read_lane(unsigned count, std::uint8_t& lane) {
  lane = in_.u8();
  return in_.failed() || lane < count || fail(errc::invalid_lane_index);
}

}  // namespace wasm64
