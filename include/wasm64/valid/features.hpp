#pragma once

#include "wasm64/binary/opcode.hpp"
#include "wasm64/module/features.hpp"
#include "wasm64/module/types.hpp"

namespace wasm64 {

/// The feature a value type needs and `features` lacks, or null.
constexpr const char* missing_feature(val_type type, const feature_set& features) noexcept {
  if (type.is_vec()) return features.simd ? nullptr : "simd";
  if (!type.is_ref()) return nullptr;
  if (type.heap == heap::exn || type.heap == heap::noexn) {
    if (!features.exceptions) return "exceptions";
  } else if (!type.heap.is_index() && type.heap != heap::func && type.heap != heap::extern_) {
    if (!features.gc) return "gc";
  }
  if (type.heap == heap::extern_ && !features.reference_types) return "reference types";
  const bool is_typed = type.heap.is_index() || !type.nullable;
  return is_typed && !features.function_references ? "typed references" : nullptr;
}

/// The feature an instruction needs and `features` lacks, or null.
constexpr const char* missing_feature(op o, const feature_set& features) noexcept {
  switch (info(o).feature) {
    case op_feature::mvp:
    case op_feature::sign_extension:
    case op_feature::saturating:
    case op_feature::bulk: return nullptr;
    case op_feature::reference_types: return features.reference_types ? nullptr : "reference types";
    case op_feature::simd: return features.simd ? nullptr : "simd";
    case op_feature::relaxed_simd: return features.simd && features.relaxed_simd ? nullptr : "relaxed simd";
    case op_feature::tail_calls:
      if (o == op::return_call_ref && !features.function_references) return "typed references";
      return features.tail_calls ? nullptr : "tail calls";
    case op_feature::exceptions:
      // `throw` is older than `try_table`.
      return features.exceptions || (o == op::throw_ && features.legacy_exceptions) ? nullptr : "exceptions";
    case op_feature::legacy_exceptions: return features.legacy_exceptions ? nullptr : "legacy exceptions";
    case op_feature::function_references: return features.function_references ? nullptr : "typed references";
    case op_feature::gc: return features.gc ? nullptr : "gc";
    case op_feature::threads: return features.threads ? nullptr : "threads";
    case op_feature::wide_arithmetic: return features.wide_arithmetic ? nullptr : "wide arithmetic";
  }
  return nullptr;
}

}  // namespace wasm64
