// expect: message policy needs `as_host(const value_type&) -> host_object`
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static void* as_host(const wasm64::message_value&);
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
