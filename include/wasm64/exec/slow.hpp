#pragma once

#include <cstdint>
#include <cstring>

#include "wasm64/exec/registers.hpp"
#include "wasm64/runtime/const_expr.hpp"

/// What handlers do out of line: a call in a handler would make the compiler save all registers around it, so anything
/// that is rare or costly anyway lives here. Each answers `step::next` or how the run ends.
namespace wasm64::exec::slow {

inline std::uint32_t trapped(errc code) noexcept { return static_cast<std::uint32_t>(code); }

/// Pays for work in proportion to a size (cost table version 1: 1 for every 64 bytes or 8 references), before it is
/// done. Where the fuel does not suffice the run stops in front of the instruction, which is then not paid for.
inline bool pay_for(machine& vm, std::uint64_t units, unsigned log2_per_fuel) noexcept {
  return vm.pay(units >> log2_per_fuel);
}
inline constexpr unsigned bytes_per_fuel = 6, references_per_fuel = 3;

inline std::uint32_t low_index(const word* pc) noexcept { return static_cast<std::uint32_t>(pc[2]); }
inline std::uint32_t high_index(const word* pc) noexcept { return static_cast<std::uint32_t>(pc[2] >> 32); }

// Many values at once (lower/operands.hpp).

[[gnu::noinline]] inline std::uint32_t mov_range(machine&, const word* pc, word* fp) noexcept {
  std::memmove(fp + d_of(pc), fp + a_of(pc), imm_of(pc) * sizeof(word));
  return step::next;
}

/// From the last to the first, because numbers only move up.
[[gnu::noinline]] inline std::uint32_t gather(machine&, const word* pc, word* fp) noexcept {
  const auto& types = *reinterpret_cast<const vector<val_type>*>(pc[2]);
  std::int32_t refs = 0, slots = 0;
  for (const val_type type : types) {
    slots += static_cast<std::int32_t>(type.slots());
    if (type.is_ref()) ++refs;
  }
  word* to = fp + d_of(pc) + slots;
  const word* number = fp + a_of(pc) + (slots - refs);
  const word* reference = fp + b_of(pc) + refs;
  for (std::size_t i = types.size(); i-- > 0;) {
    if (types[i].is_ref()) *--to = *--reference;
    else
      for (std::uint32_t s = types[i].slots(); s-- > 0;) *--to = *--number;
  }
  return step::next;
}

/// From the first to the last, because numbers only move down.
[[gnu::noinline]] inline std::uint32_t scatter(machine&, const word* pc, word* fp) noexcept {
  const auto& types = *reinterpret_cast<const vector<val_type>*>(pc[2]);
  const word* from = fp + a_of(pc);
  word* number = fp + d_of(pc);
  word* reference = fp + b_of(pc);
  for (const val_type type : types) {
    if (type.is_ref()) *reference++ = *from++;
    else
      for (std::uint32_t s = type.slots(); s-- > 0;) *number++ = *from++;
  }
  return step::next;
}

// Memory (specification 4.6.9).

template <class Stored, class Loaded>
std::uint32_t load_as(const memory_instance& m, std::uint64_t address, word& out) noexcept {
  if (!m.in_bounds(address, sizeof(Stored))) return trapped(errc::trap_memory_out_of_bounds);
  Stored v;
  std::memcpy(&v, m.base + address, sizeof v);
  out = static_cast<Loaded>(v);
  return step::next;
}

/// Any memory, any offset.
[[gnu::noinline]] inline std::uint32_t load_far(machine& vm, const word* pc, word* fp) noexcept {
  const memory_instance& m = *vm.current->memories[static_cast<std::uint32_t>(pc[3])];
  std::uint64_t address;
  if (__builtin_add_overflow(fp[a_of(pc)], pc[2], &address)) return trapped(errc::trap_memory_out_of_bounds);
  word& out = fp[d_of(pc)];
  switch (static_cast<ir>(imm_of(pc))) {
    case ir::v128_load:
      if (!m.in_bounds(address, 16)) return trapped(errc::trap_memory_out_of_bounds);
      std::memcpy(&out, m.base + address, 16);
      return step::next;
    case ir::i32_load:
    case ir::f32_load:
    case ir::i64_load32_u: return load_as<std::uint32_t, std::uint32_t>(m, address, out);
    case ir::i64_load:
    case ir::f64_load: return load_as<std::uint64_t, std::uint64_t>(m, address, out);
    case ir::i32_load8_s: return load_as<std::int8_t, std::uint32_t>(m, address, out);
    case ir::i32_load16_s: return load_as<std::int16_t, std::uint32_t>(m, address, out);
    case ir::i64_load8_s: return load_as<std::int8_t, std::uint64_t>(m, address, out);
    case ir::i64_load16_s: return load_as<std::int16_t, std::uint64_t>(m, address, out);
    case ir::i64_load32_s: return load_as<std::int32_t, std::uint64_t>(m, address, out);
    case ir::i32_load8_u:
    case ir::i64_load8_u: return load_as<std::uint8_t, std::uint64_t>(m, address, out);
    default: return load_as<std::uint16_t, std::uint64_t>(m, address, out);
  }
}

[[gnu::noinline]] inline std::uint32_t store_far(machine& vm, const word* pc, word* fp) noexcept {
  const memory_instance& m = *vm.current->memories[static_cast<std::uint32_t>(pc[3])];
  std::uint64_t address;
  if (__builtin_add_overflow(fp[a_of(pc)], pc[2], &address)) return trapped(errc::trap_memory_out_of_bounds);
  std::size_t width = 4;
  switch (static_cast<ir>(imm_of(pc))) {
    case ir::i32_store8:
    case ir::i64_store8: width = 1; break;
    case ir::i32_store16:
    case ir::i64_store16: width = 2; break;
    case ir::i64_store:
    case ir::f64_store: width = 8; break;
    case ir::v128_store: width = 16; break;
    default: break;
  }
  if (!m.in_bounds(address, width)) return trapped(errc::trap_memory_out_of_bounds);
  std::memcpy(m.base + address, &fp[d_of(pc)], width);
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t memory_size(machine& vm, const word* pc, word* fp) noexcept {
  fp[d_of(pc)] = vm.current->memories[imm_of(pc)]->pages();
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t memory_grow(machine& vm, const word* pc, word* fp) noexcept {
  memory_instance& m = *vm.current->memories[imm_of(pc)];
  const std::uint64_t before = m.pages();
  const std::uint64_t refused = m.type.limits.is_64 ? ~std::uint64_t{0} : 0xffffffff;
  switch (m.grow(fp[a_of(pc)])) {
    case memory_instance::grown::yes: fp[d_of(pc)] = before; break;
    case memory_instance::grown::refused: fp[d_of(pc)] = refused; break;
    case memory_instance::grown::host_failed: return trapped(errc::trap_out_of_memory);
  }
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t memory_fill(machine& vm, const word* pc, word* fp) noexcept {
  const memory_instance& m = *vm.current->memories[low_index(pc)];
  const std::uint64_t to = fp[d_of(pc)], count = fp[b_of(pc)];
  if (!m.in_bounds(to, count)) return trapped(errc::trap_memory_out_of_bounds);
  if (!pay_for(vm, count, bytes_per_fuel)) return step::suspended;
  if (count != 0) std::memset(m.base + to, static_cast<int>(fp[a_of(pc)] & 0xff), count);
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t memory_copy(machine& vm, const word* pc, word* fp) noexcept {
  const memory_instance& destination = *vm.current->memories[low_index(pc)];
  const memory_instance& source = *vm.current->memories[high_index(pc)];
  const std::uint64_t to = fp[d_of(pc)], from = fp[a_of(pc)], count = fp[b_of(pc)];
  if (!destination.in_bounds(to, count) || !source.in_bounds(from, count)) {
    return trapped(errc::trap_memory_out_of_bounds);
  }
  if (!pay_for(vm, count, bytes_per_fuel)) return step::suspended;
  if (count != 0) std::memmove(destination.base + to, source.base + from, count);
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t memory_init(machine& vm, const word* pc, word* fp) noexcept {
  const instance& self = *vm.current;
  const memory_instance& m = *self.memories[low_index(pc)];
  const std::uint32_t index = high_index(pc);
  const bytes_view data = self.dropped_datas[index] ? bytes_view() : self.source->view(self.source->datas[index].init);
  const std::uint64_t to = fp[d_of(pc)], from = fp[a_of(pc)], count = fp[b_of(pc)];
  if (!m.in_bounds(to, count) || count > data.size() || from > data.size() - count) {
    return trapped(errc::trap_memory_out_of_bounds);
  }
  if (!pay_for(vm, count, bytes_per_fuel)) return step::suspended;
  if (count != 0) std::memcpy(m.base + to, data.data() + from, count);
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t data_drop(machine& vm, const word* pc, word*) noexcept {
  vm.current->dropped_datas[imm_of(pc)] = 1;
  return step::next;
}

// Tables (specification 4.6.8).

[[gnu::noinline]] inline std::uint32_t table_get(machine& vm, const word* pc, word* fp) noexcept {
  const table_instance& t = *vm.current->tables[imm_of(pc)];
  const word index = fp[a_of(pc)];
  if (index >= t.elements.size()) return trapped(errc::trap_table_out_of_bounds);
  fp[d_of(pc)] = t.elements[index];
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t table_set(machine& vm, const word* pc, word* fp) noexcept {
  table_instance& t = *vm.current->tables[imm_of(pc)];
  const word index = fp[a_of(pc)];
  if (index >= t.elements.size()) return trapped(errc::trap_table_out_of_bounds);
  t.elements[index] = fp[d_of(pc)];
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t table_size(machine& vm, const word* pc, word* fp) noexcept {
  fp[d_of(pc)] = vm.current->tables[imm_of(pc)]->elements.size();
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t table_grow(machine& vm, const word* pc, word* fp) noexcept {
  table_instance& t = *vm.current->tables[imm_of(pc)];
  const word delta = fp[a_of(pc)], size = t.elements.size();
  if (delta > t.max_elements - size || delta > vm.limits.table_elements - vm.table_elements) {
    fp[d_of(pc)] = t.type.limits.is_64 ? ~word{0} : 0xffffffff;
    return step::next;
  }
  if (!pay_for(vm, delta, references_per_fuel)) return step::suspended;
  t.elements.resize(size + delta, fp[static_cast<std::int32_t>(pc[2])]);
  vm.table_elements += delta;
  fp[d_of(pc)] = size;
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t table_fill(machine& vm, const word* pc, word* fp) noexcept {
  table_instance& t = *vm.current->tables[low_index(pc)];
  const word to = fp[d_of(pc)], value = fp[a_of(pc)], count = fp[b_of(pc)];
  if (!t.in_bounds(to, count)) return trapped(errc::trap_table_out_of_bounds);
  if (!pay_for(vm, count, references_per_fuel)) return step::suspended;
  for (word i = 0; i < count; ++i) t.elements[to + i] = value;
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t table_copy(machine& vm, const word* pc, word* fp) noexcept {
  table_instance& destination = *vm.current->tables[low_index(pc)];
  const table_instance& source = *vm.current->tables[high_index(pc)];
  const word to = fp[d_of(pc)], from = fp[a_of(pc)], count = fp[b_of(pc)];
  if (!destination.in_bounds(to, count) || !source.in_bounds(from, count)) {
    return trapped(errc::trap_table_out_of_bounds);
  }
  if (!pay_for(vm, count, references_per_fuel)) return step::suspended;
  if (count != 0) {
    std::memmove(destination.elements.data() + to, source.elements.data() + from, count * sizeof(word));
  }
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t elem_drop(machine& vm, const word* pc, word*) noexcept {
  vm.current->dropped_elems[imm_of(pc)] = 1;
  vm.current->elems[imm_of(pc)].clear();
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t ref_func(machine& vm, const word* pc, word* fp) noexcept {
  fp[d_of(pc)] = reinterpret_cast<word>(vm.current->funcs[imm_of(pc)]);
  return step::next;
}

[[gnu::noinline]] inline std::uint32_t table_init(machine& vm, const word* pc, word* fp) noexcept {
  const std::uint32_t index = high_index(pc);
  table_instance& t = *vm.current->tables[low_index(pc)];
  const word to = fp[d_of(pc)], from = fp[a_of(pc)], count = fp[b_of(pc)];
  const std::uint64_t available = vm.current->dropped_elems[index] ? 0 : vm.current->source->elems[index].size();
  if (!t.in_bounds(to, count) || count > available || from > available - count) {
    return trapped(errc::trap_table_out_of_bounds);
  }
  if (!pay_for(vm, count, references_per_fuel)) return step::suspended;
  for (word i = 0; i < count; ++i) {
    t.elements[to + i] = element_of(*vm.current, index, static_cast<std::uint32_t>(from + i));
  }
  return step::next;
}

}  // namespace wasm64::exec::slow
