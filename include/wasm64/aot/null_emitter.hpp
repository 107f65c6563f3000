#pragma once

#include <span>

#include "wasm64/aot/emitter.hpp"
#include "wasm64/aot/plan.hpp"

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

  void begin_body(std::uint32_t, const signature&) noexcept {
    size_ = {};
    block_from_ = 0;
  }
  void begin_entry(std::uint32_t) noexcept {}
  void end_function() noexcept { begin(0); }
  void abandon() noexcept {}
  value context() noexcept { return next(); }
  value frame() noexcept { return next(); }
  value budget() noexcept { return next(); }
  value fuel() noexcept { return next(); }
  value param(std::uint32_t) noexcept { return next(); }

  block new_block(bool = false) noexcept {
    ++size_.blocks;
    return next();
  }
  void begin(block) noexcept {
    size_.longest = std::max(size_.longest, size_.steps - block_from_);
    block_from_ = size_.steps;
  }
  void jump(block) noexcept { ++size_.steps; }
  void branch(value, block, block, likelihood) noexcept { ++size_.steps; }
  void switch_(value, std::span<const block> targets, block) noexcept {
    size_.steps += static_cast<std::uint32_t>(targets.size());
  }
  void unreachable() noexcept {}

  variable new_variable(value_type) noexcept {
    ++size_.variables;
    return next();
  }
  value get(variable) noexcept { return step(); }
  void set(variable, value) noexcept { ++size_.steps; }

  value constant(value_type, std::uint64_t) noexcept { return next(); }
  value vector_constant(std::uint64_t, std::uint64_t) noexcept { return next(); }
  value unary(primitive, value_type, value) noexcept { return step(); }
  value binary(primitive, value, value) noexcept { return step(); }
  value select(value, value, value) noexcept { return step(); }
  value choose(value, value, value) noexcept { return step(); }
  value load(access, value, value, std::uint64_t) noexcept { return step(); }
  void store(access, value, value, std::uint64_t, value) noexcept { ++size_.steps; }
  value displaced(value, std::int64_t) noexcept { return step(); }
  value stack_place() noexcept { return next(); }

  call_result call(std::uint32_t, const signature&, value, value, value, std::span<const value>) noexcept {
    size_.steps += 4;  // the call and what takes its result apart
    return {next(), next(), next(), next()};
  }
  call_result call_body(value, const signature&, value, value, value, std::span<const value>) noexcept {
    size_.steps += 4;  // the call and what takes its result apart
    return {next(), next(), next(), next()};
  }
  value call_helper(value, value, value, value, value) noexcept { return step(); }
  void return_result(value, value) noexcept {}
  void return_status(value) noexcept {}
  void return_left(value, value, value) noexcept {}
  bool can_tail_call(const signature&, const signature&) const noexcept { return true; }
  void tail_call(std::uint32_t, const signature&, value, value, value, std::span<const value>) noexcept {}
  void tail_call_body(value, const signature&, value, value, value, std::span<const value>) noexcept {}

  bool can(op) const noexcept { return true; }
  value vector(op, value_type, std::span<const value>, std::uint64_t, std::uint64_t) noexcept { return step(); }

  /// Of the body that was begun last.
  const function_size& size() const noexcept { return size_; }

 private:
  value step() noexcept {
    ++size_.steps;
    return next();
  }
  std::uint32_t next() noexcept { return ++last_; }

  std::uint32_t last_ = 0;
  function_size size_;
  std::uint32_t block_from_ = 0;  ///< steps before the block
};
static_assert(code_emitter<null_emitter>);

}  // namespace wasm64::aot
