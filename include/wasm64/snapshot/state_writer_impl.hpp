#pragma once

#include <algorithm>

#include "wasm64/runtime/convert.hpp"
#include "wasm64/snapshot/state_writer.hpp"

namespace wasm64::detail {

WASM64_INLINE result<byte_vector> state_writer::write() {
  using namespace snapshot_format;
  put(store_.metered() ? static_cast<std::uint64_t>(store_.fuel()) : uncounted_fuel);
  put(vm_.heap.counted());
  const std::size_t sizes = out_.size();
  put(0);
  put(0);
  WASM64_CHECK(put_roots());
  const std::size_t objects = out_.size();
  store_le(out_.data() + sizes, std::uint64_t{objects - sizes - 2 * sizeof(word)});
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    place_ = "object ";
    index_ = i;
    WASM64_CHECK(put_object(objects_[i]));
  }
  store_le(out_.data() + sizes + sizeof(word), std::uint64_t{out_.size() - objects});
  put(meaning_of_.size());
  for (const byte_vector* meaning : meaning_of_) put_text(view_of(*meaning));
  WASM64_CHECK(put_parts());
  return std::move(out_);
}

WASM64_INLINE result<void> state_writer::put_roots() {
  put(vm_.all_globals.size());
  for (std::size_t i = 0; i < vm_.all_globals.size(); ++i) {
    const global_instance& g = *vm_.all_globals[i];
    place_ = "global ";
    index_ = i;
    if (g.type.type.is_ref()) {
      WASM64_CHECK(put_reference(g.bits, is_func(g.type.type)));
    } else {
      put_number(g.type.type, g.bits, g.high);
    }
  }
  put(vm_.all_tables.size());
  for (std::size_t i = 0; i < vm_.all_tables.size(); ++i) {
    const table_instance& t = *vm_.all_tables[i];
    place_ = "table ";
    index_ = i;
    const bool of_functions = is_func(t.type.element);
    put(t.elements.size());
    for (const word element : t.elements) WASM64_CHECK(put_reference(element, of_functions));
  }
  put(vm_.all_tags.size());
  for (const instance* in : vm_.all_instances) WASM64_CHECK(put_segments(*in));
  return put_call();
}

WASM64_INLINE result<void> state_writer::put_call() {
  put(static_cast<std::uint64_t>(store_.waiting_for()));
  if (!store_.suspended()) return success();
  WASM64_TRY(const suspended_call call, capture_call(store_));
  place_ = "suspended call ";
  index_ = 0;
  WASM64_CHECK(put_reference(reinterpret_cast<word>(call.entry), true));
  WASM64_CHECK(put_reference(reinterpret_cast<word>(call.import), true));
  WASM64_CHECK(put_values(call.arguments));
  put(call.frames.size());
  for (const suspended_frame& f : call.frames) {
    place_ = "frame ";
    put(word{f.function} << 32 | f.instance);
    put(f.offset);
    for (const auto* values : {&f.locals, &f.operands, &f.caught, &f.leftovers}) WASM64_CHECK(put_values(*values));
    ++index_;
  }
  return success();
}

WASM64_INLINE result<void> state_writer::put_values(const vector<suspended_value>& values) {
  put(values.size());
  for (const suspended_value& v : values) out_.push_back(static_cast<std::uint8_t>(v.type));
  out_.resize(object::rounded(out_.size()), 0);
  for (const suspended_value& v : values) {
    if (v.type == type_code::ref) {
      WASM64_CHECK(put_reference(v.bits, reference::is_address(v.bits) && !vm_.heap.holds(v.bits)));
    } else {
      put_number({v.type}, v.bits, v.high);
    }
  }
  return success();
}

WASM64_INLINE result<void> state_writer::put_segments(const instance& in) {
  place_ = "instance ";
  index_ = in.number;
  const module& m = *in.source;
  if (in.elems.size() != m.elems.size()) return fail(unfit("was not completed"));
  put(in.dropped_elems.size());
  put_padded(view_of(in.dropped_elems));
  put(in.dropped_datas.size());
  put_padded(view_of(in.dropped_datas));
  for (std::size_t i = 0; i < m.elems.size(); ++i) {
    if (in.dropped_elems[i] != 0 || m.elems[i].is_indices) continue;
    if (in.elems[i].size() != m.elems[i].exprs.size()) return fail(unfit("was not completed"));
    const bool of_functions = is_func(canonical(m.elems[i].type, in.type_ids));
    for (const word reference : in.elems[i]) WASM64_CHECK(put_reference(reference, of_functions));
  }
  return success();
}

