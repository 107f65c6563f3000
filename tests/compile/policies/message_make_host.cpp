// expect: message policy needs `make_host(host_object) -> value_type`
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static wasm64::message_value make_host(void*);
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
