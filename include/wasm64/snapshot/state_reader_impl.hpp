#pragma once

#include <algorithm>

#include "wasm64/runtime/convert.hpp"
#include "wasm64/snapshot/state_reader.hpp"
#include "wasm64/snapshot/zero.hpp"

namespace wasm64::detail {

WASM64_INLINE result<void> state_reader::check() {
  constexpr std::size_t word_size = sizeof(word);
  if (state_.size() % word_size != 0) return fail(errc::snapshot_malformed, "size of the state");
  WASM64_TRY(const word fuel, take());
  // Spending goes below zero by a block or a host call, never as far as that.
  if (static_cast<std::int64_t>(fuel) < -(std::int64_t{1} << 62)) return fail(malformed());
  if (!store_.metered() && fuel != snapshot_format::uncounted_fuel) {
    return fail(errc::snapshot_incompatible, "the store counts no fuel");
  }
  WASM64_TRY(counted_, take());
  WASM64_TRY(const word roots, take());
  WASM64_TRY(const word objects, take());
  const std::size_t rest = state_.size() - at_;
  if (roots % word_size != 0 || objects % word_size != 0 || roots > rest || objects > rest - roots) {
    return fail(malformed());
  }
  if (objects > counted_) return fail(malformed());
  if (counted_ > vm_.heap.most()) return fail(errc::snapshot_incompatible, "more objects than the heap may have");
  heap_ = vm_.heap.spare();
  if (heap_ == nullptr) return fail(errc::out_of_memory, "heap");
  const std::size_t first_root = at_;
  first_object_ = next_object_ = at_ + static_cast<std::size_t>(roots);
  behind_objects_ = first_object_ + static_cast<std::size_t>(objects);

  at_ = behind_objects_;
  WASM64_CHECK(check_hosts());
  WASM64_CHECK(check_parts());
  if (at_ != state_.size()) return fail(malformed());
  at_ = first_root;
  WASM64_CHECK(check_roots());
  if (at_ != first_object_) return fail(malformed());
  for (std::size_t i = 0; i < objects_.size(); ++i) WASM64_CHECK(check_object(i));
  at_ = next_object_;
  if (next_object_ != behind_objects_ || hosts_found_ != hosts_.size()) return fail(malformed());
  if (objects != 0) std::memcpy(heap_, state_.data() + first_object_, static_cast<std::size_t>(objects));
  if (call_.what == waits_for::nothing) return success();
  restorer_.emplace(store_, call_, heap_, objects);
  return restorer_->check();
}

WASM64_INLINE error state_reader::unfit(const char* why) const {
  return {errc::snapshot_incompatible, place_ + std::to_string(index_) + why};
}

WASM64_INLINE result<std::uint64_t> state_reader::take() {
  if (state_.size() - at_ < sizeof(word)) return fail(malformed());
  at_ += sizeof(word);
  return load_le<word>(state_.data() + at_ - sizeof(word));
}

WASM64_INLINE result<void> state_reader::take_count(std::size_t expected, const char* what) {
  WASM64_TRY(const word count, take());
  if (count != expected) return fail(errc::snapshot_incompatible, what);
  return success();
}

WASM64_INLINE result<bytes_view> state_reader::take_text() {
  WASM64_TRY(const word size, take());
  return take_padded(size);
}

WASM64_INLINE result<bytes_view> state_reader::take_padded(std::uint64_t size) {
  const std::size_t rest = state_.size() - at_;
  if (size > rest) return fail(malformed());
  const auto whole = static_cast<std::size_t>(object::rounded(size));
  const std::uint8_t* const from = state_.data() + at_;
  if (whole > rest || !is_zero(from + size, whole - size)) return fail(malformed());
  at_ += whole;
  return bytes_view(from, static_cast<std::size_t>(size));
}

WASM64_INLINE result<void> state_reader::check_hosts() {
  WASM64_TRY(const word count, take());
  if (count > (state_.size() - at_) / sizeof(word)) return fail(malformed());
  if (count != 0 && hooks_.decode == nullptr) {
    return fail(errc::snapshot_incompatible, "references of the host, and no hook that knows them");
  }
  vector<bytes_view> meanings;
  for (word i = 0; i < count; ++i) {
    WASM64_TRY(const bytes_view meaning, take_text());
    meanings.push_back(meaning);
  }
  const auto before = [](bytes_view a, bytes_view b) { return as_text(a) < as_text(b); };
  vector<bytes_view> sorted = meanings;
  std::sort(sorted.begin(), sorted.end(), before);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (!before(sorted[i - 1], sorted[i])) return fail(malformed());
  }
  for (const bytes_view meaning : meanings) {
    WASM64_TRY(const std::uint64_t handle, hooks_.decode(hooks_.environment, meaning));
    if (handle == 0 || handle >> reference::handle_bits != 0) {
      return fail(errc::argument_out_of_range, "host reference");
    }
    hosts_.push_back(handle);
  }
  return success();
}

