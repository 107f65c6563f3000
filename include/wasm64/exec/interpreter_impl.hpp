#pragma once

#include <array>
#include <utility>

#include "wasm64/exec/dispatch_loop.hpp"
#include "wasm64/exec/dispatch_tail.hpp"
#include "wasm64/exec/interpreter.hpp"
#include "wasm64/exec/lower_on_call.hpp"

namespace wasm64::exec {

/// Only what enters leaders differs with metering; everything else is instantiated once.
constexpr bool enters_leader(ir o) noexcept {
  if (shape_of(o) == shape::pair) {
    return enters_leader(pair_of(o).first.operation) || enters_leader(pair_of(o).second.operation);
  }
  return is_branch(shape_of(o)) || shape_of(o) == shape::step || shape_of(o) == shape::load_branch || o == ir::br ||
         o == ir::i32_add_br || o == ir::i64_add_br || o == ir::br_table || o == ir::charge || o == ir::enter ||
         o == ir::call || o == ir::call_indirect || o == ir::call_ref;
}

template <machine_config C, std::size_t Id>
word handler_address() noexcept {
  constexpr handler_key key = key_of_handler(Id);
  constexpr bool metered = C.metered && enters_leader(key.operation);
  if constexpr (C.dispatch == dispatch_kind::tail)
    return reinterpret_cast<word>(&tail<metered, key.operation, key.kinds>);
  else return reinterpret_cast<word>(&loop<metered, key.operation, key.kinds>);
}

template <machine_config C, std::size_t... Ids>
std::array<word, handler_entries * handler_count> handler_table(std::index_sequence<Ids...>) noexcept {
  constexpr std::size_t nop = C.dispatch == dispatch_kind::tail ? 1 : 0;
  std::array<word, handler_entries * handler_count> table{handler_address<C, Ids>()...};
  for (std::size_t i = handler_count; i < table.size(); ++i) table[i] = table[i - handler_count] + nop;
  return table;
}

template <machine_config C>
const word* interpreter<C>::handlers() noexcept {
  static const auto table = handler_table<C>(std::make_index_sequence<handler_count>());
  return table.data();
}

template <machine_config C>
std::uint32_t interpreter<C>::run(machine& vm, const word* pc, word* fp) {
  if constexpr (C.dispatch == dispatch_kind::tail) return run_tail(vm, pc, fp);
  else return run_loop(vm, pc, fp);
}

}  // namespace wasm64::exec
