#include "wasm64/aot/cache.hpp"

#include <fstream>

#include "tests/unit/aot/sample.hpp"
#include "tests/unit/storage/temporary_directory.hpp"
#include "wasm64/aot/directory_cache.hpp"
#include "wasm64/storage/filesystem_store.hpp"
#include "wasm64/storage/memory_store.hpp"

using namespace wasm64;
using namespace wasm64::aot;

namespace {

/// "Compiles" the sample, and counts how often.
struct counting_generator {
  static constexpr std::string_view name = "counting";
  static constexpr std::uint32_t abi = 3;

  result<content_id> fingerprint() const { return sha256(as_bytes(version)); }
  code_target target() const { return baseline_target(); }
  result<native_code> compile(const module&, const compile_request&) {
    ++compiled;
    if (fails) return fail(errc::aot_compiler_failed, "on purpose");
    native_code code = test::sample_code();
    if (!made_by.empty()) code.generator = sha256(as_bytes(made_by)).value();
    if (is_wrong) code.entries.clear();
    return code;
  }

  std::string_view version = "1";
  std::string_view made_by;  ///< version that was there when it compiled; empty for not saying it
  int compiled = 0;
  bool fails = false;
  bool is_wrong = false;
};
static_assert(check_code_generator<counting_generator>());

/// Answers other bytes than it was given, or does not work at all.
struct unreliable_store : memory_store {
  byte_vector damaged;
  bool is_broken = false;

  result<shared_bytes> get(const content_id& id) {
    if (is_broken) return fail(errc::storage_io, "on purpose");
    if (!damaged.empty()) return shared_bytes(view_of(damaged));
    return memory_store::get(id);
  }
  result<content_id> put(bytes_view bytes) {
    if (is_broken) return fail(errc::storage_io, "on purpose");
    return memory_store::put(bytes);
  }
};

template <class Store>
struct cached {
  module m = test::sample_module();
  artifact_key key = test::sample_key(m);
  hmac_authenticator node{node_key::make().value()};
  Store store;
  artifact_cache<Store, hmac_authenticator> cache{store, node};

  verified_artifact made() const { return trust_generated(test::sample_code(), key, m).value(); }
  errc miss() {
    const auto found = cache.get(key, m);
    REQUIRE_FALSE(found.has_value());
    return found.error().code;
  }
};

struct compiling : cached<unreliable_store> {
  counting_generator generator;
  compile_request request;
  content_id engine = engine_fingerprint(layout::all).value();

  bool compile() { return compile_cached(generator, cache, m, request, engine).has_value(); }
};

}  // namespace

TEST_CASE("caches: what was put is found under its key, and no other", "[aot]") {
  cached<memory_store> c;
  CHECK(c.miss() == errc::not_found);
  REQUIRE(c.cache.put(c.made()).has_value());
  const auto found = c.cache.get(c.key, c.m);
  REQUIRE(found.has_value());
  CHECK(found.value().code().size() == test::sample_code().code.size());
  artifact_key other = c.key;
  other.metered = true;
  CHECK_FALSE(c.cache.get(other, c.m).has_value());
  REQUIRE(c.cache.evict(c.key).has_value());
  CHECK(c.miss() == errc::not_found);
}

TEST_CASE("caches: another process finds it on disk, another node does not use it", "[aot]") {
  const temporary_directory directory;
  const module m = test::sample_module();
  const artifact_key key = test::sample_key(m);
  const std::string key_file = (directory.path() / "key").string();
  const auto open = [&] { return filesystem_store::open((directory.path() / "store").string()).value(); };
  {
    filesystem_store store = open();
    const hmac_authenticator node(node_key::open(key_file).value());
    artifact_cache cache(store, node);
    REQUIRE(cache.put(trust_generated(test::sample_code(), key, m).value()).has_value());
  }
  filesystem_store store = open();
  const hmac_authenticator node(node_key::open(key_file).value());
  const hmac_authenticator other(node_key::make().value());
  artifact_cache cache(store, node);
  artifact_cache others(store, other, "other/");
  CHECK(cache.get(key, m).has_value());
  CHECK(others.get(key, m).error().code == errc::not_found);
  artifact_cache mistaken(store, other);
  CHECK(mistaken.get(key, m).error().code == errc::aot_artifact_invalid);
}

TEST_CASE("caches: an artifact under another's name is a miss and loses the name", "[aot]") {
  cached<memory_store> c;
  REQUIRE(c.cache.put(c.made()).has_value());
  artifact_key metered = c.key;
  metered.metered = true;
  const content_id stored = c.store.resolve("aot/" + to_text(key_id(c.key).value())).value();
  REQUIRE(c.store.link("aot/" + to_text(key_id(metered).value()), stored).has_value());
  CHECK(c.cache.get(metered, c.m).error().code == errc::aot_mismatch);
  CHECK(c.cache.get(metered, c.m).error().code == errc::not_found);
  CHECK(c.cache.get(c.key, c.m).has_value());
}

TEST_CASE("caches: a damaged artifact is a miss, and is compiled again", "[aot]") {
  compiling c;
  REQUIRE(c.compile());
  REQUIRE(c.compile());
  CHECK(c.generator.compiled == 1);
  const content_id maker = c.generator.fingerprint().value();
  const artifact_key key = make_key(c.m, c.request, c.engine, maker, c.generator.target()).value();
  const content_id stored = c.store.resolve("aot/" + to_text(key_id(key).value())).value();
  const shared_bytes bytes = c.store.get(stored).value();
  c.store.damaged.assign(bytes.view().begin(), bytes.view().end());
  c.store.damaged[200] ^= 1;
  REQUIRE(c.compile());
  CHECK(c.generator.compiled == 2);
  c.store.damaged.clear();
  REQUIRE(c.compile());
  CHECK(c.generator.compiled == 2);
}

