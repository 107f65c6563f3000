#pragma once

#include <pthread.h>

#include <cstddef>

#include "tests/support/catch.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define WASM64_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WASM64_TEST_SANITIZED 1
#endif
#endif

namespace wasm64::test {

#if defined(WASM64_TEST_SANITIZED)
inline constexpr bool sanitized = true;  ///< instrumented frames of the host's side are larger
#else
inline constexpr bool sanitized = false;
#endif

/// Runs something on a thread with a native stack of that size. Assertions belong behind it: they are not for threads.
template <class F>
void on_stack_of(std::size_t bytes, F run) {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, bytes) == 0);
  pthread_t thread;
  const auto enter = [](void* f) -> void* {
    (*static_cast<F*>(f))();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, enter, &run) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

}  // namespace wasm64::test
