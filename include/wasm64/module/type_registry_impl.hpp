#pragma once

#include <algorithm>

#include "wasm64/module/type_registry.hpp"

namespace wasm64 {

WASM64_INLINE vector<std::uint32_t> type_registry::add(const vector<sub_type>& types) {
  vector<std::uint32_t> ids;
  ids.reserve(types.size());
  while (ids.size() < types.size()) add_group(types, ids.size(), ids);
  return ids;
}

WASM64_INLINE std::uint32_t type_registry::add(const func_type& type) {
  vector<sub_type> alone(1);
  alone[0].func = type;
  return add(alone)[0];
}

/// Enters the group that begins there as if it were new, and takes it back when it is known already.
WASM64_INLINE void type_registry::add_group(const vector<sub_type>& types, std::size_t begin,
                                            vector<std::uint32_t>& ids) {
  group made{0, words_.size(), 0, size(), types[begin].group_size};
  for (std::uint32_t i = 0; i < made.size; ++i) {
    entries_.push_back({words_.size(), made.first, 0, 0, 0});
    encode(types[begin + i], static_cast<std::uint32_t>(begin), ids);
  }
  made.end = words_.size();
  made.hash = hash(made);
  if ((groups_.size() + 1) * 2 > buckets_.size()) grow();
  std::uint32_t* const bucket = find(made);
  if (*bucket != 0) {
    words_.resize(made.begin);
    entries_.resize(made.first);
    made.first = groups_[*bucket - 1].first;
  } else {
    groups_.push_back(made);
    *bucket = static_cast<std::uint32_t>(groups_.size());
    for (std::uint32_t i = 0; i < made.size; ++i) place(entries_[made.first + i]);
  }
  for (std::uint32_t i = 0; i < made.size; ++i) ids.push_back(made.first + i);
}

WASM64_INLINE void type_registry::encode(const sub_type& type, std::uint32_t begin, const vector<std::uint32_t>& ids) {
  const bool is_func = type.kind == comp_kind::func;
  words_.push_back(static_cast<std::uint64_t>(type.kind) | (type.is_final ? final_bit : 0) |
                   (type.supers.empty() ? 0 : super_bit));
  words_.push_back((is_func ? type.func.params.size() : type.fields.size()) |
                   std::uint64_t{is_func ? type.func.results.size() : 0} << 32);
  if (!type.supers.empty()) {
    words_.push_back(encode(val_type::ref(heap_type{static_cast<std::int32_t>(type.supers[0])}), begin, ids));
  }
  for (const val_type t : type.func.params) words_.push_back(encode(t, begin, ids));
  for (const val_type t : type.func.results) words_.push_back(encode(t, begin, ids));
  for (const field_type& f : type.fields) {
    words_.push_back(encode(f.type, begin, ids) | (f.is_mutable ? mutable_bit : 0));
  }
}

WASM64_INLINE std::uint64_t type_registry::encode(val_type type, std::uint32_t begin,
                                                  const vector<std::uint32_t>& ids) noexcept {
  const bool is_relative = type.is_ref() && type.heap.is_index() && type.heap.index() >= begin;
  if (is_relative) type.heap.code -= static_cast<std::int32_t>(begin);
  else type = canonical(type, ids);
  return static_cast<std::uint64_t>(type.code) | (type.nullable ? null_bit : 0) | (is_relative ? relative_bit : 0) |
         std::uint64_t{static_cast<std::uint32_t>(type.heap.code)} << 32;
}

WASM64_INLINE val_type type_registry::decode(std::uint64_t word, std::uint32_t first) noexcept {
  const std::uint32_t code = static_cast<std::uint32_t>(word >> 32) + ((word & relative_bit) != 0 ? first : 0);
  return {static_cast<type_code>(word & 0xFF), (word & null_bit) != 0, heap_type{static_cast<std::int32_t>(code)}};
}

WASM64_INLINE sub_type type_registry::type(std::uint32_t id) const {
  const entry& e = entries_[id];
  const std::uint64_t* word = &words_[e.at];
  const std::uint64_t head = *word++;
  const std::uint64_t counts = *word++;
  sub_type made;
  made.is_final = (head & final_bit) != 0;
  made.kind = kind(id);
  if ((head & super_bit) != 0) made.supers.push_back(decode(*word++, e.first).heap.index());
  for (std::uint64_t i = 0; i < (counts & 0xFFFF'FFFF); ++i, ++word) {
    if (made.kind == comp_kind::func) made.func.params.push_back(decode(*word, e.first));
    else made.fields.push_back({decode(*word, e.first), (*word & mutable_bit) != 0});
  }
  for (std::uint64_t i = 0; i < counts >> 32; ++i) made.func.results.push_back(decode(*word++, e.first));
  return made;
}

/// Lists the supertypes of a new type. Those before it in its group have been placed.
WASM64_INLINE void type_registry::place(entry& made) {
  if ((words_[made.at] & super_bit) == 0) return;
  entry& super = entries_[decode(words_[made.at + 2], made.first).heap.index()];
  if (super.as_super == 0) {
    if (supers_.empty()) supers_.push_back(0);  // place 0 means nowhere
    super.as_super = static_cast<std::uint32_t>(supers_.size());
    for (std::uint32_t i = 0; i < super.depth; ++i) {
      const std::uint32_t above = supers_[super.supers + i];
      supers_.push_back(above);
    }
    supers_.push_back(static_cast<std::uint32_t>(&super - entries_.data()));
  }
  made.supers = super.as_super;
  made.depth = super.depth + 1;
}

/// Seeded, so that who writes a module cannot choose types that collide.
WASM64_INLINE std::uint64_t type_registry::hash(const group& g) const noexcept {
  std::uint64_t h = seed_ + g.size;
  for (std::size_t i = g.begin; i < g.end; ++i) {
    h ^= words_[i];
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
    h = (h ^ h >> 32) + seed_;
  }
  return h;
}

/// The bucket of an equal group, or the free one where it would be.
WASM64_INLINE std::uint32_t* type_registry::find(const group& g) noexcept {
  for (std::size_t at = g.hash & (buckets_.size() - 1);; at = (at + 1) & (buckets_.size() - 1)) {
    if (buckets_[at] == 0) return &buckets_[at];
    const group& known = groups_[buckets_[at] - 1];
    if (known.hash == g.hash && known.size == g.size && known.end - known.begin == g.end - g.begin &&
        std::equal(&words_[known.begin], &words_[known.begin] + (known.end - known.begin), &words_[g.begin])) {
      return &buckets_[at];
    }
  }
}

WASM64_INLINE void type_registry::grow() {
  buckets_.assign(buckets_.empty() ? 16 : buckets_.size() * 2, 0);
  for (std::uint32_t i = 0; i < groups_.size(); ++i) {
    std::size_t at = groups_[i].hash & (buckets_.size() - 1);
    while (buckets_[at] != 0) at = (at + 1) & (buckets_.size() - 1);
    buckets_[at] = i + 1;
  }
}

}  // namespace wasm64
