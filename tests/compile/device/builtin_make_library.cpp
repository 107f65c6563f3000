// expect: builtin library needs a static `make_library(device_base<M>&) -> std::unique_ptr<import_library<M>>`
#include "wasm64/device/device.hpp"
#include "wasm64/message/default_policy.hpp"
#include "wasm64/storage/memory_store.hpp"

using namespace wasm64;

struct sibling {
  static constexpr std::string_view name = "sibling@1.0";
  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view, message_value_t<M>,
                                                          const message_value_t<M>&) {
    return fail(errc::unknown_key);
  }
#ifndef WASM64_REJECT
  template <class M>
  static std::unique_ptr<import_library<M>> make_library(device_base<M>&) {
    return nullptr;
  }
#endif
};
struct config : default_device_config {
  using builtin_libraries = device_list<sibling>;
};
template class wasm64::device<default_message_policy, memory_store, config>;

int main() {}
