// expect: device config needs `random` with `static uint64_t seed<M>(const value&, const value&)`
#include "wasm64/device/device.hpp"
#include "wasm64/message/default_policy.hpp"
#include "wasm64/storage/memory_store.hpp"

struct config : wasm64::default_device_config {
#ifdef WASM64_REJECT
  struct random {
    template <class M>
    static double seed(const wasm64::message_value_t<M>&, const wasm64::message_value_t<M>&);
  };
#endif
};
template class wasm64::device<wasm64::default_message_policy, wasm64::memory_store, config>;

int main() {}