TEST_CASE("caches: a store that lost an artifact's bytes gets them again", "[aot]") {
  const temporary_directory directory;
  cached<memory_store> c;
  filesystem_store store = filesystem_store::open(directory.path().string()).value();
  artifact_cache cache(store, c.node);
  const auto path_of_pack = [&] {
    for (const auto& file : std::filesystem::directory_iterator(directory.path() / "packs")) return file.path();
    return std::filesystem::path();
  };
  REQUIRE(cache.put(c.made()).has_value());
  {
    std::fstream pack(path_of_pack(), std::ios::in | std::ios::out | std::ios::binary);
    pack.seekp(400);
    pack.put('?');
  }
  CHECK(cache.get(c.key, c.m).error().code == errc::hash_mismatch);
  CHECK(cache.get(c.key, c.m).error().code == errc::not_found);
  REQUIRE(cache.put(c.made()).has_value());
  CHECK(cache.get(c.key, c.m).has_value());
}

TEST_CASE("caches: a store that does not work costs compilations, not results", "[aot]") {
  compiling c;
  c.store.is_broken = true;
  CHECK(c.compile());
  CHECK(c.compile());
  CHECK(c.generator.compiled == 2);
  c.store.is_broken = false;
  CHECK(c.compile());
  CHECK(c.compile());
  CHECK(c.generator.compiled == 3);
  // Once it was found there, it stays where it is while the store fails.
  c.store.is_broken = true;
  CHECK(c.compile());
  c.store.is_broken = false;
  CHECK(c.compile());
  CHECK(c.generator.compiled == 4);
}

TEST_CASE("caches: another request, engine, generator or module is compiled for itself", "[aot]") {
  compiling c;
  REQUIRE(c.compile());
  c.request.metered = true;
  REQUIRE(c.compile());
  CHECK(c.generator.compiled == 2);
  c.generator.version = "2";
  REQUIRE(c.compile());
  CHECK(c.generator.compiled == 3);
  c.engine.bytes[0] ^= 1;
  REQUIRE(c.compile());
  CHECK(c.generator.compiled == 4);
  c.m.bytes[0] ^= 1;
  REQUIRE(c.compile());
  CHECK(c.generator.compiled == 5);
  c.request.budgets.operations = 1;
  REQUIRE(c.compile());
  CHECK(c.generator.compiled == 6);
  // Threads change how code is made, not what it is.
  c.request.threads = 8;
  REQUIRE(c.compile());
  CHECK(c.generator.compiled == 6);
}

TEST_CASE("caches: code is kept as that of the generator that made it", "[aot]") {
  compiling c;
  c.generator.made_by = "2";  // as if the compiler had been replaced meanwhile
  REQUIRE(c.compile());
  REQUIRE(c.compile());
  CHECK(c.generator.compiled == 2);
  c.generator.version = "2";
  REQUIRE(c.compile());
  CHECK(c.generator.compiled == 2);
}

TEST_CASE("caches: a folder has the artifacts of its key, and loses those that are damaged", "[aot]") {
  const temporary_directory directory;
  const std::string path = (directory.path() / "aot").string();
  const module m = test::sample_module();
  const artifact_key key = test::sample_key(m);
  const auto cache = directory_cache::open(path).value();
  CHECK(cache.get(key, m).error().code == errc::not_found);
  REQUIRE(cache.put(trust_generated(test::sample_code(), key, m).value()).has_value());
  CHECK(directory_cache::open(path).value().get(key, m).has_value());
  std::filesystem::path file;
  for (const auto& found : std::filesystem::directory_iterator(path + "/artifacts")) file = found.path();
  CHECK(cache.read(file.string(), {key}, m).has_value());
  CHECK(cache.read(path, {key}, m).error().code == errc::aot_artifact_invalid);
  const auto other = directory_cache::open((directory.path() / "other").string()).value();
  CHECK(other.read(file.string(), {key}, m).error().code == errc::aot_artifact_invalid);

  const auto size = std::filesystem::file_size(file);
  std::filesystem::resize_file(file, std::uintmax_t{1} << 40);
  CHECK(cache.get(key, m).error().code == errc::aot_artifact_invalid);
  CHECK(cache.get(key, m).error().code == errc::not_found);
  for (const std::uintmax_t shorter : {std::uintmax_t{0}, size - 1}) {
    REQUIRE(cache.put(trust_generated(test::sample_code(), key, m).value()).has_value());
    std::filesystem::resize_file(file, shorter);
    CHECK(cache.get(key, m).error().code == errc::aot_artifact_invalid);
    CHECK_FALSE(std::filesystem::exists(file));
  }
}

TEST_CASE("caches: a generator's failures are told and not kept", "[aot]") {
  compiling c;
  c.generator.fails = true;
  const auto failed = compile_cached(c.generator, c.cache, c.m, c.request, c.engine);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == errc::aot_compiler_failed);
  c.generator.fails = false;
  c.generator.is_wrong = true;
  no_cache none;
  const auto wrong = compile_cached(c.generator, none, c.m, c.request, c.engine);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().code == errc::aot_code_invalid);
  c.generator.is_wrong = false;
  CHECK(c.compile());
}
