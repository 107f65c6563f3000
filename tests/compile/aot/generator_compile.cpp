// expect: code generator needs `compile(const module&, const compile_request&) -> result<native_code>`
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct generator {
  static constexpr std::string_view name = "none";
  static constexpr std::uint32_t abi = 3;
  result<content_id> fingerprint() const;
  aot::code_target target() const;
#ifndef WASM64_REJECT
  result<aot::native_code> compile(const module&, const aot::compile_request&);
#else
  result<byte_vector> compile(const module&, const aot::compile_request&);
#endif
};
static_assert(aot::check_code_generator<generator>());

int main() {}
