// expect: code image needs `code() const -> bytes_view`
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct image {
  image(image&&) noexcept;
  image& operator=(image&&) noexcept;
#ifndef WASM64_REJECT
  bytes_view code() const;
#else
  const void* code() const;
#endif
  std::span<const std::uint32_t> entries() const;
  std::span<const std::uint32_t> bodies() const;
  std::span<const aot::site> sites() const;
};
static_assert(aot::check_code_image<image>());

int main() {}
