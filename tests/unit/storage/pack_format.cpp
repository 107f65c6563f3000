#include "wasm64/storage/pack_format.hpp"
#include "tests/support/catch.hpp"

using namespace wasm64;
using namespace wasm64::detail;

namespace {

constexpr std::uint64_t pack = 0x123456789abcdef0;

batch_table some_table() {
  batch_table table;
  table.groups.push_back({10, 10, 2, 0, 0});
  table.groups.push_back({7, 100, 1, 1, 42});
  for (const std::uint64_t size : {4u, 6u, 100u}) table.objects.push_back({content_id(), size});
  table.erasures.push_back({content_id(), 1, 2});
  table.payload = 17;
  return table;
}

bool reads(bytes_view bytes, std::uint64_t of = pack, std::uint64_t position = 640) {
  batch_table table;
  return read_batch_table(of, position, bytes, table);
}

}  // namespace

TEST_CASE("a batch's table is read as it was written, and nothing else is", "[storage][pack]") {
  const batch_table table = some_table();
  byte_vector bytes = write_batch_table(pack, 640, table).assume_value();
  REQUIRE(bytes.size() == table.head_and_table_size());
  batch_table read;
  REQUIRE(read_batch_table(pack, 640, {bytes.data(), bytes.size()}, read));
  CHECK(read.groups.size() == 2);
  CHECK(read.groups[1].raw == 100);
  CHECK(read.groups[1].check == 42);
  CHECK(read.objects.size() == 3);
  CHECK(read.objects[2].size == 100);
  CHECK(read.erasures.size() == 1);
  CHECK(read.payload == 17);
  CHECK(read.size() == table.size());
  CHECK(table.size() % batch_alignment == 0);

  CHECK_FALSE(reads({bytes.data(), bytes.size()}, pack, 704));
  CHECK_FALSE(reads({bytes.data(), bytes.size()}, pack + 1));
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(reads({bytes.data(), size}));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << bit % 8));
    CHECK_FALSE(reads({bytes.data(), bytes.size()}));
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << bit % 8));
  }
  CHECK(reads({bytes.data(), bytes.size()}));
}

TEST_CASE("tables whose numbers do not fit each other are refused", "[storage][pack]") {
  const auto accepts = [](const batch_table& table) {
    const byte_vector bytes = write_batch_table(pack, 640, table).assume_value();
    return reads({bytes.data(), bytes.size()});
  };
  constexpr std::uint64_t huge = ~std::uint64_t{0};
  CHECK(accepts(some_table()));
  batch_table table = some_table();
  SECTION("payload") { table.payload = 18; }
  SECTION("an object outside groups") { table.groups[1].objects = 0; }
  SECTION("a group without its objects") { table.groups[1].objects = 2; }
  SECTION("sizes that do not add up") { table.objects[0].size = 5; }
  SECTION("sizes that wrap around") {
    table.objects[0].size = huge;
    table.objects[1].size = 11;
  }
  SECTION("stored sizes that wrap around") {
    table.groups[0].stored = table.groups[0].raw = table.objects[0].size = huge - 6;
    table.objects[1].size = 0;
    table.payload = 0;
  }
  SECTION("more stored than raw") {
    table.groups[1].stored = 101;
    table.payload = 111;
  }
  SECTION("a compressed group that promises too much") {
    table.groups[1].raw = table.objects[2].size = max_compressed_group + 1;
  }
  CHECK_FALSE(accepts(table));
}

TEST_CASE("names of packs are sixteen digits", "[storage][pack]") {
  std::uint64_t name = 0;
  CHECK(pack_file_name(pack) == "123456789abcdef0.pack");
  CHECK(parse_pack_file_name("123456789abcdef0.pack", name));
  CHECK(name == pack);
  for (const char* text : {"", ".pack", "123456789abcdef.pack", "123456789ABCDEF0.pack", "123456789abcdef0.packs",
                           "123456789abcdefg.pack", "123456789abcdef0 pack"})
    CHECK_FALSE(parse_pack_file_name(text, name));
}
