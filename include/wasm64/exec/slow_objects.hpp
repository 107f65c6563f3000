#pragma once

#include "wasm64/exec/slow.hpp"
#include "wasm64/runtime/objects.hpp"

// Structures and arrays out of line (specification 4.6.8 and 4.6.9): what allocates in bulk, and what copies.

namespace wasm64::exec::slow {

inline std::uint32_t outcome_of(errc trap) noexcept { return static_cast<std::uint32_t>(trap); }

/// Room for one small object; the allocation starts over.
[[gnu::noinline]] inline std::uint32_t refill(machine& vm, word* fp, std::uint64_t size) {
  return outcome_of(make_room(vm, fp, size));
}

/// Pays for `length` elements.
inline bool pay_for_elements(machine& vm, const object::layout& l, std::uint64_t length) noexcept {
  return pay_for(vm, length << l.log2_element, bytes_per_fuel);
}
inline bool in_array(word array, word index, word count) noexcept {
  const word length = object::length_of(object_heap::header_of(array));
  return index <= length && count <= length - index;
}
inline const object::layout& layout_at(const machine& vm, word id) noexcept {
  return vm.heap.types[static_cast<std::uint32_t>(id)];
}

[[gnu::noinline]] inline std::uint32_t array_new(machine& vm, const word* pc, word* fp) {
  const auto length = static_cast<std::uint32_t>(fp[b_of(pc)]);
  const object::layout& l = layout_at(vm, pc[2]);
  if (!pay_for_elements(vm, l, length)) return step::suspended;
  word made = 0;
  if (const errc trap = new_raw_array(vm, fp, low_index(pc), length, made); trap != errc{}) return outcome_of(trap);
  fill_elements(made, l, 0, length, fp + a_of(pc));
  fp[d_of(pc)] = made;
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t array_new_default(machine& vm, const word* pc, word* fp) {
  const auto length = static_cast<std::uint32_t>(fp[b_of(pc)]);
  const object::layout& l = layout_at(vm, pc[2]);
  if (!pay_for_elements(vm, l, length)) return step::suspended;
  word made = 0;
  if (const errc trap = new_raw_array(vm, fp, low_index(pc), length, made); trap != errc{}) return outcome_of(trap);
  std::memset(elements_of(made), 0, std::size_t{length} << l.log2_element);
  fp[d_of(pc)] = made;
  return step::next;
}

inline bytes_view data_of(const instance& in, std::uint32_t segment) noexcept {
  return in.dropped_datas[segment] ? bytes_view() : in.source->view(in.source->datas[segment].init);
}
inline std::uint64_t elem_size(const instance& in, std::uint32_t segment) noexcept {
  return in.dropped_elems[segment] ? 0 : in.source->elems[segment].size();
}

[[gnu::noinline]] inline std::uint32_t array_new_data(machine& vm, const word* pc, word* fp) {
  const auto length = static_cast<std::uint32_t>(fp[b_of(pc)]);
  const word from = fp[a_of(pc)];
  const object::layout& l = layout_at(vm, pc[2]);
  const bytes_view data = data_of(*vm.current, high_index(pc));
  const std::uint64_t bytes = std::uint64_t{length} << l.log2_element;
  if (from > data.size() || bytes > data.size() - from) return trapped(errc::trap_memory_out_of_bounds);
  if (!pay_for(vm, bytes, bytes_per_fuel)) return step::suspended;
  word made = 0;
  if (const errc trap = new_raw_array(vm, fp, low_index(pc), length, made); trap != errc{}) return outcome_of(trap);
  if (bytes != 0) std::memcpy(elements_of(made), data.data() + from, bytes);
  fp[d_of(pc)] = made;
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t array_new_elem(machine& vm, const word* pc, word* fp) {
  const auto length = static_cast<std::uint32_t>(fp[b_of(pc)]);
  const word from = fp[a_of(pc)];
  const std::uint32_t segment = high_index(pc);
  const std::uint64_t available = elem_size(*vm.current, segment);
  if (from > available || length > available - from) return trapped(errc::trap_table_out_of_bounds);
  if (!pay_for(vm, length, references_per_fuel)) return step::suspended;
  word made = 0;
  if (const errc trap = new_raw_array(vm, fp, low_index(pc), length, made); trap != errc{}) return outcome_of(trap);
  auto* const to = reinterpret_cast<word*>(elements_of(made));
  for (word i = 0; i < length; ++i) to[i] = element_of(*vm.current, segment, static_cast<std::uint32_t>(from + i));
  fp[d_of(pc)] = made;
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t array_fill(machine& vm, const word* pc, word* fp) {
  const word array = fp[d_of(pc)], index = fp[a_of(pc)], count = fp[c_of(pc)];
  if (array == 0) return trapped(errc::trap_null_reference);
  if (!in_array(array, index, count)) return trapped(errc::trap_array_out_of_bounds);
  const object::layout& l = layout_at(vm, pc[2]);
  if (!pay_for_elements(vm, l, count)) return step::suspended;
  fill_elements(array, l, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(count), fp + b_of(pc));
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t array_copy(machine& vm, const word* pc, word* fp) {
  const word to = fp[d_of(pc)], to_index = fp[a_of(pc)], from = fp[b_of(pc)], from_index = fp[c_of(pc)];
  const word count = fp[static_cast<std::int16_t>(pc[2])];
  if (to == 0 || from == 0) return trapped(errc::trap_null_reference);
  if (!in_array(to, to_index, count) || !in_array(from, from_index, count)) {
    return trapped(errc::trap_array_out_of_bounds);
  }
  const object::layout& l = layout_at(vm, pc[2] >> 32);
  if (!pay_for_elements(vm, l, count)) return step::suspended;
  std::memmove(elements_of(to) + (to_index << l.log2_element), elements_of(from) + (from_index << l.log2_element),
               count << l.log2_element);
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t array_init_data(machine& vm, const word* pc, word* fp) {
  const word array = fp[d_of(pc)], index = fp[a_of(pc)], from = fp[b_of(pc)], count = fp[c_of(pc)];
  if (array == 0) return trapped(errc::trap_null_reference);
  if (!in_array(array, index, count)) return trapped(errc::trap_array_out_of_bounds);
  const object::layout& l = layout_at(vm, pc[2]);
  const bytes_view data = data_of(*vm.current, high_index(pc));
  const std::uint64_t bytes = count << l.log2_element;
  if (from > data.size() || bytes > data.size() - from) return trapped(errc::trap_memory_out_of_bounds);
  if (!pay_for(vm, bytes, bytes_per_fuel)) return step::suspended;
  if (bytes != 0) std::memcpy(elements_of(array) + (index << l.log2_element), data.data() + from, bytes);
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t array_init_elem(machine& vm, const word* pc, word* fp) {
  const word array = fp[d_of(pc)], index = fp[a_of(pc)], from = fp[b_of(pc)], count = fp[c_of(pc)];
  if (array == 0) return trapped(errc::trap_null_reference);
  if (!in_array(array, index, count)) return trapped(errc::trap_array_out_of_bounds);
  const std::uint32_t segment = high_index(pc);
  const std::uint64_t available = elem_size(*vm.current, segment);
  if (from > available || count > available - from) return trapped(errc::trap_table_out_of_bounds);
  if (!pay_for(vm, count, references_per_fuel)) return step::suspended;
  auto* const to = reinterpret_cast<word*>(elements_of(array)) + index;
  for (word i = 0; i < count; ++i) to[i] = element_of(*vm.current, segment, static_cast<std::uint32_t>(from + i));
  return step::next;
}

}  // namespace wasm64::exec::slow
