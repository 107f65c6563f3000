// The program is built only where CLI11 is installed.
#if defined(WASM64_CLI_PROGRAM)
#include "tests/integration/cli_process.hpp"
#include "tests/unit/storage/filesystem_support.hpp"

using namespace wasm64;

namespace {

/// The store `s` of the program's folder: a root that leads to two objects, a long one that nothing leads to, and
/// another batch.
content_id fill(const fs::path& directory) {
  filesystem_store store = open_store(directory);
  const content_id leaf = put_texts(store, {"leaf", std::string(10'000, 'x')})[0];
  const content_id top = put_texts(store, {"{\"leaf\":\"" + to_text(leaf) + "\"}"})[0];
  REQUIRE(store.link("a/b", top).has_value());
  return top;
}

}  // namespace

TEST_CASE("store ls tells roots and sizes") {
  const cli_process wasm64;
  const content_id top = fill(wasm64.folder() / "s");
  const cli_process::outcome listed = wasm64("store ls s");
  CHECK(listed.exit_code == 0);
  CHECK(listed.output.find("root a/b " + to_text(top) + "\nobjects 3, bytes 1") == 0);
  CHECK(wasm64("store ls none").exit_code == 2);
  CHECK_FALSE(fs::exists(wasm64.folder() / "none"));
  CHECK(wasm64("store").exit_code == 2);
}

TEST_CASE("store verify tells what is damaged or missing") {
  const cli_process wasm64;
  const content_id top = fill(wasm64.folder() / "s");
  CHECK(wasm64("store verify s").exit_code == 0);
  CHECK(wasm64("store verify s").output == "3 objects are good\n");
  const fs::path pack = packs_in(wasm64.folder() / "s").front();
  std::string bytes = read_text(pack);
  bytes[bytes.find("xxx")] = 'y';
  overwrite(pack, bytes);
  const cli_process::outcome damaged = wasm64("store verify s");
  CHECK(damaged.exit_code == 1);
  CHECK(damaged.output.find(pack.filename().string() + ": stored bytes do not match their hash: ") == 0);
  fs::remove(pack);
  const cli_process::outcome missing = wasm64("store verify s");
  CHECK(missing.exit_code == 1);
  CHECK(missing.output == "root a/b: " + to_text(top) + " is not there\n");
}

TEST_CASE("store gc returns the space of what no root leads to") {
  const cli_process wasm64;
  fill(wasm64.folder() / "s");
  const auto before = fs::file_size(packs_in(wasm64.folder() / "s").front());
  const cli_process::outcome collected = wasm64("store gc s");
  CHECK(collected.exit_code == 0);
  const auto after = fs::file_size(packs_in(wasm64.folder() / "s").front());
  CHECK(collected.output ==
        "objects kept 2, forgotten 1\nbytes freed " + std::to_string(before - after) + ", not needed but left 0\n");
  CHECK(after < 1000);
  CHECK(wasm64("store verify s").output == "2 objects are good\n");
  CHECK(wasm64("store gc s").output == "objects kept 2, forgotten 0\nbytes freed 0, not needed but left 0\n");
}
#endif
