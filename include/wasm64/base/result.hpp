#pragma once

// The only door to Boost.Outcome. The umbrella <boost/outcome.hpp> costs a second per translation unit; these two
// headers cost a tenth of it. BOOST_OUTCOME_TRY changed its grammar between Boost 1.74 and later versions, so the two
// macros at the end stand in for it.
#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>

#include "wasm64/base/error.hpp"

namespace wasm64 {

namespace outcome = BOOST_OUTCOME_V2_NAMESPACE;

/// A value or an `error`. Reading the wrong side terminates; nothing throws.
template <class T>
using result = outcome::basic_result<T, error, outcome::policy::terminate>;

using outcome::success;

/// Builds the failure side: `return fail(errc::unexpected_end, offset);`
inline auto fail(errc code, std::uint64_t offset = error::no_offset, std::string detail = {}) {
  return outcome::failure(error(code, offset, std::move(detail)));
}
inline auto fail(errc code, std::string detail) { return outcome::failure(error(code, std::move(detail))); }
inline auto fail(error e) { return outcome::failure(std::move(e)); }

}  // namespace wasm64

#define WASM64_CONCAT_(a, b) a##b
#define WASM64_CONCAT(a, b) WASM64_CONCAT_(a, b)
#define WASM64_TRY_(unique, declaration, ...)                                                   \
  auto&& unique = (__VA_ARGS__);                                                                \
  if (!unique.has_value()) return ::wasm64::outcome::failure(std::move(unique).assume_error()); \
  declaration = std::move(unique).assume_value()
#define WASM64_CHECK_(unique, ...)                        \
  if (auto&& unique = (__VA_ARGS__); !unique.has_value()) \
  return ::wasm64::outcome::failure(std::move(unique).assume_error())

/// `WASM64_TRY(auto value, expression);` declares `value` from a `result`, or returns its error.
#define WASM64_TRY(declaration, ...) WASM64_TRY_(WASM64_CONCAT(wasm64_try_, __COUNTER__), declaration, __VA_ARGS__)
/// `WASM64_CHECK(expression);` returns the error of a failed `result`, else goes on.
#define WASM64_CHECK(...) WASM64_CHECK_(WASM64_CONCAT(wasm64_check_, __COUNTER__), __VA_ARGS__)