WASM64_INLINE result<void> state_reader::check_parts() {
  WASM64_TRY(const word count, take());
  std::string_view last;
  for (word i = 0; i < count; ++i) {
    WASM64_TRY(const bytes_view named, take_text());
    const std::string_view name = as_text(named);
    if (i != 0 && name <= last) return fail(malformed());
    last = name;
    WASM64_TRY(const bytes_view content, take_text());
    if (content.empty()) return fail(malformed());
    const auto known =
        std::find_if(hooks_.parts.begin(), hooks_.parts.end(), [&](const snapshot_part& p) { return p.name == name; });
    if (known == hooks_.parts.end()) {
      return fail(errc::snapshot_incompatible, "nothing of the host is called " + std::string(name.substr(0, 256)));
    }
    WASM64_CHECK(known->check(known->environment, content));
    parts_.push_back({&*known, content});
  }
  return success();
}

WASM64_INLINE result<void> state_reader::check_roots() {
  WASM64_CHECK(take_count(vm_.all_globals.size(), "number of globals"));
  for (std::size_t i = 0; i < vm_.all_globals.size(); ++i) {
    place_ = "global ";
    index_ = i;
    WASM64_CHECK(check_global(*vm_.all_globals[i]));
  }
  WASM64_CHECK(take_count(vm_.all_tables.size(), "number of tables"));
  for (std::size_t i = 0; i < vm_.all_tables.size(); ++i) {
    place_ = "table ";
    index_ = i;
    WASM64_CHECK(check_table(*vm_.all_tables[i]));
  }
  WASM64_CHECK(take_count(vm_.all_tags.size(), "number of tags"));
  for (const instance* in : vm_.all_instances) {
    place_ = "instance ";
    index_ = in->number;
    WASM64_CHECK(check_segments(*in));
  }
  return check_call();
}

/// Only its parts; the call as a whole is looked at when the objects are there.
WASM64_INLINE result<void> state_reader::check_call() {
  place_ = "suspended call ";
  index_ = 0;
  WASM64_TRY(const word what, take());
  if (what > static_cast<word>(waits_for::import)) return fail(malformed());
  call_.what = static_cast<waits_for>(what);
  if (call_.what == waits_for::nothing) return success();
  WASM64_TRY(call_.entry, take_function());
  WASM64_TRY(call_.import, take_function());
  WASM64_CHECK(take_values(call_.arguments));
  WASM64_TRY(const word frames, take());
  constexpr std::size_t least = 5 * sizeof(word);
  if (frames > (state_.size() - at_) / least) return fail(malformed());
  for (word i = 0; i < frames; ++i) {
    suspended_frame& f = call_.frames.emplace_back();
    WASM64_TRY(const word function, take());
    WASM64_TRY(const word offset, take());
    if (offset >> 32 != 0) return fail(malformed());
    f.instance = static_cast<std::uint32_t>(function);
    f.function = static_cast<std::uint32_t>(function >> 32);
    f.offset = static_cast<std::uint32_t>(offset);
    for (auto* values : {&f.locals, &f.operands, &f.caught, &f.leftovers}) WASM64_CHECK(take_values(*values));
  }
  return success();
}

WASM64_INLINE result<const func_instance*> state_reader::take_function() {
  WASM64_TRY(const word written, take());
  if (written == 0) return nullptr;
  const auto kind = static_cast<snapshot_format::reference_kind>(written & 7);
  using enum snapshot_format::reference_kind;
  if (kind != func && kind != host_func) return fail(malformed());
  WASM64_TRY(const word made, function_at(written));
  return reinterpret_cast<const func_instance*>(made);
}

