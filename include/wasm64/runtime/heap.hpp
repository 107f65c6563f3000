#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "wasm64/base/containers.hpp"
#include "wasm64/base/error.hpp"
#include "wasm64/module/object_layout.hpp"
#include "wasm64/runtime/memory_policy.hpp"
#include "wasm64/runtime/reference.hpp"

namespace wasm64 {

/// The structures, arrays and exceptions of a store, in a precise copying collector (Cheney's): two spaces, of which
/// one is filled from the bottom up; what is reachable is copied to the other one when it is time.
///
/// Allocation is what programs do most, and here it is an addition and a comparison that a handler makes itself. Frames
/// keep references in slots of their own, so that roots are found without maps or conservative guesses, stores into
/// objects need no barrier, and nothing of it appears in code that allocates nothing. Copying leaves objects in the
/// order in which they are reached, whatever happened before. The price is that living objects are copied: the next
/// collection comes when twice as much as survived was allocated, so a byte is copied half a time for each byte
/// allocated. Address space for both spaces is reserved once; only what is touched takes memory.
///
/// The limit is part of what a program can observe, so nothing about it depends on when collections happen. The heap
/// counts what was allocated, from the latest settlement on. When that count would exceed the limit and an eighth more,
/// the heap is collected for a settlement: objects that live and the one that is asked for must fit the limit, else the
/// allocation traps; the count then starts over with what lives. Other collections leave the count as it is. The eighth
/// bounds the work that a program can cause near the limit.
class object_heap {
 public:
  /// Where the next object goes, and where allocation without further ado ends. Behind `end` there are eight bytes that
  /// the last field of an object may be stored over.
  std::uint8_t* top = nullptr;
  std::uint8_t* end = nullptr;

  vector<object::layout> types;  ///< by canonical id; of functions empty
  vector<object::layout> tags;  ///< by the tag's number

  object_heap() = default;
  object_heap(const object_heap&) = delete;
  object_heap& operator=(const object_heap&) = delete;
  ~object_heap() {
    release(base_);
    release(spare_);
  }

  /// `limit` bytes for what lives; `step` bytes at least between two collections, with 0 before every allocation.
  void configure(const memory_operations& operations, std::uint64_t limit, std::uint64_t step) noexcept {
    constexpr std::uint64_t most = std::uint64_t{1} << 44;
    operations_ = &operations;
    limit_ = std::min(limit, most);
    step_ = std::min(step, most);
  }

  /// Makes sure that `size` bytes can be allocated; collects when it is time. `roots` calls its argument for every slot
  /// that may hold a reference. Answers a trap when the limit is reached, or `trap_out_of_memory`.
  template <class Roots>
  errc make_room(std::uint64_t size, const Roots& roots) {
    if (size > limit_) return errc::trap_heap_exhausted;
    if (base_ == nullptr && !reserve(base_)) return errc::trap_out_of_memory;
    if (top == nullptr) top = end = mark_ = base_;
    const std::uint64_t counted = this->counted();
    const bool settle = size > most() - counted;
    std::uint64_t scanned = 0;
    if (top != base_ && !collect(roots, scanned)) return errc::trap_out_of_memory;
    mark_ = top;
    count_ = settle ? live() : counted;
    const bool fits = !settle || size <= limit_ - std::min(live(), limit_);
    const std::uint64_t step = step_ == 0 ? 0 : std::max(step_, 2 * live() + scanned);
    // More than the limit in one piece is refused above, so there is never room for it.
    end = top + std::min({most() - count_, limit_, fits ? std::max(step, size) : step});
    return fits ? errc{} : errc::trap_heap_exhausted;
  }
  /// Takes room for an object; there is enough.
  word* allocate(std::uint64_t size) noexcept {
    auto* const made = reinterpret_cast<word*>(top);
    top += size;
    return made;
  }
  bool has_room(std::uint64_t size) const noexcept { return size <= static_cast<std::uint64_t>(end - top); }

  /// Whether a word out of a slot for references is the address of an object.
  bool holds(word reference) const noexcept {
    return (reference & reference::tag_mask) == 0 && reference - reinterpret_cast<word>(base_) < used();
  }
  /// What counts for the limit by now: what lived when it was last settled and all that was allocated since. Part of a
  /// store's state, because the next settlement follows from it.
  std::uint64_t counted() const noexcept { return count_ + static_cast<std::uint64_t>(top - mark_); }
  void recount(std::uint64_t counted) noexcept {
    count_ = std::min(counted, most());
    mark_ = end = top;
  }
  /// The highest count: what can live at most, before it is settled.
  std::uint64_t most() const noexcept { return limit_ + limit_ / 8; }
  /// Where the objects begin; null before the first one.
  const std::uint8_t* base() const noexcept { return base_; }
  /// Room for other objects, `most()` bytes of them, beside those that are there: good until the next allocation. Null
  /// when the host has no address space.
  std::uint8_t* spare() noexcept { return spare_ != nullptr || reserve(spare_) ? spare_ : nullptr; }
  /// The first `size` bytes of `spare` take the place of all objects; nothing may refer to those any more.
  void replace(std::uint64_t size, std::uint64_t counted) noexcept {
    std::swap(base_, spare_);
    top = base_ + size;
    recount(counted);
  }
  /// Bytes of all objects, reachable or not.
  std::uint64_t used() const noexcept { return static_cast<std::uint64_t>(top - base_); }
  std::uint64_t collections() const noexcept { return collections_; }

