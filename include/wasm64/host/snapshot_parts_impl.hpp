#pragma once

#include <initializer_list>

#include "wasm64/host/snapshot_parts.hpp"
#include "wasm64/snapshot/zero.hpp"

namespace wasm64 {

namespace detail {

/// Numbers as bytes.
inline void put_numbers(byte_vector& to, std::initializer_list<std::uint64_t> numbers) {
  for (const std::uint64_t n : numbers) {
    const std::size_t at = to.size();
    to.resize(at + sizeof n);
    store_le(to.data() + at, n);
  }
}
inline std::uint64_t number_in(bytes_view bytes, std::size_t index) noexcept {
  return bytes.empty() ? 0 : load_le<std::uint64_t>(bytes.data() + index * sizeof(std::uint64_t));
}
// second result, number on their way, latest on its way, caught ones
struct emscripten_state {
  static constexpr std::size_t fixed = 3;

  static result<byte_vector> save(void* environment) {
    const auto& c = *static_cast<const emscripten_context*>(environment);
    byte_vector bytes;
    if (c.second_result == 0 && c.uncaught == 0 && c.thrown == 0 && c.caught.empty()) return bytes;
    put_numbers(bytes, {c.second_result, c.uncaught, c.thrown});
    for (const std::uint64_t object : c.caught) put_numbers(bytes, {object});
    return bytes;
  }
  static result<void> check(void*, bytes_view bytes) {
    const bool is_whole = bytes.size() % 8 == 0 && bytes.size() / 8 >= fixed;
    const bool fits = is_whole && number_in(bytes, 0) >> 32 == 0 && number_in(bytes, 1) >> 32 == 0;
    const bool is_nothing = bytes.size() == fixed * 8 && is_zero(bytes.data(), bytes.size());
    return fits && !is_nothing ? result<void>(success()) : fail(errc::snapshot_malformed, "exceptions");
  }
  static void load(void* environment, bytes_view bytes) {
    auto& c = *static_cast<emscripten_context*>(environment);
    c.second_result = static_cast<std::uint32_t>(number_in(bytes, 0));
    c.uncaught = static_cast<std::uint32_t>(number_in(bytes, 1));
    c.thrown = number_in(bytes, 2);
    c.caught.clear();
    for (std::size_t i = fixed; i < bytes.size() / 8; ++i) c.caught.push_back(number_in(bytes, i));
  }
};

struct moment_state {
  static result<byte_vector> save(void* environment) {
    const auto& c = *static_cast<const wasi_context*>(environment);
    byte_vector bytes;
    if (c.nanoseconds != 0 || c.seed != 0 || c.work != 0) put_numbers(bytes, {c.nanoseconds, c.seed, c.work});
    return bytes;
  }
  static result<void> check(void*, bytes_view bytes) {
    const bool fits = bytes.size() == 24 && !is_zero(bytes.data(), bytes.size());
    return fits ? result<void>(success()) : fail(errc::snapshot_malformed, "moment");
  }
  static void load(void* environment, bytes_view bytes) {
    auto& c = *static_cast<wasi_context*>(environment);
    c.nanoseconds = number_in(bytes, 0);
    c.seed = number_in(bytes, 1);
    c.work = number_in(bytes, 2);
  }
};

template <class State>
snapshot_part part_of(const char* name, void* environment) {
  return {name, environment, &State::save, &State::check, &State::load};
}

}  // namespace detail

WASM64_INLINE snapshot_part emscripten_part(emscripten_context& context) {
  return detail::part_of<detail::emscripten_state>("emscripten", &context);
}

WASM64_INLINE snapshot_part moment_part(wasi_context& context) {
  return detail::part_of<detail::moment_state>("moment", &context);
}

}  // namespace wasm64
