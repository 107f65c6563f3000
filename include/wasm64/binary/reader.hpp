#pragma once

#include <cstdint>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/binary/leb128.hpp"
#include "wasm64/config.hpp"

namespace wasm64 {

/// A cursor over bytes whose first error sticks: later reads answer zero and the cursor stands at the end, so that a
/// loop needs one check per item. Offsets are counted from the first byte of the module, also in parts of it.
class reader {
 public:
  reader() = default;
  explicit reader(bytes_view bytes) noexcept : reader(bytes, 0, bytes.size()) {}
  /// Reads [begin, begin + size) of `whole`; offsets stay those of `whole`. The caller has checked the bounds.
  reader(bytes_view whole, std::size_t begin, std::size_t size) noexcept
      : base_(whole.data()), position_(base_ + begin), end_(position_ + size) {}

  std::size_t offset() const noexcept { return static_cast<std::size_t>(position_ - base_); }
  std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - position_); }
  bool at_end() const noexcept { return position_ == end_; }

  bool failed() const noexcept { return failure_ != errc{}; }
  errc failure() const noexcept { return failure_; }
  std::uint64_t failure_offset() const noexcept { return failure_offset_; }
  error failure_as_error() const { return {failure_, failure_offset_}; }

  /// Stands where `other` stands, a reader of the same bytes.
  WASM64_ALWAYS_INLINE void seek(const reader& other) noexcept { position_ = other.position_; }

  /// Records the first failure, here or at `at`; always false, so that `return in.fail(...)` reads well.
  WASM64_ALWAYS_INLINE bool fail(errc code) noexcept { return fail(code, offset()); }
  WASM64_ALWAYS_INLINE bool fail(errc code, std::uint64_t at) noexcept {
    if (failure_ == errc{}) {
      failure_ = code;
      failure_offset_ = at;
    }
    position_ = end_;
    return false;
  }

  std::uint8_t peek() const noexcept { return position_ != end_ ? *position_ : 0; }
  /// The caller has checked the bounds.
  void skip(std::size_t size) noexcept { position_ += size; }

  WASM64_ALWAYS_INLINE std::uint8_t u8() noexcept {
    if (WASM64_UNLIKELY(position_ == end_)) return fail(errc::unexpected_end), std::uint8_t{0};
    return *position_++;
  }

  WASM64_ALWAYS_INLINE std::uint32_t u32() noexcept { return leb<std::uint32_t, 32>(); }
  WASM64_ALWAYS_INLINE std::uint64_t u64() noexcept { return leb<std::uint64_t, 64>(); }
  WASM64_ALWAYS_INLINE std::int32_t s32() noexcept { return leb<std::int32_t, 32>(); }
  std::int64_t s33() noexcept { return leb<std::int64_t, 33>(); }
  WASM64_ALWAYS_INLINE std::int64_t s64() noexcept { return leb<std::int64_t, 64>(); }

  /// A signed integer of one byte, the frequent case.
  WASM64_ALWAYS_INLINE bool small_signed(std::int64_t& value) noexcept {
    if (WASM64_UNLIKELY(position_ == end_ || *position_ >= 0x80)) return false;
    value = static_cast<std::int8_t>(*position_++ << 1) >> 1;
    return true;
  }

  /// An alignment without flags and an offset of one byte each, the frequent case of a memarg.
  WASM64_ALWAYS_INLINE bool small_memarg(std::uint32_t& align_log2, std::uint64_t& offset) noexcept {
    if (remaining() < 2) return false;
    const auto both = load_le<std::uint16_t>(position_);
    if ((both & 0x80C0) != 0) return false;
    align_log2 = both & 0x3F;
    offset = both >> 8;
    position_ += 2;
    return true;
  }

  std::uint32_t f32_bits() noexcept { return fixed<std::uint32_t>(); }
  std::uint64_t f64_bits() noexcept { return fixed<std::uint64_t>(); }

  /// `size` bytes; fails with `length_out_of_bounds` when there are fewer.
  bytes_view bytes(std::size_t size) noexcept {
    if (size > remaining()) return fail(errc::length_out_of_bounds), bytes_view{};
    const bytes_view view(position_, size);
    position_ += size;
    return view;
  }

  /// A reader of the next `size` bytes, which this one skips.
  reader sub(std::size_t size) noexcept {
    reader part = *this;
    part.end_ = part.position_ + bytes(size).size();
    part.failure_ = failure_;
    part.failure_offset_ = failure_offset_;
    return part;
  }

 private:
  template <class T, unsigned bits>
  WASM64_ALWAYS_INLINE T leb() noexcept {
    if (WASM64_LIKELY(position_ != end_ && *position_ < 0x80)) {
      const std::uint8_t byte = *position_++;
      if constexpr (std::is_signed_v<T>) return static_cast<T>(static_cast<std::int8_t>(byte << 1) >> 1);
      else return byte;
    }
    const long_leb<T> read = read_long_leb<T, bits>(position_, end_);
    if (WASM64_UNLIKELY(read.next == nullptr)) {
      const auto [at, failure] = find_leb_failure<T, bits>(position_, end_);
      position_ = at;
      return fail(failure), T{0};
    }
    position_ = read.next;
    return read.value;
  }
  template <class T>
  struct long_leb {
    T value;
    const std::uint8_t* next;  ///< null on failure
  };

  /// Out of line, but without a view of this object, so that a loop can keep its reader in registers. Without branches
  /// on the length, which cannot be foreseen, where it takes less than 8 bytes and no check of unused bits.
  template <class T, unsigned bits>
  [[gnu::noinline]] static long_leb<T> read_long_leb(const std::uint8_t* from, const std::uint8_t* end) noexcept {
    if (WASM64_LIKELY(end - from >= 8)) {
      const auto eight = load_le<std::uint64_t>(from);
      const std::uint64_t ends = ~eight & 0x8080'8080'8080'8080;
      const auto used = static_cast<unsigned>(__builtin_ctzll(ends | std::uint64_t{1} << 63)) + 1;  // bits of the bytes
      if (WASM64_LIKELY(ends != 0 && used / 8 * 7 <= bits)) {
        std::uint64_t value = eight << (64 - used) >> (64 - used) & 0x7F7F'7F7F'7F7F'7F7F;
        value = (value & 0x007F'007F'007F'007F) | (value & 0x7F00'7F00'7F00'7F00) >> 1;
        value = (value & 0x0000'3FFF'0000'3FFF) | (value & 0x3FFF'0000'3FFF'0000) >> 2;
        value = (value & 0x0000'0000'0FFF'FFFF) | (value & 0x0FFF'FFFF'0000'0000) >> 4;
        const unsigned above = 64 - used / 8 * 7;
        if (std::is_signed_v<T>) value = static_cast<std::uint64_t>(static_cast<std::int64_t>(value << above) >> above);
        return {static_cast<T>(value), from + used / 8};
      }
    }
    const leb128_read<T> read = read_leb128<T, bits>(from, end);
    return {read.value, read.failure == errc{} ? read.next : nullptr};
  }
  struct leb_failure {
    const std::uint8_t* at;
    errc failure;
  };
  template <class T, unsigned bits>
  [[gnu::cold, gnu::noinline]] static leb_failure find_leb_failure(const std::uint8_t* from,
                                                                   const std::uint8_t* end) noexcept {
    const leb128_read<T> read = read_leb128<T, bits>(from, end);
    return {read.next, read.failure};
  }

  template <class T>
  T fixed() noexcept {
    if (remaining() < sizeof(T)) return fail(errc::unexpected_end), T{0};
    const T value = load_le<T>(position_);
    position_ += sizeof(T);
    return value;
  }

  const std::uint8_t* base_ = nullptr;
  const std::uint8_t* position_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint64_t failure_offset_ = 0;
  errc failure_{};
};

}  // namespace wasm64
