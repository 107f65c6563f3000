// expect: code generator needs `target() const -> code_target`
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct generator {
  static constexpr std::string_view name = "none";
  static constexpr std::uint32_t abi = 3;
  result<content_id> fingerprint() const;
#ifndef WASM64_REJECT
  aot::code_target target() const;
#else
  std::string_view target() const;
#endif
  result<aot::native_code> compile(const module&, const aot::compile_request&);
};
static_assert(aot::check_code_generator<generator>());

int main() {}
