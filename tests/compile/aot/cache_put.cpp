// expect: code cache needs `put(const verified_artifact&) -> result<void>`
#include "wasm64/aot/cache.hpp"

using namespace wasm64;

struct cache {
  result<aot::verified_artifact> get(const aot::artifact_key&, const module&);
#ifndef WASM64_REJECT
  result<void> put(const aot::verified_artifact&);
#else
  void put(const aot::verified_artifact&);
#endif
};
static_assert(aot::check_code_cache<cache>());

int main() {}
