#pragma once

#include "wasm64/aot/abi.hpp"
#include "wasm64/aot/operations.hpp"
#include "wasm64/exec/casts.hpp"
#include "wasm64/exec/slow_objects.hpp"

// `helper::operate` for structures and arrays.

namespace wasm64::aot {

/// A cell of which `exec::slow` functions read operands at the slots `d`, `a` and `b`.
struct operand_cell {
  word words[3];
  operand_cell(std::uint16_t d, std::uint16_t a, std::uint32_t imm, word indices = 0) noexcept
      : words{0, word{d} | word{a} << 16 | word{imm} << 32, indices} {}
};

/// Makes room for an object while references are in places where the collector does not look.
template <class Make>
errc with_references(machine& vm, word* values, std::span<const std::uint32_t> places, Make make) {
  const std::size_t below = vm.pending.size();
  for (const std::uint32_t at : places) vm.pending.push_back(values[at]);
  const errc trap = make();
  for (std::size_t i = 0; i < places.size(); ++i) values[places[i]] = vm.pending[below + i];
  vm.pending.resize(below);
  return trap;
}

/// Makes an object out of values in slots, as the cell `struct_new` does: whole words, from the first to the last.
template <class Place>
errc make_object(machine& vm, word* slots, word header, std::uint64_t size, std::size_t count, Place place_of) {
  if (!vm.heap.has_room(size)) {
    small_vector<std::uint32_t, 16> references;
    std::uint32_t slot = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const val_type storage = place_of(i).storage;
      if (storage.is_ref()) references.push_back(slot);
      slot += storage.slots();
    }
    const errc trap =
        with_references(vm, slots, view_of(references), [&] { return make_room(vm, vm.native.frame, size); });
    if (trap != errc{}) return trap;
  }
  word* const made = vm.heap.allocate(size);
  made[0] = header;
  const word* from = slots;
  for (std::size_t i = 0; i < count; ++i) {
    const auto to = place_of(i);
    for (std::uint32_t s = 0; s < to.storage.slots(); ++s) {
      std::memcpy(bytes_of(reinterpret_cast<word>(made)) + to.offset + s * sizeof(word), from++, sizeof(word));
    }
  }
  slots[0] = reinterpret_cast<word>(made);
  return errc{};
}

struct stored_place {
  val_type storage;
  std::uint64_t offset;
};

inline call_status operate_on_objects(context* ctx, word* slots, operation o, std::uint64_t immediates) {
  namespace slow = exec::slow;
  machine& vm = *ctx->vm;
  const auto first = static_cast<std::uint32_t>(immediates);
  const auto second = static_cast<std::uint32_t>(immediates >> 32);
  if (o == operation::ref_test_kind) {
    slots[0] = exec::is_of_kind(slots[0], first);
    return 0;
  }
  const std::uint32_t id = ctx->type_ids[first];
  if (o == operation::ref_test) {
    const bool is_func = vm.types.kind(id) == comp_kind::func;
    slots[0] = is_func ? exec::is_func_of(vm, slots[0], id << 1 | second)
                       : exec::is_object_of(vm, slots[0], vm.heap.types[id].tag | second);
    return 0;
  }
  const object::layout& l = vm.heap.types[id];
  // The slots of the operands, counted from the frame that the collector begins with.
  word* const fp = vm.native.frame;
  const auto base = static_cast<std::uint32_t>(slots - fp);
  const auto at = [base](std::uint32_t n) { return static_cast<std::uint16_t>(base + n); };
  const auto pair = [&at](std::uint32_t b, std::uint32_t c) { return at(b) | std::uint32_t{at(c)} << 16; };
  const word both = id | word{second} << 32;
  switch (o) {
    case operation::struct_new: {
      const auto place_of = [&l](std::size_t i) { return stored_place{l.types[i], l.offsets[i]}; };
      return slow::outcome_of(make_object(vm, slots, l.tag, l.size, l.types.size(), place_of));
    }
    case operation::array_new_fixed: {
      const auto place_of = [&l](std::size_t i) {
        return stored_place{l.types[0], object::header_size + (std::uint64_t{i} << l.log2_element)};
      };
      const word header = l.tag | word{second} << object::length_shift;
      const std::uint64_t size = object::array_size(second, l.log2_element);
      return slow::outcome_of(make_object(vm, slots, header, size, second, place_of));
    }
    case operation::struct_new_default: return slow::outcome_of(new_struct(vm, fp, id, slots[0]));
    case operation::array_new: {
      const auto length = static_cast<std::uint32_t>(slots[l.types[0].slots()]);
      if (!slow::pay_for_elements(vm, l, length)) return step::suspended;
      word made = 0;
      const std::uint32_t value = 0;
      const std::span<const std::uint32_t> references(&value, l.has_reference_elements ? 1 : 0);
      const errc trap = with_references(vm, slots, references, [&] { return new_raw_array(vm, fp, id, length, made); });
      if (trap != errc{}) return slow::outcome_of(trap);
      fill_elements(made, l, 0, length, slots);
      slots[0] = made;
      return 0;
    }
    case operation::array_new_default: return slow::array_new_default(vm, operand_cell(at(0), 0, at(0), id).words, fp);
    case operation::array_new_data: return slow::array_new_data(vm, operand_cell(at(0), at(0), at(1), both).words, fp);
    case operation::array_new_elem: return slow::array_new_elem(vm, operand_cell(at(0), at(0), at(1), both).words, fp);
    case operation::array_fill: {
      const std::uint32_t count = 2 + l.types[0].slots();
      return slow::array_fill(vm, operand_cell(at(0), at(1), pair(2, count), id).words, fp);
    }
    case operation::array_copy:
      return slow::array_copy(vm, operand_cell(at(0), at(1), pair(2, 3), at(4) | word{id} << 32).words, fp);
    case operation::array_init_data:
      return slow::array_init_data(vm, operand_cell(at(0), at(1), pair(2, 3), both).words, fp);
    case operation::array_init_elem:
      return slow::array_init_elem(vm, operand_cell(at(0), at(1), pair(2, 3), both).words, fp);
    default: return static_cast<call_status>(errc::trap_unsupported);
  }
}

}  // namespace wasm64::aot
