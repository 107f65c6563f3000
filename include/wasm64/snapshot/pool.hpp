#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"

namespace wasm64 {

/// Instances that are ready to be used, in one known state. `Make` answers a `result<std::unique_ptr<T>>`: a new one in
/// that state, for example a store with its instance, restored from an image. `Reset` brings one that was used back to
/// it (`T&` to `result<void>`), which is quick, because code that was compiled stays; where it fails, as it does when a
/// memory has grown, the instance is given up. Any thread may use the pool; it outlives what it lends. Both functions
/// are called by several threads at once.
template <class Make, class Reset>
class instance_pool {
 public:
  using instance_type =
      typename std::remove_reference_t<decltype(std::declval<Make&>()().assume_value())>::element_type;

  /// An instance for the time being; given back at the end.
  class lease {
   public:
    lease(lease&&) noexcept = default;
    lease& operator=(lease&& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(held_, other.held_);
      return *this;
    }
    ~lease() {
      if (held_ != nullptr) pool_->give_back(std::move(held_));
    }

    instance_type& operator*() const noexcept { return *held_; }
    instance_type* operator->() const noexcept { return held_.get(); }
    /// Keeps it: it does not return to the pool.
    std::unique_ptr<instance_type> release() noexcept { return std::move(held_); }

   private:
    friend class instance_pool;
    lease(instance_pool& pool, std::unique_ptr<instance_type> held) noexcept : pool_(&pool), held_(std::move(held)) {}

    instance_pool* pool_;
    std::unique_ptr<instance_type> held_;
  };

  /// Keeps at most `most` that are not in use.
  instance_pool(Make make, Reset reset, std::size_t most)
      : make_(std::move(make)), reset_(std::move(reset)), most_(most) {}
  instance_pool(const instance_pool&) = delete;
  instance_pool& operator=(const instance_pool&) = delete;

  /// One that is ready, or else a new one. Fails as `Make` does.
  result<lease> take() {
    if (std::unique_ptr<instance_type> ready = pop()) return lease(*this, std::move(ready));
    WASM64_TRY(std::unique_ptr<instance_type> made, make_());
    return lease(*this, std::move(made));
  }
  /// Makes instances until that many are ready, or as many as are kept.
  result<void> prepare(std::size_t count) {
    while (size() < std::min(count, most_)) {
      WASM64_TRY(std::unique_ptr<instance_type> made, make_());
      push(std::move(made));
    }
    return success();
  }
  /// How many are ready.
  std::size_t size() const {
    const std::lock_guard lock(guard_);
    return ready_.size();
  }

 private:
  std::unique_ptr<instance_type> pop() {
    const std::lock_guard lock(guard_);
    if (ready_.empty()) return nullptr;
    std::unique_ptr<instance_type> last = std::move(ready_.back());
    ready_.pop_back();
    return last;
  }
  void push(std::unique_ptr<instance_type> one) {
    const std::lock_guard lock(guard_);
    if (ready_.size() < most_) ready_.push_back(std::move(one));
  }
  void give_back(std::unique_ptr<instance_type> used) {
    if (size() < most_ && reset_(*used).has_value()) push(std::move(used));
  }

  Make make_;
  Reset reset_;
  std::size_t most_;
  mutable std::mutex guard_;
  vector<std::unique_ptr<instance_type>> ready_;
};

}  // namespace wasm64
