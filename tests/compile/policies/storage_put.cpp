// expect: storage policy needs `put(bytes_view) -> result<content_id>`
#include "wasm64/storage/memory_store.hpp"

struct store : wasm64::memory_store {
#ifdef WASM64_REJECT
  wasm64::content_id put(wasm64::bytes_view);
#endif
};
static_assert(wasm64::check_storage_policy<store>());

int main() {}
