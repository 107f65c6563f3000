// expect: code generator needs `abi`, the aot::abi_version that it was written for: this one
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct generator {
  static constexpr std::string_view name = "none";
#ifndef WASM64_REJECT
  static constexpr std::uint32_t abi = 3;
#else
  static constexpr std::uint32_t abi = 0;
#endif
  result<content_id> fingerprint() const;
  aot::code_target target() const;
  result<aot::native_code> compile(const module&, const aot::compile_request&);
};
static_assert(aot::check_code_generator<generator>());

int main() {}
