#include "wasm64/aot/compiler_file.hpp"

#include <sys/stat.h>

#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/unit/storage/temporary_directory.hpp"
#include "wasm64/aot/backends/c.hpp"
#include "wasm64/aot/llvm_api.hpp"

using namespace wasm64;
using namespace wasm64::aot;

namespace {

/// A file of a test.
class some_file {
 public:
  explicit some_file(const byte_vector& bytes, const char* name = "library") : path_(directory_.path() / name) {
    write(bytes);
  }

  void write(const byte_vector& bytes) const {
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  std::string path() const { return path_.string(); }

 private:
  temporary_directory directory_;
  std::filesystem::path path_;
};

/// A program header, a note with a build id of 20 bytes, a list with one library that is needed, and its name.
byte_vector small_library() {
  byte_vector bytes(0x300);
  const auto put = [&](std::size_t at, auto value) { store_le(bytes.data() + at, value); };
  std::memcpy(bytes.data(),
              "\x7f"
              "ELF\2\1\1",
              7);
  put(32, std::uint64_t{64});
  put(54, std::uint16_t{56});
  put(56, std::uint16_t{3});
  const auto segment = [&](std::size_t number, std::uint32_t type, std::uint64_t offset, std::uint64_t size) {
    const std::size_t at = 64 + number * 56;
    put(at, type);
    put(at + 8, offset);
    put(at + 16, 0x1000 + offset);
    put(at + 32, size);
  };
  segment(0, 1, 0, 0x300);
  segment(1, 4, 0x200, 36);
  segment(2, 2, 0x240, 64);
  put(0x200, std::uint32_t{4});
  put(0x204, std::uint32_t{20});
  put(0x208, std::uint32_t{3});
  std::memcpy(bytes.data() + 0x20c, "GNU", 4);
  std::memcpy(bytes.data() + 0x210, "twenty bytes of text", 20);
  const std::uint64_t entries[] = {1, 4, 5, 0x1000 + 0x280, 10, 17, 0, 0};
  for (std::size_t i = 0; i < std::size(entries); ++i) put(0x240 + i * 8, entries[i]);
  std::memcpy(bytes.data() + 0x284, "libneeded.so", 13);
  return bytes;
}

/// The list of libraries in the format of glibc.
byte_vector small_list() {
  byte_vector list(48 + 2 * 24);
  std::memcpy(list.data(), "glibc-ld.so.cache1.1", 20);
  store_le(list.data() + 20, std::uint32_t{2});
#if defined(__aarch64__)
  constexpr std::uint32_t fit = 0x0a03;
#else
  constexpr std::uint32_t fit = 0x0303;
#endif
  const auto text = [&](std::size_t at, const char* t) {
    store_le(list.data() + at, static_cast<std::uint32_t>(list.size()));
    list.insert(list.end(), t, t + std::strlen(t) + 1);
  };
  for (const std::size_t entry : {48u, 72u}) {
    store_le(list.data() + entry, entry == 48 ? std::uint32_t{3} : fit);  // the first is for 32 bits
    text(entry + 4, "libx.so.1");
    text(entry + 8, entry == 48 ? "/lib32/libx.so.1" : "/lib64/libx.so.1");
  }
  return list;
}

}  // namespace

TEST_CASE("compilers' files: a build is named by its build id and its size, without one by all its bytes", "[aot]") {
  byte_vector bytes = small_library();
  const some_file file(bytes);
  const compiler_file found = identify(file.path()).value();
  CHECK(found.name == "library");
  CHECK(found.build_id == "twenty bytes of text");
  REQUIRE(found.needs.size() == 1);
  CHECK(found.needs[0] == "libneeded.so");
  CHECK(identify(file.path()).value().id == found.id);

  bytes[0x210] ^= 1;
  file.write(bytes);
  CHECK_FALSE(identify(file.path()).value().id == found.id);
  bytes[0x210] ^= 1;
  bytes.push_back(0);
  file.write(bytes);
  CHECK_FALSE(identify(file.path()).value().id == found.id);

  bytes = small_library();
  store_le(bytes.data() + 0x208, std::uint32_t{4});
  file.write(bytes);
  const compiler_file unnamed = identify(file.path()).value();
  CHECK(unnamed.build_id.empty());
  bytes[0x2ff] ^= 1;
  file.write(bytes);
  CHECK_FALSE(identify(file.path()).value().id == unnamed.id);
}

TEST_CASE("compilers' files: whatever is in a file, it is read within bounds", "[aot][hostile]") {
  const byte_vector good = small_library();
  const some_file file(good);
  byte_vector bytes = good;
  for (std::size_t i = 0; i < 0x2a0; ++i) {
    for (const unsigned value : {0u, 1u, 0x7fu, 0x80u, 0xffu}) {
      bytes[i] = static_cast<std::uint8_t>(value);
      file.write(bytes);
      const auto found = identify(file.path());
      REQUIRE(found.has_value());
      CHECK(found.value().build_id.size() <= 64);
      CHECK(found.value().needs.size() <= 64);
    }
    bytes[i] = good[i];
  }
  for (std::size_t size = 0; size < good.size(); size += 7) {
    file.write(byte_vector(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)));
    CHECK(identify(file.path()).has_value());
  }
}

