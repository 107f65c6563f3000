#pragma once

#include <cstring>
#include <new>
#include <string_view>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/base/shared.hpp"

namespace wasm64 {

/// Immutable bytes with shared ownership: copies cost a reference, never a copy of the bytes.
class shared_bytes {
 public:
  shared_bytes() = default;
  /// Takes the bytes over without copying them.
  explicit shared_bytes(byte_vector bytes) {
    if (!bytes.empty()) node_ = shared<node>(new (::operator new(sizeof(node))) node(std::move(bytes)));
  }
  explicit shared_bytes(bytes_view bytes) : node_(copied(bytes)) {}
  explicit shared_bytes(std::string_view text) : shared_bytes(as_bytes(text)) {}

  bytes_view view() const noexcept { return node_ ? bytes_view(node_->data, node_->size) : bytes_view(); }
  operator bytes_view() const noexcept { return view(); }  // NOLINT(google-explicit-constructor)
  std::string_view text() const noexcept { return as_text(view()); }

  const std::uint8_t* data() const noexcept { return view().data(); }
  std::size_t size() const noexcept { return view().size(); }
  bool empty() const noexcept { return !node_; }

 private:
  friend class message_value;

  /// Bytes that were copied lie behind the node itself, so that a text costs one allocation.
  struct node : detail::counted {
    explicit node(byte_vector b) noexcept : data(b.data()), size(b.size()), adopted(std::move(b)) {}
    node(const std::uint8_t* at, std::size_t n) noexcept : data(at), size(n) {}
    static void* operator new(std::size_t, void* at) noexcept { return at; }
    static void operator delete(void* p) { ::operator delete(p); }  // without the size, which is not the node's

    const std::uint8_t* data;
    std::size_t size;
    byte_vector adopted;
  };

  explicit shared_bytes(node* adopted) noexcept : node_(adopted) {}
  static node* copied(bytes_view bytes) {
    if (bytes.empty()) return nullptr;
    auto* const at = static_cast<std::uint8_t*>(::operator new(sizeof(node) + bytes.size()));
    std::memcpy(at + sizeof(node), bytes.data(), bytes.size());
    return new (at) node(at + sizeof(node), bytes.size());
  }

  shared<node> node_;
};

/// Bytes of any type as shared ones: copied, unless they can be taken over.
inline shared_bytes to_shared(shared_bytes bytes) { return bytes; }
inline shared_bytes to_shared(byte_vector&& bytes) { return shared_bytes(std::move(bytes)); }
template <class Bytes>
shared_bytes to_shared(const Bytes& bytes) {
  return shared_bytes(bytes_view(bytes));
}

}  // namespace wasm64
