// expect: code generator needs `fingerprint() const -> result<content_id>`
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct generator {
  static constexpr std::string_view name = "none";
  static constexpr std::uint32_t abi = 3;
#ifndef WASM64_REJECT
  result<content_id> fingerprint() const;
#else
  content_id fingerprint() const;
#endif
  aot::code_target target() const;
  result<aot::native_code> compile(const module&, const aot::compile_request&);
};
static_assert(aot::check_code_generator<generator>());

int main() {}
