#pragma once

#include "tests/unit/snapshot/support.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64::test {

/// A snapshot that can be changed at will: all hashes fit what it then says.
class forgery {
 public:
  forgery(memory_store& objects, const content_id& of) : objects_(objects) {
    manifest_bytes = copy(objects.get(of).value());
    manifest = decode_manifest(view_of(manifest_bytes)).value();
    any_store from(objects);
    state = fetch_bytes(manifest.state_size, manifest.state, from, 1 << 24).value();
  }

  /// Puts the state and a manifest that names it.
  content_id put(const byte_vector& forged) const {
    object_batch made;
    page_tree tree;
    snapshot_manifest m = manifest;
    m.state_size = forged.size();
    m.state = tree.update(view_of(forged), made).value();
    any_store to(objects_);
    REQUIRE(made.put(to).has_value());
    return put(encode(m), to);
  }
  content_id put(const snapshot_manifest& forged) const {
    any_store to(objects_);
    return put(encode(forged), to);
  }
  content_id put_manifest(const byte_vector& forged) const { return objects_.put(view_of(forged)).value(); }

  std::uint64_t word(std::size_t index) const { return load_le<std::uint64_t>(state.data() + 8 * index); }
  std::size_t words() const { return state.size() / 8; }
  byte_vector with_word(std::size_t index, std::uint64_t value) const {
    byte_vector changed = state;
    store_le(changed.data() + 8 * index, value);
    return changed;
  }

  byte_vector manifest_bytes;
  snapshot_manifest manifest;
  byte_vector state;

 private:
  static content_id put(const byte_vector& bytes, any_store& to) { return to.put(view_of(bytes)).value(); }
  static byte_vector copy(bytes_view bytes) { return byte_vector(bytes.begin(), bytes.end()); }

  memory_store& objects_;
};

/// Restores what may be wrong: either the store is then in that very state, or it is as it was before.
template <class Engine>
errc try_forged(Engine& e, const content_id& id) {
  const content_id before = e.id();
  any_store from(e.objects);
  const auto done = e.states.restore(id, from);
  const content_id after = e.id();
  if (after != (done.has_value() ? id : before))
    FAIL("restored half: " << (done.has_value() ? "accepted" : to_string(done.error())));
  return done.has_value() ? errc{} : done.error().code;
}

}  // namespace wasm64::test
