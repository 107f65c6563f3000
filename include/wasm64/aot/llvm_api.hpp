#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "wasm64/aot/compiler_file.hpp"
#include "wasm64/base/bytes.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"
#include "wasm64/storage/id.hpp"

// LLVM through its C interface, found when it is needed: neither its headers nor its library are there when this is
// compiled. One source serves all versions from 14 to 22, as the functions and numbers used are the same in all of
// them.

namespace wasm64::aot::llvm {

using context_ref = struct opaque_context*;
using diagnostic_ref = struct opaque_diagnostic*;
using module_ref = struct opaque_module*;
using type_ref = struct opaque_type*;
using value_ref = struct opaque_value*;
using block_ref = struct opaque_block*;
using builder_ref = struct opaque_builder*;
using attribute_ref = struct opaque_attribute*;
using metadata_ref = struct opaque_metadata*;
using error_ref = struct opaque_error*;
using pass_options_ref = struct opaque_pass_options*;
using target_ref = struct opaque_target*;
using target_machine_ref = struct opaque_target_machine*;
using target_data_ref = struct opaque_target_data*;
using memory_buffer_ref = struct opaque_memory_buffer*;

// LLVM's numbers.

// clang-format off
enum opcode : int {
  add = 8, fadd = 9, sub = 10, fsub = 11, mul = 12, fmul = 13, udiv = 14, sdiv = 15, fdiv = 16, urem = 17, srem = 18,
  shl = 20, lshr = 21, ashr = 22, and_ = 23, or_ = 24, xor_ = 25,
  trunc = 30, zext = 31, sext = 32, fptoui = 33, fptosi = 34, uitofp = 35, sitofp = 36, fptrunc = 37, fpext = 38,
  ptrtoint = 39, inttoptr = 40, bitcast = 41,
};
enum int_predicate : int { eq = 32, ne, ugt, uge, ult, ule, sgt, sge, slt, sle };
enum real_predicate : int { oeq = 1, ogt, oge, olt, ole, ord = 7, uno = 8, une = 14 };
// clang-format on

inline constexpr unsigned c_convention = 0, fast_convention = 8, tail_convention = 18;
inline constexpr unsigned of_function = ~0u, of_context = 1;
inline constexpr int hidden = 1, internal = 8, must_tail_call = 2;
inline constexpr int return_status = 2;                                  // of VerifyModule
inline constexpr int severity_error = 0, severity_warning = 1;
inline constexpr int optimize_none = 0, optimize_default = 2, optimize_most = 3;
inline constexpr int position_independent = 2, small_code = 3, object_file = 1;

/// LLVM's functions, by their names without the prefix `LLVM`.
struct api {
#define WASM64_LLVM(result, name, parameters) result(*name) parameters = nullptr;
#include "wasm64/aot/llvm_functions.def"
  void (*SetTailCallKind)(value_ref, int) = nullptr;  ///< since version 18
};

/// LLVM as it was found. The library stays loaded until the process ends: its code may be on any thread's way out.
struct library : api {
  unsigned major = 14;    ///< 14 stands for 14 and 15, which do not say
  std::string path;       ///< as far as the system tells
  content_id build;       ///< another one for any other build of any version: `compiler_file::id`
};

/// The library that `load` would load, if it was not loaded before; loads nothing. Fails with aot_compiler_missing
/// where only the system's loader finds it, or nobody does.
result<compiler_file> locate(const std::string& path = {});

/// The library that `path` names, or the environment's WASM64_LLVM, or else the newest of the versions above that is
/// installed. Loads each only once. Fails with aot_compiler_missing, and says what is missing in the detail.
result<std::shared_ptr<const library>> load(const std::string& path = {});

}  // namespace wasm64::aot::llvm

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/llvm_api_impl.hpp"
#endif
