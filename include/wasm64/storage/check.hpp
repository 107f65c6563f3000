#pragma once

#include "wasm64/storage/concept.hpp"

namespace wasm64 {

/// Says in words what a storage policy lacks. Use as `static_assert(check_storage_policy<S>())`: a compiler reports
/// every sentence that applies, and none hides another.
template <class S>
consteval bool check_storage_policy() {
  static_assert(storage_gets<S>,
                "storage policy needs `get(const content_id&) -> result<T>`, T converting to bytes_view");
  static_assert(storage_puts<S>, "storage policy needs `put(bytes_view) -> result<content_id>`");
  static_assert(storage_contains<S>, "storage policy needs `contains(const content_id&) -> result<bool>`");
  return true;
}

}  // namespace wasm64
