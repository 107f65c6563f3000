#include "stores.hpp"

#include <utility>

#include "wasm64/storage/filesystem_store.hpp"
#ifdef AO_PROCESS_HAS_LMDB
#include "wasm64/storage/lmdb_store.hpp"
#endif
#ifdef AO_PROCESS_HAS_REDIS
#include "wasm64/storage/redis_store.hpp"
#endif

using namespace wasm64;

namespace {

template <class Store>
result<opened_store> owned(result<Store> opened) {
  if (!opened.has_value()) return fail(std::move(opened).assume_error());
  auto owner = std::make_shared<Store>(std::move(opened).assume_value());
  any_store store(*owner);
  return opened_store{std::move(owner), store};
}

}  // namespace

result<opened_store> open_store(const std::string& where) {
  const auto rest_of = [&](std::string_view scheme) { return where.substr(scheme.size()); };
  if (where.starts_with("fs:")) return owned(filesystem_store::open(rest_of("fs:")));
  if (where.starts_with("lmdb:")) {
#ifdef AO_PROCESS_HAS_LMDB
    return owned(lmdb_store::open(rest_of("lmdb:")));
#else
    return fail(errc::unsupported_by_store, "built without LMDB");
#endif
  }
  if (where.starts_with("redis:")) {
#ifdef AO_PROCESS_HAS_REDIS
    return owned(redis_store::open(std::string_view(where)));
#else
    return fail(errc::unsupported_by_store, "built without Redis");
#endif
  }
  return owned(filesystem_store::open(where));
}
