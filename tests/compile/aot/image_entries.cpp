// expect: code image needs `entries() const -> std::span<const std::uint32_t>`
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct image {
  image(image&&) noexcept;
  image& operator=(image&&) noexcept;
  bytes_view code() const;
#ifndef WASM64_REJECT
  std::span<const std::uint32_t> entries() const;
#else
  vector<std::uint32_t> entries() const;
#endif
  std::span<const std::uint32_t> bodies() const;
  std::span<const aot::site> sites() const;
};
static_assert(aot::check_code_image<image>());

int main() {}
