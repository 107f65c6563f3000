#include "wasm64/snapshot/pool.hpp"

#include <thread>

#include "tests/unit/snapshot/memory_support.hpp"

using namespace wasm64;
using namespace wasm64::test;

namespace {

using image = std::shared_ptr<const tree_image>;

struct one_memory {
  modelled_memory memory{2, 8, operations_of<default_memory>, 0};
  tracked_memory tracked{memory.memory};
};

/// A memory of two pages that begins with 7.
image begins_with_seven() {
  one_memory first;
  first.memory.fill(0, 1, 7);
  return first.tracked.image().value();
}

auto make_pool(const image& of, std::size_t most, int& made) {
  const auto make = [&made, of]() -> result<std::unique_ptr<one_memory>> {
    __atomic_fetch_add(&made, 1, __ATOMIC_RELAXED);
    auto one = std::make_unique<one_memory>();
    WASM64_CHECK(one->tracked.put(of));
    return one;
  };
  const auto reset = [of](one_memory& used) -> result<void> {
    if (used.memory.memory.size > of->size()) return fail(errc::snapshot_incompatible);
    return used.tracked.put(of);
  };
  return instance_pool<decltype(make), decltype(reset)>(make, reset, most);
}

}  // namespace

TEST_CASE("pool: what was used comes back in the state that it began in") {
  int made = 0;
  auto pool = make_pool(begins_with_seven(), 2, made);
  REQUIRE(pool.prepare(5).has_value());
  CHECK(pool.size() == 2);
  CHECK(made == 2);
  for (int round = 0; round < 5; ++round) {
    auto taken = pool.take();
    REQUIRE(taken.has_value());
    std::uint8_t* const base = (*taken.value()).memory.memory.base;
    CHECK(base[0] == 7);
    CHECK(base[100'000] == 0);
    base[0] = base[100'000] = 1;
  }
  CHECK(pool.size() == 2);
  CHECK(made == 2);
}

TEST_CASE("pool: more than are ready are made, and those that cannot be reset are given up") {
  int made = 0;
  auto pool = make_pool(begins_with_seven(), 8, made);
  {
    auto one = pool.take();
    auto two = pool.take();
    REQUIRE(one.has_value());
    REQUIRE(two.has_value());
    CHECK(made == 2);
    two.value()->memory.grow(1);
  }
  CHECK(pool.size() == 1);
  {
    auto kept = pool.take();
    REQUIRE(kept.has_value());
    const std::unique_ptr<one_memory> mine = std::move(kept).value().release();
    CHECK(mine->memory.memory.base[0] == 7);
  }
  CHECK(pool.size() == 0);
}

TEST_CASE("pool: threads take and give back") {
  int made = 0;
  int wrong = 0;
  auto pool = make_pool(begins_with_seven(), 3, made);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        auto taken = pool.take();
        std::uint8_t* const base = taken.value()->memory.memory.base;
        if (base[0] != 7 || base[5000] != 0) __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
        base[0] = base[5000] = 1;
        object_batch none;
        if (!taken.value()->tracked.save(none).has_value()) __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(wrong == 0);
  CHECK(pool.size() <= 3);
}
