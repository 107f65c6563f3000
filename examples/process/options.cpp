#include "options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <thread>

namespace {

bool read_count(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out != 0;
}

bool read_stop(std::string_view text, options& out) {
  const std::size_t dot = text.find('.');
  if (!read_count(text.substr(0, dot), out.stop_message)) return false;
  return dot == text.npos || read_count(text.substr(dot + 1), out.stop_slice);
}

}  // namespace

options read_options(int argc, char** argv) {
  options out;
  std::string host = "wasi", stop;
  CLI::App app("Runs an AO process: a WebAssembly module that answers a file of messages, one by one.");
  app.add_option("--image", out.image, "the module, with exports malloc and handle")->check(CLI::ExistingFile);
  app.add_option("--env", out.environment, "the environment of all messages, as JSON")->check(CLI::ExistingFile);
  app.add_option("--messages", out.messages, "one AO message a line, as JSON")->check(CLI::ExistingFile);
  app.add_option("--store", out.store,
                 "where checkpoints go: fs:DIR, lmdb:DIR, redis://HOST:PORT, or a folder; a later run goes on from the "
                 "last one");
  app.add_option("--images", out.images, "a folder, closed to others, for images that make the next start fast");
  app.add_option("--every", out.every, "messages between checkpoints")->check(CLI::PositiveNumber);
  app.add_option("--fuel-slice", out.fuel_slice, "units of fuel after which a message is suspended, with a checkpoint")
      ->check(CLI::PositiveNumber);
  app.add_option("--stop-after", stop, "message N, or N.SLICE for the middle of it: checkpoint and stop there");
  app.add_option(
         "--tier", out.tier,
         "interpret; compile the module ahead of time; or interpret until the compiler, working meanwhile, is done")
      ->check(CLI::IsMember({"interp", "aot", "auto"}))
      ->capture_default_str();
  app.add_option("--backend", out.compiler.backend, "who compiles: LLVM, or the system's C compiler")
      ->check(CLI::IsMember({"llvm", "c"}))
      ->capture_default_str();
  app.add_option("--cache", out.compiler.cache, "a folder that keeps compiled code");
  app.add_option("--artifact", out.compiler.artifact, "a file that `wasm64 compile` wrote with the same --cache");
  app.add_flag("--state-id", out.state_id, "print the id of the state at the end");
  app.add_flag("--raw", out.raw, "pass lines as they are, print answers as they are");
  app.add_flag("--hash", out.hash, "print the SHA-256 of all of memory 0 after each message");
  app.add_option("--host", host,
                 "what imports do: WASI, or answer zero (clock_time_get: 1, exceptions and longjmp work)")
      ->check(CLI::IsMember({"wasi", "stub"}));
  try {
    app.parse(argc, argv);
    if (!stop.empty() && !read_stop(stop, out)) throw CLI::ValidationError("--stop-after", "N or N.SLICE, from 1 on");
  } catch (const CLI::ParseError& e) {
    std::exit(app.exit(e) == 0 ? 0 : 2);
  }
  out.stub = host == "stub";
  out.compiler.worker = "/proc/self/exe";
  out.compiler.options.request.threads = std::max(1u, std::thread::hardware_concurrency());
  out.compiler.options.in_background = out.tier == "auto";
  out.compiler.options.is_required = out.tier == "aot";
  return out;
}
