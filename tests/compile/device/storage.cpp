// expect: storage policy needs `put(bytes_view) -> result<content_id>`
#include "wasm64/device/device.hpp"
#include "wasm64/message/default_policy.hpp"
#include "wasm64/storage/memory_store.hpp"

struct store : wasm64::memory_store {
#ifdef WASM64_REJECT
  bool put(wasm64::bytes_view);
#endif
};
template class wasm64::device<wasm64::default_message_policy, store>;

int main() {}
