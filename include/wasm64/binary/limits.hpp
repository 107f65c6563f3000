#pragma once

#include <cstdint>

namespace wasm64 {

/// Most of everything in one module; beyond, decoding fails with `errc::implementation_limit` or `module_too_large`.
/// The defaults fit every real module seen and keep what hostile bytes can make the decoder allocate within a small
/// multiple of their size.
struct decode_limits {
  std::uint64_t module_size = std::uint64_t{1} << 30;  ///< bytes; never more than 2^32 - 1
  std::uint32_t types = 1'000'000;
  std::uint32_t functions = 1'000'000;  ///< imported and defined
  std::uint32_t imports = 1'000'000;
  std::uint32_t exports = 1'000'000;
  std::uint32_t globals = 1'000'000;
  std::uint32_t tables = 100'000;
  std::uint32_t memories = 100'000;
  std::uint32_t tags = 1'000'000;
  std::uint32_t segments = 1'000'000;            ///< element segments; likewise data segments
  std::uint32_t segment_elements = 10'000'000;   ///< of one element segment
  std::uint32_t function_body_size = 16u << 20;  ///< bytes, locals included
  std::uint32_t locals = 50'000;                 ///< of one function, without parameters
  std::uint64_t all_locals = 50'000'000;         ///< of all functions together: validation visits each
  std::uint32_t params = 1'000;                  ///< of one function type; likewise results
  std::uint32_t fields = 10'000;                 ///< of one structure type
  /// Values that blocks, branches and calls take and give, for every byte of the module and beyond a million: an
  /// instruction of two bytes may name a thousand, and validation and lowering visit each.
  std::uint32_t values_per_byte = 16;
  std::uint32_t name_size = 100'000;             ///< bytes of an import's or export's name
};

}  // namespace wasm64
