// expect: code generator needs `name`, a std::string_view
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct generator {
#ifndef WASM64_REJECT
  static constexpr std::string_view name = "none";
#endif
  static constexpr std::uint32_t abi = 3;
  result<content_id> fingerprint() const;
  aot::code_target target() const;
  result<aot::native_code> compile(const module&, const aot::compile_request&);
};
static_assert(aot::check_code_generator<generator>());

int main() {}
