// expect: AOT backend needs a type `generator`, or void for none
#include "wasm64/aot/backend.hpp"

struct backend {
#ifndef WASM64_REJECT
  using generator = void;
#endif
  using loader = void;
};
static_assert(wasm64::aot::check_backend<backend>());

int main() {}
