#include "wasm64/storage/sha256.hpp"

#include "tests/support/catch.hpp"

using namespace wasm64;

TEST_CASE("sha256: the ids of many are those of each, whatever their sizes") {
  byte_vector bytes(20'000);
  std::uint32_t state = 1;
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  vector<bytes_view> items;
  for (std::size_t size = 0; size < 300; ++size) {
    // One, two or three neighbours of each size.
    for (std::size_t n = 0; n <= size % 3; ++n) items.push_back(view_of(bytes).subspan(size * 7 + n * 1000, size));
  }
  for (std::size_t n = 0; n < 5; ++n) items.push_back(view_of(bytes).subspan(n * 3000, 4096));
  vector<content_id> ids(items.size());
  REQUIRE(sha256_all(view_of(items), {ids.data(), ids.size()}).has_value());
  for (std::size_t i = 0; i < items.size(); ++i) {
    INFO(i << ": " << items[i].size());
    CHECK(ids[i] == sha256(items[i]).value());
  }
}

TEST_CASE("sha256: two at once have the ids that the standard gives") {
  const bytes_view items[] = {as_bytes("abc"), as_bytes("abc"), as_bytes(""), as_bytes("")};
  content_id ids[4];
  REQUIRE(sha256_all(items, ids).has_value());
  CHECK(to_text(ids[0]) == "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  CHECK(ids[1] == ids[0]);
  CHECK(to_text(ids[3]) == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
}
