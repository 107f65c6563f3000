#pragma once

#include <algorithm>
#include <atomic>
#include <charconv>

#include <pthread.h>

#include "wasm64/aot/clock.hpp"
#include "wasm64/aot/elf_object.hpp"
#include "wasm64/aot/llvm_compile.hpp"
#include "wasm64/aot/llvm_emitter.hpp"
#include "wasm64/aot/llvm_writer.hpp"
#include "wasm64/aot/translate.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64::aot::llvm {

/// Goes up when the same function is written in another way.
inline constexpr std::string_view emitter_version = "2";

/// Bytes of WebAssembly that LLVM is given at once. Parts are what threads share, and are the same for any number.
inline constexpr std::uint32_t part_bytes = 24 * 1024;

/// LLVM's time and memory for the values that arrive at a join grow with both numbers.
inline constexpr std::uint64_t max_complexity = std::uint64_t{1} << 22;

/// Functions that are compiled together.
struct part {
  enum class state : std::uint8_t { wanted, compiled, interpreted };

  vector<std::uint32_t> functions;  ///< by number among the defined ones
  vector<state> states;
  byte_vector object;
  bool has_loops = false;  ///< that ask nothing, in all of the functions
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
  std::uint32_t index_of(std::uint32_t defined) const noexcept { return translation_.source->imported_funcs + defined; }
  void divide();
  result<void> compile_parts(unsigned threads);
  void take_parts();
  result<void> compile_part(part& p, const code_writer& writer) const;
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
  struct {
    std::size_t part = 0;
    std::uint64_t size = part_bytes;
  } latest[2];
  for (std::uint32_t i = 0; i < m.funcs.size(); ++i) {
    if (!translation_.plans[i].is_compiled) continue;
    const bool has_loops = translation_.plans[i].has_split_loops();
    auto& [number, size] = latest[has_loops ? 1 : 0];
    if (size >= part_bytes) {
      number = parts_.size();
      size = 0;
      parts_.emplace_back().has_loops = has_loops;
    }
    parts_[number].functions.push_back(i);
    parts_[number].states.push_back(part::state::wanted);
    size += m.funcs[i].body.size;
  }
}

inline result<void> compilation::compile_part(part& p, const code_writer& writer) const {
  if (aot::detail::milliseconds_now() >= until_) std::fill(p.states.begin(), p.states.end(), part::state::interpreted);
  for (bool again = true; again;) {
    again = false;
    unit u(with_);
    writer.prepare(u);
    llvm_emitter e(u, settings_.can_swizzle, translation_.has_tail_calls);
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
    WASM64_TRY(p.object, writer.write(u, p.has_loops, options_.verify));
  }
  return success();
}

inline void compilation::take_parts() {
  const result<code_writer> writer = code_writer::make(with_, settings_);
  for (std::size_t i = next_++; i < parts_.size(); i = next_++) {
    part& p = parts_[i];
    if (p.is_done) continue;
    const result<void> done = writer.has_value() ? compile_part(p, writer.assume_value()) : fail(writer.assume_error());
    p.is_done = done.has_value();
    if (!p.is_done) p.failure = done.assume_error();
  }
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
  if (request.budgets.milliseconds != 0) until_ = aot::detail::milliseconds_now() + request.budgets.milliseconds;
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
    for (const std::string* const text : {&s.triple, &s.cpu, &s.features, &s.passes, &s.loop_passes}) all += '\n' + *text;
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
    const llvm_emitter e(nothing, s.can_swizzle, false);
    WASM64_CHECK(plan_functions(t, e, request.functions, limits));
  }
  return compilation(with, options, std::move(s), t).run(request);
}

}  // namespace wasm64::aot::llvm
