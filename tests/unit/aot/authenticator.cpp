#include "wasm64/aot/authenticator.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/unit/storage/temporary_directory.hpp"

using namespace wasm64;
using namespace wasm64::aot;

namespace {

std::string hex(bytes_view bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text.push_back("0123456789abcdef"[byte >> 4]);
    text.push_back("0123456789abcdef"[byte & 15]);
  }
  return text;
}

/// Another opening of the file sees the same.
bool is_same(const node_key& a, const node_key& b) { return hex(a.bytes()) == hex(b.bytes()); }

errc failure_of(const std::string& path) {
  const auto key = node_key::open(path);
  REQUIRE_FALSE(key.has_value());
  return key.error().code;
}

struct key_directory {
  temporary_directory directory;
  std::string path = (directory.path() / "key").string();

  void write(std::size_t size, mode_t mode = 0600) const {
    std::ofstream(path, std::ios::binary) << std::string(size, 'k');
    REQUIRE(::chmod(path.c_str(), mode) == 0);
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) count += entry.exists() ? 1 : 0;
    return count;
  }
};

}  // namespace

TEST_CASE("hmac: tags are those that the standard gives", "[aot]") {
  // RFC 4231, test cases 1, 2 and 6.
  const byte_vector first(20, 0x0b);
  CHECK(hex(hmac_sha256(view_of(first), as_bytes("Hi There")).value()) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")).value()) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const byte_vector longer(131, 0xaa);
  CHECK(hex(hmac_sha256(view_of(longer), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")).value()) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  // An empty key is a key of zeros, and not the one before.
  const byte_vector zeros(64, 0);
  CHECK(hmac_sha256({}, as_bytes("x")).value() == hmac_sha256(view_of(zeros), as_bytes("x")).value());
}

TEST_CASE("authenticators: they know their own tags of the very bytes", "[aot]") {
  const hmac_authenticator node(node_key::make().value());
  const hmac_authenticator other(node_key::make().value());
  artifact_tag tag = node.tag(as_bytes("bytes")).value();
  CHECK(node.check(as_bytes("bytes"), tag));
  CHECK_FALSE(node.check(as_bytes("byte"), tag));
  CHECK_FALSE(other.check(as_bytes("bytes"), tag));
  tag[31] ^= 1;
  CHECK_FALSE(node.check(as_bytes("bytes"), tag));
}

TEST_CASE("node keys: a file is made once, for its user alone", "[aot]") {
  const key_directory at;
  const node_key made = node_key::open(at.path).value();
  struct stat about{};
  REQUIRE(::stat(at.path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  CHECK(about.st_size == 32);
  CHECK(at.files() == 1);
  CHECK(is_same(node_key::open(at.path).value(), made));
  CHECK_FALSE(is_same(node_key::make().value(), made));
}

TEST_CASE("node keys: all who make one at once get the same", "[aot]") {
  const key_directory at;
  std::string keys[8];
  {
    vector<std::thread> threads;
    for (std::string& key : keys) threads.emplace_back([&] { key = hex(node_key::open(at.path).value().bytes()); });
    for (std::thread& thread : threads) thread.join();
  }
  for (const std::string& key : keys) CHECK(key == keys[0]);
  CHECK(keys[0].size() == 64);
  CHECK(at.files() == 1);
}

TEST_CASE("node keys: a file that others can read or that is no key is refused and left alone", "[aot]") {
  const key_directory at;
  for (const mode_t mode : {0644u, 0640u, 0604u, 0620u, 0601u}) {
    at.write(32, mode);
    CAPTURE(mode);
    CHECK(failure_of(at.path) == errc::aot_key_unusable);
  }
  for (const std::size_t size : {0u, 31u, 33u}) {
    at.write(size);
    CAPTURE(size);
    CHECK(failure_of(at.path) == errc::aot_key_unusable);
    CHECK(std::filesystem::file_size(at.path) == size);
  }
  at.write(32);
  CHECK(node_key::open(at.path).has_value());
}

TEST_CASE("node keys: what is no file is refused", "[aot]") {
  const key_directory at;
  at.write(32);
  const std::string link = at.path + ".link";
  REQUIRE(::symlink(at.path.c_str(), link.c_str()) == 0);
  CHECK(failure_of(link) == errc::aot_key_unusable);
  const std::string pipe = at.path + ".pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(failure_of(pipe) == errc::aot_key_unusable);
  CHECK(failure_of(at.directory.path().string() + "/missing/key") == errc::storage_io);
  CHECK(failure_of(at.directory.path().string() + "/") == errc::storage_io);
}
