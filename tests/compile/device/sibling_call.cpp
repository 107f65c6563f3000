// expect: sibling device needs a static `call(device_base<M>&, std::string_view, value, const value&)`
#include "wasm64/device/device.hpp"
#include "wasm64/message/default_policy.hpp"
#include "wasm64/storage/memory_store.hpp"

using namespace wasm64;

struct sibling {
  static constexpr std::string_view name = "sibling@1.0";
#ifndef WASM64_REJECT
  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view, message_value_t<M> base,
                                                          const message_value_t<M>&) {
    return device_response<message_value_t<M>>{device_status::ok, std::move(base)};
  }
#else
  template <class M>
  static result<message_value_t<M>> call(device_base<M>&, std::string_view, message_value_t<M> base);
#endif
};

struct config : default_device_config {
  using siblings = device_list<sibling>;
};
template class wasm64::device<default_message_policy, memory_store, config>;

int main() {}
