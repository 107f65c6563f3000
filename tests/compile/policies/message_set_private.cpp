// expect: message policy needs `set_private(value_type, std::string_view path, value_type item) -> result<value_type>`
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static void set_private(wasm64::message_value&, std::string_view, wasm64::message_value);
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
