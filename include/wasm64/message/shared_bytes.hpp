#pragma once

#include <string_view>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/message/shared.hpp"

namespace wasm64 {

/// Immutable bytes with shared ownership: copies cost a reference, never a copy of the bytes.
class shared_bytes {
 public:
  shared_bytes() = default;
  /// Takes the bytes over without copying them.
  explicit shared_bytes(byte_vector bytes) {
    if (!bytes.empty()) node_ = shared<node>(new node(std::move(bytes)));
  }
  explicit shared_bytes(bytes_view bytes) : shared_bytes(byte_vector(bytes.begin(), bytes.end())) {}
  explicit shared_bytes(std::string_view text) : shared_bytes(as_bytes(text)) {}

  bytes_view view() const noexcept {
    return node_ ? bytes_view(node_->bytes.data(), node_->bytes.size()) : bytes_view();
  }
  operator bytes_view() const noexcept { return view(); }  // NOLINT(google-explicit-constructor)
  std::string_view text() const noexcept { return as_text(view()); }

  const std::uint8_t* data() const noexcept { return view().data(); }
  std::size_t size() const noexcept { return view().size(); }
  bool empty() const noexcept { return !node_; }

 private:
  struct node : detail::counted {
    explicit node(byte_vector b) : bytes(std::move(b)) {}
    byte_vector bytes;
  };

  shared<node> node_;
};

}  // namespace wasm64
