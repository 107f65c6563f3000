// expect: code image needs `bodies() const -> std::span<const std::uint32_t>`
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct image {
  image(image&&) noexcept;
  image& operator=(image&&) noexcept;
  bytes_view code() const;
  std::span<const std::uint32_t> entries() const;
#ifndef WASM64_REJECT
  std::span<const std::uint32_t> bodies() const;
#else
  std::span<const std::uint64_t> bodies() const;
#endif
  std::span<const aot::site> sites() const;
};
static_assert(aot::check_code_image<image>());

int main() {}
