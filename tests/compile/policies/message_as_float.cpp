// expect: message policy needs `as_float(const value_type&) -> double`
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static float as_float(const wasm64::message_value&);
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
