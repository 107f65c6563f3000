#pragma once

#include <algorithm>
#include <cstdint>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/module/types.hpp"
#include "wasm64/runtime/memory_policy.hpp"

namespace wasm64 {

/// A memory instance (specification 4.2.8). `size` is in bytes.
class memory_instance {
 public:
  memory_instance(const memory_instance&) = delete;
  memory_instance& operator=(const memory_instance&) = delete;
  ~memory_instance() {
    if (base != nullptr) operations_.release(base, capacity_);
  }

  explicit memory_instance(const memory_type& t, const memory_operations& operations) noexcept
      : type(t), operations_(operations) {}

  /// Obtains the declared minimum. `limit` is the configured maximum in bytes.
  result<void> allocate(std::uint64_t limit) {
    const std::uint64_t page = type.page_size();
    const std::uint64_t limit_pages = limit / page;
    if (type.limits.min > limit_pages) return fail(errc::limit_exceeded, "memory");
    max_pages_ = std::min(limit_pages, wasm64::max_pages(type));
    if (type.limits.has_max) max_pages_ = std::min(max_pages_, type.limits.max);
    capacity_ = max_pages_ * page;
    base = operations_.reserve(type.limits.min * page, capacity_);
    if (base == nullptr) return fail(errc::out_of_memory, "memory");
    size = type.limits.min * page;
    return success();
  }

  std::uint64_t pages() const noexcept { return size >> type.page_size_log2; }
  std::uint64_t max_pages() const noexcept { return max_pages_; }

  /// Bytes of address space that were reserved; with a mapped policy they may be mapped anew.
  std::uint64_t capacity() const noexcept { return capacity_; }
  bool is_mapped() const noexcept { return operations_.is_mapped; }

  enum class grown : std::uint8_t { yes, refused, host_failed };
  /// Grows by `delta` pages. Whether it is refused depends on declared and configured limits only.
  grown grow(std::uint64_t delta) noexcept {
    if (delta > max_pages_ - pages()) return grown::refused;
    if (delta == 0) return grown::yes;
    const std::uint64_t new_size = size + (delta << type.page_size_log2);
    std::uint8_t* moved = operations_.grow(base, size, new_size, capacity_);
    if (moved == nullptr) return grown::host_failed;
    base = moved;
    size = new_size;
    return grown::yes;
  }

  /// Takes growth back in whose pages nothing was written yet.
  void ungrow(std::uint64_t pages) noexcept { size = pages << type.page_size_log2; }

  bool in_bounds(std::uint64_t address, std::uint64_t length) const noexcept {
    return length <= size && address <= size - length;
  }

  /// For hosts; what is read may be gone when the memory grows. They fail with `out_of_bounds`, having done nothing.
  result<bytes_view> read(std::uint64_t address, std::uint64_t length) const {
    if (!in_bounds(address, length)) return fail(errc::out_of_bounds, address);
    return length == 0 ? bytes_view() : bytes_view(base + address, static_cast<std::size_t>(length));
  }
  result<void> write(std::uint64_t address, bytes_view bytes) {
    if (!in_bounds(address, bytes.size())) return fail(errc::out_of_bounds, address);
    if (!bytes.empty()) std::memcpy(base + address, bytes.data(), bytes.size());
    return success();
  }

  std::uint8_t* base = nullptr;
  std::uint64_t size = 0;
  memory_type type;
  bool has_file_pages = false;  ///< some may be mapped from a file (snapshot/page_tracker.hpp)

 private:
  const memory_operations& operations_;
  std::uint64_t capacity_ = 0;
  std::uint64_t max_pages_ = 0;
};

}  // namespace wasm64
