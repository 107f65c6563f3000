#pragma once

// How exec/simd_*.hpp write one instruction: its name, operand types, and the result as an expression of a, b and c.

#define WASM64_VECTOR_1(name, A, expression)                           \
  struct name {                                                        \
    using in = A;                                                      \
    static constexpr int operands = 1;                                 \
    WASM64_HOT static auto apply(in a) noexcept { return expression; } \
  };
#define WASM64_VECTOR_2(name, A, B, expression)                                  \
  struct name {                                                                  \
    using in = A;                                                                \
    using second = B;                                                            \
    static constexpr int operands = 2;                                           \
    WASM64_HOT static auto apply(in a, second b) noexcept { return expression; } \
  };
#define WASM64_VECTOR_3(name, A, B, C, expression)                                        \
  struct name {                                                                           \
    using in = A;                                                                         \
    using second = B;                                                                     \
    using third = C;                                                                      \
    static constexpr int operands = 3;                                                    \
    WASM64_HOT static auto apply(in a, second b, third c) noexcept { return expression; } \
  };
