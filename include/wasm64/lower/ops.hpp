#pragma once

#include <cstddef>
#include <cstdint>

#include "wasm64/binary/opcode.hpp"
#include "wasm64/config.hpp"

namespace wasm64 {

/// The internal operations (lower/ops.def).
enum class ir : std::uint16_t {
#define WASM64_IR_OP(name, shape) name,
#define WASM64_IR_BRANCH(name, shape) br_##name,
#define WASM64_IR_UNLESS(name, shape) unless_##name,
#define WASM64_IR_SUM(name, shape) sum32_##name, sum64_##name,
#define WASM64_IR_TEST(name) name, br_##name,
#define WASM64_IR_STEP(name) step_##name,
#define WASM64_IR_OWN(name, shape) name,
#define WASM64_IR_PAIR(x, kx, y, ky) x##_##kx##_##y##_##ky,
#define WASM64_IR_CHAIN(x, kx, y, ky) x##_##kx##_to_##y##_##ky,
#include "wasm64/lower/ops.def"
  count_
};

/// Where a handler finds an operand.
enum class kind : std::uint8_t {
  slot,         ///< a frame slot
  accumulator,  ///< the register of the operand's class; the slot holds the same value
  immediate,    ///< the cell: 32 bits (sign-extended for i64), or word 2 for f64
  sum,          ///< the second register of f64, for sums and differences; like `accumulator`
};

struct kind_pair {
  kind a = kind::slot;
  kind b = kind::slot;
  friend constexpr bool operator==(kind_pair, kind_pair) = default;
};

/// Which operand kinds an operation has handlers for. Combinations that lowering can express otherwise (a constant on
/// the left of a commutative operation, two constants) are absent.
enum class shape : std::uint8_t {
  fixed,
  pair,
  unary,
  plain_unary,
  commutative,
  test,
  binary,
  shift,  ///< rarely of a constant
  plain_binary,
  compare,
  branch,
  float_unary,  ///< those of f64 also read sums from their register
  float_commutative,
  float_binary,
  float_compare,
  float_branch,
  load,
  store,
  float_store,
  load_sum,
  plain_load_sum,
  store_sum,
  float_store_sum,
  vector_store_sum,
  condition,
  step,
  load_branch,
  step_load,
  product,
  load_product,
  result,
  vector,        ///< of v128 operands in slots
  vector_pair,   ///< frequent ones: one operand may be in the register
  vector_shift,  ///< the count may be an immediate
  vector_store,
  extract_lane,
  replace_lane
};

struct shape_kinds {
  kind_pair pairs[10];
  std::uint8_t count;
};

constexpr shape_kinds kinds_of(shape s) noexcept {
  constexpr kind S = kind::slot, A = kind::accumulator, I = kind::immediate, T = kind::sum;
  switch (s) {
    case shape::fixed:
    case shape::pair:
    case shape::vector:
    case shape::step_load:
    case shape::extract_lane:
    case shape::replace_lane: return {{{S, S}}, 1};
    case shape::plain_unary: return {{{S, S}}, 1};
    case shape::unary:
    case shape::load:
    case shape::condition: return {{{S, S}, {A, S}}, 2};
    case shape::commutative:
    case shape::test:
    case shape::compare:
    case shape::load_sum:
    case shape::branch: return {{{S, S}, {A, S}, {S, I}, {A, I}}, 4};
    case shape::binary: return {{{S, S}, {A, S}, {S, I}, {A, I}, {S, A}, {I, S}, {I, A}}, 7};
    case shape::shift: return {{{S, S}, {A, S}, {S, I}, {A, I}, {S, A}}, 5};
    case shape::float_unary: return {{{S, S}, {A, S}, {T, S}}, 3};
    case shape::float_commutative: return {{{S, S}, {A, S}, {S, I}, {A, I}, {T, S}, {T, A}, {T, T}}, 7};
    case shape::float_binary:
      return {{{S, S}, {A, S}, {S, I}, {A, I}, {S, A}, {I, S}, {I, A}, {T, S}, {S, T}, {T, A}}, 10};
    case shape::float_compare:
    case shape::float_branch: return {{{S, S}, {A, S}, {S, I}, {T, S}, {T, I}}, 5};
    case shape::store: return {{{S, S}, {A, S}, {S, I}, {A, I}, {S, A}}, 5};
    // With an immediate on the left it is part of the address, and the value is in its register.
    case shape::store_sum: return {{{S, S}, {S, I}, {A, I}, {I, A}, {I, I}}, 5};
    case shape::vector_store_sum: return {{{S, I}, {I, A}}, 2};
    case shape::step: return {{{S, S}, {S, I}, {I, S}, {I, I}}, 4};
    case shape::plain_load_sum: return {{{S, I}}, 1};
    case shape::load_branch: return {{{S, S}, {S, I}}, 2};
    case shape::load_product: return {{{S, S}, {S, T}}, 2};
    case shape::product: return {{{S, S}, {A, S}, {S, T}, {A, T}}, 4};
    case shape::float_store_sum: return {{{S, S}, {S, I}, {A, I}, {I, A}, {I, T}}, 5};
    case shape::float_store: return {{{S, S}, {A, S}, {S, A}, {S, T}}, 4};
    case shape::vector_shift: return {{{S, S}, {S, I}, {A, I}}, 3};
    case shape::plain_binary:
    case shape::vector_pair: return {{{S, S}, {A, S}, {S, A}}, 3};
    case shape::vector_store: return {{{S, S}, {A, S}, {S, A}}, 3};
    case shape::result: return {{{S, S}, {A, S}, {I, S}}, 3};
  }
  return {};
}

namespace detail {

inline constexpr shape ir_shapes[] = {
#define WASM64_IR_OP(name, s) shape::s,
#define WASM64_IR_BRANCH(name, s) shape::s,
#define WASM64_IR_UNLESS(name, s) shape::s,
#define WASM64_IR_SUM(name, s) shape::s, shape::s,
#define WASM64_IR_TEST(name) shape::test, shape::branch,
#define WASM64_IR_STEP(name) shape::step,
#define WASM64_IR_OWN(name, s) shape::s,
#define WASM64_IR_PAIR(x, kx, y, ky) shape::pair,
#define WASM64_IR_CHAIN(x, kx, y, ky) shape::pair,
#include "wasm64/lower/ops.def"
};

struct handler_space {
  std::uint16_t first[static_cast<std::size_t>(ir::count_) + 1];
};

consteval handler_space number_handlers() {
  handler_space space{};
  std::uint16_t next = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(ir::count_); ++i) {
    space.first[i] = next;
    next = static_cast<std::uint16_t>(next + kinds_of(ir_shapes[i]).count);
  }
  space.first[static_cast<std::size_t>(ir::count_)] = next;
  return space;
}

inline constexpr handler_space handlers = number_handlers();

inline constexpr std::size_t kind_count = static_cast<std::size_t>(kind::sum) + 1;

constexpr std::size_t number_of(kind_pair kinds) noexcept {
  return static_cast<std::size_t>(kinds.a) * kind_count + static_cast<std::size_t>(kinds.b);
}

/// Where each combination of kinds stands among those of its shape, counted from 1; 0 where it is absent.
struct kind_place_table {
  std::uint8_t of[static_cast<std::size_t>(shape::replace_lane) + 1][kind_count * kind_count];
};

consteval kind_place_table place_kinds() {
  kind_place_table places{};
  for (std::size_t s = 0; s <= static_cast<std::size_t>(shape::replace_lane); ++s) {
    const shape_kinds available = kinds_of(static_cast<shape>(s));
    for (std::uint8_t i = 0; i < available.count; ++i) {
      places.of[s][number_of(available.pairs[i])] = static_cast<std::uint8_t>(i + 1);
    }
  }
  return places;
}

inline constexpr kind_place_table kind_places = place_kinds();

}  // namespace detail

