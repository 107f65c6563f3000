#pragma once

// Needs libzstd, so this header is not in the umbrella. With CMake link wasm64::zstd.
#include <zstd.h>

#include "wasm64/storage/codec.hpp"

namespace wasm64 {

namespace detail {

template <int Level>
result<byte_vector> zstd_compress(bytes_view raw) {
  // One that does not fit into less than the input is of no use, so there is no room for it.
  byte_vector stored(raw.size());
  const std::size_t size = ZSTD_compress(stored.data(), stored.size(), raw.data(), raw.size(), Level);
  stored.resize(ZSTD_isError(size) ? 0 : size);
  return stored;
}

inline result<void> zstd_decompress(bytes_view stored, std::span<std::uint8_t> raw) {
  const std::size_t size = ZSTD_decompress(raw.data(), raw.size(), stored.data(), stored.size());
  if (ZSTD_isError(size)) return fail(errc::hash_mismatch, std::string("zstd: ") + ZSTD_getErrorName(size));
  if (size != raw.size()) return fail(errc::hash_mismatch, "zstd: fewer bytes than declared");
  return success();
}

}  // namespace detail

/// Zstandard for `filesystem_store::options::compression`: `options.compression = &zstd<>`. Level 1 is the fastest,
/// 19 the smallest; all are read alike.
template <int Level = 3>
inline constexpr codec zstd{1, "zstd", &detail::zstd_compress<Level>, &detail::zstd_decompress};

}  // namespace wasm64
