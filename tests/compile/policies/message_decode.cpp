// expect: message policy needs `decode(bytes_view) -> result<value_type>`
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static wasm64::message_value decode(wasm64::bytes_view);
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
