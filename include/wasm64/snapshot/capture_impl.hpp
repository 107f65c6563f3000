#pragma once

#include <algorithm>

#include "wasm64/runtime/machine.hpp"
#include "wasm64/snapshot/snapshot.hpp"
#include "wasm64/snapshot/zero.hpp"

namespace wasm64 {

namespace detail {

class snapshot_writer {
 public:
  explicit snapshot_writer(const instance& in) noexcept : in_(in) {}

  result<void> write() {
    const module& m = *in_.source;
    put_bytes(snapshot_format::magic.data(), snapshot_format::magic.size());
    put(snapshot_format::version);
    put_bytes(m.id.data(), m.id.size());
    put(in_.vm->heap.counted());
    WASM64_CHECK(put_globals());
    put(static_cast<std::uint32_t>(in_.memories.size() - m.imported_memories));
    for (std::size_t i = m.imported_memories; i < in_.memories.size(); ++i) put_memory(*in_.memories[i]);
    WASM64_CHECK(put_tables());
    WASM64_CHECK(check_segments());
    put_flags(in_.dropped_elems);
    put_flags(in_.dropped_datas);
    if ((out.size() + snapshot_format::digest_size) % snapshot_format::page_size == 0) out.push_back(0);
    return success();
  }

  byte_vector out;

 private:
  template <class T>
  void put(T number) {
    put_bytes(reinterpret_cast<const std::uint8_t*>(&number), sizeof number);
  }
  void put_bytes(const std::uint8_t* bytes, std::size_t size) { out.insert(out.end(), bytes, bytes + size); }
  void put_flags(const vector<std::uint8_t>& flags) {
    put(static_cast<std::uint32_t>(flags.size()));
    put_bytes(flags.data(), flags.size());
  }

  result<void> put_globals() {
    const std::uint32_t imported = in_.source->imported_globals;
    put(static_cast<std::uint32_t>(in_.globals.size() - imported));
    for (std::size_t i = imported; i < in_.globals.size(); ++i) {
      const global_instance& g = *in_.globals[i];
      if (g.type.type.is_ref()) {
        WASM64_TRY(const std::uint32_t reference, reference_to(g.bits, in_.source->globals[i].type.type, "global ", i));
        put(std::uint64_t{reference});
      } else {
        put(g.bits);
        if (g.type.type.is_vec()) put(g.high);
      }
    }
    return success();
  }

  void put_memory(const memory_instance& memory) {
    using namespace snapshot_format;
    put(memory.pages());
    const std::size_t map = out.size();
    const std::uint64_t blocks = block_count(memory.size);
    out.resize(map + (blocks + 7) / 8, 0);
    for (std::uint64_t i = 0; i < blocks; ++i) {
      const std::uint8_t* const block = memory.base + i * block_size;
      const std::uint64_t size = std::min(block_size, memory.size - i * block_size);
      if (is_zero(block, size)) continue;
      out[map + i / 8] = static_cast<std::uint8_t>(out[map + i / 8] | 1u << i % 8);
      put_bytes(block, size);
    }
  }

  result<void> put_tables() {
    const std::uint32_t imported = in_.source->imported_tables;
    put(static_cast<std::uint32_t>(in_.tables.size() - imported));
    for (std::size_t i = imported; i < in_.tables.size(); ++i) {
      const table_instance& t = *in_.tables[i];
      put(std::uint64_t{t.elements.size()});
      for (const word element : t.elements) {
        WASM64_TRY(const std::uint32_t reference,
                   reference_to(element, in_.source->tables[i].type.element, "table ", i));
        put(reference);
      }
    }
    return success();
  }

  /// Segments are evaluated anew in the instance that is restored, which would make other objects of theirs.
  result<void> check_segments() const {
    for (std::size_t i = 0; i < in_.elems.size(); ++i) {
      for (const word reference : in_.elems[i]) {
        if (in_.vm->heap.holds(reference)) {
          return fail(errc::snapshot_incompatible, "element segment " + std::to_string(i) + " refers to objects");
        }
      }
    }
    return success();
  }

  result<std::uint32_t> reference_to(word bits, val_type type, const char* where, std::size_t index) const {
    if (bits == 0) return 0u;
    const bool to_function =
        type.heap.is_index() ? in_.source->types[type.heap.index()].kind == comp_kind::func : type.heap == heap::func;
    if (to_function) {
      const auto* f = reinterpret_cast<const func_instance*>(bits);
      if (f->owner == &in_) return f->index + 1;
      for (std::uint32_t i = 0; i < in_.source->imported_funcs; ++i) {
        if (in_.funcs[i] == f) return i + 1;
      }
    }
    return fail(errc::snapshot_incompatible,
                where + std::to_string(index) + " refers to something that is no function of the instance");
  }

  const instance& in_;
};

}  // namespace detail

WASM64_INLINE result<byte_vector> capture(const instance& in, snapshot_hash hash) {
  if (in.vm->nesting != 0) return fail(errc::instance_busy);
  detail::snapshot_writer writer(in);
  WASM64_CHECK(writer.write());
  WASM64_TRY(const auto digest, hash(view_of(writer.out)));
  writer.out.insert(writer.out.end(), digest.begin(), digest.end());
  return std::move(writer.out);
}

}  // namespace wasm64
