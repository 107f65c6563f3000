#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "tests/aot/tiers.hpp"

namespace wasm64::test {

/// What a call leaves behind without fuel to pay, and with some that may not suffice at first.
template <class Compiler>
void check_loop(const std::shared_ptr<const module>& m, const std::vector<value>& arguments, std::int64_t fuel,
                const char* name = "run") {
  const auto unmetered = [&]<class Engine>(Engine e) {
    vector<value> results;
    aftermath out;
    leave_behind(e, e.st.call(e.func(e.add(m), name), std::span<const value>(arguments), results), results, out);
    return out;
  };
  CHECK((unmetered(compiled_unmetered_engine<Compiler>()) == unmetered(engine<>())));
  const auto metered = [&]<class Engine>(Engine e) {
    e.st.set_fuel(fuel);
    vector<value> results;
    result<void> done = e.st.call(e.func(e.add(m), name), std::span<const value>(arguments), results);
    std::uint64_t hash = 0;
    if (!done.has_value() && e.st.suspended()) {
      hash = hash_of(capture_call(e.st).value());
      e.st.add_fuel(1'000'000);
      done = e.st.resume(results);
    }
    aftermath out;
    leave_behind(e, done, results, out);
    out.spent = e.st.fuel();
    return std::pair(out, hash);
  };
  CHECK((metered(compiled_engine<Compiler>()) == metered(metered_engine())));
}

}  // namespace wasm64::test
