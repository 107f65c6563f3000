#pragma once

#include <cstddef>
#include <cstdint>

#include "wasm64/aot/abi.hpp"
#include "wasm64/runtime/machine.hpp"

// Where compiled code finds things in the engine's objects, in bytes. All of it is part of what artifacts are bound to.

namespace wasm64::aot::layout {

// Not all of these are standard-layout types, but compilers lay them out as if they were: GCC and Clang say so.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"

inline constexpr std::uint32_t machine_fuel = offsetof(machine, fuel);
inline constexpr std::uint32_t machine_frame = offsetof(machine, native) + offsetof(native_frames, frame);
inline constexpr std::uint32_t machine_heap_top = offsetof(machine, heap) + offsetof(object_heap, top);
inline constexpr std::uint32_t machine_heap_end = offsetof(machine, heap) + offsetof(object_heap, end);
inline constexpr std::uint32_t machine_budget = offsetof(machine, budget);
inline constexpr std::uint32_t memory_base = offsetof(memory_instance, base);
inline constexpr std::uint32_t memory_size = offsetof(memory_instance, size);
inline constexpr std::uint32_t global_bits = offsetof(global_instance, bits);
inline constexpr std::uint32_t global_high = offsetof(global_instance, high);
/// A vector of Boost.Container begins with its first element's address and its size; tests/unit/aot/abi.cpp looks.
inline constexpr std::uint32_t table_data = offsetof(table_instance, elements);
inline constexpr std::uint32_t table_size = table_data + sizeof(void*);
inline constexpr std::uint32_t func_type_id = offsetof(func_instance, type_id);
inline constexpr std::uint32_t func_native = offsetof(func_instance, native);
inline constexpr std::uint32_t func_native_key = offsetof(func_instance, native_key);
inline constexpr std::uint32_t func_native_context = offsetof(func_instance, native_context);
inline constexpr std::uint32_t func_native_charge = offsetof(func_instance, native_charge);

inline constexpr std::uint32_t func_code_place = offsetof(func_instance, code);
inline constexpr std::uint32_t code_first_ref = offsetof(func_code, first_ref);
inline constexpr std::uint32_t code_ref_slots = offsetof(func_code, ref_slots);

#pragma GCC diagnostic pop

/// All of the above and those of `context`, for fingerprints.
inline constexpr std::uint32_t all[] = {machine_fuel,
                                        machine_frame,
                                        machine_heap_top,
                                        machine_heap_end,
                                        machine_budget,
                                        memory_base,
                                        memory_size,
                                        global_bits,
                                        global_high,
                                        table_data,
                                        table_size,
                                        func_type_id,
                                        func_native,
                                        func_native_key,
                                        func_native_context,
                                        func_code_place,
                                        code_first_ref,
                                        code_ref_slots,
                                        func_native_charge,
                                        offsetof(context, vm),
                                        offsetof(context, helpers),
                                        offsetof(context, in),
                                        offsetof(context, funcs),
                                        offsetof(context, memories),
                                        offsetof(context, globals),
                                        offsetof(context, tables),
                                        offsetof(context, type_ids),
                                        offsetof(context, native_limit),
                                        offsetof(context, budget_ends),
                                        offsetof(context, memory),
                                        offsetof(context, table)};

}  // namespace wasm64::aot::layout
