// expect: code image needs to be movable, with a destructor that does not throw
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct image {
#ifndef WASM64_REJECT
  image(image&&) noexcept;
  image& operator=(image&&) noexcept;
#else
  image(const image&) = delete;
#endif
  bytes_view code() const;
  std::span<const std::uint32_t> entries() const;
  std::span<const std::uint32_t> bodies() const;
  std::span<const aot::site> sites() const;
};
static_assert(aot::check_code_image<image>());

int main() {}
