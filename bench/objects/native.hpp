#pragma once

#include <cstdint>

namespace wasm64::bench {

std::int64_t native_trees(std::int32_t depth);
std::int64_t native_list(std::int32_t n);
std::int64_t native_map(std::int32_t n);
std::int64_t native_sort(std::int32_t n);

}  // namespace wasm64::bench
