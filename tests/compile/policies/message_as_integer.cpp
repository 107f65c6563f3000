// expect: message policy needs `as_integer(const value_type&) -> integer`
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static std::int64_t as_integer(const wasm64::message_value&);
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
