#pragma once

#include <algorithm>

#include "wasm64/aot/backends/c.hpp"
#include "wasm64/aot/backends/compiler_process.hpp"
#include "wasm64/aot/c_emitter.hpp"
#include "wasm64/aot/compiler_file.hpp"
#include "wasm64/aot/elf_object.hpp"
#include "wasm64/aot/symbols.hpp"
#include "wasm64/aot/translate.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64::aot {

namespace detail {

/// Goes up when the text that is written for the same function changes.
inline constexpr std::string_view c_text_version = "2";

/// Functions that the compiler is given at once.
struct c_unit {
  std::string text;
  wasm64::vector<std::uint32_t> functions;  ///< by number among the defined ones
  wasm64::vector<std::uint32_t> left_out;   ///< the same: others may call them, the interpreter runs them
  compiler_process process;
  bool is_started = false;
  bool is_compiled = false;
};

/// Compilers' memory grows with the text, and time faster than that.
inline constexpr std::size_t c_unit_bytes = 1u << 19;

inline result<void> write_text(const std::string& path, std::string_view text) {
  const wasm64::detail::posix_file file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.is_open()) return wasm64::detail::io_error("open", path);
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return wasm64::detail::io_error("write", path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return success();
}

/// Translates all functions that are to be compiled, in units.
inline result<wasm64::vector<c_unit>> write_units(translation& t) {
  const module& m = *t.source;
  wasm64::vector<c_unit> units;
  for (std::uint32_t next = 0; next < m.funcs.size();) {
    c_emitter e(m.func_types.size(), t.metered);
    function_translation<c_emitter> translator(t, e);
    c_unit unit;
    for (; next < m.funcs.size() && e.size() < c_unit_bytes; ++next) {
      if (!t.plans[next].is_compiled) continue;
      WASM64_TRY(const bool written, translator.run(m.imported_funcs + next));
      if (written) unit.functions.push_back(next);
    }
    if (e.size() == 0) continue;
    unit.text = e.take();
    units.push_back(std::move(unit));
  }
  return units;
}

/// Translates a unit once more, without what was left out of it since.
inline result<void> write_again(translation& t, c_unit& unit) {
  c_emitter e(t.source->func_types.size(), t.metered);
  translator<c_emitter> detours(t, e);
  for (const std::uint32_t function : unit.left_out) detours.write_detour(t.source->imported_funcs + function);
  function_translation<c_emitter> translator(t, e);
  for (const std::uint32_t function : unit.functions) {
    WASM64_CHECK(translator.run(t.source->imported_funcs + function));
  }
  unit.text = e.take();
  unit.is_compiled = false;
  return success();
}

inline void leave_out_all(c_unit& unit) {
  unit.left_out.insert(unit.left_out.end(), unit.functions.begin(), unit.functions.end());
  unit.functions.clear();
}

/// Leaves out the functions that refer to what does not exist, a C library's functions mostly. False where there are
/// none.
inline result<bool> leave_out(translation& t, std::span<c_unit> units, std::span<const undefined_reference> missing) {
  bool any = false;
  for (c_unit& unit : units) {
    const std::size_t before = unit.functions.size();
    for (const undefined_reference& reference : missing) {
      const std::uint32_t function = function_of_symbol(reference.function) - t.source->imported_funcs;
      const auto at = std::find(unit.functions.begin(), unit.functions.end(), function);
      if (at == unit.functions.end()) continue;
      unit.functions.erase(at);
      unit.left_out.push_back(function);
    }
    if (unit.functions.size() == before) continue;
    any = true;
    WASM64_CHECK(write_again(t, unit));
  }
  return any;
}

/// Runs the compiler for each unit that is not compiled yet, some at a time, until the given time.
inline result<void> compile_units(std::span<c_unit> units, const private_directory& directory,
                                  const wasm64::vector<std::string>& arguments, unsigned threads, std::uint64_t memory,
                                  std::uint64_t until) {
  std::size_t next = 0, running = 0, ended = 0;
  while (ended < units.size()) {
    if (next < units.size() && running < threads) {
      c_unit& unit = units[next];
      const std::string number = std::to_string(next++);
      if (unit.is_compiled) {
        ++ended;
        continue;
      }
      const std::string text = directory.file(number + ".c");
      ::unlink(text.c_str());
      WASM64_CHECK(write_text(text, unit.text));
      wasm64::vector<std::string> all = arguments;
      for (const std::string& more : {std::string("-o"), directory.file(number + ".o"), text}) all.push_back(more);
      WASM64_TRY(unit.process, compiler_process::start(all, memory));
      unit.is_started = true;
      ++running;
      continue;
    }
    for (std::size_t i = 0; i < next; ++i) {
      c_unit& unit = units[i];
      if (!unit.is_started) continue;
      const bool is_late = milliseconds_now() >= until;
      if (!is_late && !unit.process.has_ended()) continue;
      if (!is_late && unit.process.status() == compiler_process::not_found) return fail(errc::aot_compiler_missing);
      unit.is_compiled = !is_late && unit.process.status() == 0;
      unit.is_started = false;
      unit.process = {};
      --running;
      ++ended;
    }
    const timespec pause{0, 1'000'000};
    if (running != 0) ::nanosleep(&pause, nullptr);
  }
  return success();
}

inline result<native_code> link_units(const translation& t, std::span<const c_unit> units,
                                      const private_directory& directory,
                                      wasm64::vector<undefined_reference>& missing) {
  wasm64::vector<byte_vector> objects;
  for (std::size_t i = 0; i < units.size(); ++i) {
    WASM64_TRY(byte_vector object,
               wasm64::detail::read_file(AT_FDCWD, directory.file(std::to_string(i) + ".o"), UINT32_MAX));
    objects.push_back(std::move(object));
  }
  wasm64::vector<bytes_view> views;
  for (const byte_vector& object : objects) views.push_back(view_of(object));
  WASM64_TRY(linked_object linked, link_objects(view_of(views), &missing));
  native_code made;
  made.entries.resize(t.plans.size());
  made.bodies.resize(t.plans.size());
  made.sites = t.sites;
  for (const c_unit& unit : units) {
    for (const std::uint32_t defined : unit.functions) {
      const std::string number = std::to_string(t.source->imported_funcs + defined);
      const linked_symbol* const entry = linked.find("wasm64_entry_" + number);
      const linked_symbol* const body = linked.find("wasm64_body_" + number);
      if (entry == nullptr || body == nullptr) continue;
      made.entries[defined] = entry->offset + 1;
      made.bodies[defined] = body->offset + 1;
    }
  }
  made.code = std::move(linked.code);
  return made;
}

/// What a compiler says of its version.
inline result<std::string> ask_version(const std::string& compiler, const std::string& parent) {
  WASM64_TRY(const private_directory directory, private_directory::make(parent));
  const std::string output = directory.file("version");
  const wasm64::vector<std::string> question{compiler, "--version"};
  WASM64_TRY(compiler_process process, compiler_process::start(question, 0, output));
  constexpr std::uint64_t patience = 10'000;
  if (!process.wait_until(milliseconds_now() + patience) || process.status() != 0) {
    return fail(errc::aot_compiler_missing, compiler);
  }
  WASM64_TRY(const byte_vector version, wasm64::detail::read_file(AT_FDCWD, output, 1u << 16));
  return std::string(as_text(view_of(version)));
}

/// Names a compiler and its version. GCC and Clang are known by their files, with the libraries that Clang consists of;
/// others may be programs that start who knows what, and are asked.
inline result<std::string> name_compiler(const std::string& compiler, const std::string& directory) {
  const std::string path = find_program(compiler);
  if (path.empty()) return fail(errc::aot_compiler_missing, compiler);
  WASM64_TRY(const compiler_file file, identify(path));
  const bool is_known = file.name.find("gcc") != file.name.npos || file.name.find("clang") != file.name.npos;
  if (file.build_id.empty() || !is_known) return ask_version(compiler, directory);
  std::string all(as_text(file.id.bytes));
  for (const std::string& needed : file.needs) {
    if (needed.find("clang") == needed.npos && needed.find("LLVM") == needed.npos) continue;
    const std::string library = find_library({&needed, 1});
    if (library.empty()) return ask_version(compiler, directory);
    WASM64_TRY(const compiler_file part, identify(library));
    all += as_text(part.id.bytes);
  }
  return all;
}

}  // namespace detail

