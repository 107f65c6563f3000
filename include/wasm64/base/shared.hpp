#pragma once

#include <cstddef>
#include <utility>

namespace wasm64 {

namespace detail {

/// Base of what message values share. The count is atomic, so that values holding the same node may live in several
/// threads; a node is changed only by its sole owner.
struct counted {
  std::size_t references = 1;  // through the compiler's built-ins, because <atomic> is slow to include

  counted() = default;
  counted(const counted&) noexcept {}  // a copy is a new node, with one owner
  counted& operator=(const counted&) = delete;

  void retain() noexcept { __atomic_fetch_add(&references, 1, __ATOMIC_RELAXED); }
  /// Gives one reference up; true when it was the last.
  bool release() noexcept { return __atomic_fetch_sub(&references, 1, __ATOMIC_ACQ_REL) == 1; }
  bool is_unique() const noexcept { return __atomic_load_n(&references, __ATOMIC_ACQUIRE) == 1; }
};

}  // namespace detail

/// A counted pointer, one word wide. `Node` derives from `detail::counted`.
template <class Node>
class shared {
 public:
  shared() = default;
  /// Adopts the reference that `new` created.
  explicit shared(Node* adopted) noexcept : node_(adopted) {}
  shared(const shared& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) node_->retain();
  }
  shared(shared&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  shared& operator=(shared other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~shared() {
    if (node_ != nullptr && node_->release()) delete node_;
  }

  Node* get() const noexcept { return node_; }
  /// Gives the reference away.
  Node* take() noexcept { return std::exchange(node_, nullptr); }
  Node* operator->() const noexcept { return node_; }
  explicit operator bool() const noexcept { return node_ != nullptr; }

 private:
  Node* node_ = nullptr;
};

}  // namespace wasm64
