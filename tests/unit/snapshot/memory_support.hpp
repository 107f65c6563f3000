#pragma once

#include "tests/unit/snapshot/tree_support.hpp"
#include "wasm64/snapshot/tracked_memory.hpp"

namespace wasm64::test {

inline constexpr std::uint64_t wasm_page = 65'536;

/// A memory and its bytes as they should be.
struct modelled_memory {
  memory_instance memory;
  byte_vector model;
  generator random;

  explicit modelled_memory(std::uint64_t pages, std::uint64_t most, const memory_operations& operations,
                           std::uint32_t seed)
      : memory(memory_type{{pages, most, true, true}, 16}, operations), random(seed) {
    REQUIRE(memory.allocate(most * wasm_page).has_value());
    model.resize(memory.size, 0);
  }

  void fill(std::size_t at, std::size_t size, std::uint8_t with) {
    std::fill_n(model.begin() + static_cast<std::ptrdiff_t>(at), size, with);
    std::memset(memory.base + at, with, size);
  }
  void grow(std::uint64_t pages) {
    REQUIRE(memory.grow(pages) == memory_instance::grown::yes);
    model.resize(memory.size, 0);
  }
  void change() {
    if (memory.size == 0) return;
    for (auto n = random() % 30; n != 0; --n) {
      const std::size_t at = random() % model.size();
      const std::size_t size = std::min<std::size_t>(random() % 5 == 0 ? 100'000 : random() % 50, model.size() - at);
      fill(at, size, static_cast<std::uint8_t>(random() % 3 == 0 ? 0 : random()));
    }
    for (auto n = random() % 9; n != 0; --n) CHECK(memory.base[random() % model.size()] >= 0);
  }
  void check() const {
    CHECK(memory.size == model.size());
    CHECK((model.empty() || std::memcmp(memory.base, model.data(), model.size()) == 0));
  }
};

inline tree_root save(tracked_memory& tracked, any_store& to) {
  object_batch batch;
  const auto root = tracked.save(batch);
  REQUIRE(root.has_value());
  REQUIRE(batch.put(to).has_value());
  tracked.settle();
  return root.value();
}

struct kind {
  const char* name;
  tracking how;
  const memory_operations& operations;
};

inline const kind kinds[] = {
    {"write protection", tracking::write_protection, operations_of<default_memory>},
    {"page map", tracking::page_map, operations_of<default_memory>},
    {"comparison", tracking::comparison, operations_of<default_memory>},
    {"allocated", tracking::automatic, operations_of<allocated_memory>},
};

}  // namespace wasm64::test
