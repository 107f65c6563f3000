#pragma once

#include <cstring>
#include <map>
#include <vector>

#include "wasm64/runtime/collect.hpp"
#include "wasm64/runtime/suspension.hpp"

namespace wasm64::test {

/// Copies the state of a store into another one with the same instances, word by word, as a snapshot would.
class store_copy {
 public:
  store_copy(store_base& from, store_base& to) : from_(from.vm()), to_(to.vm()) {
    for (std::size_t i = 0; i < from_.all_instances.size(); ++i) {
      const instance &a = *from_.all_instances[i], &b = *to_.all_instances.at(i);
      for (std::size_t f = 0; f < a.funcs.size(); ++f) functions_[a.funcs[f]] = b.funcs.at(f);
    }
    if (const std::uint64_t used = from_.heap.used(); used != 0) {
      static_cast<void>(to_.heap.make_room(8, root_slots{to_, nullptr}));
      to_.heap.end = to_.heap.top + used;
    }
    for (std::size_t i = 0; i < from_.all_globals.size(); ++i) {
      const global_instance& a = *from_.all_globals[i];
      global_instance& b = *to_.all_globals.at(i);
      b.bits = a.type.type.is_ref() ? reference(a.bits) : a.bits;
      b.high = a.high;
    }
    for (std::size_t i = 0; i < from_.all_tables.size(); ++i) {
      const vector<word>& a = from_.all_tables[i]->elements;
      vector<word>& b = to_.all_tables.at(i)->elements;
      to_.table_elements += a.size() - b.size();
      b.resize(a.size());
      for (std::size_t e = 0; e < a.size(); ++e) b[e] = reference(a[e]);
    }
    for (std::size_t i = 0; i < from_.all_instances.size(); ++i) {
      copy_instance(*from_.all_instances[i], *to_.all_instances[i]);
    }
    to.set_fuel(from.fuel());
  }

  suspended_call translated(suspended_call call) {
    call.entry = function(call.entry);
    call.import = function(call.import);
    each_value(call, [this](suspended_value& v) {
      if (v.type == type_code::ref) v.bits = reference(v.bits);
    });
    to_.heap.recount(from_.heap.counted());
    return call;
  }

  func_instance* function(const func_instance* f) const { return f == nullptr ? nullptr : functions_.at(f); }

 private:
  void copy_instance(const instance& a, instance& b) {
    for (std::size_t i = 0; i < a.memories.size(); ++i) {
      const memory_instance& m = *a.memories[i];
      memory_instance& n = *b.memories[i];
      static_cast<void>(n.grow(m.pages() - n.pages()));
      if (m.size != 0) std::memcpy(n.base, m.base, static_cast<std::size_t>(m.size));
    }
    b.dropped_datas = a.dropped_datas;
    b.dropped_elems = a.dropped_elems;
    for (std::size_t i = 0; i < a.elems.size(); ++i) {
      b.elems[i].resize(a.elems[i].size());
      for (std::size_t e = 0; e < a.elems[i].size(); ++e) b.elems[i][e] = reference(a.elems[i][e]);
    }
  }

  word reference(word of) {
    if (!reference::is_address(of)) return of;
    if (!from_.heap.holds(of)) return reinterpret_cast<word>(function(reinterpret_cast<const func_instance*>(of)));
    if (const auto known = objects_.find(of); known != objects_.end()) return known->second;
    const auto* const object = reinterpret_cast<const word*>(of);
    const std::uint64_t size = from_.heap.size_of(*object);
    word* const made = to_.heap.allocate(size);
    std::memcpy(made, object, static_cast<std::size_t>(size));
    objects_[of] = reinterpret_cast<word>(made);
    const std::uint32_t number = object::number_of(*object);
    if (object::kind_of(*object) == object::kind::array) {
      if (from_.heap.types[number].types[0].is_ref()) {
        for (std::uint32_t i = 1; i <= object::length_of(*object); ++i) made[i] = reference(object[i]);
      }
      return objects_[of];
    }
    const bool is_exception = object::kind_of(*object) == object::kind::exception;
    const object::layout& l = is_exception ? from_.heap.tags[number] : from_.heap.types[number];
    for (std::size_t i = 0; i < l.types.size(); ++i) {
      const std::size_t at = l.offsets[i] / sizeof(word);
      if (l.types[i].is_ref()) made[at] = reference(object[at]);
    }
    return objects_[of];
  }

  machine& from_;
  machine& to_;
  std::map<const func_instance*, func_instance*> functions_;
  std::map<word, word> objects_;
};

}  // namespace wasm64::test
