#pragma once

#include "wasm64/host/emscripten.hpp"
#include "wasm64/wasm64.hpp"

namespace cli {

/// A program's standard streams are those of this process; its clock and random numbers stay deterministic.
class process_context final : public wasm64::wasi_context {
 public:
  wasm64::wasi_errno write(std::uint32_t fd, wasm64::bytes_view bytes) override;
  std::size_t read(std::span<std::uint8_t> into) override;

  wasm64::emscripten_context emscripten{*this};
};

/// What modules can import: WASI preview 1, Emscripten's library, and `env.host_add`, a small function for measuring
/// calls of the host.
wasm64::linker imports_for(const wasm64::module& m, process_context& context);

}  // namespace cli
