#pragma once

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/unit/storage/temporary_directory.hpp"
#include "wasm64/storage/filesystem_store.hpp"

// What the tests of filesystem stores share.

namespace fs = std::filesystem;

inline wasm64::filesystem_store open_store(const fs::path& directory, wasm64::filesystem_store::options with = {}) {
  auto store = wasm64::filesystem_store::open(directory.string(), with);
  REQUIRE(store.has_value());
  return std::move(store).assume_value();
}

/// As one batch.
template <class Store>
wasm64::vector<wasm64::content_id> put_texts(Store& store, std::initializer_list<std::string> texts) {
  wasm64::vector<wasm64::bytes_view> items;
  for (const std::string& text : texts) items.push_back(wasm64::as_bytes(text));
  auto ids = store.put_all({items.data(), items.size()});
  REQUIRE(ids.has_value());
  return std::move(ids).assume_value();
}

inline std::string text_of(const wasm64::result<wasm64::shared_bytes>& bytes) {
  REQUIRE(bytes.has_value());
  return std::string(bytes.assume_value().text());
}

inline void overwrite(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::trunc | std::ios::binary) << text;
}

inline std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline std::size_t files_in(const fs::path& directory) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) count += entry.is_regular_file() ? 1u : 0u;
  return count;
}

/// Packs that are files, sorted by name.
inline std::vector<fs::path> packs_in(const fs::path& directory) {
  std::vector<fs::path> packs;
  for (const auto& entry : fs::directory_iterator(directory / "packs")) {
    if (entry.is_regular_file() && !entry.is_symlink() && entry.path().extension() == ".pack")
      packs.push_back(entry.path());
  }
  std::sort(packs.begin(), packs.end());
  return packs;
}
