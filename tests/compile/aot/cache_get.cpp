// expect: code cache needs `get(const artifact_key&, const module&) -> result<verified_artifact>`
#include "wasm64/aot/cache.hpp"

using namespace wasm64;

struct cache {
#ifndef WASM64_REJECT
  result<aot::verified_artifact> get(const aot::artifact_key&, const module&);
#else
  result<aot::verified_artifact> get(const content_id&);
#endif
  result<void> put(const aot::verified_artifact&);
};
static_assert(aot::check_code_cache<cache>());

int main() {}