WASM64_INLINE result<void> state_reader::take_values(vector<suspended_value>& to) {
  WASM64_TRY(const bytes_view codes, take_text());
  for (const std::uint8_t code : codes) {
    suspended_value v{static_cast<type_code>(code)};
    const val_type type{v.type};
    if (!type.is_num() && !type.is_vec() && !type.is_ref()) return fail(malformed());
    WASM64_TRY(v.bits, take());
    if (type.is_vec()) {
      WASM64_TRY(v.high, take());
    }
    if (type.is_ref()) {
      WASM64_TRY(v.bits, resolve(v.bits));
    }
    to.push_back(v);
  }
  return success();
}

WASM64_INLINE result<void> state_reader::check_global(const global_instance& g) {
  const val_type type = g.type.type;
  word bits = 0, high = 0;
  if (type.is_ref()) {
    WASM64_CHECK(take_references(1, type));
    bits = load_le<word>(state_.data() + at_ - sizeof(word));
    if (g.type.is_mutable || bits == g.bits) return success();
    // Objects are made anew, and the host may have other handles for the same; functions and numbers stay.
    const bool is_func = hierarchy_of(vm_, type.heap) == heap::func;
    const bool both_objects = reference::is_address(bits) && reference::is_address(g.bits);
    const bool both_hosts = reference::is_host(bits) && reference::is_host(g.bits);
    if (!is_func && (both_objects || both_hosts)) return success();
    return fail(unfit(" is immutable"));
  }
  WASM64_TRY(bits, take());
  if (type.is_vec()) {
    WASM64_TRY(high, take());
  }
  if (object::log2_size(type) == 2 && bits >> 32 != 0) return fail(malformed());
  // Code may have been compiled against it.
  const word now = object::log2_size(type) == 2 ? g.bits & 0xffffffff : g.bits;
  if (!g.type.is_mutable && (bits != now || high != g.high)) return fail(unfit(" is immutable"));
  return success();
}

WASM64_INLINE result<void> state_reader::check_table(const table_instance& t) {
  WASM64_TRY(const word size, take());
  if (size > (state_.size() - at_) / sizeof(word)) return fail(malformed());
  if (size < t.type.limits.min || size > t.max_elements) return fail(unfit(" cannot have that size"));
  table_elements_ += size;
  if (table_elements_ > vm_.limits.table_elements) return fail(unfit(" has more elements than the limit allows"));
  return take_references(size, t.type.element);
}

WASM64_INLINE result<void> state_reader::check_segments(const instance& in) {
  const module& m = *in.source;
  if (in.elems.size() != m.elems.size()) return fail(unfit(" was not completed"));
  WASM64_CHECK(take_count(m.elems.size(), "number of element segments"));
  WASM64_TRY(const bytes_view elems, take_padded(m.elems.size()));
  WASM64_CHECK(take_count(m.datas.size(), "number of data segments"));
  WASM64_TRY(const bytes_view datas, take_padded(m.datas.size()));
  // Active segments are dropped once and for all when the instance is made, declarative ones too.
  for (std::size_t i = 0; i < m.elems.size(); ++i) {
    if (elems[i] > 1) return fail(malformed());
    const bool is_fixed = m.elems[i].mode != segment_mode::passive;
    if (is_fixed && elems[i] != in.dropped_elems[i]) return fail(unfit(" has other active segments"));
  }
  for (std::size_t i = 0; i < m.datas.size(); ++i) {
    if (datas[i] > 1) return fail(malformed());
    const bool is_fixed = m.datas[i].mode != segment_mode::passive;
    if (is_fixed && datas[i] != in.dropped_datas[i]) return fail(unfit(" has other active segments"));
  }
  for (std::size_t i = 0; i < m.elems.size(); ++i) {
    if (elems[i] != 0 || m.elems[i].is_indices) continue;
    WASM64_CHECK(take_references(m.elems[i].exprs.size(), canonical(m.elems[i].type, in.type_ids)));
  }
  return success();
}

