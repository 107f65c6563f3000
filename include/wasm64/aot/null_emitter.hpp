#pragma once

#include <span>

#include "wasm64/aot/emitter.hpp"

namespace wasm64::aot {

/// Writes nothing: the translator runs over a function to learn what it needs to know beforehand. Every value is
/// another one.
class null_emitter {
 public:
  using value = std::uint32_t;
  using variable = std::uint32_t;
  using block = std::uint32_t;
  struct call_result {
    value left = 0;
    value status = 0;
    value result = 0;
    value fuel = 0;
  };

  void begin_body(std::uint32_t, const signature&) noexcept {}
  void begin_entry(std::uint32_t) noexcept {}
  void end_function() noexcept {}
  void abandon() noexcept {}
  value context() noexcept { return next(); }
  value frame() noexcept { return next(); }
  value budget() noexcept { return next(); }
  value fuel() noexcept { return next(); }
  value param(std::uint32_t) noexcept { return next(); }

  block new_block(bool = false) noexcept { return next(); }
  void begin(block) noexcept {}
  void jump(block) noexcept {}
  void branch(value, block, block, likelihood) noexcept {}
  void switch_(value, std::span<const block>, block) noexcept {}
  void unreachable() noexcept {}

  variable new_variable(value_type) noexcept { return next(); }
  value get(variable) noexcept { return next(); }
  void set(variable, value) noexcept {}

  value constant(value_type, std::uint64_t) noexcept { return next(); }
  value vector_constant(std::uint64_t, std::uint64_t) noexcept { return next(); }
  value unary(primitive, value_type, value) noexcept { return next(); }
  value binary(primitive, value, value) noexcept { return next(); }
  value select(value, value, value) noexcept { return next(); }
  value load(access, value, value, std::uint64_t) noexcept { return next(); }
  void store(access, value, value, std::uint64_t, value) noexcept {}
  value displaced(value, std::int64_t) noexcept { return next(); }
  value stack_place() noexcept { return next(); }

  call_result call(std::uint32_t, const signature&, value, value, value, std::span<const value>) noexcept {
    return {next(), next(), next(), next()};
  }
  call_result call_body(value, const signature&, value, value, value, std::span<const value>) noexcept {
    return {next(), next(), next(), next()};
  }
  value call_helper(value, value, value, value, value) noexcept { return next(); }
  void return_result(value, value) noexcept {}
  void return_status(value) noexcept {}
  void return_left(value, value, value) noexcept {}
  bool can_tail_call(const signature&, const signature&) const noexcept { return true; }
  void tail_call(std::uint32_t, const signature&, value, value, value, std::span<const value>) noexcept {}

  bool can(op) const noexcept { return true; }
  value vector(op, value_type, std::span<const value>, std::uint64_t, std::uint64_t) noexcept { return next(); }

 private:
  std::uint32_t next() noexcept { return ++last_; }

  std::uint32_t last_ = 0;
};
static_assert(code_emitter<null_emitter>);

}  // namespace wasm64::aot
