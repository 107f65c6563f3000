#pragma once

#include "wasm64/host/emscripten_binding.hpp"

// What the glue's functions for C++ exceptions leave to the host: the header in front of a thrown object, and which
// exceptions are on their way.

namespace wasm64::detail {

/// The fields in front of a thrown object, as libc++abi for Emscripten lays them out since 3.1.9; in older programs
/// only the host looks at them.
struct emscripten_exception {
  const emscripten_binding& binding;
  std::uint64_t object;

  static std::uint64_t size(const emscripten_binding& b) noexcept { return 6 * b.pointer_size(); }

  result<void> check() const {
    if (object >= size(binding) && binding.in_bounds(begin(), size(binding))) return success();
    return fail(errc::trap_memory_out_of_bounds, "C++ exception");
  }
  std::uint64_t begin() const noexcept { return object - size(binding); }
  std::uint64_t field(std::uint64_t n) const noexcept { return begin() + n * binding.pointer_size(); }
  std::uint64_t load(std::uint64_t n) const noexcept { return binding.load_pointer(field(n)); }
  void store(std::uint64_t n, std::uint64_t v) const noexcept { binding.store_pointer(field(n), v); }

  static constexpr std::uint64_t references = 0, type = 1, destructor = 2, adjusted = 4;
  std::uint8_t& is_caught() const noexcept { return *binding.at(field(3)); }
  std::uint8_t& is_rethrown() const noexcept { return *binding.at(field(3) + 1); }
};

/// Counts a reference and sends the exception on its way.
inline void emscripten_raise(const emscripten_exception& e) {
  emscripten_context& c = e.binding.context;
  e.store(e.references, e.load(e.references) + 1);
  ++c.uncaught;
  c.thrown = e.object;
}

/// (object, type, destructor)
inline result<void> emscripten_throw(const emscripten_binding& b, word* slots) {
  const emscripten_exception e{b, slots[0]};
  WASM64_CHECK(e.check());
  e.store(e.references, 0);
  e.store(e.type, slots[1]);
  e.store(e.destructor, slots[2]);
  e.store(3, 0);
  e.store(e.adjusted, 0);
  emscripten_raise(e);
  return success();
}

/// (object)
inline result<void> emscripten_rethrow_primary(const emscripten_binding& b, word* slots) {
  const emscripten_exception e{b, slots[0]};
  WASM64_CHECK(e.check());
  e.is_rethrown() = 1;
  e.is_caught() = 0;
  emscripten_raise(e);
  return success();
}

/// ()
inline result<void> emscripten_rethrow(const emscripten_binding& b, word*) {
  if (b.context.caught.empty()) return fail(errc::trap_abort, "no exception to throw");
  word object = b.context.caught.back();
  return emscripten_rethrow_primary(b, &object);
}

/// (object)
inline result<void> emscripten_resume(const emscripten_binding& b, word* slots) {
  if (b.context.thrown == 0) b.context.thrown = slots[0];
  return success();
}

/// (object)
inline result<void> emscripten_begin_catch(const emscripten_binding& b, word* slots) {
  constexpr std::size_t most = 1'000'000;
  const emscripten_exception e{b, slots[0]};
  WASM64_CHECK(e.check());
  if (b.context.caught.size() == most) return fail(errc::trap_host, "too many exceptions caught at once");
  if (e.is_caught() == 0) {
    e.is_caught() = 1;
    --b.context.uncaught;
  }
  e.is_rethrown() = 0;
  b.context.caught.push_back(e.object);
  return success();
}

/// () -> object whose handler ends
inline result<void> emscripten_end_catch(const emscripten_binding& b, word* slots) {
  if (b.context.caught.empty()) return fail(errc::trap_abort, "no exception is caught");
  slots[0] = b.context.caught.back();
  b.context.caught.pop_back();
  b.context.thrown = 0;
  return success();
}

/// (object) -> whether that was the last reference and it is to be destroyed
inline result<void> emscripten_release(const emscripten_binding& b, word* slots) {
  const emscripten_exception e{b, slots[0]};
  WASM64_CHECK(e.check());
  const std::uint64_t left = e.load(e.references) - 1;
  e.store(e.references, left);
  slots[0] = left == 0 && e.is_rethrown() == 0 ? 1 : 0;
  return success();
}

/// (object)
inline result<void> emscripten_retain(const emscripten_binding& b, word* slots) {
  if (slots[0] == 0) return success();
  const emscripten_exception e{b, slots[0]};
  WASM64_CHECK(e.check());
  e.store(e.references, e.load(e.references) + 1);
  return success();
}

/// (object) -> its destructor
inline result<void> emscripten_destructor(const emscripten_binding& b, word* slots) {
  const emscripten_exception e{b, slots[0]};
  WASM64_CHECK(e.check());
  slots[0] = e.load(e.destructor);
  return success();
}

/// (object) -> its type
inline result<void> emscripten_type_of(const emscripten_binding& b, word* slots) {
  const emscripten_exception e{b, slots[0]};
  WASM64_CHECK(e.check());
  slots[0] = e.load(e.type);
  return success();
}

/// () -> the exception on its way, about to be matched with handlers, or 0
inline result<void> emscripten_begin_match(const emscripten_binding& b, word* slots) {
  slots[0] = b.context.thrown;
  if (slots[0] == 0) return success();
  const emscripten_exception e{b, slots[0]};
  WASM64_CHECK(e.check());
  e.store(e.adjusted, e.object);
  return success();
}

/// (object, whether its type is a pointer's) -> what the handler gets: a pointer itself, or where the object's part of
/// the handler's type is
inline result<void> emscripten_caught_pointer(const emscripten_binding& b, word* slots) {
  const emscripten_exception e{b, slots[0]};
  WASM64_CHECK(e.check());
  const bool is_pointer = static_cast<std::uint32_t>(slots[1]) != 0;
  if (is_pointer && !b.in_bounds(e.object, b.pointer_size()))
    return fail(errc::trap_memory_out_of_bounds, "C++ exception");
  const std::uint64_t adjusted = e.load(e.adjusted);
  slots[0] = is_pointer ? b.load_pointer(e.object) : adjusted != 0 ? adjusted : e.object;
  return success();
}

/// (object that `malloc` gave with its header, or 0)
inline result<void> emscripten_clear_header(const emscripten_binding& b, word* slots) {
  const emscripten_exception e{b, slots[0]};
  WASM64_CHECK(e.check());
  std::memset(b.at(e.begin()), 0, static_cast<std::size_t>(e.size(b)));
  return success();
}

/// () -> how many exceptions are on their way
inline result<void> emscripten_uncaught(const emscripten_binding& b, word* slots) {
  slots[0] = b.context.uncaught;
  return success();
}

/// () -> the innermost exception in a handler with one reference more, or 0
inline result<void> emscripten_current(const emscripten_binding& b, word* slots) {
  slots[0] = b.context.caught.empty() ? 0 : b.context.caught.back();
  return emscripten_retain(b, slots);
}

/// () -> its type, or 0
inline result<void> emscripten_current_type(const emscripten_binding& b, word* slots) {
  slots[0] = b.context.caught.empty() ? 0 : b.context.caught.back();
  if (slots[0] == 0) return success();
  return emscripten_type_of(b, slots);
}

/// (seconds west, has summer time, two names, 4 bytes for a name)
inline result<void> emscripten_set_old_zone(const emscripten_binding& b, word* slots) {
  constexpr char name[] = "UTC";
  const std::uint64_t width = b.pointer_size();
  if (!b.in_bounds(slots[0], width) || !b.in_bounds(slots[1], 4) || !b.in_bounds(slots[2], 2 * width) ||
      !b.in_bounds(slots[3], sizeof name)) {
    return fail(errc::trap_memory_out_of_bounds);
  }
  b.store_pointer(slots[0], 0);
  store_le(b.at(slots[1]), 0);
  b.store_pointer(slots[2], slots[3]);
  b.store_pointer(slots[2] + width, slots[3]);
  std::memcpy(b.at(slots[3]), name, sizeof name);
  return success();
}

/// (value)
inline result<void> emscripten_set_second_result(const emscripten_binding& b, word* slots) {
  b.context.second_result = static_cast<std::uint32_t>(slots[0]);
  return success();
}
/// () -> value
inline result<void> emscripten_second_result(const emscripten_binding& b, word* slots) {
  slots[0] = b.context.second_result;
  return success();
}

}  // namespace wasm64::detail
