#pragma once

#include "session.hpp"

namespace differential {

/// Calls every export of a generated module, first with zeros, then with less harmless values; then its state.
void run_module_steps(session& in, record& to, wasm64::bytes_view binary);

}  // namespace differential
