#pragma once

#include "tests/support/catch.hpp"
#include "wasm64/aot/artifact.hpp"
#include "wasm64/aot/authenticator.hpp"
#include "wasm64/aot/layout.hpp"
#include "wasm64/storage/sha256.hpp"

/// A small artifact made by hand, and whom to ask about it.
namespace wasm64::test {

/// Functions 1 to 3 are defined.
inline module sample_module() {
  module m;
  m.bytes.resize(100);
  for (std::size_t i = 0; i < m.bytes.size(); ++i) m.bytes[i] = static_cast<std::uint8_t>(i);
  m.imported_funcs = 1;
  m.funcs.resize(3);
  return m;
}

// Clang's sanitizer for calls looks at the bytes in front of functions, where compiled code has none of its own.
#if defined(__clang__)
[[clang::no_sanitize("function")]]
#endif
inline aot::call_status call_entry(aot::entry at) {
  return at(nullptr, nullptr, 0);
}

/// The first function answers 42, the second 0; the third is interpreted.
inline aot::native_code sample_code() {
  aot::native_code made;
#if defined(__x86_64__)
  for (const unsigned byte : {0xB8u, 42u, 0u, 0u, 0u, 0xC3u, 0xCCu, 0xCCu, 0x31u, 0xC0u, 0xC3u}) {
    made.code.push_back(static_cast<std::uint8_t>(byte));
  }
#else
  for (const std::uint32_t word : {0x52800540u, 0xD65F03C0u, 0x52800000u, 0xD65F03C0u}) {
    made.code.resize(made.code.size() + 4);
    store_le(made.code.data() + made.code.size() - 4, word);
  }
#endif
  for (const std::uint32_t place : {1u, 9u, 0u}) made.entries.push_back(place);
  for (const std::uint32_t place : {9u, 0u, 0u}) made.bodies.push_back(place);
  made.sites.push_back({1, 50, 7, 8});
  made.sites.push_back({3, 99, aot::site::none, aot::site::none});
  return made;
}

inline aot::artifact_key sample_key(const module& m) {
  const content_id engine = aot::engine_fingerprint(aot::layout::all).value();
  const content_id generator = sha256(as_bytes("by hand")).value();
  return aot::make_key(m, {}, engine, generator, aot::baseline_target()).value();
}

/// Takes everything for its own: what gets past it has to be checked all the same.
struct gullible_authenticator {
  result<aot::artifact_tag> tag(bytes_view) const { return aot::artifact_tag{}; }
  bool check(bytes_view, const aot::artifact_tag&) const { return true; }
};

template <class Authenticator>
result<aot::verified_artifact> read_artifact(const Authenticator& authenticator, bytes_view bytes,
                                             const aot::artifact_key& key, const module& m) {
  // On the heap and no longer than it is, so that sanitizers see every byte that is read beyond.
  const byte_vector copy(bytes.begin(), bytes.end());
  return aot::artifact_verifier<Authenticator>(authenticator).read(view_of(copy), key, m);
}

}  // namespace wasm64::test
