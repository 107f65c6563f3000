#include <stddef.h>

// C++ exceptions in WebAssembly's instructions, with just enough of a run-time library to throw and catch.
// The compiler declares their tag, whose payload is an address; here it is the thrown number itself.

extern "C" void* __cxa_begin_catch(void* object) noexcept { return object; }

extern "C" void __cxa_end_catch() {}

namespace {

int destroyed;

struct guard {
  ~guard() { ++destroyed; }
};

[[gnu::noinline]] void throw_thirds(int n) {
  if (n % 3 == 0) __builtin_wasm_throw(0, reinterpret_cast<void*>(static_cast<ptrdiff_t>(n)));
}

[[gnu::noinline]] void with_cleanup(int n) {
  const guard counts;
  throw_thirds(n);
}

}  // namespace

/// Throws every third time of n and catches two frames up: the number of catches times 1000 plus the number of
/// destructors run since the start.
extern "C" int run(int n) {
  int caught = 0;
  for (int i = 1; i <= n; ++i) {
    try {
      with_cleanup(i);
    } catch (...) {
      ++caught;
    }
  }
  return caught * 1000 + destroyed;
}

/// Throws out of the module.
extern "C" void escape() { throw_thirds(0); }
