#pragma once

#include <cstdint>
#include <string_view>

#include "wasm64/base/result.hpp"
#include "wasm64/binary/reader.hpp"
#include "wasm64/config.hpp"
#include "wasm64/module/module.hpp"

namespace wasm64 {

/// The name of the custom section of branch hints.
inline constexpr std::string_view branch_hint_section = "metadata.code.branch_hint";

/// Where a function says which way a branch mostly goes.
struct branch_hint {
  std::uint32_t offset = 0;  ///< of the instruction, from `func_def::entry`
  bool is_likely = false;    ///< the condition is mostly true
};

/// The hints of a function, by ascending offset.
struct function_hints {
  std::uint32_t func = 0;
  vector<branch_hint> hints;
};

/// Reads the content of a section of branch hints (specification, appendix Custom Sections). Fails with
/// `malformed_custom_section`, or as the reader does. What the hints belong to is not looked at.
result<vector<function_hints>> read_branch_hints(reader in);

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/binary/branch_hints_impl.hpp"
#endif
