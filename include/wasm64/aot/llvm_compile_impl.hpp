#pragma once

#include <algorithm>
#include <atomic>
#include <charconv>

#include <pthread.h>
#include <time.h>

#include "wasm64/aot/elf_object.hpp"
#include "wasm64/aot/llvm_compile.hpp"
#include "wasm64/aot/llvm_emitter.hpp"
#include "wasm64/aot/translate.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64::aot::llvm {

/// Goes up when the same function is written in another way.
inline constexpr std::string_view emitter_version = "1";

/// Bytes of WebAssembly that LLVM is given at once. Parts are what threads share, and are the same for any number.
inline constexpr std::uint32_t part_bytes = 24 * 1024;

/// LLVM's time and memory for the values that arrive at a join grow with both numbers.
inline constexpr std::uint64_t max_complexity = std::uint64_t{1} << 22;

/// What LLVM is asked for.
struct settings {
  std::string triple;
  std::string cpu;
  std::string features;
  std::string passes;
  int level = optimize_default;
  bool can_swizzle = false;
};

inline result<settings> settings_for(const library& with, const code_target& target, effort how) {
  settings s;
  if (target.arch != baseline_target().arch) return fail(errc::aot_compiler_failed, "target is another processor");
  const bool is_x86 = target.arch == architecture::x86_64;
  // Objects are ELF everywhere; what is called and calls has the same convention on all systems.
  s.triple = is_x86 ? "x86_64-unknown-linux-gnu" : "aarch64-unknown-linux-gnu";
  s.cpu = is_x86 ? "x86-64" : "generic";
  if (target.system == platform::darwin_abi && !is_x86) s.features = "+reserve-x18";
  const std::span<const std::string_view> known = features_of(target.arch);
  for (std::size_t i = 0; i < known.size(); ++i) {
    if ((target.features >> i & 1) == 0) continue;
    if (!s.features.empty()) s.features += ',';
    s.features += '+';
    s.features += known[i];
    s.can_swizzle = s.can_swizzle || known[i] == "ssse3";
  }
  s.can_swizzle = s.can_swizzle || !is_x86;
  // WebAssembly has been optimized before: more passes take twice the time and gain nothing that can be measured.
  const std::string combine = with.major >= 18 ? "instcombine<no-verify-fixpoint>" : "instcombine";
  switch (how) {
    case effort::least: s.passes = "function(sroa,early-cse,simplifycfg)"; break;
    case effort::normal: s.passes = "function(sroa,early-cse<memssa>,simplifycfg," + combine + ")"; break;
    case effort::most: s.passes = "default<O2>"; break;
  }
  return s;
}

/// Functions that are compiled together.
struct part {
  enum class state : std::uint8_t { wanted, compiled, interpreted };

  vector<std::uint32_t> functions;  ///< by number among the defined ones
  vector<state> states;
  byte_vector object;
  bool is_done = false;
  error failure{};
};

/// The compilation of a module: parts, which threads take one after the other.
class compilation {
 public:
  compilation(const library& with, const compile_options& options, settings s, translation& t)
      : with_(with), options_(options), settings_(std::move(s)), translation_(t) {}

  result<native_code> run(const compile_request& request);

 private:
  static std::uint64_t milliseconds_now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
  }

  std::uint32_t index_of(std::uint32_t defined) const noexcept { return translation_.source->imported_funcs + defined; }
  void divide();
  result<void> compile_parts(unsigned threads);
  void take_parts();
  result<void> compile_part(part& p, target_machine_ref machine) const;
  /// Makes an object of what the unit has.
  result<byte_vector> finish(unit& u, target_machine_ref machine) const;
  result<target_machine_ref> make_machine() const;
  /// Leaves the functions to the interpreter that refer to what does not exist, a C library's functions mostly. False
  /// where there are none.
  bool drop(std::span<const undefined_reference> missing);
  native_code assemble(linked_object linked) const;

  const library& with_;
  const compile_options& options_;
  settings settings_;
  translation& translation_;
  vector<part> parts_;
  std::atomic<std::size_t> next_{0};
  std::uint64_t until_ = ~std::uint64_t{0};
};

inline void compilation::divide() {
  const module& m = *translation_.source;
  std::uint64_t size = part_bytes;
  for (std::uint32_t i = 0; i < m.funcs.size(); ++i) {
    if (!translation_.plans[i].is_compiled) continue;
    if (size >= part_bytes) {
      parts_.emplace_back();
      size = 0;
    }
    parts_.back().functions.push_back(i);
    parts_.back().states.push_back(part::state::wanted);
    size += m.funcs[i].body.size;
  }
}

