// expect: storage policy needs `contains(const content_id&) -> result<bool>`
#include "wasm64/storage/memory_store.hpp"

struct store : wasm64::memory_store {
#ifdef WASM64_REJECT
  bool contains(const wasm64::content_id&);
#endif
};
static_assert(wasm64::check_storage_policy<store>());

int main() {}
