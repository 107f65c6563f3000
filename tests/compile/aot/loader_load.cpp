// expect: code loader needs `load(const verified_artifact&) -> result<image>`
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
  using image = ::image;
#ifndef WASM64_REJECT
  result<::image> load(const aot::verified_artifact&);
#else
  result<::image> load(bytes_view);
#endif
};
static_assert(aot::check_code_loader<loader>());

int main() {}
