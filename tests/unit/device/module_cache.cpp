#include "wasm64/device/module_cache.hpp"
#include "tests/support/catch.hpp"

using namespace wasm64;

namespace {

content_id id_of(std::uint8_t n) {
  content_id id;
  id.bytes[0] = n;
  return id;
}
std::shared_ptr<const module> module_of(std::size_t bytes) {
  auto made = std::make_shared<module>();
  made->bytes.resize(bytes);
  return made;
}

}  // namespace

TEST_CASE("modules in use are shared, whatever the cache may keep", "[device][cache]") {
  module_cache cache(0);
  const auto used = module_of(10);
  cache.add(id_of(1), used);
  CHECK(cache.find(id_of(1)) == used);
  CHECK(cache.find(id_of(2)) == nullptr);
}

TEST_CASE("modules nobody uses are kept by the bytes of their images, the latest ones", "[device][cache]") {
  module_cache cache(100);
  for (std::uint8_t n = 1; n <= 3; ++n) cache.add(id_of(n), module_of(40));
  CHECK(cache.find(id_of(1)) == nullptr);
  REQUIRE(cache.find(id_of(2)) != nullptr);  // now the latest
  cache.add(id_of(4), module_of(40));
  CHECK(cache.find(id_of(3)) == nullptr);
  CHECK(cache.find(id_of(2)) != nullptr);
  cache.add(id_of(5), module_of(1000));
  CHECK(cache.find(id_of(5)) == nullptr);
  CHECK(cache.find(id_of(4)) != nullptr);
}
