#pragma once

#include <memory>

#include "commands.hpp"
#include "wasm64/aot/open_tier.hpp"

namespace cli {

wasm64::aot::tier_choice choice_of(const tier_options& options);

/// What compiles modules, or null where nothing does. With `is_required`, the tier "aot" runs no module of which
/// nothing can be compiled. Throws a `failure` where the compiler is not there.
std::shared_ptr<wasm64::code_provider> open_tier(const tier_options& options, bool is_required);

}  // namespace cli