  static word header_of(word reference) noexcept { return *reinterpret_cast<const word*>(reference); }
  std::uint64_t size_of(word header) const noexcept {
    const std::uint32_t number = object::number_of(header);
    switch (object::kind_of(header)) {
      case object::kind::struct_: return types[number].size;
      case object::kind::array: return object::array_size(object::length_of(header), types[number].log2_element);
      default: return tags[number].size;
    }
  }

 private:
  /// Copies objects out of the old space and updates the slots that refer to them.
  class evacuation {
   public:
    evacuation(object_heap& heap, word from, std::uint64_t size) noexcept : heap_(heap), from_(from), size_(size) {}

    void operator()(word& slot) noexcept {
      const word reference = slot;
      ++slots;
      if ((reference & reference::tag_mask) != 0 || reference - from_ >= size_) return;
      auto* const object = reinterpret_cast<word*>(reference);
      const word header = *object;
      if ((header & forwarded) != 0) {
        slot = header & ~forwarded;
        return;
      }
      const std::uint64_t words = heap_.size_of(header) / sizeof(word);
      word* const copy = heap_.allocate(words * sizeof(word));
      for (std::uint64_t i = 0; i < words; ++i) copy[i] = object[i];
      slot = reinterpret_cast<word>(copy);
      *object = slot | forwarded;
    }
    /// Visits the references in a copied object and answers the one behind it.
    word* scan(word* object) noexcept {
      const word header = *object;
      const std::uint32_t number = object::number_of(header);
      const bool is_array = object::kind_of(header) == object::kind::array;
      const object::layout& l =
          object::kind_of(header) == object::kind::exception ? heap_.tags[number] : heap_.types[number];
      if (is_array) {
        const std::uint64_t length = object::length_of(header);
        if (l.has_reference_elements) {
          for (std::uint64_t i = 1; i <= length; ++i) (*this)(object[i]);
        }
        return object + object::array_size(length, l.log2_element) / sizeof(word);
      }
      for (const std::uint32_t at : l.references) (*this)(object[at]);
      return object + l.size / sizeof(word);
    }

    std::uint64_t slots = 0;

   private:
    object_heap& heap_;
    word from_;
    std::uint64_t size_;
  };
  static constexpr word forwarded = 1;

  template <class Roots>
  bool collect(const Roots& roots, std::uint64_t& scanned) {
    if (spare_ == nullptr && !reserve(spare_)) return false;
    const std::uint64_t before = used();
    std::swap(base_, spare_);
    top = base_;
    evacuation evacuate(*this, reinterpret_cast<word>(spare_), before);
    roots(evacuate);
    scanned = evacuate.slots * sizeof(word);
    for (auto* object = reinterpret_cast<word*>(base_); object != reinterpret_cast<word*>(top);) {
      object = evacuate.scan(object);
    }
    ++collections_;
    if (step_ == 0) std::memset(spare_, 0xdb, before);  // so that tests notice references that were forgotten
    // Pages of the old space that the next collections will not need go back to the host.
    if (before > (std::uint64_t{1} << 24) && before / 4 > live()) {
      release(spare_);
      spare_ = nullptr;
    }
    return true;
  }

  bool reserve(std::uint8_t*& space) noexcept {
    space = operations_->reserve(capacity(), capacity());
    return space != nullptr;
  }
  void release(std::uint8_t* space) noexcept {
    if (space != nullptr) operations_->release(space, capacity());
  }

  std::uint64_t capacity() const noexcept { return most() + sizeof(word); }
  std::uint64_t live() const noexcept { return used(); }  // right behind a collection

  const memory_operations* operations_ = nullptr;
  std::uint64_t limit_ = 0;
  std::uint64_t step_ = 0;
  std::uint8_t* base_ = nullptr;
  std::uint8_t* spare_ = nullptr;
  std::uint8_t* mark_ = nullptr;  ///< `top` when `count_` was taken
  std::uint64_t count_ = 0;  ///< bytes that count for the limit, up to `mark_`
  std::uint64_t collections_ = 0;
};

}  // namespace wasm64
