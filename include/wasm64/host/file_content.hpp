#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"

namespace wasm64 {

/// The bytes of a file. Changes touch blocks only, so that a byte written costs the same in a small file and in a large
/// one, and a gap costs nothing:
///
///     block   0          1          2          3
///             written    –          –          –
///     frozen  xxxxxxxx   xxxxxxxx   xxx                 as they came, never changed
///                                      000 0000…        beyond: zeros, up to the size
class file_content {
 public:
  static constexpr std::uint64_t block_size = 4096;

  std::uint64_t size() const noexcept { return size_; }

  /// Takes bytes as they are, without a copy; `owner` keeps them alive.
  void adopt(bytes_view bytes, std::shared_ptr<const void> owner) {
    blocks_.clear();
    frozen_ = bytes;
    owner_ = std::move(owner);
    size_ = bytes.size();
  }

  /// Answers how many bytes there were.
  std::size_t read(std::uint64_t at, std::span<std::uint8_t> into) const noexcept {
    if (at >= size_) return 0;
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - at));
    for (std::size_t done = 0; done < count;) {
      const part p(at + done, count - done);
      if (p.block < blocks_.size() && blocks_[p.block] != nullptr) {
        std::memcpy(into.data() + done, blocks_[p.block].get() + p.offset, p.size);
      } else {
        copy_frozen(at + done, into.subspan(done, p.size));
      }
      done += p.size;
    }
    return count;
  }

  /// Overwrites and extends. The caller has checked the limits.
  void write(std::uint64_t at, bytes_view bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
      const part p(at + done, bytes.size() - done);
      std::memcpy(own_block(p.block) + p.offset, bytes.data() + done, p.size);
      done += p.size;
    }
    if (!bytes.empty()) size_ = std::max(size_, at + bytes.size());
  }

  /// What is new reads as zeros.
  void resize(std::uint64_t size) {
    if (size < size_) {
      const auto kept = static_cast<std::size_t>((size + block_size - 1) / block_size);
      if (blocks_.size() > kept) {
        blocks_.resize(kept);
        blocks_.shrink_to_fit();  // a file of no size has no right to the room of a large one
      }
      const std::uint64_t rest = size % block_size;
      if (rest != 0 && blocks_.size() == kept && blocks_[kept - 1] != nullptr) {
        std::memset(blocks_[kept - 1].get() + rest, 0, static_cast<std::size_t>(block_size - rest));
      }
      if (frozen_.size() > size) frozen_ = frozen_.first(static_cast<std::size_t>(size));
      if (frozen_.empty()) owner_.reset();
    }
    size_ = size;
  }

  /// All bytes in one piece.
  byte_vector flat() const {
    byte_vector bytes(static_cast<std::size_t>(size_), std::uint8_t{0});
    read(0, {bytes.data(), bytes.size()});
    return bytes;
  }
  std::string text() const {
    std::string bytes(static_cast<std::size_t>(size_), '\0');
    read(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    return bytes;
  }

 private:
  /// As much of a range as lies in one block.
  struct part {
    part(std::uint64_t at, std::size_t count) noexcept
        : block(static_cast<std::size_t>(at / block_size)),
          offset(static_cast<std::size_t>(at % block_size)),
          size(std::min(count, static_cast<std::size_t>(block_size) - offset)) {}
    std::size_t block, offset, size;
  };

  void copy_frozen(std::uint64_t at, std::span<std::uint8_t> into) const noexcept {
    const std::uint64_t left = at < frozen_.size() ? frozen_.size() - at : 0;
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left, into.size()));
    if (count != 0) std::memcpy(into.data(), frozen_.data() + at, count);
    if (count != into.size()) std::memset(into.data() + count, 0, into.size() - count);
  }

  std::uint8_t* own_block(std::size_t index) {
    if (index >= blocks_.size()) blocks_.resize(index + 1);
    std::unique_ptr<std::uint8_t[]>& block = blocks_[index];
    if (block == nullptr) {
      block = std::make_unique<std::uint8_t[]>(block_size);
      copy_frozen(index * block_size, {block.get(), static_cast<std::size_t>(block_size)});
    }
    return block.get();
  }

  vector<std::unique_ptr<std::uint8_t[]>> blocks_;  ///< null where nothing was written
  bytes_view frozen_;
  std::shared_ptr<const void> owner_;
  std::uint64_t size_ = 0;
};

}  // namespace wasm64
