#pragma once

#include "wasm64/binary/decode.hpp"
#include "wasm64/text/print.hpp"
#include "wasm64/text/printer.hpp"

namespace wasm64::text {

WASM64_INLINE result<std::string> print_module(const module& m, std::uint64_t max_size) {
  return module_printer(m, max_size).run();
}

WASM64_INLINE result<std::string> print_module(bytes_view binary, std::uint64_t max_size) {
  WASM64_TRY(const module m, decode(binary));
  return print_module(m, max_size);
}

}  // namespace wasm64::text
