#pragma once

#include <cstdlib>

#include "wasm64/snapshot/snapshot.hpp"
#include "wasm64/snapshot/state_reader.hpp"
#include "wasm64/snapshot/state_writer.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64 {

/// Memory for a state; what is never written to costs nothing.
class checkpointer::state_stage final : public page_sink {
 public:
  explicit state_stage(std::uint64_t size) noexcept
      : bytes_(static_cast<std::uint8_t*>(std::calloc(size, 1))), size_(size) {}
  state_stage(const state_stage&) = delete;
  state_stage& operator=(const state_stage&) = delete;
  ~state_stage() override { std::free(bytes_); }

  result<void> page(std::uint64_t index, bytes_view bytes) override {
    const std::uint64_t at = index * tree_format::page_size;
    std::memcpy(bytes_ + at, bytes.data(), std::min<std::uint64_t>(bytes.size(), size_ - at));
    return success();
  }
  result<void> zeros(page_range) override { return success(); }

  bool is_there() const noexcept { return bytes_ != nullptr; }
  std::span<std::uint8_t> bytes() const noexcept { return {bytes_, static_cast<std::size_t>(size_)}; }

 private:
  std::uint8_t* bytes_;
  std::uint64_t size_;
};

/// The objects refer to memories and to `written_`.
WASM64_INLINE result<snapshot_manifest> checkpointer::update(object_batch& changed) {
  machine& vm = store_.vm();
  if (is_busy()) return fail(errc::instance_busy);
  snapshot_manifest m;
  for (const instance* in : vm.all_instances) {
    WASM64_TRY(const content_id id, module_id(*in));
    m.modules.push_back(id);
  }
  WASM64_TRY(byte_vector state, detail::state_writer(store_, hooks_).write());
  if (state.size() > most_state_bytes()) return fail(errc::snapshot_incompatible, "size of the state");
  track();
  for (tracked_memory& t : memories_) {
    WASM64_TRY(const tree_root root, t.save(changed));
    m.memories.push_back({t.memory().pages(), t.memory().type.page_size_log2, root});
  }
  const page_ranges of_state = changed_pages(view_of(written_), view_of(state));
  written_ = std::move(state);
  m.state_size = written_.size();
  const result<tree_root> root = state_.update(view_of(written_), view_of(of_state), changed);
  if (!root.has_value()) written_.clear();
  WASM64_TRY(m.state, root);
  return m;
}

/// All, where nothing is known of what was before.
WASM64_INLINE page_ranges checkpointer::changed_pages(bytes_view before, bytes_view now) {
  using tree_format::page_size;
  const std::uint64_t common = std::min(before.size(), now.size());
  page_ranges changed;
  for (std::uint64_t page = 0; page < tree_format::page_count(now.size()); ++page) {
    const std::uint64_t at = page * page_size;
    const bool is_same = at + page_size <= common && std::memcmp(before.data() + at, now.data() + at, page_size) == 0;
    if (!is_same) add_range(changed, {page, 1});
  }
  return changed;
}

WASM64_INLINE result<content_id> checkpointer::save(any_store& to) {
  use(to);
  object_batch changed;
  WASM64_TRY(const snapshot_manifest m, update(changed));
  byte_vector manifest = encode(m);
  WASM64_TRY(const content_id id, sha256(view_of(manifest)));
  changed.add(id, view_of(manifest));
  WASM64_CHECK(changed.put(to));
  for (tracked_memory& memory : memories_) memory.settle();
  state_.settle();
  manifest_ = std::move(manifest);
  return id;
}

WASM64_INLINE result<content_id> checkpointer::state_id() {
  object_batch changed;
  WASM64_TRY(const snapshot_manifest m, update(changed));
  manifest_ = encode(m);
  return sha256(view_of(manifest_));
}

WASM64_INLINE void checkpointer::track() {
  const auto& all = store_.vm().all_memories;
  while (memories_.size() != all.size()) memories_.emplace_back(*all[memories_.size()]);
}

/// What the trees remember is true of one place.
WASM64_INLINE void checkpointer::use(const any_store& storage) {
  if (storage_ == storage.identity()) return;
  forget();
  storage_ = storage.identity();
}

WASM64_INLINE void checkpointer::forget() {
  memories_.clear();
  state_ = page_tree();
  written_.clear();
  storage_ = nullptr;
}

/// Nobody knows what a failure has left in memories.
WASM64_INLINE result<void> checkpointer::map(const vector<std::shared_ptr<const tree_image>>& images) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    result<void> mapped = memories_[i].put(images[i]);
    if (mapped.has_value()) continue;
    forget();
    return mapped;
  }
  return success();
}

WASM64_INLINE result<content_id> checkpointer::module_id(const instance& in) {
  for (std::size_t i = modules_.size(); i <= in.number; ++i) {
    const module& m = *store_.vm().all_instances[i]->source;
    content_id id{m.id};
    if (id == content_id()) {
      WASM64_TRY(id, sha256(view_of(m.bytes)));
    }
    modules_.push_back(id);
  }
  return modules_[in.number];
}

