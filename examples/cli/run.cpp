#include <algorithm>
#include <cstdio>

#include "commands.hpp"
#include "file.hpp"
#include "host.hpp"
#include "stats.hpp"
#include "tier.hpp"
#include "values.hpp"
#include "wasm64/storage/sha256.hpp"

namespace cli {
namespace {

using wasm64::errc;
using wasm64::func_instance;
using wasm64::result;
using wasm64::value;

/// One run of a module.
class session {
 public:
  session(const run_options& options, wasm64::store_base& store, stopwatch& watch)
      : options_(options), store_(store), watch_(watch) {}

  int run(const std::shared_ptr<const wasm64::module>& m) {
    context_.arguments.push_back(options_.file);
    if (!options_.invoke)
      context_.arguments.insert(context_.arguments.end(), options_.arguments.begin(), options_.arguments.end());
    add_files();
    if (options_.hash && m->memories.empty()) throw failure(options_.file + ": no memory to hash", misused);
    if (options_.fuel) store_.set_fuel(*options_.fuel);
    const wasm64::linker imports = imports_for(*m, context_);
    store_.use(open_tier(options_.tier, true));
    result<wasm64::instance*> made = store_.instantiate(m, imports);
    watch_.lap("instantiate");
    if (!made.has_value()) return finish(made.assume_error());
    instance_ = made.assume_value();
    const result<void> outcome = call();
    watch_.lap("run");
    return outcome.has_value() ? finish() : finish(outcome.assume_error());
  }

 private:
  /// Copies the files that the program is to find.
  void add_files() {
    context_.preopen_root = !options_.files.empty();
    for (const std::string& file : options_.files) {
      const std::size_t equals = file.find('=');
      if (equals == file.npos) throw failure(file + ": not of the form GUEST_PATH=FILE", misused);
      const std::string path = file.substr(0, equals);
      const wasm64::wasi_errno e = context_.files().put_file(path, wasm64::view_of(read_file(file.substr(equals + 1))));
      if (e != wasm64::wasi_errno::success) {
        throw failure(
            path + ": cannot be a file of the program (WASI error " + std::to_string(static_cast<unsigned>(e)) + ")",
            misused);
      }
    }
  }

  result<void> call() {
    const std::vector<std::string> no_arguments;
    const func_instance* entry = find_entry();
    wasm64::vector<value> arguments;
    if (entry != nullptr)
      arguments = parse_arguments(*entry->type, options_.invoke ? options_.arguments : no_arguments);
    // A reactor is initialized before anything else of it is called; a command is not a reactor.
    const func_instance* initialize = instance_->exported_func("_initialize");
    const bool is_command = instance_->exported_func("_start") != nullptr;
    if (initialize != nullptr && initialize != entry && !is_command) WASM64_CHECK(store_.call(*initialize));
    const bool starts_itself = is_command || initialize != nullptr;
    if (!starts_itself && entry != instance_->exported_func("__wasm_call_ctors")) {
      WASM64_CHECK(wasm64::emscripten_start(store_, *instance_));
    }
    if (entry == nullptr) return wasm64::success();
    wasm64::vector<value> results;
    WASM64_CHECK(store_.call(*entry, view_of(arguments), results));
    for (const value& v : results) std::printf("%s\n", to_text(v).c_str());
    return wasm64::success();
  }

  const func_instance* find_entry() const {
    if (options_.invoke) {
      const func_instance* named = instance_->exported_func(*options_.invoke);
      if (named == nullptr) throw failure(options_.file + ": no function is exported as " + *options_.invoke, misused);
      return named;
    }
    const func_instance* start = instance_->exported_func("_start");
    const bool has_other = instance_->exported_func("_initialize") != nullptr || instance_->source->has_start;
    if (start == nullptr && (!has_other || !options_.arguments.empty())) {
      throw failure(options_.file + ": no function is exported as _start; name one with --invoke", misused);
    }
    return start;
  }

  int finish() {
    report();
    return ok;
  }
  int finish(const wasm64::error& e) {
    if (e.code == errc::trap_exit && context_.exited) {
      report();
      constexpr std::uint32_t exit_code_mask = 0xff;  // what the system keeps of it
      return static_cast<int>(context_.exit_code & exit_code_mask);
    }
    std::fflush(stdout);
    const wasm64::trap& trap = store_.last_trap();
    const bool trapped = wasm64::is_trap(e.code) && trap.code == e.code;
    std::fprintf(stderr, "wasm64: %s: %s%s\n", options_.file.c_str(), wasm64::is_trap(e.code) ? "trap: " : "error: ",
                 trapped ? to_string(trap).c_str() : to_string(e).c_str());
    report();
    return failed;
  }

  void report() const {
    if (options_.hash && instance_ != nullptr) {
      const wasm64::memory_instance& memory = *instance_->memory(0);
      const wasm64::content_id id =
          value_of(wasm64::sha256({memory.base, static_cast<std::size_t>(memory.size)}), options_.file);
      std::fputs("memory sha256 ", stdout);
      for (const std::uint8_t byte : id.bytes) std::printf("%02x", byte);
      std::fputc('\n', stdout);
    }
    std::fflush(stdout);
    if (options_.fuel) {
      // The block that could not be paid has been charged: fuel may be negative.
      const std::int64_t used = *options_.fuel - std::max<std::int64_t>(store_.fuel(), 0);
      std::fprintf(stderr, "fuel used %lld\n", static_cast<long long>(used));
    }
    if (!options_.stats) return;
    watch_.print();
    if (instance_ == nullptr) return;
    if (options_.tier.tier != "interp") {
      std::fprintf(stderr, "compiled functions: %u of %zu\n", wasm64::aot::compiled_functions(*instance_->code),
                   instance_->code->funcs.size());
    }
    for (std::size_t i = 0; i < instance_->memories.size(); ++i) {
      std::fprintf(stderr, "memory %zu: %llu bytes\n", i,
                   static_cast<unsigned long long>(instance_->memories[i]->size));
    }
  }

  const run_options& options_;
  wasm64::store_base& store_;
  stopwatch& watch_;
  process_context context_;
  wasm64::instance* instance_ = nullptr;
};

}  // namespace

int run(const run_options& options) {
  stopwatch watch;
  const wasm64::byte_vector bytes = read_module(options.file);
  watch.lap("read");
  const auto m = value_of(wasm64::compile(wasm64::view_of(bytes)), options.file);
  watch.lap("decode and validate");
  wasm64::limits limits;
  if (options.max_depth) limits.call_depth = *options.max_depth;
  if (options.max_memory) limits.memory_bytes = *options.max_memory;
  if (options.fuel) {
    wasm64::store<wasm64::metered_engine_config> store(limits);
    return session(options, store, watch).run(m);
  }
  wasm64::store<> store(limits);
  return session(options, store, watch).run(m);
}

}  // namespace cli