constexpr shape shape_of(ir o) noexcept { return detail::ir_shapes[static_cast<std::size_t>(o)]; }

/// The forms of shapes.
constexpr bool is_unary(shape s) noexcept {
  return s == shape::unary || s == shape::plain_unary || s == shape::float_unary;
}
constexpr bool is_load_sum(shape s) noexcept { return s == shape::load_sum || s == shape::plain_load_sum; }
constexpr bool is_branch(shape s) noexcept { return s == shape::branch || s == shape::float_branch; }
constexpr bool is_store_sum(shape s) noexcept {
  return s == shape::store_sum || s == shape::float_store_sum || s == shape::vector_store_sum;
}
constexpr bool is_any_store(shape s) noexcept {
  return is_store_sum(s) || s == shape::store || s == shape::float_store || s == shape::vector_store;
}
constexpr bool is_select(ir o) noexcept {
  return o == ir::select_ || o == ir::select_or_constant || o == ir::select_constant_or || o == ir::select_v128;
}
/// Two operands that change places: freely, or with the mirrored comparison.
constexpr bool is_symmetric(shape s) noexcept {
  return s == shape::commutative || s == shape::compare || s == shape::test || s == shape::float_commutative ||
         s == shape::float_compare;
}
constexpr bool is_binary(shape s) noexcept {
  return is_symmetric(s) || s == shape::binary || s == shape::float_binary || s == shape::shift ||
         s == shape::plain_binary;
}
/// Whether the result goes to the register of sums.
constexpr bool is_sum(ir o) noexcept { return o == ir::f64_add || o == ir::f64_sub; }

