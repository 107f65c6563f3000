// Left out where libzstd is not installed.
#if defined(WASM64_HAS_ZSTD)
#include "wasm64/storage/zstd.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/storage/filesystem_support.hpp"

#include <memory>

using namespace wasm64;

namespace {

filesystem_store::options compressed() {
  filesystem_store::options options;
  options.compression = &zstd<>;
  return options;
}

std::string page(int number) {
  std::string text = "page " + std::to_string(number) + " ";
  while (text.size() < 4096) text += std::to_string(text.size() * static_cast<std::size_t>(number + 1) % 1000) + ",";
  text.resize(4096);
  return text;
}

}  // namespace

TEST_CASE("small objects are compressed together", "[storage][filesystem][zstd]") {
  temporary_directory directory;
  vector<std::string> texts;
  for (int i = 0; i < 100; ++i) texts.push_back(page(i));
  texts.push_back(std::string(1'000'000, 'l'));
  texts.push_back("");
  std::string noise;
  for (std::uint32_t i = 0, x = 1; i < 5000; ++i)
    noise.push_back(static_cast<char>((x = x * 1664525 + 1013904223) >> 24));
  texts.push_back(noise);
  vector<bytes_view> items;
  std::uint64_t total = 0;
  for (const std::string& text : texts) {
    items.push_back(as_bytes(text));
    total += text.size();
  }
  filesystem_store store = open_store(directory.path(), compressed());
  const vector<content_id> ids = store.put_all({items.data(), items.size()}).assume_value();
  CHECK(store.file_size() < total / 4);
  filesystem_store again = open_store(directory.path(), compressed());
  for (filesystem_store* s : {&store, &again}) {
    for (std::size_t i = ids.size(); i-- > 0;) CHECK(text_of(s->get(ids[i])) == texts[i]);
    CHECK(s->verify().assume_value().empty());
  }
  const std::uint64_t size = again.file_size();
  REQUIRE(again.put_all({items.data(), items.size()}).has_value());
  CHECK(again.file_size() == size);
}

TEST_CASE("without the codec a store says that it needs one", "[storage][filesystem][zstd]") {
  temporary_directory directory;
  const std::string text(10'000, 'x');
  const content_id id =
      put_texts(*std::make_unique<filesystem_store>(open_store(directory.path(), compressed())), {text})[0];
  filesystem_store plain = open_store(directory.path());
  CHECK(plain.contains(id).assume_value());
  const auto got = plain.get(id);
  CHECK(got.assume_error().code == errc::unsupported_by_store);
  CHECK(got.assume_error().detail.find("codec 1") != std::string::npos);
  // What it cannot read it writes anew.
  REQUIRE(put_texts(plain, {text})[0] == id);
  CHECK(text_of(plain.get(id)) == text);
  CHECK(text_of(open_store(directory.path()).get(id)) == text);
  CHECK(text_of(open_store(directory.path(), compressed()).get(id)) == text);
}

TEST_CASE("damaged compressed bytes are never decompressed to wrong ones", "[storage][filesystem][zstd]") {
  temporary_directory directory;
  vector<content_id> ids;
  {
    filesystem_store store = open_store(directory.path(), compressed());
    ids = put_texts(store, {page(1).substr(0, 500), page(2).substr(0, 500)});
    put_texts(store, {"later"});
  }
  const fs::path pack = packs_in(directory.path())[0];
  const std::string whole = read_text(pack);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    overwrite(pack, bytes);
    filesystem_store store = open_store(directory.path(), compressed());
    for (std::size_t i = 0; i < 2; ++i) {
      const auto got = store.get(ids[i]);
      if (got.has_value()) CHECK(got.assume_value().text() == page(static_cast<int>(i) + 1).substr(0, 500));
    }
  }
}

TEST_CASE("zstd fills exactly what is declared", "[storage][zstd]") {
  const std::string text(1000, 'x');
  const byte_vector stored = zstd<>.compress(as_bytes(text)).assume_value();
  REQUIRE_FALSE(stored.empty());
  for (const std::size_t size : {0u, 1u, 999u, 1000u, 1001u, 100'000u}) {
    byte_vector raw(size);
    const auto done = zstd<>.decompress({stored.data(), stored.size()}, {raw.data(), raw.size()});
    CHECK(done.has_value() == (size == 1000));
    if (!done.has_value()) CHECK(done.assume_error().code == errc::hash_mismatch);
  }
  byte_vector raw(1000);
  for (std::size_t size = 0; size < stored.size(); ++size)
    CHECK_FALSE(zstd<>.decompress({stored.data(), size}, {raw.data(), raw.size()}).has_value());
}
#endif
