#pragma once

#include <sys/resource.h>

#include "wasm64/aot/artifact.hpp"
#include "wasm64/aot/layout.hpp"
#include "wasm64/aot/llvm_compile.hpp"
#include "wasm64/aot/worker.hpp"
#include "wasm64/aot/worker_process.hpp"
#include "wasm64/binary/decode.hpp"
#include "wasm64/valid/module.hpp"

namespace wasm64::aot {

namespace detail {

/// Where the worker answers when LLVM gives up.
inline int worker_output = -1;

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

/// LLVM ends the process when this returns; the answer is what it says.
inline void on_fatal_error(const char* reason) {
  const byte_vector answer = write_failure({errc::aot_compiler_failed, std::string(reason)});
  write_all(worker_output, view_of(answer));
  ::_exit(0);
}

inline constexpr unsigned max_worker_threads = 256;

/// Beside what is compiled there are the program, the library and stacks, of which little is ever used.
inline constexpr std::uint64_t worker_overhead = std::uint64_t{1} << 30;

inline void limit(int what, std::uint64_t most) noexcept {
  rlimit now{};
  if (::getrlimit(what, &now) != 0) return;
  now.rlim_cur = now.rlim_max = std::min<rlim_t>(now.rlim_max, static_cast<rlim_t>(most));
  ::setrlimit(what, &now);
}

inline void limit_worker(const compile_request& request) noexcept {
  const std::uint64_t threads = std::clamp(request.threads, 1u, max_worker_threads);
  if (request.budgets.memory != 0 && request.budgets.memory < std::uint64_t{1} << 60) {
    limit(RLIMIT_AS, request.budgets.memory + worker_overhead + threads * llvm::thread_stack_bytes);
  }
  const std::uint64_t seconds = request.budgets.milliseconds / 1000 + 1;
  if (request.budgets.milliseconds != 0) limit(RLIMIT_CPU, seconds * threads + 1);
  limit(RLIMIT_CORE, 0);
}

/// The part of the time in which functions may still be begun: those that are left are interpreted.
constexpr std::uint32_t time_to_begin(std::uint32_t milliseconds) noexcept {
  return milliseconds / 4 * 3 + milliseconds % 4;
}

inline result<byte_vector> answer_to(bytes_view message) {
  WASM64_TRY(worker_request r, read_request(message));
  WASM64_TRY(const content_id engine, engine_fingerprint(layout::all));
  if (r.engine != engine) return fail(errc::aot_worker_failed, "worker is of another version");
  if (r.task == worker_task::compile) limit_worker(r.request);
  WASM64_TRY(const auto library, llvm::load(r.options.library));
  library->InstallFatalErrorHandler(&on_fatal_error);
  const llvm::compile_options options{r.options.target, r.options.verify};
  if (r.task == worker_task::fingerprint) {
    WASM64_TRY(const content_id id, llvm::fingerprint(library->build, options));
    return write_fingerprint(id);
  }
  r.request.functions = view_of(r.functions);
  r.request.threads = std::min(r.request.threads, max_worker_threads);
  r.request.budgets.milliseconds = time_to_begin(r.request.budgets.milliseconds);
  decode_limits limits;
  limits.module_size = UINT32_MAX;
  WASM64_TRY(module m, decode(r.module_bytes, {}, limits));
  WASM64_CHECK(validate(m, {}, limits));
  WASM64_TRY(const native_code code, llvm::compile(*library, options, m, r.request));
  return write_code(code);
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
  detail::worker_output = out;
  std::uint8_t head[detail::worker_head_size];
  if (!detail::read_all(in, head)) return refused;
  const result<std::uint64_t> length = detail::read_head(head);
  if (!length.has_value()) return refused;
  byte_vector message(static_cast<std::size_t>(length.assume_value()));
  if (!detail::read_all(in, {message.data(), message.size()})) return refused;
  const result<byte_vector> answer = detail::answer_to(view_of(message));
  const byte_vector bytes = answer.has_value() ? answer.assume_value() : detail::write_failure(answer.assume_error());
  return detail::write_all(out, view_of(bytes)) ? 0 : 1;
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
