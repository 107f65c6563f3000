// expect: message policy needs `list_element(const value_type&, std::size_t) -> value_type`
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static const wasm64::message_value* list_element(const wasm64::message_value&, std::size_t);
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
