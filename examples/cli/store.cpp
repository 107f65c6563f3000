#include <cstdio>
#include <filesystem>

#include "commands.hpp"
#include "file.hpp"
#include "readable.hpp"
#include "wasm64/base/messages.hpp"
#include "wasm64/snapshot/references.hpp"
#include "wasm64/storage/filesystem_store.hpp"
#if defined(WASM64_HAS_ZSTD)
#include "wasm64/storage/zstd.hpp"
#endif

namespace cli {

namespace {

wasm64::filesystem_store open_store(const std::string& directory) {
  // Opening makes what is missing; looking must not.
  if (!std::filesystem::is_directory(directory + "/packs")) throw failure(directory + ": no store", misused);
  wasm64::filesystem_store::options options;
#if defined(WASM64_HAS_ZSTD)
  options.compression = &wasm64::zstd<>;
#endif
  auto store = wasm64::filesystem_store::open(directory, options);
  if (!store.has_value()) throw failure(directory + ": " + to_string(store.assume_error()), misused);
  return std::move(store).assume_value();
}

}  // namespace

int store_ls(const std::string& directory) {
  wasm64::filesystem_store store = open_store(directory);
  for (const auto& [name, id] : value_of(store.roots(), directory)) {
    std::printf("root %s %s\n", readable(name).c_str(), to_text(id).c_str());
  }
  const auto objects = value_of(store.list(), directory).size();
  std::printf("objects %zu, bytes %llu\n", objects, static_cast<unsigned long long>(store.file_size()));
  return ok;
}

int store_verify(const std::string& directory) {
  wasm64::filesystem_store store = open_store(directory);
  int exit_code = ok;
  for (const wasm64::storage_damage& damage : value_of(store.verify(), directory)) {
    std::printf("%s: %s\n", damage.pack.c_str(), to_string(damage.what).c_str());
    exit_code = failed;
  }
  for (const auto& [name, id] : value_of(store.roots(), directory)) {
    if (value_of(store.contains(id), directory)) continue;
    std::printf("root %s: %s is not there\n", readable(name).c_str(), to_text(id).c_str());
    exit_code = failed;
  }
  if (exit_code == ok) std::printf("%zu objects are good\n", value_of(store.list(), directory).size());
  return exit_code;
}

int store_gc(const std::string& directory) {
  wasm64::filesystem_store store = open_store(directory);
  const wasm64::garbage_totals totals =
      value_of(wasm64::collect_garbage(store, wasm64::snapshot_references()), directory);
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("objects kept %llu, forgotten %llu\n", number(totals.reached), number(totals.swept.objects));
  std::printf("bytes freed %llu, not needed but left %llu\n", number(totals.swept.freed), number(totals.swept.left));
  if (totals.swept.busy != 0) std::printf("files in use, left alone: %llu\n", number(totals.swept.busy));
  return ok;
}

}  // namespace cli
