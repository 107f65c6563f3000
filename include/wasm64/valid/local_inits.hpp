#pragma once

#include <cstddef>
#include <cstdint>

#include "wasm64/base/containers.hpp"

namespace wasm64 {

/// Which locals have a value (specification, appendix Validation Algorithm): those whose type has no default value have
/// none until they are set, and again when the block ends in which they were. Costs nothing where all have defaults.
class local_inits {
 public:
  void reset() noexcept {
    unset_.clear();
    set_.clear();
  }
  /// Locals of a type without a default value, behind those declared before.
  void declare(std::size_t first, std::size_t count) {
    unset_.resize(first, 0);
    unset_.resize(first + count, 1);
  }
  bool is_set(std::uint32_t local) const noexcept { return local >= unset_.size() || unset_[local] == 0; }
  void set(std::uint32_t local) {
    if (is_set(local)) return;
    unset_[local] = 0;
    set_.push_back(local);
  }
  template <class Visit>
  void each_unset(Visit visit) const {
    for (std::uint32_t i = 0; i < unset_.size(); ++i) {
      if (unset_[i] != 0) visit(i);
    }
  }
  /// How many were set so far; `restore` takes back those since.
  std::uint32_t height() const noexcept { return static_cast<std::uint32_t>(set_.size()); }
  void restore(std::uint32_t height) noexcept {
    for (; set_.size() > height; set_.pop_back()) unset_[set_.back()] = 1;
  }

 private:
  vector<std::uint8_t> unset_;  ///< by local; empty where all have defaults
  vector<std::uint32_t> set_;
};

}  // namespace wasm64