inline result<target_machine_ref> compilation::make_machine() const {
  target_ref target = nullptr;
  char* message = nullptr;
  if (with_.GetTargetFromTriple(settings_.triple.c_str(), &target, &message) != 0) {
    const std::string text = message;
    with_.DisposeMessage(message);
    return fail(errc::aot_compiler_failed, text);
  }
  const target_machine_ref machine =
      with_.CreateTargetMachine(target, settings_.triple.c_str(), settings_.cpu.c_str(), settings_.features.c_str(),
                                settings_.level, position_independent, small_code);
  if (machine == nullptr) return fail(errc::aot_compiler_failed, "no code for " + settings_.triple);
  return machine;
}

inline result<byte_vector> compilation::finish(unit& u, target_machine_ref machine) const {
  const auto failed = [&](char* message, void (*dispose)(char*)) {
    const std::string text = message == nullptr ? u.complaint() : message;
    if (message != nullptr) dispose(message);
    return fail(errc::aot_compiler_failed, text);
  };
  char* message = nullptr;
  if (options_.verify && with_.VerifyModule(u.module, return_status, &message) != 0) {
    return failed(message, with_.DisposeMessage);
  }
  if (message != nullptr) with_.DisposeMessage(message);
  const pass_options_ref passes = with_.CreatePassBuilderOptions();
  const error_ref wrong = with_.RunPasses(u.module, settings_.passes.c_str(), machine, passes);
  with_.DisposePassBuilderOptions(passes);
  if (wrong != nullptr) return failed(with_.GetErrorMessage(wrong), with_.DisposeErrorMessage);
  memory_buffer_ref buffer = nullptr;
  message = nullptr;
  if (with_.TargetMachineEmitToMemoryBuffer(machine, u.module, object_file, &message, &buffer) != 0) {
    return failed(message, with_.DisposeMessage);
  }
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(with_.GetBufferStart(buffer));
  byte_vector object(begin, begin + with_.GetBufferSize(buffer));
  with_.DisposeMemoryBuffer(buffer);
  if (!u.complaint().empty()) return failed(nullptr, nullptr);
  return object;
}

inline result<void> compilation::compile_part(part& p, target_machine_ref machine) const {
  if (milliseconds_now() >= until_) std::fill(p.states.begin(), p.states.end(), part::state::interpreted);
  for (bool again = true; again;) {
    again = false;
    unit u(with_);
    const target_data_ref layout = with_.CreateTargetDataLayout(machine);
    with_.SetModuleDataLayout(u.module, layout);
    with_.DisposeTargetData(layout);
    with_.SetTarget(u.module, settings_.triple.c_str());
    llvm_emitter e(u, settings_.can_swizzle);
    function_translation<llvm_emitter> functions(translation_, e);
    translator<llvm_emitter> detours(translation_, e);
    for (std::size_t i = 0; i < p.functions.size(); ++i) {
      const std::uint32_t function = index_of(p.functions[i]);
      if (p.states[i] == part::state::interpreted) {
        detours.write_detour(function);  // others call it
        continue;
      }
      WASM64_TRY(const bool written, functions.run(function));
      p.states[i] = written ? part::state::compiled : part::state::interpreted;
      if (!written || e.complexity() <= max_complexity) continue;
      p.states[i] = part::state::interpreted;
      again = true;
    }
    if (again) continue;
    WASM64_TRY(p.object, finish(u, machine));
  }
  return success();
}

inline void compilation::take_parts() {
  const result<target_machine_ref> machine = make_machine();
  for (std::size_t i = next_++; i < parts_.size(); i = next_++) {
    part& p = parts_[i];
    if (p.is_done) continue;
    const result<void> done =
        machine.has_value() ? compile_part(p, machine.assume_value()) : fail(machine.assume_error());
    p.is_done = done.has_value();
    if (!p.is_done) p.failure = done.assume_error();
  }
  if (machine.has_value()) with_.DisposeTargetMachine(machine.assume_value());
}

