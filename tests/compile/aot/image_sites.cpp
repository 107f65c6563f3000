// expect: code image needs `sites() const -> std::span<const site>`
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct image {
  image(image&&) noexcept;
  image& operator=(image&&) noexcept;
  bytes_view code() const;
  std::span<const std::uint32_t> entries() const;
  std::span<const std::uint32_t> bodies() const;
#ifndef WASM64_REJECT
  std::span<const aot::site> sites() const;
#endif
};
static_assert(aot::check_code_image<image>());

int main() {}
