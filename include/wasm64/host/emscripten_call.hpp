#pragma once

#include <bit>
#include <limits>

#include "wasm64/host/emscripten_context.hpp"
#include "wasm64/host/wasi_call.hpp"

namespace wasm64::detail {

/// One call of a function that needs nothing but memory. Arguments are numbered as the letters of its type, whatever
/// the program splits them into.
class emscripten_call : public wasi_call {
 public:
  emscripten_call(emscripten_context& c, const caller& from, const word* slots, bool memory64, bool old_layout) noexcept
      : wasi_call(c.host, from, slots, memory64), library(c), vm(from.vm()), memory(from.memory()), old(old_layout) {}

  std::int64_t i64(std::size_t n) const noexcept { return static_cast<std::int64_t>(u64(n)); }
  std::int32_t signed_i32(std::size_t n) const noexcept { return static_cast<std::int32_t>(i32(n)); }
  bool is_64() const noexcept { return address_size() == 8; }

  /// The text up to its NUL; false when that is not in the memory.
  bool text(std::uint64_t address, std::string_view& found) const noexcept {
    if (!in_bounds(address, 1)) return false;
    const auto most = static_cast<std::size_t>(memory->size - address);
    const void* const end = std::memchr(at(address), 0, most);
    const std::size_t length =
        end == nullptr ? most : static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - at(address));
    context.work += length;
    if (end == nullptr) return false;
    found = {reinterpret_cast<const char*>(at(address)), length};
    return true;
  }

  emscripten_context& library;
  machine& vm;
  memory_instance* memory;
  bool old;  ///< structures are those of before 3.1.42
};

/// What a call answers: a number for whatever integer type the import has, or the bits of an f64.
using emscripten_answer = result<std::int64_t>;
using emscripten_plain_function = emscripten_answer (*)(const emscripten_call&);

inline std::int64_t emscripten_double(double number) noexcept { return std::bit_cast<std::int64_t>(number); }
inline auto emscripten_out_of_bounds() { return fail(errc::trap_memory_out_of_bounds); }

/// A function by name and type. Parameters by letters: i is i32, p a pointer or size, l is i64, which 32-bit programs
/// may pass as two i32. The result is d for f64, i for an integer of any type or none; `*` stands for any parameters.
struct emscripten_row {
  std::string_view name;
  const char* params;
  char answer;
  emscripten_plain_function function;
};

}  // namespace wasm64::detail
