// expect: message policy needs `get_private(const value_type&, std::string_view path) -> value_type`
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static void* get_private(const wasm64::message_value&, std::string_view);
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
