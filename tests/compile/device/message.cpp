// expect: message policy needs `keys(const value_type&) -> vector<std::string>`
#include "wasm64/device/device.hpp"
#include "wasm64/message/default_policy.hpp"
#include "wasm64/storage/memory_store.hpp"

struct messages : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static int keys(const wasm64::message_value&);
#endif
};
template class wasm64::device<messages, wasm64::memory_store>;

int main() {}
