#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "wasm64/base/containers.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64 {

/// The results of blocks that name one type: views of them need something that stays where it is.
class single_types {
 public:
  void clear() noexcept { used_ = 0; }
  std::span<const val_type> view(val_type type) {
    for (const val_type& known : frequent) {
      if (known == type) return {&known, 1};
    }
    if (used_ == chunks_.size() * chunk_size) chunks_.push_back(std::make_unique<val_type[]>(chunk_size));
    val_type& kept = chunks_[used_ / chunk_size][used_ % chunk_size];
    ++used_;
    kept = type;
    return {&kept, 1};
  }

 private:
  static constexpr std::size_t chunk_size = 64;
  static constexpr val_type frequent[] = {types::i32,     types::i64,       types::f32,   types::f64,
                                          types::funcref, types::externref, types::exnref};

  vector<std::unique_ptr<val_type[]>> chunks_;
  std::size_t used_ = 0;
};

}  // namespace wasm64
