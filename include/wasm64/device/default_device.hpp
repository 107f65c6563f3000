#pragma once

#include "wasm64/device/device.hpp"
#include "wasm64/message/default_policy.hpp"
#include "wasm64/storage/filesystem_store.hpp"
#include "wasm64/storage/memory_store.hpp"

namespace wasm64 {

/// The device over the default message, with what it keeps in memory or in files.
template <class Storage = memory_store>
using default_device = device<default_message_policy, Storage>;

#if !WASM64_IMPLEMENTATION
extern template class guest<default_message_policy>;
extern template class device_base<default_message_policy>;
extern template class device<default_message_policy, memory_store>;
extern template class device<default_message_policy, filesystem_store>;
#endif

}  // namespace wasm64
