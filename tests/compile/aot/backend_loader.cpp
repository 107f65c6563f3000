// expect: AOT backend needs a type `loader`, or void for none
#include "wasm64/aot/backend.hpp"

struct backend {
  using generator = void;
#ifndef WASM64_REJECT
  using loader = void;
#endif
};
static_assert(wasm64::aot::check_backend<backend>());

int main() {}
