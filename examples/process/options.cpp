#include "options.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>

options read_options(int argc, char** argv) {
  options out;
  std::string host = "wasi";
  CLI::App app("Runs an AO process: a WebAssembly module that answers a file of messages, one by one.");
  app.add_option("--image", out.image, "the module, with exports malloc and handle")->check(CLI::ExistingFile);
  app.add_option("--env", out.environment, "the environment of all messages, as JSON")->check(CLI::ExistingFile);
  app.add_option("--messages", out.messages, "one AO message a line, as JSON")->check(CLI::ExistingFile);
  app.add_option("--store", out.store, "a folder for checkpoints; a later run goes on from the last one");
  app.add_option("--every", out.every, "messages between checkpoints")->check(CLI::PositiveNumber);
  app.add_flag("--raw", out.raw, "pass lines as they are, print answers as they are");
  app.add_flag("--hash", out.hash, "print the SHA-256 of all of memory 0 after each message");
  app.add_option("--host", host,
                 "what imports do: WASI, or answer zero (clock_time_get: 1, exceptions and longjmp work)")
      ->check(CLI::IsMember({"wasi", "stub"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::exit(app.exit(e) == 0 ? 0 : 2);
  }
  out.stub = host == "stub";
  return out;
}
