#pragma once

#include "wasm64/binary/decode.hpp"
#include "wasm64/exec/interpreter.hpp"
#include "wasm64/fwd.hpp"
#include "wasm64/runtime/store.hpp"
#include "wasm64/valid/module.hpp"

namespace wasm64 {

namespace aot {
/// The tier of a backend that stores of a configuration share (aot/tier.hpp, which such a configuration includes).
template <class Backend>
std::shared_ptr<code_provider> default_tier();
}  // namespace aot

/// Compile-time choices of an engine. Derive from it and override single members. Handlers and lowering see only
/// dispatch and metering, so a configuration that changes anything else instantiates no handler again.
struct engine_config {
  /// What modules may use.
  static constexpr feature_set features{};
  /// How linear memories are allocated.
  using memory = default_memory;
  /// Whether stores count fuel. Off costs nothing.
  static constexpr bool metered = false;
  static constexpr dispatch_kind dispatch = machine_config{}.dispatch;
  /// What compiles modules ahead of time, with its defaults; another one can be given to each store (`use`).
  using backend = aot::no_backend;
};

/// The same with fuel.
struct metered_engine_config : engine_config {
  static constexpr bool metered = true;
};

/// Decodes and validates a module: the only way to get one that can be instantiated. The answer is immutable and may be
/// shared between stores and threads. `limits` bounds what a hostile module can ask for.
result<std::shared_ptr<const module>> compile(bytes_view wasm, const feature_set& features = {},
                                              const decode_limits& limits = {});

/// The same before it is shared, for those who add to it.
result<module> compile_unshared(bytes_view wasm, const feature_set& features = {}, const decode_limits& limits = {});

/// A store of an engine configuration; see `store_base` for what it does.
template <class Config>
class store : public store_base {
  static_assert(memory_policy<typename Config::memory>,
                "engine_config: `memory` needs reserve(size, capacity), grow(base, size, new_size, capacity) and "
                "release(base, capacity)");
  using interpreter = exec::interpreter<machine_config{Config::dispatch, Config::metered}>;

 public:
  explicit store(const wasm64::limits& l = {})
      : store_base(
            {interpreter::handlers(), &interpreter::run, &operations_of<typename Config::memory>, Config::metered}, l) {
    using backend = typename Config::backend;
    if constexpr (!std::is_same_v<backend, aot::no_backend>) use(aot::default_tier<backend>());
  }
};

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/exec/compile_impl.hpp"
#endif
