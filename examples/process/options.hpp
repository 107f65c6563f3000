#pragma once

#include <cstdint>
#include <string>

#include "wasm64/aot/open_tier.hpp"

/// What the command line asks for.
struct options {
  std::string image = AO_PROCESS_DATA "/ledger.wasm";
  std::string environment = AO_PROCESS_DATA "/env.json";
  std::string messages = AO_PROCESS_DATA "/messages.jsonl";
  std::string store;        ///< where checkpoints go, see stores.hpp; empty for none
  std::string images;        ///< a folder for images of restored memories; empty for none
  std::uint64_t every = 10;  ///< messages between checkpoints
  std::int64_t fuel_slice = 0;     ///< fuel between checkpoints within a message; 0 for none
  std::uint64_t stop_message = 0;  ///< where to stop: behind this message, 0 for never, or
  std::uint64_t stop_slice = 0;    ///< behind that many slices of it
  std::string tier = "interp";     ///< or "aot", or "auto"
  wasm64::aot::tier_choice compiler;  ///< of the other two
  bool state_id = false;
  bool raw = false;
  bool hash = false;
  bool stub = false;
};

/// Reads the command line; ends the program where it is wrong or asks for help.
options read_options(int argc, char** argv);
