#pragma once

#include <string_view>

#include "session.hpp"

namespace differential {

/// All commands of a test script, at their line numbers, and the state of every instance at the end.
void run_script_steps(session& in, std::string_view source);

}  // namespace differential
