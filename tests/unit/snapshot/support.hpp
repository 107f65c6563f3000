#pragma once

#include <array>

#include "tests/support/wat.hpp"
#include "wasm64/snapshot/snapshot.hpp"
#include "wasm64/storage/memory_store.hpp"

/// Stores with their checkpointer, over a storage that they share.
namespace wasm64::test {

template <class Config = engine_config>
struct saved_engine : engine<Config> {
  memory_store& objects;
  checkpointer states;

  explicit saved_engine(memory_store& in, const limits& l = {}, snapshot_hooks hooks = {})
      : engine<Config>(l), objects(in), states(this->st, std::move(hooks)) {}

  content_id save() {
    any_store to(objects);
    const auto id = states.save(to);
    if (!id.has_value()) FAIL("save: " << to_string(id.error()));
    return id.value();
  }
  content_id id() {
    const auto id = states.state_id();
    if (!id.has_value()) FAIL("state_id: " << to_string(id.error()));
    return id.value();
  }
  error save_failure() {
    any_store to(objects);
    const auto id = states.save(to);
    if (id.has_value()) FAIL("save did not fail");
    return id.error();
  }
  void restore(const content_id& id) {
    any_store from(objects);
    const auto done = states.restore(id, from);
    if (!done.has_value()) FAIL("restore: " << to_string(done.error()));
  }
  /// Also checks that nothing has changed.
  error restore_failure(const content_id& id) {
    const content_id before = this->id();
    any_store from(objects);
    const auto done = states.restore(id, from);
    if (done.has_value()) FAIL("restore did not fail");
    CHECK(this->id() == before);
    return done.error();
  }
};

}  // namespace wasm64::test
