#pragma once

#include <memory>

#include "commands.hpp"
#include "wasm64/aot/open_tier.hpp"

namespace cli {

/// What compiles modules, or null where nothing does. Throws a `failure` where the compiler is not there.
std::shared_ptr<wasm64::code_provider> open_tier(const tier_options& options);

}  // namespace cli
