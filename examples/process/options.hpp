#pragma once

#include <cstdint>
#include <string>

/// What the command line asks for.
struct options {
  std::string image = AO_PROCESS_DATA "/ledger.wasm";
  std::string environment = AO_PROCESS_DATA "/env.json";
  std::string messages = AO_PROCESS_DATA "/messages.jsonl";
  std::string store;        ///< a folder for checkpoints; empty for none
  std::uint64_t every = 10;  ///< messages between checkpoints
  bool raw = false;
  bool hash = false;
  bool stub = false;
};

/// Reads the command line; ends the program where it is wrong or asks for help.
options read_options(int argc, char** argv);
