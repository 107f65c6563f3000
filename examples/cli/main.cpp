#include <CLI/CLI.hpp>
#include <cstdio>
#include <limits>

#include "commands.hpp"
#include "wasm64/version.hpp"

// The program's options; what the commands do is in the files named after them.

namespace {

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
constexpr const char* version =
    "wasm64 " TEXT(WASM64_VERSION_MAJOR) "." TEXT(WASM64_VERSION_MINOR) "." TEXT(WASM64_VERSION_PATCH);

void add_compiler(CLI::App& command, cli::tier_options& options) {
  command.add_option("--backend", options.backend, "Who compiles: LLVM, or the system's C compiler")
      ->check(CLI::IsMember({"llvm", "c"}))
      ->capture_default_str();
  command.add_option("--cache", options.cache, "Keep compiled code here and use what is there")->type_name("DIR");
  command.add_option("--llvm", options.llvm, "A libLLVM; otherwise $WASM64_LLVM, or the newest there is")
      ->type_name("LIBRARY");
  command.add_option("--cc", options.compiler, "The C compiler; otherwise cc")->type_name("PROGRAM");
}

void add_tier(CLI::App& command, cli::tier_options& options) {
  command
      .add_option("--tier", options.tier,
                  "Interpret; compile ahead of time; or interpret until the compiler, working meanwhile, is done")
      ->check(CLI::IsMember({"interp", "aot", "auto"}))
      ->capture_default_str();
  add_compiler(command, options);
}

void add_run(CLI::App& app, int& exit_code) {
  static cli::run_options options;
  CLI::App* run = app.add_subcommand("run", "Run a module");
  run->add_option("FILE", options.file, "A module, .wasm or .wat")->required();
  run->add_option("ARGS", options.arguments,
                  "With --invoke, numbers (decimal, hexadecimal, inf, nan) and references (null, N); otherwise the "
                  "program's arguments. After -- everything is an argument");
  run->add_option("--invoke", options.invoke, "Call this export and print its results; otherwise _start is called")
      ->type_name("NAME");
  run->add_option("--file", options.files,
                  "Put a copy of a file into the program's files, which are in memory; can be given several times")
      ->type_name("GUEST_PATH=FILE")
      ->allow_extra_args(false);
  run->add_option("--fuel", options.fuel, "Stop after so many units; prints the units used")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()));
  run->add_option("--max-depth", options.max_depth, "Active calls at most")->type_name("N");
  run->add_option("--max-memory", options.max_memory, "Bytes of a memory at most")->type_name("BYTES");
  add_tier(*run, options.tier);
  run->add_option("--artifact", options.tier.artifact,
                  "Code that compile wrote with the same --cache; nothing else is compiled")
      ->type_name("FILE");
  run->add_flag("--hash", options.hash, "Print the SHA-256 of memory 0 at the end");
  run->add_flag("--stats", options.stats, "Print times and memory");
  run->callback([&exit_code] { exit_code = cli::run(options); });
}

void add_tools(CLI::App& app, int& exit_code) {
  static std::vector<std::string> files;
  static std::string file, output;
  static bool all_features = false;

  CLI::App* wast = app.add_subcommand("wast", "Run test scripts of the official suite's form");
  wast->add_option("PATH", files, "Scripts, or folders with .wast files")->required();
  wast->add_flag(
      "--all-features", all_features,
      "All features for every script; otherwise those of proposals/threads, which test an earlier version of "
      "the specification, run without what came later");
  static cli::tier_options tier;
  add_tier(*wast, tier);
  wast->callback([&exit_code] { exit_code = cli::wast(files, all_features, tier); });

  static bool metered = false;
  CLI::App* compile = app.add_subcommand("compile", "Compile a module ahead of time, for this machine");
  compile->add_option("FILE", file, "A module, .wasm or .wat")->required();
  compile->add_option("-o,--output", output, "The compiled code; otherwise it goes to the cache only")
      ->type_name("ARTIFACT");
  compile->add_flag("--fuel", metered, "For runs that count fuel");
  add_compiler(*compile, tier);
  compile->callback([&exit_code] { exit_code = cli::compile(file, output, metered, tier); });

  CLI::App* worker = app.add_subcommand("compile-worker", "Compile what comes on standard input; started by others");
  worker->group("");  // not shown
  worker->callback([&exit_code] { exit_code = cli::compile_worker(); });

  CLI::App* validate = app.add_subcommand("validate", "Say whether modules are valid");
  validate->add_option("FILE", files, "Modules, .wasm or .wat")->required();
  validate->callback([&exit_code] { exit_code = cli::validate(files); });

  CLI::App* inspect = app.add_subcommand("inspect", "Print a module's imports, exports, sizes and features");
  inspect->add_option("FILE", file, "A module, .wasm or .wat")->required();
  inspect->callback([&exit_code] { exit_code = cli::inspect(file); });

  CLI::App* parse = app.add_subcommand("parse", "Translate the text format to the binary format, without validation");
  parse->add_option("FILE", file, "A module, .wat")->required();
  parse->add_option("-o,--output", output, "The binary")->type_name("FILE")->required();
  parse->callback([&exit_code] { exit_code = cli::parse(file, output); });

  CLI::App* print = app.add_subcommand("print", "Print a module in the text format; parse gives it back");
  print->add_option("FILE", file, "A module, .wasm or .wat")->required();
  print->add_option("-o,--output", output, "The text; otherwise it goes to standard output")->type_name("FILE");
  print->callback([&exit_code] { exit_code = cli::print(file, output); });
}

void add_store(CLI::App& app, int& exit_code) {
  static std::string directory;
  struct command {
    const char* name;
    const char* help;
    int (*run)(const std::string& directory);
  };
  static constexpr command commands[] = {
      {"ls", "List the roots, and count objects and bytes", &cli::store_ls},
      {"verify", "Read everything, and say what is damaged or missing", &cli::store_verify},
      {"gc", "Forget what no root leads to; others may use the store meanwhile", &cli::store_gc},
  };
  CLI::App* store = app.add_subcommand("store", "Look after the directory of a filesystem store");
  store->require_subcommand(1);
  for (const command& c : commands) {
    CLI::App* sub = store->add_subcommand(c.name, c.help);
    sub->add_option("DIR", directory, "The store's directory")->required();
    sub->callback([&exit_code, &c] { exit_code = c.run(directory); });
  }
}

int run_command(int argc, char** argv) {
  int exit_code = cli::ok;
  CLI::App app("WebAssembly engine");
  app.set_version_flag("--version", version);
  app.require_subcommand(1);
  add_run(app, exit_code);
  add_tools(app, exit_code);
  add_store(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? cli::ok : cli::misused;
  } catch (const cli::failure& e) {
    std::fflush(stdout);
    std::fprintf(stderr, "wasm64: %s\n", e.what());
    return e.exit_code;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  const int exit_code = run_command(argc, argv);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("wasm64: cannot write to standard output\n", stderr);
    return exit_code == cli::ok ? cli::failed : exit_code;
  }
  return exit_code;
}
