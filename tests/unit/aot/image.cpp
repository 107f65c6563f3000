#include "wasm64/aot/image.hpp"

#include <fstream>
#include <string>

#include "tests/unit/aot/sample.hpp"

using namespace wasm64;
using namespace wasm64::aot;

namespace {

/// How the kernel has mapped an address, as in "r-xp"; empty if it has not.
std::string access_to(const void* address) {
  std::ifstream maps("/proc/self/maps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  for (std::string line; std::getline(maps, line);) {
    std::size_t used = 0;
    const std::uintptr_t first = std::stoull(line, &used, 16);
    const std::uintptr_t last = std::stoull(line.substr(used + 1), nullptr, 16);
    if (wanted >= first && wanted < last) return line.substr(line.find(' ') + 1, 4);
  }
  return {};
}

native_image loaded(const native_code& code) {
  const module m = test::sample_module();
  return native_loader().load(trust_generated(code, test::sample_key(m), m).value()).value();
}

}  // namespace

TEST_CASE("images: the functions of an artifact can be called", "[aot]") {
  const native_image image = loaded(test::sample_code());
  REQUIRE(image.entry(0) != nullptr);
  CHECK(test::call_entry(image.entry(0)) == 42);
  CHECK(test::call_entry(image.entry(1)) == 0);
  CHECK(image.entry(2) == nullptr);
  CHECK(image.entry(3) == nullptr);
  CHECK(image.entry(~std::uint32_t{0}) == nullptr);
  CHECK(image.body(0) == image.code().data() + 8);
  CHECK(image.body(1) == nullptr);
  CHECK(image.sites().size() == 2);
  CHECK(image.sites()[0] == test::sample_code().sites[0]);
  CHECK(image.code().size() == test::sample_code().code.size());
}

#if defined(__linux__)

TEST_CASE("images: pages of code can be executed and not written, and are given back", "[aot]") {
  const std::uint8_t* code = nullptr;
  {
    const native_image image = loaded(test::sample_code());
    code = image.code().data();
    CHECK(access_to(code) == "r-xp");
  }
  CHECK(access_to(code).substr(0, 3) != "r-x");
}

TEST_CASE("images: nothing in this process can be written and executed", "[aot]") {
  const native_image image = loaded(test::sample_code());
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    CAPTURE(line);
    const std::string access = line.substr(line.find(' ') + 1, 4);
    CHECK_FALSE((access[1] == 'w' && access[2] == 'x'));
  }
}

TEST_CASE("images: code of several pages is there to its last byte", "[aot]") {
  native_code code = test::sample_code();
  for (const std::size_t size : {4095u, 4096u, 4097u, 1u << 20}) {
    code.code.resize(size, 0xCC);
    const native_image image = loaded(code);
    CAPTURE(size);
    CHECK(access_to(image.code().data() + size - 1) == "r-xp");
    CHECK(image.code()[size - 1] == 0xCC);
    CHECK(test::call_entry(image.entry(0)) == 42);
  }
}

#endif

TEST_CASE("images: a moved image has its code where it was", "[aot]") {
  native_image first = loaded(test::sample_code());
  const std::uint8_t* const code = first.code().data();
  native_image second = std::move(first);
  CHECK(second.code().data() == code);
  CHECK(test::call_entry(second.entry(0)) == 42);
  second = loaded(test::sample_code());
  CHECK(test::call_entry(second.entry(0)) == 42);
}

TEST_CASE("images: without compiled functions there are no pages", "[aot]") {
  native_code none = test::sample_code();
  none.code.clear();
  none.sites.clear();
  for (auto& place : none.entries) place = 0;
  for (auto& place : none.bodies) place = 0;
  const native_image image = loaded(none);
  CHECK(image.code().empty());
  CHECK(image.entry(0) == nullptr);
}
