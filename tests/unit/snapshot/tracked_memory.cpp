#include "tests/unit/snapshot/memory_support.hpp"

using namespace wasm64;
using namespace wasm64::test;

TEST_CASE("tracked memory: every save is the tree of the memory, whatever was written, grown or cleared before") {
  for (const kind& k : kinds) {
    for (std::uint32_t seed = 0; seed < 4; ++seed) {
      INFO(k.name << " " << seed);
      modelled_memory m(seed, 64, k.operations, seed);
      memory_store store;
      any_store to(store);
      if (seed == 2) m.change();
      tracked_memory tracked(m.memory, k.how);
      for (int round = 0; round < 60; ++round) {
        if (round % 6 == 1 && m.memory.pages() < 60) m.grow(m.random() % 4);
        m.change();
        object_batch batch;
        const auto root = tracked.save(batch);
        REQUIRE(root.has_value());
        CHECK(root.value() == reference_tree(view_of(m.model)).root);
        if (m.random() % 3 != 0) {
          REQUIRE(batch.put(to).has_value());
          tracked.settle();
          const auto read = fetch_bytes(m.model.size(), root.value(), to, m.model.size());
          REQUIRE(read.has_value());
          CHECK(read.value() == m.model);
        }
      }
      m.check();
    }
  }
}

TEST_CASE("tracked memory: scattered changes, far more than a process can have mappings for") {
  for (const kind& k : kinds) {
    INFO(k.name);
    modelled_memory m(320, 320, k.operations, 1);
    memory_store store;
    any_store to(store);
    tracked_memory tracked(m.memory, k.how);
    for (int round = 0; round < 4; ++round) {
      for (std::size_t at = 4096 * static_cast<std::size_t>(round % 2); at < m.model.size(); at += 8192) {
        m.fill(at, 3, static_cast<std::uint8_t>(round + 1));
      }
      CHECK(save(tracked, to) == reference_tree(view_of(m.model)).root);
    }
    m.check();
  }
}

TEST_CASE("tracked memory: a save looks at what was written, not at what was only read") {
  for (const kind& k : kinds) {
    INFO(k.name);
    modelled_memory m(64, 64, k.operations, 1);
    m.fill(0, m.model.size(), 1);
    page_tracker tracker(m.memory, k.how);
    CHECK(tracker.changed() == page_ranges{page_range{0, 1024}});
    tracker.settle();
    m.fill(5 * 4096 + 17, 1, 2);
    m.fill(100 * 4096, 8192, 0);
    CHECK(m.memory.base[300 * 4096] == 1);
    const page_ranges changed = tracker.changed();
    if (k.how == tracker.how() && k.how != tracking::comparison) {
      CHECK(changed == page_ranges{page_range{5, 1}, page_range{100, 2}});
    } else {
      CHECK(changed == page_ranges{page_range{0, 1024}});
    }
  }
}

TEST_CASE("tracked memory: what another tracker knew is not lost") {
  for (const kind& k : kinds) {
    for (const kind& second : kinds) {
      if (&second.operations != &k.operations) continue;
      INFO(k.name << " " << second.name);
      modelled_memory m(64, 64, k.operations, 1);
      memory_store store;
      any_store to(store);
      m.change();
      {
        tracked_memory tracked(m.memory, k.how);
        save(tracked, to);
        m.change();
        save(tracked, to);
      }
      tracked_memory tracked(m.memory, second.how);
      CHECK(save(tracked, to) == reference_tree(view_of(m.model)).root);
      m.change();
      CHECK(save(tracked, to) == reference_tree(view_of(m.model)).root);
    }
  }
}

TEST_CASE("tracked memory: restored contents are those that were saved, and cost what differs") {
  for (const kind& k : kinds) {
    INFO(k.name);
    modelled_memory m(3, 64, k.operations, 7);
    memory_store store;
    any_store through(store);
    tracked_memory tracked(m.memory, k.how);
    struct saved {
      byte_vector bytes;
      tree_root root;
    };
    std::vector<saved> states;
    for (int round = 0; round < 10; ++round) {
      m.change();
      if (round == 5) m.grow(9);
      states.push_back({m.model, save(tracked, through)});
    }
    for (int round = 0; round < 20; ++round) {
      const saved& s = states[m.random() % 5 + 5];
      m.change();  // what is given up
      auto change = tracked.prepare(s.bytes.size(), s.root, through);
      REQUIRE(change.has_value());
      REQUIRE(tracked.apply(std::move(change).value()).has_value());
      m.model = s.bytes;
      m.check();
      if (round % 2 == 0) m.change();
      CHECK(save(tracked, through) == reference_tree(view_of(m.model)).root);
    }
    // A fresh memory of the first size grows to the one that was saved.
    modelled_memory fresh(3, 64, k.operations, 8);
    tracked_memory restored(fresh.memory, k.how);
    auto change = restored.prepare(states[9].bytes.size(), states[9].root, through);
    REQUIRE(change.has_value());
    REQUIRE(restored.apply(std::move(change).value()).has_value());
    fresh.model = states[9].bytes;
    fresh.check();
    object_batch none;
    CHECK(restored.save(none).value() == states[9].root);
    CHECK(none.empty());
  }
}
