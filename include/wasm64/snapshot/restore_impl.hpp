#pragma once

#include <algorithm>

#include "wasm64/runtime/machine.hpp"
#include "wasm64/snapshot/snapshot.hpp"
#include "wasm64/snapshot/zero.hpp"
#include "wasm64/valid/matching.hpp"

namespace wasm64 {

namespace detail {

/// Reads a snapshot twice with the same code: to check it against the instance, then to write it there.
class snapshot_reader {
 public:
  snapshot_reader(instance& in, bytes_view body) noexcept : in_(in), source_(*in.source), body_(body) {}

  result<void> check() { return read<false>(); }
  /// Only after `check` has succeeded.
  result<void> apply() {
    at_ = 0;
    return read<true>();
  }
  /// Makes room for the contents that `check` has seen.
  result<void> grow() {
    for (const growth& g : growths_) {
      if (g.memory->grow(g.pages - g.memory->pages()) != memory_instance::grown::yes) return fail(errc::out_of_memory);
    }
    return success();
  }

 private:
  struct growth {
    memory_instance* memory;
    std::uint64_t pages;
  };

  auto malformed() const { return fail(errc::snapshot_malformed, snapshot_format::header_size + at_); }
  static auto incompatible(const char* what, std::size_t index) {
    return fail(errc::snapshot_incompatible, what + std::to_string(index));
  }

  template <class T>
  result<T> take() {
    WASM64_TRY(const bytes_view bytes, take_bytes(sizeof(T)));
    return load_le<T>(bytes.data());
  }
  result<bytes_view> take_bytes(std::uint64_t size) {
    if (size > body_.size() - at_) return malformed();
    const bytes_view bytes = body_.subspan(at_, static_cast<std::size_t>(size));
    at_ += bytes.size();
    return bytes;
  }
  result<void> take_count(std::size_t expected, const char* what) {
    WASM64_TRY(const std::uint32_t count, take<std::uint32_t>());
    if (count != expected) return fail(errc::snapshot_incompatible, what);
    return success();
  }

  template <bool Write>
  result<void> read() {
    WASM64_TRY(const std::uint64_t counted, take<std::uint64_t>());
    if constexpr (Write) in_.vm->heap.recount(counted);
    WASM64_CHECK(take_count(in_.globals.size() - source_.imported_globals, "number of globals"));
    for (std::size_t i = source_.imported_globals; i < in_.globals.size(); ++i) WASM64_CHECK(read_global<Write>(i));
    WASM64_CHECK(take_count(in_.memories.size() - source_.imported_memories, "number of memories"));
    for (std::size_t i = source_.imported_memories; i < in_.memories.size(); ++i) WASM64_CHECK(read_memory<Write>(i));
    WASM64_CHECK(take_count(in_.tables.size() - source_.imported_tables, "number of tables"));
    for (std::size_t i = source_.imported_tables; i < in_.tables.size(); ++i) WASM64_CHECK(read_table<Write>(i));
    WASM64_CHECK(read_flags<Write>(in_.dropped_elems, "element segments"));
    WASM64_CHECK(read_flags<Write>(in_.dropped_datas, "data segments"));
    if constexpr (Write) {
      for (std::size_t i = 0; i < in_.elems.size(); ++i) {
        if (in_.dropped_elems[i] != 0) in_.elems[i].clear();
      }
    }
    const std::size_t unpadded = snapshot_format::header_size + at_ + snapshot_format::digest_size;
    if (unpadded % snapshot_format::page_size == 0) {
      WASM64_TRY(const std::uint8_t padding, take<std::uint8_t>());
      if (padding != 0) return malformed();
    }
    return at_ == body_.size() ? result<void>(success()) : malformed();
  }

  template <bool Write>
  result<void> read_global(std::size_t index) {
    global_instance& g = *in_.globals[index];
    const val_type type = source_.globals[index].type.type;
    WASM64_TRY(word bits, take<word>());
    word high = 0;
    if (type.is_vec()) {
      WASM64_TRY(high, take<word>());
    }
    if (type.is_ref()) {
      if (!is_reference(bits, type)) return incompatible("global ", index);
      bits = function_at(bits);
    } else if ((type == types::i32 || type == types::f32) && bits >> 32 != 0) {
      return malformed();
    }
    // What code may have been compiled against cannot change.
    if (!g.type.is_mutable && (bits != g.bits || high != g.high)) return incompatible("immutable global ", index);
    if constexpr (Write) {
      g.bits = bits;
      g.high = high;
    }
    return success();
  }

  template <bool Write>
  result<void> read_memory(std::size_t index) {
    using namespace snapshot_format;
    memory_instance& memory = *in_.memories[index];
    WASM64_TRY(const std::uint64_t pages, take<std::uint64_t>());
    if (!Write && (pages < memory.pages() || pages > memory.max_pages())) return incompatible("memory ", index);
    if (!Write && pages != memory.pages()) growths_.push_back({&memory, pages});
    const std::uint64_t size = pages << memory.type.page_size_log2;
    const std::uint64_t blocks = block_count(size);
    WASM64_TRY(const bytes_view map, take_bytes((blocks + 7) / 8));
    if (blocks % 8 != 0 && map.back() >> blocks % 8 != 0) return malformed();
    for (std::uint64_t i = 0; i < blocks; ++i) {
      const std::uint64_t block = std::min(block_size, size - i * block_size);
      std::uint8_t* const to = memory.base + i * block_size;
      if ((map[i / 8] >> i % 8 & 1) == 0) {
        if (Write && !is_zero(to, block)) std::memset(to, 0, block);
        continue;
      }
      WASM64_TRY(const bytes_view contents, take_bytes(block));
      if (!Write && is_zero(contents.data(), block)) return malformed();
      if (Write) std::memcpy(to, contents.data(), block);
    }
    return success();
  }

