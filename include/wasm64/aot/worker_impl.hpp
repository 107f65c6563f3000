#pragma once

#include <sys/resource.h>

#include "wasm64/aot/artifact.hpp"
#include "wasm64/aot/layout.hpp"
#include "wasm64/aot/llvm_compile.hpp"
#include "wasm64/aot/worker.hpp"
#include "wasm64/aot/worker_attempts.hpp"
#include "wasm64/aot/worker_process.hpp"
#include "wasm64/binary/decode.hpp"
#include "wasm64/valid/module.hpp"

namespace wasm64::aot {

namespace detail {

inline bool write_all(int out, bytes_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(out, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

inline bool read_all(int in, std::span<std::uint8_t> to) noexcept {
  while (!to.empty()) {
    const ssize_t got = ::read(in, to.data(), to.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

/// LLVM ends the process when this returns.
inline void on_fatal_error(const char*) { ::_exit(1); }

inline constexpr unsigned max_worker_threads = 256;

/// Beside what is compiled there are the program, the library and stacks, of which little is ever used.
inline constexpr std::uint64_t worker_overhead = std::uint64_t{1} << 30;

inline void limit(int what, std::uint64_t most) noexcept {
  rlimit now{};
  if (::getrlimit(what, &now) != 0) return;
  now.rlim_cur = now.rlim_max = std::min<rlim_t>(now.rlim_max, static_cast<rlim_t>(most));
  ::setrlimit(what, &now);
}

inline void limit_memory(const compile_request& request) noexcept {
  const std::uint64_t threads = std::clamp(request.threads, 1u, max_worker_threads);
  if (request.budgets.memory != 0 && request.budgets.memory < std::uint64_t{1} << 60) {
    limit(RLIMIT_AS, request.budgets.memory + worker_overhead + threads * llvm::thread_stack_bytes);
  }
  limit(RLIMIT_CORE, 0);
}

/// The part of the time in which functions may still be begun: those that are left are interpreted.
constexpr std::uint32_t time_to_begin(std::uint32_t milliseconds) noexcept {
  return milliseconds / 4 * 3 + milliseconds % 4;
}

/// Compiles in processes of its own, of which one writes the answer. What LLVM does not survive, or does not end with,
/// is compiled without optimizing, and then interpreted.
inline result<void> compile_for(worker_request& r, int out) {
  limit_memory(r.request);
  r.request.functions = view_of(r.functions);
  r.request.threads = std::min(r.request.threads, max_worker_threads);
  decode_limits limits;
  limits.module_size = UINT32_MAX;
  WASM64_TRY(module m, decode(r.module_bytes, {}, limits));
  WASM64_CHECK(validate(m, {}, limits));
  WASM64_TRY(const shared_functions functions, shared_functions::make(m.funcs.size()));
  constexpr std::uint64_t no_end = std::uint64_t{1} << 31;
  const std::uint32_t whole = r.request.budgets.milliseconds;
  const auto compile = [&](std::uint64_t milliseconds) -> result<byte_vector> {
    if (whole != 0) r.request.budgets.milliseconds = time_to_begin(static_cast<std::uint32_t>(milliseconds));
    WASM64_TRY(const auto library, llvm::load(r.options.library));
    library->InstallFatalErrorHandler(&on_fatal_error);
    const llvm::compile_options options{r.options.target, r.options.verify, functions.all()};
    WASM64_TRY(const native_code code, llvm::compile(*library, options, m, r.request));
    return write_code(code);
  };
  const auto work = [&](std::uint64_t milliseconds) {
    const result<byte_vector> made = compile(milliseconds);
    const byte_vector answer = made.has_value() ? made.assume_value() : write_failure(made.assume_error());
    functions.begin_answer();
    return write_all(out, view_of(answer));
  };
  // Whoever asked is told by an answer that ends early.
  if (!attempt(functions, whole == 0 ? no_end : whole, work) && !functions.is_answered())
    return fail(errc::aot_worker_failed, "no attempt succeeds");
  return success();
}

/// Writes an answer, unless it is a failure.
inline result<void> answer_to(bytes_view message, int out) {
  WASM64_TRY(worker_request r, read_request(message));
  WASM64_TRY(const content_id engine, engine_fingerprint(layout::all));
  if (r.engine != engine) return fail(errc::aot_worker_failed, "worker is of another version");
  if (r.task == worker_task::compile) return compile_for(r, out);
  WASM64_TRY(const auto library, llvm::load(r.options.library));
  library->InstallFatalErrorHandler(&on_fatal_error);
  WASM64_TRY(const content_id id, llvm::fingerprint(library->build, {r.options.target, r.options.verify, {}}));
  const byte_vector answer = write_fingerprint(id);
  if (!write_all(out, view_of(answer))) return fail(errc::aot_worker_failed, "nobody reads");
  return success();
}

inline result<byte_vector> ask_worker(llvm_options options, worker_task task, const module* m,
                                      const compile_request& what, std::uint32_t milliseconds) {
  constexpr std::int64_t no_end = std::int64_t{1} << 40;
  const std::int64_t until = worker_clock() + (milliseconds == 0 ? no_end : std::int64_t{milliseconds});
  // The library that this process means.
  const result<compiler_file> library = llvm::locate(options.library);
  if (library.has_value()) options.library = library.assume_value().path;
  WASM64_TRY(const content_id engine, engine_fingerprint(layout::all));
  const byte_vector request = write_request(task, engine, options, m, what);
  WASM64_TRY(worker_process worker, worker_process::start(options.worker));
  return worker.ask(view_of(request), until);
}

}  // namespace detail

WASM64_AOT_INLINE int compile_worker(int in, int out) {
  constexpr int refused = 2;
  std::uint8_t head[detail::worker_head_size];
  if (!detail::read_all(in, head)) return refused;
  const result<std::uint64_t> length = detail::read_head(head);
  if (!length.has_value()) return refused;
  byte_vector message(static_cast<std::size_t>(length.assume_value()));
  if (!detail::read_all(in, {message.data(), message.size()})) return refused;
  const result<void> answered = detail::answer_to(view_of(message), out);
  if (answered.has_value()) return 0;
  const byte_vector failure = detail::write_failure(answered.assume_error());
  return detail::write_all(out, view_of(failure)) ? 0 : 1;
}

WASM64_AOT_INLINE result<content_id> worker_fingerprint(const llvm_options& options) {
  constexpr std::uint32_t patience = 30'000;
  WASM64_TRY(const byte_vector answer,
             detail::ask_worker(options, detail::worker_task::fingerprint, nullptr, {}, patience));
  return detail::read_fingerprint(view_of(answer));
}

WASM64_AOT_INLINE result<native_code> compile_in_worker(const llvm_options& options, const module& m,
                                                        const compile_request& request) {
  WASM64_TRY(const byte_vector answer,
             detail::ask_worker(options, detail::worker_task::compile, &m, request, request.budgets.milliseconds));
  return detail::read_code(view_of(answer), m);
}

}  // namespace wasm64::aot
