// expect: code loader needs a type `image`
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct image {
  image(image&&) noexcept;
  image& operator=(image&&) noexcept;
  bytes_view code() const;
  std::span<const std::uint32_t> entries() const;
  std::span<const std::uint32_t> bodies() const;
  std::span<const aot::site> sites() const;
};

struct loader {
#ifndef WASM64_REJECT
  using image = ::image;
#endif
  result<::image> load(const aot::verified_artifact&);
};
static_assert(aot::check_code_loader<loader>());

int main() {}