inline result<void> compilation::compile_parts(unsigned threads) {
  next_ = 0;
  const auto wanted = std::count_if(parts_.begin(), parts_.end(), [](const part& p) { return !p.is_done; });
  threads = static_cast<unsigned>(std::min<std::ptrdiff_t>(std::max(threads, 1u), wanted));
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return fail(errc::out_of_memory);
  ::pthread_attr_setstacksize(&attributes, thread_stack_bytes);
  const auto start = [](void* self) -> void* { return static_cast<compilation*>(self)->take_parts(), nullptr; };
  vector<pthread_t> running;
  while (running.size() < threads) {
    pthread_t made{};
    if (::pthread_create(&made, &attributes, start, this) != 0) break;
    running.push_back(made);
  }
  ::pthread_attr_destroy(&attributes);
  for (const pthread_t thread : running) ::pthread_join(thread, nullptr);
  if (running.empty() && threads != 0) return fail(errc::aot_compiler_failed, "no thread could be started");
  for (const part& p : parts_) {
    if (!p.is_done) return fail(p.failure);
  }
  return success();
}

inline bool compilation::drop(std::span<const undefined_reference> missing) {
  bool any = false;
  for (const undefined_reference& reference : missing) {
    std::string_view name = reference.function;
    for (const std::string_view prefix : {"wasm64_body_", "wasm64_entry_"}) {
      if (name.substr(0, prefix.size()) == prefix) name.remove_prefix(prefix.size());
    }
    std::uint32_t function = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), function).ec != std::errc()) continue;
    for (part& p : parts_) {
      const auto at = std::find(p.functions.begin(), p.functions.end(), function - index_of(0));
      if (at == p.functions.end()) continue;
      part::state& state = p.states[static_cast<std::size_t>(at - p.functions.begin())];
      any = any || state == part::state::compiled;
      state = part::state::interpreted;
      p.is_done = false;
    }
  }
  return any;
}

inline native_code compilation::assemble(linked_object linked) const {
  native_code made;
  made.entries.resize(translation_.plans.size());
  made.bodies.resize(translation_.plans.size());
  made.sites = translation_.sites;
  for (const part& p : parts_) {
    for (std::size_t i = 0; i < p.functions.size(); ++i) {
      if (p.states[i] != part::state::compiled) continue;
      const std::string number = std::to_string(index_of(p.functions[i]));
      const linked_symbol* const entry = linked.find("wasm64_entry_" + number);
      const linked_symbol* const body = linked.find("wasm64_body_" + number);
      if (entry == nullptr || body == nullptr) continue;
      made.entries[p.functions[i]] = entry->offset + 1;
      made.bodies[p.functions[i]] = body->offset + 1;
    }
  }
  made.code = std::move(linked.code);
  return made;
}

inline result<native_code> compilation::run(const compile_request& request) {
  if (request.budgets.milliseconds != 0) until_ = milliseconds_now() + request.budgets.milliseconds;
  divide();
  for (;;) {
    WASM64_CHECK(compile_parts(request.threads));
    vector<bytes_view> objects;
    for (const part& p : parts_) objects.push_back(view_of(p.object));
    vector<undefined_reference> missing;
    result<linked_object> linked = link_objects(view_of(objects), &missing);
    if (linked.has_value()) return assemble(std::move(linked).assume_value());
    if (linked.assume_error().code != errc::aot_undefined_symbol || !drop(view_of(missing))) {
      return fail(std::move(linked).assume_error());
    }
  }
}

WASM64_AOT_INLINE result<content_id> fingerprint(const library& with, const compile_options& options) {
  std::string all(emitter_version);
  all.append(reinterpret_cast<const char*>(with.build.bytes.data()), with.build.bytes.size());
  for (const effort how : {effort::least, effort::normal, effort::most}) {
    WASM64_TRY(const settings s, settings_for(with, options.target, how));
    for (const std::string* const text : {&s.triple, &s.cpu, &s.features, &s.passes}) all += '\n' + *text;
    all += '\n' + std::to_string(s.level);
  }
  all += '\n' + std::to_string(part_bytes) + '\n' + std::to_string(max_complexity);
  return sha256(as_bytes(all));
}

WASM64_AOT_INLINE result<native_code> compile(const library& with, const compile_options& options, const module& m,
                                          const compile_request& request) {
  WASM64_TRY(settings s, settings_for(with, options.target, request.effort));
  translation t;
  t.source = &m;
  t.metered = request.metered;
  translation_limits limits;
  limits.operations = request.budgets.operations;
  {
    unit nothing(with);  // it is asked only what it can do
    const llvm_emitter e(nothing, s.can_swizzle);
    WASM64_CHECK(plan_functions(t, e, request.functions, limits));
  }
  return compilation(with, options, std::move(s), t).run(request);
}

}  // namespace wasm64::aot::llvm
