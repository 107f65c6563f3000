#pragma once

// Everything the compiled target holds: the translation unit that includes this defines WASM64_SOURCE first.
#include "wasm64/script/run.hpp"
#include "wasm64/storage/hmac.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/text/print.hpp"
#include "wasm64/text/script.hpp"
#include "wasm64/wasm64.hpp"

namespace wasm64::exec {
template struct interpreter<machine_config{machine_config{}.dispatch, false}>;
template struct interpreter<machine_config{machine_config{}.dispatch, true}>;
}  // namespace wasm64::exec

namespace wasm64 {
template class guest<default_message_policy>;
template class device_base<default_message_policy>;
template class device<default_message_policy, memory_store>;
template class device<default_message_policy, filesystem_store>;
}  // namespace wasm64
