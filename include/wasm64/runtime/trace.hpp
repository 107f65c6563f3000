#pragma once

#include <cstdint>
#include <string>

#include "wasm64/base/containers.hpp"
#include "wasm64/base/error.hpp"
#include "wasm64/base/messages.hpp"

namespace wasm64 {

/// One WebAssembly activation of a stack trace, innermost first.
struct trace_frame {
  std::uint32_t function = 0;  ///< function index in its module
  std::uint32_t offset = 0;    ///< of the instruction, in the module's bytes
  std::string name;            ///< from the name section; may be empty
};

struct func_code;

/// An activation as a trap finds it: its code, and the word that was being executed; of compiled code, the offset.
struct stopped_frame {
  const func_code* code;
  std::uint32_t position;
  bool is_offset = false;
};

/// What stopped a call: the code, a host function's own words, and where. At most `max_frames` innermost activations
/// are kept; `depth` counts all of them.
struct trap {
  static constexpr std::size_t max_frames = 64;

  errc code{};
  std::string detail;
  vector<trace_frame> frames;
  std::uint32_t depth = 0;
};

/// The trap with its stack trace, one frame a line.
inline std::string to_string(const trap& t) {
  std::string text = message(t.code);
  if (!t.detail.empty()) text.append(": ").append(t.detail);
  for (std::size_t i = 0; i < t.frames.size(); ++i) {
    const trace_frame& f = t.frames[i];
    text.append("\n  #").append(std::to_string(i)).append(" ");
    text.append(f.name.empty() ? "func[" + std::to_string(f.function) + "]" : f.name);
    constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    for (std::uint32_t rest = f.offset; rest != 0 || hex.empty(); rest >>= 4)
      hex.insert(hex.begin(), digits[rest & 15]);
    text.append(" @ 0x").append(hex);
  }
  if (t.depth > t.frames.size())
    text.append("\n  … ").append(std::to_string(t.depth - t.frames.size())).append(" more");
  return text;
}

}  // namespace wasm64