/// Number of handlers: one for every operation and combination of operand kinds.
inline constexpr std::size_t handler_count = detail::handlers.first[static_cast<std::size_t>(ir::count_)];

/// Places where a handler can be entered, all with the same effect: the table of handlers has a part for each.
inline constexpr std::size_t handler_entries = WASM64_HANDLER_ENTRIES;

/// The number of the handler for these kinds, or `handler_count` when there is none.
constexpr std::size_t handler_id(ir o, kind_pair kinds = {}) noexcept {
  const std::size_t at = detail::kind_places.of[static_cast<std::size_t>(shape_of(o))][detail::number_of(kinds)];
  return at == 0 ? handler_count : detail::handlers.first[static_cast<std::size_t>(o)] + at - 1;
}

/// The inverse of `handler_id`.
struct handler_key {
  ir operation;
  kind_pair kinds;
};

constexpr handler_key key_of_handler(std::size_t id) noexcept {
  std::size_t low = 0, high = static_cast<std::size_t>(ir::count_);
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    if (detail::handlers.first[middle] <= id) low = middle;
    else high = middle;
  }
  return {static_cast<ir>(low), kinds_of(detail::ir_shapes[low]).pairs[id - detail::handlers.first[low]]};
}

/// Two operations in one handler. Both cells stay as they are: only the handler of the first is exchanged, so that
/// traps, branches to the second and suspension between the two need nothing.
struct operation_pair {
  handler_key first;
  handler_key second;
  bool chained;  ///< the result of the first goes to the second alone, and is in no slot
};

namespace detail {

// The names of kinds in rows of pairs.
namespace kinds {
inline constexpr kind_pair ss{kind::slot, kind::slot}, as{kind::accumulator, kind::slot},
    si{kind::slot, kind::immediate}, ai{kind::accumulator, kind::immediate}, sa{kind::slot, kind::accumulator},
    is{kind::immediate, kind::slot}, ia{kind::immediate, kind::accumulator}, ii{kind::immediate, kind::immediate},
    ts{kind::sum, kind::slot}, ti{kind::sum, kind::immediate}, ta{kind::sum, kind::accumulator},
    tt{kind::sum, kind::sum}, st{kind::slot, kind::sum}, it{kind::immediate, kind::sum},
    at{kind::accumulator, kind::sum}, aa{kind::accumulator, kind::accumulator};
}  // namespace kinds

inline constexpr operation_pair pairs[] = {
#define WASM64_IR_PAIR(x, kx, y, ky) {{ir::x, kinds::kx}, {ir::y, kinds::ky}, false},
#define WASM64_IR_CHAIN(x, kx, y, ky) {{ir::x, kinds::kx}, {ir::y, kinds::ky}, true},
#include "wasm64/lower/ops.def"
};
inline constexpr std::size_t pair_count = sizeof pairs / sizeof pairs[0];
inline constexpr std::size_t first_pair = static_cast<std::size_t>(ir::count_) - pair_count;
static_assert(ir_shapes[first_pair] == shape::pair && pair_count < 255, "ops.def: pairs come last");

/// For each handler the pairs that begin with it, as a list; places count from 1.
struct pair_lists {
  std::uint8_t head[handler_count];
  std::uint8_t next[pair_count];
  std::uint16_t second[pair_count];
};
consteval pair_lists list_pairs() {
  pair_lists lists{};
  for (std::size_t i = pair_count; i-- > 0;) {
    const std::size_t first = handler_id(pairs[i].first.operation, pairs[i].first.kinds);
    lists.next[i] = lists.head[first];
    lists.head[first] = static_cast<std::uint8_t>(i + 1);
    lists.second[i] = static_cast<std::uint16_t>(handler_id(pairs[i].second.operation, pairs[i].second.kinds));
  }
  return lists;
}
inline constexpr pair_lists paired = list_pairs();

}  // namespace detail

