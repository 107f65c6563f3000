#pragma once

#include <utility>

#include "wasm64/aot/artifact.hpp"

namespace wasm64::aot {

/// Pages of this process that hold code: written once, then executable, never both at a time. Given back at the end.
class code_pages {
 public:
  /// Fails with out_of_memory, and with aot_not_executable where the system does not let pages become executable.
  static result<code_pages> copy(bytes_view code);

  code_pages() = default;
  code_pages(code_pages&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  code_pages& operator=(code_pages other) noexcept {
    std::swap(base_, other.base_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~code_pages();

  const std::uint8_t* base() const noexcept { return base_; }
  std::size_t size() const noexcept { return size_; }  ///< of the mapping, in bytes

 private:
  std::uint8_t* base_ = nullptr;
  std::size_t size_ = 0;
};

/// An artifact's code where it can be executed. Whoever calls it keeps the image.
class native_image {
 public:
  bytes_view code() const noexcept { return {pages_.base(), size_}; }
  std::span<const std::uint32_t> entries() const noexcept { return view_of(entries_); }
  std::span<const std::uint32_t> bodies() const noexcept { return view_of(bodies_); }
  std::span<const site> sites() const noexcept { return view_of(sites_); }

  /// Of a defined function of the module, by number without the imported ones; null if it is interpreted.
  aot::entry entry(std::uint32_t function) const noexcept {
    return reinterpret_cast<aot::entry>(const_cast<void*>(place(entries(), function)));
  }
  /// The same for what calls within the image use.
  const void* body(std::uint32_t function) const noexcept { return place(bodies(), function); }

 private:
  friend class native_loader;

  const void* place(std::span<const std::uint32_t> places, std::uint32_t function) const noexcept {
    return function < places.size() && places[function] != 0 ? pages_.base() + (places[function] - 1) : nullptr;
  }

  code_pages pages_;
  std::size_t size_ = 0;
  vector<std::uint32_t> entries_;
  vector<std::uint32_t> bodies_;
  vector<site> sites_;
};

/// The loader of backends whose code is native code of this process.
class native_loader {
 public:
  using image = native_image;

  /// Fails as `code_pages::copy` does.
  result<native_image> load(const verified_artifact& artifact);
};

static_assert(check_code_loader<native_loader>());

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/image_impl.hpp"
#endif
