#pragma once

#include <utility>

#include "wasm64/aot/artifact.hpp"

namespace wasm64::aot {

/// An artifact's code where it can be executed. Whoever calls it keeps the image; one that was moved from has nothing.
class native_image {
 public:
  bytes_view code() const noexcept { return parts_->code(); }
  std::span<const std::uint32_t> entries() const noexcept { return view_of(parts_->entries); }
  std::span<const std::uint32_t> bodies() const noexcept { return view_of(parts_->bodies); }
  std::span<const site> sites() const noexcept { return view_of(parts_->sites); }

  /// Of a defined function of the module, by number without the imported ones; null if it is interpreted.
  aot::entry entry(std::uint32_t function) const noexcept {
    return reinterpret_cast<aot::entry>(const_cast<void*>(place(entries(), function)));
  }
  /// The same for what calls within the image use.
  const void* body(std::uint32_t function) const noexcept { return place(bodies(), function); }

 private:
  friend class native_loader;
  explicit native_image(std::shared_ptr<const artifact_parts> parts) noexcept : parts_(std::move(parts)) {}

  const void* place(std::span<const std::uint32_t> places, std::uint32_t function) const noexcept {
    return function < places.size() && places[function] != 0 ? code().data() + (places[function] - 1) : nullptr;
  }

  std::shared_ptr<const artifact_parts> parts_;
};

/// The loader of backends whose code is native code of this process.
class native_loader {
 public:
  using image = native_image;

  /// The artifact's own pages become executable. Fails as `code_pages::make_executable` does.
  result<native_image> load(const verified_artifact& artifact);
};

static_assert(check_code_loader<native_loader>());

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/image_impl.hpp"
#endif
