#pragma once

#include <algorithm>

#include "wasm64/valid/definitions.hpp"
#include "wasm64/valid/definitions_impl.hpp"
#include "wasm64/valid/function.hpp"
#include "wasm64/valid/module.hpp"
#include "wasm64/valid/types_impl.hpp"

namespace wasm64 {

WASM64_INLINE result<void> validate(module& m, const feature_set& features, const decode_limits& limits) {
  detail::definition_validator definitions(m, features);
  WASM64_CHECK(definitions.run());
  vector<std::uint32_t>& referenced = definitions.referenced();
  std::sort(referenced.begin(), referenced.end());
  referenced.erase(std::unique(referenced.begin(), referenced.end()), referenced.end());
  m.declared_funcs = std::move(referenced);
  function_validator<null_sink> bodies(m, features);
  bodies.limit_values(1'000'000 + std::uint64_t{limits.values_per_byte} * m.bytes.size());
  null_sink sink;
  for (std::uint32_t i = 0; i < m.funcs.size(); ++i) {
    WASM64_TRY(m.funcs[i].facts, bodies.run(i, sink));
  }
  return success();
}

}  // namespace wasm64
