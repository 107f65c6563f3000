// expect: message policy needs `encode(const value_type&) -> result<byte_vector>`
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static wasm64::byte_vector encode(const wasm64::message_value&);
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
