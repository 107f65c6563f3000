// expect: artifact store needs names: `link`, `resolve`, `unlink` and `compare_and_swap` of a storage policy
#include "wasm64/aot/check.hpp"
#include "wasm64/storage/memory_store.hpp"

struct store : wasm64::memory_store {
#ifdef WASM64_REJECT
  void link(std::string_view, const wasm64::content_id&);
#endif
};
static_assert(wasm64::aot::check_artifact_store<store>());

int main() {}
