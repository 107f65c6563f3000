// expect: message policy needs `value_type`, default-constructible (null) and copyable
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  using value_type = wasm64::message_value&;
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
