#pragma once

#include <utility>

#include "wasm64/base/shared.hpp"

namespace wasm64 {

namespace detail {

/// Its address stands for the type, without run-time type information.
template <class T>
inline char type_tag = 0;

struct host_node : counted {
  host_node(const void* t, void (*d)(host_node*) noexcept) noexcept : type(t), destroy(d) {}
  const void* type;
  void (*destroy)(host_node*) noexcept;
};

template <class T>
struct host_holder final : host_node {
  explicit host_holder(T o) : host_node(&type_tag<T>, &drop), object(std::move(o)) {}
  static void drop(host_node* self) noexcept { delete static_cast<host_holder*>(self); }
  T object;
};

}  // namespace detail

/// Shared ownership of an object of the host, of any type: an instance, a callable. It lives in the private part of a
/// message only, so it is never listed, compared by content, hashed or stored.
class host_object {
 public:
  host_object() = default;
  host_object(const host_object& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) node_->retain();
  }
  host_object(host_object&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  host_object& operator=(host_object other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~host_object() {
    if (node_ != nullptr && node_->release()) node_->destroy(node_);
  }

  /// Moves `object` into shared ownership.
  template <class T>
  static host_object make(T object) {
    host_object made;
    made.node_ = new detail::host_holder<T>(std::move(object));
    return made;
  }

  /// The object when it was made as exactly a `T`, else null.
  template <class T>
  T* get() const noexcept {
    if (node_ == nullptr || node_->type != &detail::type_tag<T>) return nullptr;
    return &static_cast<detail::host_holder<T>*>(node_)->object;
  }

  explicit operator bool() const noexcept { return node_ != nullptr; }
  friend bool operator==(const host_object&, const host_object&) = default;  // identity

 private:
  friend class message_value;
  explicit host_object(detail::host_node* adopted) noexcept : node_(adopted) {}

  detail::host_node* node_ = nullptr;
};

}  // namespace wasm64