WASM64_AOT_INLINE vector<std::string> c_generator::arguments(effort how) const {
  vector<std::string> all{options_.compiler, "-x", "c", "-std=gnu11", "-c", "-pipe", "-w"};
  all.push_back(how == effort::most ? "-O2" : "-O1");
  for (const char* const option : {"-fPIC",
                                   "-fvisibility=hidden",
                                   "-fomit-frame-pointer",
                                   "-ffreestanding",
                                   "-fno-builtin",
                                   "-ffp-contract=off",
                                   "-fno-math-errno",
                                   "-fno-strict-aliasing",
                                   "-fno-strict-overflow",
                                   "-fwrapv",
                                   "-fno-delete-null-pointer-checks",
                                   "-fno-common",
                                   "-fno-ident",
                                   "-fno-asynchronous-unwind-tables",
                                   "-fno-unwind-tables",
                                   "-fno-exceptions",
                                   "-fno-stack-protector",
                                   "-fno-tree-loop-distribute-patterns",
                                   "-fno-jump-tables",
                                   "-fcaller-saves"}) {
    all.push_back(option);
  }
  if (options_.target.arch != architecture::x86_64) return all;
  all.push_back("-march=x86-64");
  all.push_back("-fcf-protection=none");
  const std::span<const std::string_view> features = features_of(options_.target.arch);
  for (std::size_t i = 0; i < features.size(); ++i) {
    if ((options_.target.features >> i & 1) != 0) all.push_back("-m" + std::string(features[i]));
  }
  return all;
}

