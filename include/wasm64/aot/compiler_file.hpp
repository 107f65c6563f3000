#pragma once

#include <span>
#include <string>
#include <string_view>

#include "wasm64/base/containers.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/config.hpp"
#include "wasm64/storage/id.hpp"

// Compilers as files: which one would be used is known without loading a library or starting a program, which takes
// longer than everything else that running compiled code does first. Files are read like anything from outside.

namespace wasm64::aot {

/// A program or shared library that makes code.
struct compiler_file {
  std::string path;        ///< as it was found
  std::string name;        ///< of the file itself, behind symbolic links
  content_id id;           ///< another one for any other build: of its build id and size, else of all its bytes
  std::string build_id;    ///< that the linker left in it; empty for none
  vector<std::string> needs;  ///< shared libraries, by name
};

/// Fails with aot_compiler_missing where there is no file that can be read.
result<compiler_file> identify(const std::string& path);

/// Where the system's loader has the first of these shared libraries that it has at all; empty where that cannot be
/// told. Names with a slash are paths.
std::string find_library(std::span<const std::string> names);

/// What the shell would start; empty for nothing.
std::string find_program(const std::string& name);

namespace detail {

/// The path that the loader's list has for a library, and that is fit for this process; empty for none. The list may be
/// anything.
std::string listed_library(bytes_view list, std::string_view name);

}  // namespace detail

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/compiler_file_impl.hpp"
#endif
