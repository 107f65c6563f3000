#include "wasm64/storage/pack_index.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

using namespace wasm64;
using detail::pack_index;

namespace {

/// Few of them, and alike, so that they collide.
content_id some_id(std::uint32_t number) {
  content_id id;
  id.bytes[0] = static_cast<std::uint8_t>(number);
  id.bytes[31] = static_cast<std::uint8_t>(number >> 8);
  return id;
}

}  // namespace

TEST_CASE("an index finds what was added and not removed", "[storage][pack]") {
  std::mt19937 engine(64);
  const auto random = [&] { return static_cast<std::uint32_t>(engine()); };
  pack_index index(random());
  std::map<content_id, std::vector<std::uint64_t>> model;  // offsets, the last one counts
  std::uint32_t group = index.add(pack_index::group{});
  for (int step = 0; step < 20'000; ++step) {
    const content_id id = some_id(random() % 600);
    auto& copies = model[id];
    if (random() % 3 != 0) {
      const auto offset = static_cast<std::uint64_t>(step);
      index.add(id, group, offset, 1);
      copies.push_back(offset);
    } else if (!copies.empty()) {
      // A copy that does not count, or the one that does.
      const std::uint32_t counts = index.find(id);
      const std::uint32_t other = index.other_copy(id, pack_index::none);
      const std::uint32_t removed = random() % 2 == 0 && other != pack_index::none ? other : counts;
      const std::uint64_t offset = index[removed].offset;
      index.remove(removed);
      copies.erase(std::find(copies.begin(), copies.end(), offset));
    }
  }
  std::size_t objects = 0;
  for (const auto& [id, copies] : model) {
    std::vector<std::uint64_t> found;
    if (index.find(id) != pack_index::none) found.push_back(index[index.find(id)].offset);
    for (std::uint32_t at = index.other_copy(id, pack_index::none); at != pack_index::none;
         at = index.other_copy(id, at))
      found.push_back(index[at].offset);
    std::sort(found.begin(), found.end());
    std::vector<std::uint64_t> expected = copies;
    std::sort(expected.begin(), expected.end());
    CHECK(found == expected);
    objects += copies.empty() ? 0 : 1;
  }
  CHECK(index.size() == objects);
}

TEST_CASE("an index forgets a pack with all that is in it", "[storage][pack]") {
  pack_index index(1);
  for (std::uint32_t pack = 0; pack < 3; ++pack) {
    pack_index::group group;
    group.pack = pack;
    const std::uint32_t number = index.add(group);
    for (std::uint32_t i = 0; i < 100; ++i) index.add(some_id(pack * 50 + i), number, i, 1);
  }
  index.remove_packs([](std::uint32_t pack) { return pack == 1; });
  CHECK(index.size() == 200);
  for (std::uint32_t i = 0; i < 200; ++i) {
    REQUIRE(index.find(some_id(i)) != pack_index::none);
    CHECK(index.group_of(index[index.find(some_id(i))]).pack == (i < 100 ? 0 : 2));
  }
}

TEST_CASE("sizes of objects have no limit in an index", "[storage][pack]") {
  const std::uint64_t sizes[] = {5, std::uint64_t{1} << 40, pack_index::none - 1, pack_index::none, 7};
  pack_index index(1);
  pack_index::group group;
  group.position = 64;
  for (const std::uint64_t size : sizes) group.raw += size;
  group.stored = group.raw;
  const std::uint32_t together = index.add(group);
  std::uint64_t offset = 0;
  for (std::uint32_t i = 0; i < std::size(sizes); ++i) {
    index.add(some_id(i), together, offset, sizes[i]);
    offset += sizes[i];
  }
  std::uint64_t position = group.position;
  for (std::uint32_t i = 0; i < std::size(sizes); ++i) {
    CAPTURE(i);
    const pack_index::copy& copy = index[index.find(some_id(i))];
    CHECK(index.size_of(copy) == sizes[i]);
    CHECK(index.group_of(copy).position + copy.offset == position);
    CHECK(index.group_of(copy).stored >= sizes[i]);
    position += sizes[i];
  }
}
