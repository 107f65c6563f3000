#pragma once

#include <algorithm>
#include <atomic>

#include <pthread.h>

#include "wasm64/aot/clock.hpp"
#include "wasm64/aot/elf_object.hpp"
#include "wasm64/aot/llvm_compile.hpp"
#include "wasm64/aot/llvm_emitter.hpp"
#include "wasm64/aot/llvm_parts.hpp"
#include "wasm64/aot/llvm_writer.hpp"
#include "wasm64/aot/symbols.hpp"
#include "wasm64/aot/translate.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64::aot::llvm {

/// Goes up when the same function is written in another way.
inline constexpr std::string_view emitter_version = "4";

/// The compilation of a module: parts, which threads take one after the other.
class compilation {
 public:
  compilation(const library& with, const compile_options& options, settings s, translation& t)
      : with_(with), options_(options), settings_(std::move(s)), translation_(t) {}

  result<native_code> run(const compile_request& request);

 private:
  std::uint32_t index_of(std::uint32_t defined) const noexcept { return translation_.source->imported_funcs + defined; }
  result<void> compile_parts(unsigned threads);
  void take_parts();
  result<void> compile_part(part& p) const;
  /// Leaves the functions to the interpreter that refer to what does not exist, a C library's functions mostly. False
  /// where there are none.
  bool drop(std::span<const undefined_reference> missing);
  native_code assemble(linked_object linked) const;

  const library& with_;
  const compile_options& options_;
  settings settings_;
  translation& translation_;
  vector<part> parts_;
  vector<std::size_t> order_;
  std::atomic<std::size_t> next_{0};
  std::uint64_t until_ = ~std::uint64_t{0};
};

inline result<void> compilation::compile_part(part& p) const {
  const bool is_late = aot::detail::milliseconds_now() >= until_;
  if (is_late || p.how == manner::interpreted) std::fill(p.left_out.begin(), p.left_out.end(), true);
  const manner as = is_late ? manner::interpreted : p.how;
  const settings how = as == manner::plain    ? plain_of(settings_)
                       : as != manner::normal ? least_of(settings_)
                       : p.has_loops          ? looping_of(settings_)
                                              : settings_;
  WASM64_TRY(const code_writer writer, code_writer::make(with_, how));
  for (bool again = true; again;) {
    again = false;
    unit u(with_);
    writer.prepare(u);
    llvm_emitter e(u, settings_.can_swizzle, translation_.has_tail_calls, translation_.metered);
    if (as == manner::least) e.split_blocks();
    function_translation<llvm_emitter> functions(translation_, e);
    translator<llvm_emitter> detours(translation_, e);
    for (std::size_t i = 0; i < p.functions.size(); ++i) {
      const std::uint32_t function = index_of(p.functions[i]);
      if (p.left_out[i]) {
        detours.write_detour(function);  // others call it
        continue;
      }
      WASM64_TRY(const bool written, functions.run(function));
      p.left_out[i] = !written;
    }
    WASM64_TRY(p.object, writer.write(u, options_.verify));
    for (const std::uint32_t function : u.large_frames()) {
      const auto at = std::find(p.functions.begin(), p.functions.end(), function - index_of(0));
      if (at == p.functions.end()) continue;
      bool& left_out = p.left_out[static_cast<std::size_t>(at - p.functions.begin())];
      again = again || !left_out;
      left_out = true;
    }
  }
  return success();
}

inline void compilation::take_parts() {
  for (std::size_t i = next_++; i < parts_.size(); i = next_++) {
    part& p = parts_[order_[i]];
    if (p.is_done) continue;
    const auto note = [&](bool is_running) {
      for (const std::uint32_t f : p.functions) {
        if (f < options_.functions.size()) options_.functions[f].is_running = is_running;
      }
    };
    note(true);
    result<void> done = compile_part(p);
    if (!done.has_value()) {  // LLVM does not want something of it
      p.how = manner::interpreted;
      done = compile_part(p);
    }
    note(false);
    p.is_done = done.has_value();
    if (!p.is_done) p.failure = done.assume_error();
  }
}

inline result<void> compilation::compile_parts(unsigned threads) {
  next_ = 0;
  order_ = order_of(view_of(parts_));
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
    const std::uint32_t function = function_of_symbol(reference.function);
    for (part& p : parts_) {
      const auto at = std::find(p.functions.begin(), p.functions.end(), function - index_of(0));
      if (at == p.functions.end()) continue;
      bool& left_out = p.left_out[static_cast<std::size_t>(at - p.functions.begin())];
      any = any || !left_out;
      left_out = true;
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
      if (p.left_out[i]) continue;
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
  parts_ = divide(translation_, options_.functions, {});
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

WASM64_AOT_INLINE result<content_id> fingerprint(const content_id& build, const compile_options& options) {
  std::string all(emitter_version);
  all.append(reinterpret_cast<const char*>(build.bytes.data()), build.bytes.size());
  // Which version it is follows from the build.
  for (const unsigned version : {oldest_version, newest_version}) {
    for (const effort how : {effort::least, effort::normal, effort::most}) {
      WASM64_TRY(const settings s, settings_for(version, options.target, how));
      for (const std::string* const text : {&s.triple, &s.cpu, &s.features, &s.passes, &s.loop_passes})
        all += '\n' + *text;
      all += '\n' + std::to_string(s.level);
    }
  }
  const part_limits limits;
  for (const std::uint64_t limit :
       {limits.conditional, limits.steps, limits.longest, limits.joins, limits.loop_values, limits.part_steps}) {
    all += '\n' + std::to_string(limit);
  }
  return sha256(as_bytes(all));
}

WASM64_AOT_INLINE result<native_code> compile(const library& with, const compile_options& options, const module& m,
                                              const compile_request& request) {
  WASM64_TRY(settings s, settings_for(with.major, options.target, request.effort));
  translation t;
  t.source = &m;
  t.metered = request.metered;
  translation_limits limits;
  limits.operations = request.budgets.operations;
  {
    unit nothing(with);  // it is asked only what it can do
    const llvm_emitter e(nothing, s.can_swizzle, false, t.metered);
    WASM64_CHECK(plan_functions(t, e, request.functions, limits));
  }
  WASM64_TRY(native_code made, compilation(with, options, std::move(s), t).run(request));
  WASM64_TRY(made.generator, fingerprint(with.build, options));
  return made;
}

}  // namespace wasm64::aot::llvm
