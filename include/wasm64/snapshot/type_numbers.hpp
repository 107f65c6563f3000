#pragma once

#include "wasm64/runtime/machine.hpp"

namespace wasm64 {

/// Numbers the types of a store so that they mean the same in every store with the same instances: in the order of
/// instances and of their modules' type indices, equal types once.
class type_numbers {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  explicit type_numbers(const machine& vm) : numbers_(vm.types.size(), none) {
    for (const instance* in : vm.all_instances) {
      for (const std::uint32_t id : in->type_ids) {
        if (numbers_[id] != none) continue;
        numbers_[id] = static_cast<std::uint32_t>(ids_.size());
        ids_.push_back(id);
      }
    }
  }

  /// Of a canonical id of the store; `none` for a type that no instance has.
  std::uint32_t number(std::uint32_t id) const noexcept { return numbers_[id]; }
  /// The canonical id, or `none`.
  std::uint32_t id(std::uint32_t number) const noexcept { return number < ids_.size() ? ids_[number] : none; }

 private:
  vector<std::uint32_t> numbers_;
  vector<std::uint32_t> ids_;
};

}  // namespace wasm64