  template <bool Write>
  result<void> read_table(std::size_t index) {
    table_instance& t = *in_.tables[index];
    WASM64_TRY(const std::uint64_t size, take<std::uint64_t>());
    if (!Write && (size < t.elements.size() || size > t.max_elements)) return incompatible("table ", index);
    if (size > body_.size() / sizeof(std::uint32_t)) return malformed();  // the product could wrap
    WASM64_TRY(const bytes_view references, take_bytes(size * sizeof(std::uint32_t)));
    if constexpr (Write) {
      in_.vm->table_elements += size - t.elements.size();
      t.elements.resize(size, 0);
    } else {
      more_elements_ += size - t.elements.size();
      const std::uint64_t room = in_.vm->limits.table_elements - in_.vm->table_elements;
      if (more_elements_ > room) return incompatible("table ", index);
    }
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto reference = load_le<std::uint32_t>(references.data() + i * sizeof(std::uint32_t));
      if (!Write && !is_reference(reference, source_.tables[index].type.element))
        return incompatible("element of table ", index);
      if (Write) t.elements[i] = function_at(reference);
    }
    return success();
  }

  template <bool Write>
  result<void> read_flags(vector<std::uint8_t>& dropped, const char* what) {
    WASM64_CHECK(take_count(dropped.size(), what));
    WASM64_TRY(const bytes_view flags, take_bytes(dropped.size()));
    for (std::size_t i = 0; i < flags.size(); ++i) {
      if (flags[i] > 1) return malformed();
      if (flags[i] < dropped[i]) return fail(errc::snapshot_incompatible, what);
      if (Write) dropped[i] = flags[i];
    }
    return success();
  }

  /// Whether the instance has that function and a place of that type may hold it.
  bool is_reference(std::uint64_t reference, val_type type) const {
    if (reference == 0) return type.nullable;
    if (reference > in_.funcs.size()) return false;
    const auto index = static_cast<std::int32_t>(source_.func_types[static_cast<std::size_t>(reference - 1)]);
    return is_subtype(source_, val_type::ref(heap_type{index}), val_type::ref(type.heap));
  }
  word function_at(std::uint64_t reference) const noexcept {
    return reference == 0 ? 0 : reinterpret_cast<word>(in_.funcs[static_cast<std::size_t>(reference - 1)]);
  }

  instance& in_;
  const module& source_;
  bytes_view body_;
  std::size_t at_ = 0;
  vector<growth> growths_;
  std::uint64_t more_elements_ = 0;
};

}  // namespace detail

WASM64_INLINE result<void> restore(instance& in, bytes_view snapshot, snapshot_hash hash) {
  using namespace snapshot_format;
  if (in.vm->nesting != 0) return fail(errc::instance_busy);
  if (snapshot.size() < header_size + digest_size || !is_snapshot(snapshot)) return fail(errc::snapshot_malformed);
  if (load_le<std::uint32_t>(snapshot.data() + magic.size()) != version) return fail(errc::snapshot_version);
  const bytes_view sealed = snapshot.first(snapshot.size() - digest_size);
  WASM64_TRY(const auto digest, hash(sealed));
  if (std::memcmp(digest.data(), snapshot.data() + sealed.size(), digest_size) != 0) {
    return fail(errc::snapshot_corrupt);
  }
  const std::uint8_t* const id = snapshot.data() + magic.size() + sizeof version;
  if (std::memcmp(id, in.source->id.data(), in.source->id.size()) != 0) return fail(errc::snapshot_wrong_module);
  detail::snapshot_reader reader(in, sealed.subspan(header_size));
  WASM64_CHECK(reader.check());
  WASM64_CHECK(reader.grow());
  return reader.apply();
}

WASM64_INLINE result<void> restore_memory_image(instance& in, bytes_view image) {
  if (in.vm->nesting != 0) return fail(errc::instance_busy);
  if (image.size() % snapshot_format::page_size != 0) return fail(errc::snapshot_malformed, "not whole pages");
  memory_instance* const memory = in.memory(0);
  if (memory == nullptr) {
    if (image.empty()) return success();
    return fail(errc::snapshot_incompatible, "no memory");
  }
  if (image.size() < memory->size) return fail(errc::snapshot_incompatible, "smaller than the memory");
  const std::uint64_t delta = (image.size() - memory->size) >> memory->type.page_size_log2;
  switch (memory->grow(delta)) {
    case memory_instance::grown::yes: break;
    case memory_instance::grown::refused: return fail(errc::snapshot_incompatible, "larger than the memory can be");
    case memory_instance::grown::host_failed: return fail(errc::out_of_memory);
  }
  if (!image.empty()) std::memcpy(memory->base, image.data(), image.size());
  return success();
}

}  // namespace wasm64
