#pragma once

namespace wasm64 {

/// What a module may use. Everything is on by default; a module that uses a feature that is off is refused with
/// `errc::unsupported_feature`. Where an earlier version of the
/// specification names the error, it is that one: `multiple_memories`, `multiple_tables`. Without `memory64` limits
/// are 32-bit numbers.
struct feature_set {
  bool memory64 = true;            ///< 64-bit memories and tables
  bool multi_memory = true;
  bool exceptions = true;          ///< try_table, throw_ref, exnref
  bool legacy_exceptions = true;   ///< try, catch, catch_all, rethrow, delegate
  bool tail_calls = true;
  bool extended_const = true;
  bool function_references = true;  ///< references to defined types, non-null references, call_ref
  bool gc = true;                   ///< structures, arrays, i31, declared subtyping, recursive groups of types
  bool simd = true;                ///< v128 and the vector instructions
  bool relaxed_simd = true;        ///< relaxed vector instructions, with the results of the deterministic profile
  bool reference_types = true;     ///< several tables, externref, instructions on tables and references
  bool threads = true;             ///< atomic instructions, shared memories; a store is a single agent
  bool custom_page_sizes = true;   ///< memories with pages of one byte
  bool wide_arithmetic = true;     ///< 128-bit additions and multiplications

  friend constexpr bool operator==(const feature_set&, const feature_set&) = default;
};

}  // namespace wasm64
