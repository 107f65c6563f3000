#pragma once

#include <cstddef>
#include <utility>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"

namespace wasm64::aot {

/// Pages of this process for code: written first, then executable, never both at a time. Given back at the end.
class code_pages {
 public:
  /// Zeros, to be written to. The byte at `aligned`, which is inside or at the end, begins a page. Fails with
  /// out_of_memory.
  static result<code_pages> make(std::size_t size, std::size_t aligned);
  /// Code that is executable. Fails as `make` and `make_executable` do.
  static result<code_pages> copy(bytes_view code);

  code_pages() = default;
  code_pages(code_pages&& other) noexcept
      : mapping_(std::exchange(other.mapping_, nullptr)),
        mapped_(std::exchange(other.mapped_, 0)),
        base_(std::exchange(other.base_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  code_pages& operator=(code_pages other) noexcept {
    std::swap(mapping_, other.mapping_);
    std::swap(mapped_, other.mapped_);
    std::swap(base_, other.base_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~code_pages();

  std::uint8_t* base() const noexcept { return base_; }
  std::size_t size() const noexcept { return size_; }
  bytes_view view() const noexcept { return {base_, size_}; }

  /// From here on nothing is written. Fails with out_of_memory, and with aot_not_executable where the system does not
  /// let pages become executable.
  result<void> make_executable() const;

 private:
  std::uint8_t* mapping_ = nullptr;
  std::size_t mapped_ = 0;
  std::uint8_t* base_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/code_pages_impl.hpp"
#endif
