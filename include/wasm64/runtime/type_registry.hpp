#pragma once

#include <cstdint>

#include "wasm64/base/containers.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64 {

/// Gives equal function types of all modules of a store the same number, so that `call_indirect` compares numbers.
class type_registry {
 public:
  std::uint32_t id_of(const func_type& type) {
    if ((types_.size() + 1) * 2 > buckets_.size()) grow();
    std::size_t at = hash(type) & (buckets_.size() - 1);
    for (; buckets_[at] != 0; at = (at + 1) & (buckets_.size() - 1)) {
      if (types_[buckets_[at] - 1] == type) return buckets_[at] - 1;
    }
    types_.push_back(type);
    buckets_[at] = static_cast<std::uint32_t>(types_.size());
    return buckets_[at] - 1;
  }

 private:
  static std::uint64_t hash(const func_type& type) noexcept {
    std::uint64_t h = 0xcbf29ce484222325u;
    const auto mix = [&h](std::uint64_t v) {
      h = (h ^ v) * 0x9e3779b97f4a7c15u;
      h ^= h >> 29;
    };
    mix(type.params.size());
    for (const val_type t : type.params) mix(code_of(t));
    for (const val_type t : type.results) mix(code_of(t));
    return h;
  }
  static std::uint64_t code_of(val_type t) noexcept {
    return static_cast<std::uint64_t>(t.code) | std::uint64_t{t.nullable} << 8 |
           std::uint64_t{static_cast<std::uint32_t>(t.heap.code)} << 16;
  }
  void grow() {
    buckets_.assign(buckets_.empty() ? 64 : buckets_.size() * 2, 0);
    for (std::uint32_t i = 0; i < types_.size(); ++i) {
      std::size_t at = hash(types_[i]) & (buckets_.size() - 1);
      while (buckets_[at] != 0) at = (at + 1) & (buckets_.size() - 1);
      buckets_[at] = i + 1;
    }
  }

  vector<func_type> types_;
  vector<std::uint32_t> buckets_;  ///< open addressing; 0 is free, otherwise number + 1
};

}  // namespace wasm64
