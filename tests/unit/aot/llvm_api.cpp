#include "wasm64/aot/llvm_api.hpp"

#include "tests/support/catch.hpp"

using namespace wasm64;

TEST_CASE("a library that is not there, or is no LLVM, is named", "[aot][llvm]") {
  const auto absent = aot::llvm::load("/nowhere/libLLVM.so");
  REQUIRE_FALSE(absent.has_value());
  CHECK(absent.assume_error().code == errc::aot_compiler_missing);
  CHECK(absent.assume_error().detail.find("/nowhere/libLLVM.so") != std::string::npos);
#if defined(__linux__)
  const auto other = aot::llvm::load("libc.so.6");
  REQUIRE_FALSE(other.has_value());
  CHECK(other.assume_error().code == errc::aot_compiler_missing);
  CHECK(other.assume_error().detail == "libLLVM without LLVMContextCreate");
#endif
}

TEST_CASE("an installed LLVM is found, and always identified alike", "[aot][llvm]") {
  const auto found = aot::llvm::load();
  if (!found.has_value()) {
    CHECK(found.assume_error().code == errc::aot_compiler_missing);
    return;
  }
  const auto& library = *found.assume_value();
  CHECK(library.major >= 14);
  CHECK_FALSE(library.path.empty());
  const auto again = aot::llvm::load(library.path);
  REQUIRE(again.has_value());
  CHECK(again.assume_value()->build == library.build);
}
