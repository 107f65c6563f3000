#pragma once

#include <string>

#include "commands.hpp"
#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/base/messages.hpp"
#include "wasm64/base/result.hpp"

namespace cli {

/// All bytes of a file, 1 GiB at most.
wasm64::byte_vector read_file(const std::string& path);
void write_file(const std::string& path, wasm64::bytes_view bytes);

/// A module in the binary format; the text format is translated.
wasm64::byte_vector read_module(const std::string& path);

/// The value, or a failure "SUBJECT: error: ...".
template <class T>
T value_of(wasm64::result<T> outcome, const std::string& subject) {
  if (!outcome.has_value()) throw failure(subject + ": error: " + to_string(outcome.assume_error()));
  return std::move(outcome).assume_value();
}

}  // namespace cli
