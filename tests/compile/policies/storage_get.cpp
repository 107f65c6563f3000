// expect: storage policy needs `get(const content_id&) -> result<T>`, T converting to bytes_view
#include "wasm64/storage/memory_store.hpp"

struct store : wasm64::memory_store {
#ifdef WASM64_REJECT
  wasm64::byte_vector get(const wasm64::content_id&);
#endif
};
static_assert(wasm64::check_storage_policy<store>());

int main() {}
