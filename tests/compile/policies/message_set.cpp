// expect: message policy needs `set(value_type, std::string_view path, value_type item, set_mode)
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static wasm64::message_value set(wasm64::message_value, std::string_view, wasm64::message_value, wasm64::set_mode);
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
