#pragma once

#include <cstdint>
#include <initializer_list>

#include "wasm64/base/containers.hpp"

namespace wasm64::bench {

/// Writes a valid module of pseudo-random functions, for measuring how fast modules are read: the mixture of locals,
/// memory accesses, calls and nested control is about a compiler's, the size is free, and the bytes are always the
/// same.
class synthetic_module {
 public:
  /// About `size` bytes; the code is nearly all of it.
  static byte_vector make(std::size_t size) {
    synthetic_module m;
    std::uint32_t count = 0;
    for (; m.out_.size() < size; ++count) m.function(count);
    return m.assemble(count);
  }

 private:
  // Of every function: two parameters, four i64, four i32, two f64.
  static constexpr std::uint32_t param64 = 0, param32 = 1, first64 = 2, first32 = 6, first_f64 = 10;

  void function(std::uint32_t index) {
    function_ = index;
    byte_vector before;
    before.swap(out_);
    emit({3, 4, 0x7e, 4, 0x7f, 2, 0x7c});
    statements(4 + random(12), 0);
    expression64(2);
    emit({0x0b});
    before.swap(out_);
    leb(before.size());
    out_.insert(out_.end(), before.begin(), before.end());
  }

  void statements(std::uint32_t count, int depth) {
    for (std::uint32_t i = 0; i < count; ++i) statement(depth);
  }

  void statement(int depth) {
    switch (random(depth < 4 ? 12 : 6)) {
      case 0:
      case 1: return expression64(3), set(first64 + random(4));
      case 2: return expression32(3), set(first32 + random(4));
      case 3: return expression_f64(2), set(first_f64 + random(2));
      case 4: return expression64(1), expression64(2), emit({0x37, 3}), leb(random(512) * 8);
      case 5: return expression32(1), emit({0xad}), expression32(2), emit({0x36, 2}), leb(random(512) * 4);
      case 6:
      case 7: return expression32(2), emit({0x04, 0x40}), statements(1 + random(3), depth + 1), emit({0x0b});
      case 8:
        expression32(2), emit({0x04, 0x40}), statements(1 + random(2), depth + 1);
        return emit({0x05}), statements(1 + random(2), depth + 1), emit({0x0b});
      case 9: emit({0x03, 0x40}), statements(1 + random(3), depth + 1); return expression32(2), emit({0x0d, 0, 0x0b});
      case 10:
        emit({0x02, 0x40, 0x02, 0x40}), expression32(1), emit({0x0e, 2, 0, 1, 0, 0x0b});
        return statements(1, depth + 1), emit({0x0b});
      default: return expression64(1), emit({0x24, 0});
    }
  }

  void expression64(int depth) {
    switch (depth == 0 ? random(3) : 3 + random(8)) {
      case 0:
      case 1: return get(random(2) == 0 ? param64 : first64 + random(4));
      case 2: return emit({0x42}), leb(random(64));
      case 3: return expression64(depth - 1), emit({0x29, 3}), leb(random(512) * 8);
      case 4: return expression32(depth - 1), emit({0xad});
      case 5: return expression64(depth - 1), expression32(depth - 1), emit({0x10}), leb(random(function_ + 1));
      case 6: return emit({0x23, 0});
      case 7: return get(param64), expression64(depth - 1), expression32(depth - 1), emit({0x1b});
      default: return expression64(depth - 1), expression64(depth - 1), emit({std::uint8_t(0x7c + random(3))});
    }
  }

  void expression32(int depth) {
    switch (depth == 0 ? random(3) : 3 + random(6)) {
      case 0:
      case 1: return get(random(2) == 0 ? param32 : first32 + random(4));
      case 2: return emit({0x41}), leb(random(64));
      case 3: return expression64(depth - 1), emit({0x28, 2}), leb(random(512) * 4);
      case 4: return expression64(depth - 1), emit({0x50});
      case 5: return expression64(depth - 1), expression64(0), emit({std::uint8_t(0x51 + random(10))});
      default: return expression32(depth - 1), expression32(depth - 1), emit({std::uint8_t(0x6a + random(3))});
    }
  }

  void expression_f64(int depth) {
    if (depth == 0) return get(first_f64 + random(2));
    if (random(4) == 0) return expression64(1), emit({0xb9});
    expression_f64(depth - 1), expression_f64(depth - 1), emit({std::uint8_t(0xa0 + random(4))});
  }

  byte_vector assemble(std::uint32_t count) {
    byte_vector code;
    code.swap(out_);
    emit({0, 'a', 's', 'm', 1, 0, 0, 0});
    emit({1, 7, 1, 0x60, 2, 0x7e, 0x7f, 1, 0x7e});  // one type for all: [i64 i32] -> [i64]
    byte_vector header;
    header.swap(out_);
    leb(count);
    out_.insert(out_.end(), count, 0);
    byte_vector functions;
    functions.swap(out_);
    leb(count);
    byte_vector code_count;
    code_count.swap(out_);

    out_.swap(header);
    emit({3}), leb(functions.size()), append(functions);
    emit({5, 3, 1, 0x04, 1});                   // a memory64 of one page
    emit({6, 6, 1, 0x7e, 1, 0x42, 0, 0x0b});    // a mutable i64
    emit({10}), leb(code_count.size() + code.size()), append(code_count), append(code);
    return out_;
  }

  void get(std::uint32_t index) { emit({0x20, static_cast<std::uint8_t>(index)}); }
  void set(std::uint32_t index) { emit({0x21, static_cast<std::uint8_t>(index)}); }
  void emit(std::initializer_list<std::uint8_t> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void append(const byte_vector& bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void leb(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7) out_.push_back(static_cast<std::uint8_t>(v | 0x80));
    out_.push_back(static_cast<std::uint8_t>(v));
  }
  std::uint32_t random(std::uint32_t below) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state_ >> 33) % below;
  }

  byte_vector out_;
  std::uint64_t state_ = 1;
  std::uint32_t function_ = 0;
};

}  // namespace wasm64::bench