TEST_CASE("compilers' files: what is no file is no compiler", "[aot]") {
  const temporary_directory directory;
  const std::string pipe = (directory.path() / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string& path : {directory.path().string(), pipe, pipe + ".missing"}) {
    CHECK(identify(path).error().code == errc::aot_compiler_missing);
    CHECK(find_library({&path, 1}).empty());
    CHECK(find_program(path).empty());
  }
  CHECK(find_program("sh").substr(0, 1) == "/");
  CHECK(find_program("no such program").empty());
}

TEST_CASE("compilers' files: the loader's list is read within bounds", "[aot][hostile]") {
  const byte_vector good = small_list();
  CHECK(aot::detail::listed_library(view_of(good), "libx.so.1") == "/lib64/libx.so.1");
  CHECK(aot::detail::listed_library(view_of(good), "libx.so").empty());
  for (std::size_t size = 0; size < good.size(); ++size) {
    const byte_vector cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(aot::detail::listed_library(view_of(cut), "libx.so.1").empty());
  }
  byte_vector bytes = good;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned value = 0; value < 256; ++value) {
      bytes[i] = static_cast<std::uint8_t>(value);
      const std::string found = aot::detail::listed_library(view_of(bytes), "libx.so.1");
      REQUIRE((found.empty() || found[0] == '/'));
    }
    bytes[i] = good[i];
  }
}

TEST_CASE("compilers' files: LLVM is known before it is loaded", "[aot][llvm]") {
  const auto before = llvm::locate();
  const auto loaded = llvm::load();
  if (!loaded.has_value() || !before.has_value()) return;
  CHECK(before.value().id == loaded.value()->build);
  CHECK(llvm::load(before.value().path).value() == loaded.value());
  CHECK(llvm::locate("/nowhere/libLLVM.so").error().code == errc::aot_compiler_missing);
}

TEST_CASE("compilers' files: a C compiler is known by its file, another program by what it says", "[aot]") {
  const some_file wrapper({}, "some-gcc");
  std::ofstream(wrapper.path()) << "#!/bin/sh\necho version 1\n";
  REQUIRE(::chmod(wrapper.path().c_str(), 0700) == 0);
  c_options options;
  options.compiler = wrapper.path();
  const content_id first = c_generator(options).fingerprint().value();
  CHECK(c_generator(options).fingerprint().value() == first);
  std::ofstream(wrapper.path()) << "#!/bin/sh\necho version 2\n";
  CHECK_FALSE(c_generator(options).fingerprint().value() == first);
  std::ofstream(wrapper.path()) << "#!/bin/sh\nexit 1\n";
  CHECK(c_generator(options).fingerprint().error().code == errc::aot_compiler_missing);
  options.compiler = "/nowhere/cc";
  CHECK(c_generator(options).fingerprint().error().code == errc::aot_compiler_missing);
}
