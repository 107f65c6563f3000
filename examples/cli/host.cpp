#include "host.hpp"

#include <cstdio>

namespace cli {

wasm64::wasi_errno process_context::write(std::uint32_t fd, wasm64::bytes_view bytes) {
  std::FILE* stream = fd == 1 ? stdout : stderr;
  if (fd == 2) std::fflush(stdout);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), stream) == bytes.size();
  return written ? wasm64::wasi_errno::success : wasm64::wasi_errno::io;
}

std::size_t process_context::read(std::span<std::uint8_t> into) {
  std::fflush(stdout);
  return std::fread(into.data(), 1, into.size(), stdin);
}

wasm64::linker imports_for(const wasm64::module& m, process_context& context) {
  wasm64::linker imports;
  imports.func("env", "host_add", [](std::uint32_t a, std::uint32_t b) { return a + b; });
  wasm64::define_wasi(imports, m, context);
  wasm64::define_emscripten(imports, m, context.emscripten);
  return imports;
}

}  // namespace cli
