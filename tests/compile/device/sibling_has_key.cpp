// expect: sibling device's `has_key` must be static: `(std::string_view) -> bool`
#include "wasm64/device/device.hpp"
#include "wasm64/message/default_policy.hpp"
#include "wasm64/storage/memory_store.hpp"

using namespace wasm64;

struct sibling {
  static constexpr std::string_view name = "sibling@1.0";
#ifdef WASM64_REJECT
  bool has_key(std::string_view) const;
#else
  static constexpr bool has_key(std::string_view key) noexcept { return key == "key"; }
#endif
  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view, message_value_t<M> base,
                                                          const message_value_t<M>&) {
    return device_response<message_value_t<M>>{device_status::ok, std::move(base)};
  }
};

struct config : default_device_config {
  using siblings = device_list<sibling>;
};
template class wasm64::device<default_message_policy, memory_store, config>;

int main() {}
