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

/// Frames of instrumented code are larger.
#if defined(WASM64_TEST_SANITIZED)
inline constexpr std::size_t stack_scale = 4;
#else
inline constexpr std::size_t stack_scale = 1;
#endif

/// Runs a callable on a thread with that much stack. Nothing in it may throw; failed checks are for later.
template <class F>
void on_small_stack(std::size_t stack_bytes, F run) {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, stack_bytes) == 0);
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