/// As the heap has it; bytes between fields and behind elements are nobody's.
WASM64_INLINE result<void> state_writer::put_object(word address) {
  const word header = object_heap::header_of(address);
  const object::kind kind = object::kind_of(header);
  std::uint32_t number = object::number_of(header);
  const bool is_exception = kind == object::kind::exception;
  const object::layout& l = is_exception ? vm_.heap.tags[number] : vm_.heap.types[number];
  if (!is_exception) number = types_.number(number);
  const std::uint64_t length = object::length_of(header);
  put(length << object::length_shift | object::tag(kind, number));

  const auto* const from = reinterpret_cast<const std::uint8_t*>(address);
  if (kind == object::kind::array) {
    if (!l.has_reference_elements) {
      put_padded({from + object::header_size, static_cast<std::size_t>(length << l.log2_element)});
      return success();
    }
    const bool of_functions = is_func(l.types[0]);
    for (std::uint64_t i = 0; i < length; ++i) {
      WASM64_CHECK(put_reference(load_le<word>(from + (i + 1) * sizeof(word)), of_functions));
    }
    return success();
  }
  const std::size_t at = out_.size() - object::header_size;
  out_.resize(at + l.size, 0);
  for (std::size_t i = 0; i < l.types.size(); ++i) {
    std::uint8_t* const to = out_.data() + at + l.offsets[i];
    if (l.types[i].is_ref()) {
      WASM64_TRY(const word reference, reference_to(load_le<word>(from + l.offsets[i]), is_func(l.types[i])));
      store_le(to, reference);
    } else {
      std::memcpy(to, from + l.offsets[i], std::size_t{1} << object::log2_size(l.types[i]));
    }
  }
  return success();
}

WASM64_INLINE result<void> state_writer::put_parts() {
  vector<const snapshot_part*> parts;
  for (const snapshot_part& p : hooks_.parts) parts.push_back(&p);
  std::sort(parts.begin(), parts.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  const std::size_t count_at = out_.size();
  std::uint64_t count = 0;
  put(0);
  for (const snapshot_part* p : parts) {
    WASM64_TRY(const byte_vector content, p->save(p->environment));
    if (content.empty()) continue;
    put_text(as_bytes(p->name));
    put_text(view_of(content));
    ++count;
  }
  store_le(out_.data() + count_at, count);
  return success();
}

WASM64_INLINE result<word> state_writer::reference_to(word bits, bool is_func) {
  using enum snapshot_format::reference_kind;
  using snapshot_format::make_reference;
  if (bits == 0) return word{0};
  if (is_func) {
    const auto& f = *reinterpret_cast<const func_instance*>(bits);
    if (f.owner == nullptr) return make_reference(host_func, f.index);
    return make_reference(func, f.index) | word{f.owner->number} << snapshot_format::instance_shift;
  }
  if (reference::is_i31(bits)) return make_reference(i31, reference::i31_u(bits));
  if (reference::is_host(bits)) {
    WASM64_TRY(const word number, number_of_host(reference::host_handle(bits)));
    return make_reference(host, number);
  }
  WASM64_TRY(const word number, number_of_object(bits));
  return make_reference(object, number);
}

WASM64_INLINE result<word> state_writer::number_of_object(word address) {
  if (numbers_ == nullptr) {
    const auto words = static_cast<std::size_t>(vm_.heap.used() / sizeof(word));
    // Not touched where there is garbage.
    numbers_.reset(static_cast<std::uint32_t*>(std::calloc(words, sizeof(std::uint32_t))));
    if (numbers_ == nullptr) return fail(errc::out_of_memory, "snapshot");
  }
  std::uint32_t& number = numbers_[(address - reinterpret_cast<word>(vm_.heap.base())) / sizeof(word)];
  if (number == 0) {
    if (objects_.size() == 0xffffffff) return fail(errc::limit_exceeded, "number of objects");
    objects_.push_back(address);
    number = static_cast<std::uint32_t>(objects_.size());
  }
  return word{number} - 1;
}

WASM64_INLINE result<word> state_writer::number_of_host(std::uint64_t handle) {
  if (const auto known = hosts_.find(handle); known != hosts_.end()) return known->second;
  if (hooks_.encode == nullptr) return fail(unfit("has a reference of the host"));
  WASM64_TRY(byte_vector meaning, hooks_.encode(hooks_.environment, handle));
  const auto [at, is_new] = meanings_.try_emplace(std::move(meaning), meanings_.size());
  if (is_new) meaning_of_.push_back(&at->first);
  hosts_.emplace(handle, at->second);
  return at->second;
}

WASM64_INLINE bool state_writer::is_func(val_type type) const noexcept {
  return type.is_ref() && hierarchy_of(vm_, type.heap) == heap::func;
}

WASM64_INLINE error state_writer::unfit(std::string why) const {
  return {errc::snapshot_incompatible, place_ + std::to_string(index_) + " " + why};
}

}  // namespace wasm64::detail
