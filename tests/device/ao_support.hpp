#pragma once

#include <fstream>
#include <sstream>

#include "tests/device/support.hpp"
#include "wasm64/device/json_iface.hpp"
#include "wasm64/device/process.hpp"
#include "wasm64/device/scheduler.hpp"

namespace device_tests {

struct ao_test_config : default_device_config {
  using siblings = device_list<json_iface_device, process_device, scheduler_device>;
};

using response = device_response<msg>;
using ao_fixture = fixture<ao_test_config>;

inline std::string hex_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += '\\';
    out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

/// A guest that always gives the same answer. `malloc` hands out storage behind 4096; `freed` is the sum of what
/// `free` was given.
inline std::string guest_answering(std::string_view answer) {
  return R"((module
    (memory (export "memory") i64 4)
    (global $next (mut i64) (i64.const 4096))
    (global $freed (export "freed") (mut i64) (i64.const 0))
    (func (export "malloc") (param i64) (result i64)
      (global.get $next)
      (global.set $next (i64.add (global.get $next) (local.get 0))))
    (func (export "free") (param i64) (global.set $freed (i64.add (global.get $freed) (local.get 0))))
    (func (export "handle") (param i64 i64) (result i64) (i64.const 16))
    (func (export "get_freed") (result i64) (global.get $freed))
    (data (i64.const 16) ")" +
         hex_escaped(answer) + R"(\00")))";
}

inline std::string file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}
inline std::string example_file(const std::string& name) {
  return file(std::string(WASM64_TESTS) + "/../examples/process/" + name);
}

}  // namespace device_tests