constexpr const operation_pair& pair_of(ir o) noexcept {
  return detail::pairs[static_cast<std::size_t>(o) - detail::first_pair];
}

constexpr bool begins_pair(std::size_t handler) noexcept { return detail::paired.head[handler] != 0; }

/// The handler that does what both do, or `handler_count`. `chained`: only the second needs the result of the first.
constexpr std::size_t pair_handler(std::size_t first, std::size_t second, bool chained) noexcept {
  for (std::uint8_t at = detail::paired.head[first]; at != 0; at = detail::paired.next[at - 1]) {
    if (detail::paired.second[at - 1] == second && (chained || !detail::pairs[at - 1].chained)) {
      return handler_id(static_cast<ir>(detail::first_pair + at - 1));
    }
  }
  return handler_count;
}

/// The operation that stands for a WebAssembly instruction, or `ir::count_`.
constexpr ir ir_of(op o) noexcept {
  switch (o) {
#define WASM64_IR_OP(name, s) \
  case op::name: return ir::name;
#include "wasm64/lower/ops.def"
    default: return ir::count_;
  }
}

/// The comparison that holds when this one does not, or `ir::count_` where NaN leaves both false.
constexpr ir opposite_comparison(ir comparison) noexcept {
  switch (comparison) {
#define WASM64_OPPOSITE(x, y) \
  case ir::x: return ir::y;   \
  case ir::y: return ir::x;
#define WASM64_OPPOSITES(P)           \
  WASM64_OPPOSITE(P##_eq, P##_ne)     \
  WASM64_OPPOSITE(P##_lt_s, P##_ge_s) \
  WASM64_OPPOSITE(P##_lt_u, P##_ge_u) \
  WASM64_OPPOSITE(P##_gt_s, P##_le_s) \
  WASM64_OPPOSITE(P##_gt_u, P##_le_u)
    WASM64_OPPOSITES(i32)
    WASM64_OPPOSITES(i64)
    WASM64_OPPOSITE(i32_and_eqz, i32_and_nez)
    WASM64_OPPOSITE(i64_and_eqz, i64_and_nez)
    WASM64_OPPOSITE(f32_eq, f32_ne)
    WASM64_OPPOSITE(f64_eq, f64_ne)
#undef WASM64_OPPOSITE
#undef WASM64_OPPOSITES
    default: return ir::count_;
  }
}

/// The comparison that holds where this operation gives 0, or `ir::count_`.
constexpr ir bits_are_zero(ir operation) noexcept {
  return operation == ir::i32_and ? ir::i32_and_eqz : operation == ir::i64_and ? ir::i64_and_eqz : ir::count_;
}

/// The operation that also shifts its left operand by a constant, or `ir::count_`.
constexpr ir with_shift(ir operation, ir shift) noexcept {
  if (operation == ir::i32_add && shift == ir::i32_shl) return ir::i32_add_scaled;
  if (operation == ir::i64_add && shift == ir::i64_shl) return ir::i64_add_scaled;
  if (operation == ir::i32_xor && shift == ir::i32_rotl) return ir::i32_xor_rotated;
  if (operation == ir::i64_xor && shift == ir::i64_rotl) return ir::i64_xor_rotated;
  return ir::count_;
}

/// The access whose address is the sum that `addition` computes, or `ir::count_`.
constexpr ir sum_access(ir access, ir addition) noexcept {
  const bool narrow = addition == ir::i32_add;
  if (!narrow && addition != ir::i64_add) return ir::count_;
  switch (access) {
#define WASM64_IR_SUM(name, s) \
  case ir::name: return narrow ? ir::sum32_##name : ir::sum64_##name;
#include "wasm64/lower/ops.def"
    default: return ir::count_;
  }
}

/// The load whose address is an addition that also goes to a local, or `ir::count_`.
constexpr ir addition_and_load(ir addition, ir load) noexcept {
  const bool narrow = addition == ir::i32_add;
  switch (load) {
    case ir::i32_load: return narrow ? ir::step32_i32_load : ir::step64_i32_load;
    case ir::i64_load: return narrow ? ir::step32_i64_load : ir::step64_i64_load;
    case ir::f64_load: return narrow ? ir::step32_f64_load : ir::step64_f64_load;
    case ir::i32_load8_u: return narrow ? ir::step32_i32_load8_u : ir::step64_i32_load8_u;
    default: return ir::count_;
  }
}

/// The branch that takes the jump when the comparison holds, or (`holds` false) when it does not.
constexpr ir branch_on(ir comparison, bool holds) noexcept {
  const ir opposite = opposite_comparison(comparison);
  if (!holds && opposite != ir::count_) comparison = opposite;
  switch (comparison) {
#define WASM64_IR_BRANCH(name, s)                              \
  case ir::name:                                               \
    if (holds || opposite != ir::count_) return ir::br_##name; \
    break;
#define WASM64_IR_TEST(name) WASM64_IR_BRANCH(name, branch)
#include "wasm64/lower/ops.def"
    default: return ir::count_;
  }
  switch (comparison) {
#define WASM64_IR_UNLESS(name, s) \
  case ir::name: return ir::unless_##name;
#include "wasm64/lower/ops.def"
    default: return ir::count_;
  }
}

/// The branch that also adds to the operand it compares, or `ir::count_`.
constexpr ir stepping(ir branch) noexcept {
  switch (branch) {
#define WASM64_IR_STEP(name) \
  case ir::br_##name: return ir::step_##name;
#include "wasm64/lower/ops.def"
    default: return ir::count_;
  }
}

/// The branch that also loads the operand it compares, or `ir::count_`.
constexpr ir loading(ir branch, ir load) noexcept {
  const bool narrow = branch == ir::br_i32_eq || branch == ir::br_i32_ne;
  const bool on_equal = branch == ir::br_i32_eq || branch == ir::br_i64_eq;
  if (!narrow && branch != ir::br_i64_eq && branch != ir::br_i64_ne) return ir::count_;
  if (load == ir::i32_load && narrow) return on_equal ? ir::i32_load_br_eq : ir::i32_load_br_ne;
  if (load == ir::i32_load8_u && narrow) return on_equal ? ir::i32_load8_u_br_eq : ir::i32_load8_u_br_ne;
  if (load == ir::i64_load && !narrow) return on_equal ? ir::i64_load_br_eq : ir::i64_load_br_ne;
  return ir::count_;
}

/// The comparison with its operands exchanged: `a < b` is `b > a`.
constexpr ir mirrored(ir comparison) noexcept {
  switch (comparison) {
#define WASM64_MIRROR(x, y) \
  case ir::x: return ir::y; \
  case ir::y: return ir::x;
    WASM64_MIRROR(i32_lt_s, i32_gt_s)
    WASM64_MIRROR(i32_lt_u, i32_gt_u)
    WASM64_MIRROR(i32_le_s, i32_ge_s)
    WASM64_MIRROR(i32_le_u, i32_ge_u)
    WASM64_MIRROR(i64_lt_s, i64_gt_s)
    WASM64_MIRROR(i64_lt_u, i64_gt_u)
    WASM64_MIRROR(i64_le_s, i64_ge_s)
    WASM64_MIRROR(i64_le_u, i64_ge_u)
    WASM64_MIRROR(f32_lt, f32_gt)
    WASM64_MIRROR(f32_le, f32_ge)
    WASM64_MIRROR(f64_lt, f64_gt)
    WASM64_MIRROR(f64_le, f64_ge)
#undef WASM64_MIRROR
    default: return comparison;
  }
}

}  // namespace wasm64
