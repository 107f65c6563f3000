// expect: message policy needs `keys(const value_type&) -> vector<std::string>`
#include "wasm64/message/default_policy.hpp"

struct policy : wasm64::default_message_policy {
#ifdef WASM64_REJECT
  static std::string keys(const wasm64::message_value&);
#endif
};
static_assert(wasm64::check_message_policy<policy>());

int main() {}
