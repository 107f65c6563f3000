#pragma once

#include <cstdio>

#include "wasm64/aot/backend.hpp"
#include "wasm64/aot/image.hpp"
#include "wasm64/binary/reader.hpp"
#include "wasm64/lower/code.hpp"
#include "wasm64/storage/sha256.hpp"

/// A compiler for functions that answer a constant: `(func (result i32) (i32.const 42))` and the like. All others are
/// left to the interpreter, and so is everything where fuel is counted.
class constant_generator {
 public:
  static constexpr std::string_view name = "constants";
  static constexpr std::uint32_t abi = 3;

  /// Says there what it compiles, unless it is null.
  explicit constant_generator(std::FILE* log = nullptr) noexcept : log_(log) {}

  wasm64::result<wasm64::content_id> fingerprint() const { return wasm64::sha256(wasm64::as_bytes("constants 2")); }
  wasm64::aot::code_target target() const { return wasm64::aot::baseline_target(); }

  wasm64::result<wasm64::aot::native_code> compile(const wasm64::module& m,
                                                   const wasm64::aot::compile_request& request) {
    if (log_ != nullptr) std::fprintf(log_, "compiling a module of %zu functions\n", m.funcs.size());
    wasm64::aot::native_code made;
    made.entries.resize(m.funcs.size());
    made.bodies.resize(m.funcs.size());  // nothing here calls anything, so that no body is needed
    if (request.metered || target().arch == wasm64::aot::architecture::unknown) return made;
    for (std::size_t i = 0; i < m.funcs.size(); ++i) {
      std::int32_t value = 0;
      if (!is_constant(m, m.funcs[i], value)) continue;
      made.entries[i] = static_cast<std::uint32_t>(made.code.size()) + 1;
      write(made.code, static_cast<std::uint32_t>(value));
    }
    return made;
  }

 private:
  static constexpr int result_at = -8 * (wasm64::frame::header + 1);  ///< from the frame, in bytes

  static bool is_constant(const wasm64::module& m, const wasm64::func_def& f, std::int32_t& value) {
    const wasm64::func_type& type = m.types[f.type].func;
    if (!type.params.empty() || type.results.size() != 1 || type.results[0] != wasm64::types::i32) return false;
    wasm64::reader body(m.view(f.body));
    if (body.u8() != 0x41) return false;  // i32.const
    value = body.s32();
    return body.u8() == 0x0B && body.at_end();  // end
  }

  static void append(wasm64::byte_vector& code, std::uint64_t number, std::size_t size) {
    for (; size-- > 0; number >>= 8) code.push_back(static_cast<std::uint8_t>(number));
  }

#if defined(__x86_64__)
  /// status entry(context* rdi, word* rsi, std::uint64_t rdx). The budget in rdx covers the call, and there are no
  /// others.
  static void write(wasm64::byte_vector& code, std::uint32_t value) {
    append(code, 0xB8, 1), append(code, value, 4);  // mov  eax, value
    append(code, 0x468948, 3), append(code, static_cast<std::uint8_t>(result_at), 1);  // mov [rsi + result], rax
    append(code, 0xC031, 2);                                                           // xor  eax, eax
    append(code, 0xC3, 1);                                                             // ret
  }
#elif defined(__aarch64__)
  /// status entry(context* x0, word* x1, std::uint64_t x2). The budget in x2 covers the call, and there are no others.
  static void write(wasm64::byte_vector& code, std::uint32_t value) {
    append(code, 0x52800009u | (value & 0xFFFF) << 5, 4);  // movz w9, #value
    append(code, 0x72A00009u | value >> 16 << 5, 4);  // movk w9, #value, lsl #16
    append(code, 0xF8000029u | (static_cast<std::uint32_t>(result_at) & 0x1FF) << 12, 4);  // stur x9, [x1, #result]
    append(code, 0x52800000, 4);  // mov  w0, #0
    append(code, 0xD65F03C0, 4);  // ret
  }
#else
  static void write(wasm64::byte_vector&, std::uint32_t) {}
#endif

  std::FILE* log_;
};

/// How it is loaded is nothing special.
struct constant_backend {
  using generator = constant_generator;
  using loader = wasm64::aot::native_loader;
};
static_assert(wasm64::aot::check_backend<constant_backend>());