WASM64_AOT_INLINE result<content_id> c_generator::fingerprint() const {
  WASM64_TRY(const std::string compiler, detail::name_compiler(options_.compiler, options_.directory));
  std::string all(detail::c_text_version);
  all += compiler;
  for (const effort how : {effort::normal, effort::most}) {
    for (const std::string& argument : arguments(how)) all += '\n' + argument;
  }
  all += detail::c_prelude;
  all += detail::c_vectors;
  return sha256(as_bytes(all));
}

WASM64_AOT_INLINE result<native_code> c_generator::compile(const module& m, const compile_request& request) {
  constexpr std::uint64_t no_end = ~std::uint64_t{0};
  const std::uint64_t begun = detail::milliseconds_now();
  const std::uint64_t until = request.budgets.milliseconds == 0 ? no_end : begun + request.budgets.milliseconds;
  translation t;
  t.source = &m;
  t.metered = request.metered;
  translation_limits limits;
  limits.operations = request.budgets.operations;
  WASM64_CHECK(plan_functions(t, c_emitter(0), request.functions, limits));
  WASM64_TRY(vector<detail::c_unit> units, detail::write_units(t));
  WASM64_TRY(const detail::private_directory directory, detail::private_directory::make(options_.directory));
  const unsigned threads = std::max(1u, request.threads);
  const vector<std::string> options = arguments(request.effort);
  const std::span<detail::c_unit> all{units.data(), units.size()};
  WASM64_CHECK(detail::compile_units(all, directory, options, threads, request.budgets.memory / threads, until));
  bool any_failed = false, any_compiled = false;
  for (detail::c_unit& unit : units) {
    any_failed = any_failed || !unit.is_compiled;
    any_compiled = any_compiled || unit.is_compiled;
    if (unit.is_compiled) continue;
    detail::leave_out_all(unit);
    WASM64_CHECK(detail::write_again(t, unit));
  }
  if (any_failed && !any_compiled) return fail(errc::aot_compiler_failed, options_.compiler);
  constexpr std::uint64_t patience = 10'000;
  for (;;) {
    const std::uint64_t last = std::max(until, detail::milliseconds_now() + patience);
    WASM64_CHECK(detail::compile_units(all, directory, options, threads, 0, last));
    for (const detail::c_unit& unit : units) {
      if (!unit.is_compiled) return fail(errc::aot_compiler_failed, options_.compiler);
    }
    vector<undefined_reference> missing;
    result<native_code> made = detail::link_units(t, all, directory, missing);
    if (made.has_value() || made.assume_error().code != errc::aot_undefined_symbol) return made;
    WASM64_TRY(const bool fewer, detail::leave_out(t, all, view_of(missing)));
    if (!fewer) return made;
  }
}

}  // namespace wasm64::aot