WASM64_INLINE result<void> checkpointer::check_manifest(const snapshot_manifest& m) {
  machine& vm = store_.vm();
  if (m.modules.size() != vm.all_instances.size()) return fail(errc::snapshot_incompatible, "number of instances");
  for (std::size_t i = 0; i < m.modules.size(); ++i) {
    WASM64_TRY(const content_id id, module_id(*vm.all_instances[i]));
    if (id != m.modules[i]) return fail(errc::snapshot_wrong_module, "instance " + std::to_string(i));
  }
  if (m.memories.size() != vm.all_memories.size()) return fail(errc::snapshot_incompatible, "number of memories");
  for (std::size_t i = 0; i < m.memories.size(); ++i) {
    const snapshot_manifest::memory& then = m.memories[i];
    const memory_instance& now = *vm.all_memories[i];
    const auto unfit = [&](const char* why) {
      return fail(errc::snapshot_incompatible, "memory " + std::to_string(i) + why);
    };
    if (then.page_size_log2 != now.type.page_size_log2) return unfit(" has pages of another size");
    if (then.pages < now.pages()) return unfit(" is larger by now, and memories never shrink");
    if (then.pages > now.max_pages()) return unfit(" cannot be that large");
  }
  if (m.state_size > most_state_bytes()) return fail(errc::snapshot_incompatible, "size of the state");
  return success();
}

/// No state that this store can be in has more. A few objects can say that there are that many.
WASM64_INLINE std::uint64_t checkpointer::most_state_bytes() const noexcept {
  constexpr std::uint64_t most = std::uint64_t{1} << 44, of_host = std::uint64_t{64} << 20;
  const machine& vm = store_.vm();
  std::uint64_t segments = 0;
  for (const instance* in : vm.all_instances) {
    segments += in->source->datas.size() + 64;
    for (const elem_segment& s : in->source->elems) segments += 8 * s.exprs.size() + 8;
  }
  return of_host + segments + 16 * vm.all_globals.size() + 8 * vm.all_tables.size() +
         std::min(vm.limits.table_elements, most) * 8 + vm.heap.most() + std::uint64_t{vm.limits.stack_values} * 32 +
         std::uint64_t{vm.limits.call_depth} * 64;
}

WASM64_INLINE result<void> checkpointer::restore(const content_id& id, any_store& from, restore_options how) {
  WASM64_TRY(const shared_bytes manifest, from.get(id));
  WASM64_TRY(const content_id found, sha256(manifest));
  if (found != id) return fail(errc::hash_mismatch, to_text(id));
  return restore(manifest.view(), from, how);
}

WASM64_INLINE result<void> checkpointer::restore(bytes_view manifest, any_store& from, restore_options how) {
  if (is_busy()) return fail(errc::instance_busy);
  WASM64_TRY(const snapshot_manifest m, decode_manifest(manifest));
  WASM64_CHECK(check_manifest(m));
  state_stage state(m.state_size);
  if (!state.is_there()) return fail(errc::out_of_memory, "snapshot");
  WASM64_TRY(page_tree state_tree, page_tree().fetch(m.state_size, m.state, from, state));
  detail::state_reader reader(store_, hooks_, state.bytes());
  WASM64_CHECK(reader.check());

  // Nothing is written before everything was fetched: what differs from what is there by now, or images.
  use(from);
  track();
  vector<tracked_memory::change> changes;
  vector<std::shared_ptr<const tree_image>> images;
  for (std::size_t i = 0; i < m.memories.size(); ++i) {
    const snapshot_manifest::memory& memory = m.memories[i];
    if (how.images != nullptr) {
      WASM64_TRY(auto image, how.images->get(memory.size(), memory.root, from));
      images.push_back(std::move(image));
    } else {
      WASM64_TRY(tracked_memory::change made, memories_[i].prepare(memory.size(), memory.root, from));
      changes.push_back(std::move(made));
    }
  }
  WASM64_CHECK(grow(m));
  for (std::size_t i = 0; i < changes.size(); ++i) WASM64_CHECK(memories_[i].apply(std::move(changes[i])));
  WASM64_CHECK(map(images));
  reader.apply();
  state_ = std::move(state_tree);
  written_.clear();
  manifest_.assign(manifest.begin(), manifest.end());
  return success();
}

WASM64_INLINE result<store_image> checkpointer::image() {
  object_batch unwanted;
  store_image made;
  WASM64_TRY(made.parts_, update(unwanted));
  for (tracked_memory& t : memories_) {
    WASM64_TRY(auto memory, t.image());
    made.memories_.push_back(std::move(memory));
  }
  manifest_ = encode(made.parts_);
  made.manifest_ = manifest_;
  made.state_ = written_;
  made.state_tree_ = state_;
  made.storage_ = storage_;
  return made;
}

WASM64_INLINE result<void> checkpointer::restore(const store_image& from) {
  if (is_busy()) return fail(errc::instance_busy);
  WASM64_CHECK(check_manifest(from.parts_));
  byte_vector state = from.state_;
  detail::state_reader reader(store_, hooks_, {state.data(), state.size()});
  WASM64_CHECK(reader.check());
  track();
  WASM64_CHECK(grow(from.parts_));
  WASM64_CHECK(map(from.memories_));
  reader.apply();
  state_ = from.state_tree_;
  written_ = from.state_;
  manifest_ = from.manifest_;
  storage_ = from.storage_;
  return success();
}

/// All memories or none.
WASM64_INLINE result<void> checkpointer::grow(const snapshot_manifest& m) {
  const auto& all = store_.vm().all_memories;
  vector<std::uint64_t> before;
  for (std::size_t i = 0; i < all.size(); ++i) {
    before.push_back(all[i]->pages());
    if (all[i]->grow(m.memories[i].pages - before[i]) == memory_instance::grown::yes) continue;
    while (i-- > 0) all[i]->ungrow(before[i]);
    return fail(errc::out_of_memory, "memory");
  }
  return success();
}

}  // namespace wasm64
