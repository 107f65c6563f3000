#pragma once

#include <set>
#include <string>

#include "wasm64/module/module.hpp"

namespace cli {

/// The names of the WebAssembly features beyond the first version that a valid module uses.
std::set<std::string> features_of(const wasm64::module& m);

}  // namespace cli