/// One that was found: its header is that of the heap already.
WASM64_INLINE result<void> state_reader::check_object(std::size_t number) {
  const std::size_t at = objects_[number];
  place_ = "object ";
  index_ = number;
  const word header = load_le<word>(state_.data() + at);
  const std::uint32_t type = object::number_of(header);
  if (object::kind_of(header) == object::kind::exception) return check_fields(at, vm_.heap.tags[type]);
  const object::layout& l = vm_.heap.types[type];
  if (object::kind_of(header) == object::kind::struct_) return check_fields(at, l);
  const std::size_t elements = at + object::header_size;
  const std::uint64_t length = object::length_of(header);
  at_ = elements;
  if (l.has_reference_elements) return take_references(length, l.types[0]);
  const std::size_t used = static_cast<std::size_t>(length << l.log2_element);
  const std::size_t whole = static_cast<std::size_t>(object::array_size(length, l.log2_element)) - object::header_size;
  return is_zero(state_.data() + elements + used, whole - used) ? result<void>(success()) : fail(malformed());
}

WASM64_INLINE result<void> state_reader::check_fields(std::size_t at, const object::layout& l) {
  std::size_t behind = object::header_size;
  for (std::size_t i = 0; i < l.types.size(); ++i) {
    at_ = at + behind;
    if (!is_zero(state_.data() + at_, l.offsets[i] - behind)) return fail(malformed());
    behind = l.offsets[i] + (std::size_t{1} << object::log2_size(l.types[i]));
    if (!l.types[i].is_ref()) continue;
    at_ = at + l.offsets[i];
    WASM64_CHECK(take_references(1, l.types[i]));
  }
  at_ = at + behind;
  return is_zero(state_.data() + at_, l.size - behind) ? result<void>(success()) : fail(malformed());
}

WASM64_INLINE result<void> state_reader::take_references(std::uint64_t count, val_type type) {
  for (std::uint64_t i = 0; i < count; ++i) {
    WASM64_TRY(const word written, take());
    WASM64_TRY(const word made, resolve(written));
    if (const char* const why = objection(made, type); why != nullptr) return fail(unfit(why));
    if (made != written) store_le(state_.data() + at_ - sizeof(word), made);
  }
  return success();
}

WASM64_INLINE result<word> state_reader::resolve(word written) {
  using enum snapshot_format::reference_kind;
  const word number = written >> snapshot_format::kind_bits;
  switch (static_cast<snapshot_format::reference_kind>(written & 7)) {
    case null:
      if (number != 0) break;
      return word{0};
    case i31:
      if (number >> 31 != 0) break;
      return reference::from_i31(static_cast<std::uint32_t>(number));
    case host_func:
    case func: return function_at(written);
    case object:
      if (number > objects_.size()) break;
      if (number == objects_.size()) WASM64_CHECK(find_object());
      return reinterpret_cast<word>(heap_) + (objects_[static_cast<std::size_t>(number)] - first_object_);
    case host:
      if (number > hosts_found_ || number >= hosts_.size()) break;
      if (number == hosts_found_) ++hosts_found_;
      return reference::from_host(hosts_[static_cast<std::size_t>(number)]);
  }
  return fail(malformed());
}

WASM64_INLINE result<word> state_reader::function_at(word written) const {
  const word number = written >> snapshot_format::kind_bits;
  const func_instance* f = nullptr;
  if ((written & 7) == static_cast<word>(snapshot_format::reference_kind::host_func)) {
    if (number >= vm_.all_host_funcs.size()) return fail(malformed());
    f = vm_.all_host_funcs[static_cast<std::size_t>(number)];
    if (f->owner != nullptr) return fail(malformed());  // something else stands in its place
  } else {
    const word in = written >> snapshot_format::instance_shift;
    const auto index = static_cast<std::uint32_t>(number);
    if (in >= vm_.all_instances.size()) return fail(malformed());
    const instance& owner = *vm_.all_instances[static_cast<std::size_t>(in)];
    if (index >= owner.funcs.size()) return fail(malformed());
    f = owner.funcs[index];
    if (f->owner != &owner || f->index != index) return fail(malformed());  // imported
  }
  return reinterpret_cast<word>(f);
}

