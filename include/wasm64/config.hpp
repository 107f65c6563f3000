#pragma once

// The only macros of the library. Everything else is C++.

/// `WASM64_INLINE` marks definitions that live in the `*_impl.hpp` headers. Without a define they are inline
/// (header-only use); with `WASM64_COMPILED` (set by the CMake target `wasm64::compiled`) they are compiled once,
/// in the library's own translation unit, and including the umbrella only parses declarations.
#if defined(WASM64_COMPILED) && defined(WASM64_SOURCE)
#define WASM64_INLINE
#else
#define WASM64_INLINE inline
#endif

/// True where the definitions of the `*_impl.hpp` headers must be visible in this translation unit.
#if !defined(WASM64_COMPILED) || defined(WASM64_SOURCE)
#define WASM64_IMPLEMENTATION 1
#else
#define WASM64_IMPLEMENTATION 0
#endif

/// The same for what compiles ahead of time (wasm64/aot), which the CMake target `wasm64::aot` holds.
#if defined(WASM64_COMPILED) && defined(WASM64_AOT_SOURCE)
#define WASM64_AOT_INLINE
#else
#define WASM64_AOT_INLINE inline
#endif
#if !defined(WASM64_COMPILED) || defined(WASM64_AOT_SOURCE)
#define WASM64_AOT_IMPLEMENTATION 1
#else
#define WASM64_AOT_IMPLEMENTATION 0
#endif

#define WASM64_ALWAYS_INLINE [[gnu::always_inline]] inline
#define WASM64_LIKELY(x) __builtin_expect(!!(x), 1)
#define WASM64_UNLIKELY(x) __builtin_expect(!!(x), 0)

// Dispatch. Tail calls need a guarantee (musttail) or, with GCC before 15, -O2 around the handlers, which
// exec/dispatch_tail.hpp requests with a pragma. Everything else runs the same handler bodies in a loop.
#if defined(WASM64_FORCE_LOOP_DISPATCH)
#define WASM64_TAIL_DISPATCH 0
#define WASM64_MUSTTAIL
#elif defined(__clang__)
#define WASM64_TAIL_DISPATCH 1
#define WASM64_MUSTTAIL [[clang::musttail]]
#elif defined(__GNUC__)
#define WASM64_TAIL_DISPATCH 1
#if defined(__has_cpp_attribute) && __GNUC__ >= 15
#define WASM64_MUSTTAIL [[gnu::musttail]]
#else
#define WASM64_MUSTTAIL
#endif
#else
#define WASM64_TAIL_DISPATCH 0
#define WASM64_MUSTTAIL
#endif

// A processor predicts the next handler from the addresses it came by, and code that uses few handlers in ever other
// orders leaves it too little to tell places apart. So handlers begin with a nop, and cells take turns in whether they
// enter them there or behind it.
#if WASM64_TAIL_DISPATCH && defined(__x86_64__) && !defined(__CET__)
#define WASM64_HANDLER_ENTRIES 2
#define WASM64_HANDLER __attribute__((aligned(64), patchable_function_entry(WASM64_HANDLER_ENTRIES - 1)))
#else
#define WASM64_HANDLER_ENTRIES 1
#define WASM64_HANDLER __attribute__((aligned(64)))
#endif

// Where handlers may jump to on the way out. GCC would pass fewer arguments in other registers, and then moves what
// those hold out of the way in every handler that may go there.
#if defined(__GNUC__) && !defined(__clang__)
#define WASM64_SAME_ARGUMENTS __attribute__((noipa))
#else
#define WASM64_SAME_ARGUMENTS
#endif

// Handlers and everything inlined into them. GCC before 15 makes sibling calls only at -O2, so the region asks for it
// whatever the user's flags are; sanitizers would put clean-up code after the tail call, so tail-dispatch handlers are
// not instrumented (the loop dispatch is, and the sanitizer runs use both).
#if WASM64_TAIL_DISPATCH
#if defined(__clang__)
#define WASM64_NO_SANITIZE __attribute__((no_sanitize("address", "undefined", "memory", "thread")))
#else
#define WASM64_NO_SANITIZE __attribute__((no_sanitize("address,undefined,thread"), no_stack_protector))
#endif
#else
#define WASM64_NO_SANITIZE
#endif
#if defined(__GNUC__) && !defined(__clang__) && WASM64_TAIL_DISPATCH
#define WASM64_HOT_BEGIN \
  _Pragma("GCC push_options") _Pragma("GCC optimize(\"O2\", \"no-math-errno\", \"no-tree-loop-distribute-patterns\")")
#define WASM64_HOT_END _Pragma("GCC pop_options")
#else
#define WASM64_HOT_BEGIN
#define WASM64_HOT_END
#endif
#define WASM64_HOT WASM64_NO_SANITIZE __attribute__((always_inline)) inline