WASM64_INLINE const char* state_reader::objection(word reference, val_type type) const noexcept {
  constexpr const char* wrong = " has a reference of another type";
  if (reference == 0) return type.nullable ? nullptr : " must not have null";
  const bool is_any = type.heap == heap::any || type.heap == heap::extern_;
  const bool is_eq = is_any || type.heap == heap::eq;
  if (reference::is_host(reference)) return is_any ? nullptr : wrong;
  if (reference::is_i31(reference)) return is_eq || type.heap == heap::i31 ? nullptr : wrong;
  const word at = reference - reinterpret_cast<word>(heap_);
  if (at >= behind_objects_ - first_object_) {
    const auto& f = *reinterpret_cast<const func_instance*>(reference);
    const bool fits =
        type.heap.is_index() ? vm_.types.is_subtype(f.type_id, type.heap.index()) : type.heap == heap::func;
    return fits ? nullptr : wrong;
  }
  const word header = load_le<word>(state_.data() + first_object_ + at);
  const object::kind kind = object::kind_of(header);
  if (kind == object::kind::exception) return type.heap == heap::exn ? nullptr : wrong;
  if (type.heap.is_index()) {
    return vm_.types.is_subtype(object::number_of(header), type.heap.index()) ? nullptr : wrong;
  }
  return is_eq || type.heap == (kind == object::kind::array ? heap::array : heap::struct_) ? nullptr : wrong;
}

/// The next object is referred to for the first time. Its header becomes one of this heap.
WASM64_INLINE result<void> state_reader::find_object() {
  const std::size_t at = next_object_, room = behind_objects_ - at;
  if (room < object::header_size) return fail(malformed());
  const word header = load_le<word>(state_.data() + at);
  const object::kind kind = object::kind_of(header);
  std::uint32_t number = object::number_of(header);
  const std::uint32_t length = object::length_of(header);
  const bool is_array = kind == object::kind::array;
  if ((header & 1) != 0 || (length != 0 && !is_array)) return fail(malformed());
  std::uint64_t size = 0;
  if (kind == object::kind::exception) {
    if (number >= vm_.heap.tags.size()) return fail(malformed());
    size = vm_.heap.tags[number].size;
  } else {
    number = types_.id(number);
    if (number == type_numbers::none) return fail(malformed());
    if (vm_.types.kind(number) != (is_array ? comp_kind::array : comp_kind::struct_)) return fail(malformed());
    if (!is_array && kind != object::kind::struct_) return fail(malformed());
    const object::layout& l = vm_.heap.types[number];
    size = is_array ? object::array_size(length, l.log2_element) : l.size;
  }
  if (size > room) return fail(malformed());
  store_le(state_.data() + at, word{length} << object::length_shift | object::tag(kind, number));
  objects_.push_back(at);
  next_object_ += static_cast<std::size_t>(size);
  return success();
}

WASM64_INLINE void state_reader::apply() {
  store_.abandon();
  if (store_.metered()) store_.set_fuel(load_le<std::int64_t>(state_.data()));
  vm_.roots.forget();
  vm_.pending.clear();
  vm_.thrown = 0;
  vm_.heap.replace(behind_objects_ - first_object_, counted_);
  apply_roots();
  if (restorer_) restorer_->write();
  for (const snapshot_part& p : hooks_.parts) {
    const auto saved = std::find_if(parts_.begin(), parts_.end(), [&](const part& s) { return s.of == &p; });
    p.load(p.environment, saved == parts_.end() ? bytes_view() : saved->content);
  }
}

WASM64_INLINE void state_reader::apply_roots() {
  const std::uint8_t* from = state_.data() + snapshot_format::state_header * sizeof(word) + sizeof(word);
  const auto next = [&] {
    from += sizeof(word);
    return load_le<word>(from - sizeof(word));
  };
  for (global_instance* g : vm_.all_globals) {
    g->bits = next();
    g->high = g->type.type.is_vec() ? next() : 0;
  }
  next();
  for (table_instance* t : vm_.all_tables) {
    t->elements.resize(static_cast<std::size_t>(next()));
    if (!t->elements.empty()) std::memcpy(t->elements.data(), from, t->elements.size() * sizeof(word));
    from += t->elements.size() * sizeof(word);
  }
  vm_.table_elements = table_elements_;
  next();
  for (instance* in : vm_.all_instances) {
    for (vector<std::uint8_t>* flags : {&in->dropped_elems, &in->dropped_datas}) {
      next();
      if (!flags->empty()) std::memcpy(flags->data(), from, flags->size());
      from += object::rounded(flags->size());
    }
    for (std::size_t i = 0; i < in->elems.size(); ++i) {
      const elem_segment& s = in->source->elems[i];
      const bool has_values = in->dropped_elems[i] == 0 && !s.is_indices;
      in->elems[i].resize(has_values ? s.exprs.size() : 0);
      for (word& reference : in->elems[i]) reference = next();
    }
  }
}

}  // namespace wasm64::detail
