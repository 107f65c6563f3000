#pragma once

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wasm64/aot/clock.hpp"
#include "wasm64/aot/worker_message.hpp"
#include "wasm64/storage/posix_file.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to programs

namespace wasm64::aot::detail {

/// Signed, because what is left of a time may be less than nothing.
inline std::int64_t worker_clock() noexcept { return static_cast<std::int64_t>(milliseconds_now()); }

/// A worker that was started, ended with this at the latest. Its standard input and output are one socket, which unlike
/// a pipe can be written to without a signal when nobody reads.
class worker_process {
 public:
  static result<worker_process> start(const std::string& program) {
    int ends[2], kind = SOCK_STREAM;
#if defined(SOCK_CLOEXEC)
    kind |= SOCK_CLOEXEC;  // at once: another thread's worker would keep these open
#endif
    if (::socketpair(AF_UNIX, kind, 0, ends) != 0) return fail(wasm64::detail::io_error("socketpair", program));
    worker_process made;
    made.socket_ = wasm64::detail::posix_file(ends[0]);
    const wasm64::detail::posix_file theirs(ends[1]);
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
#if defined(SO_NOSIGPIPE)
    const int on = 1;
    ::setsockopt(ends[0], SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    const int error = made.spawn(program, theirs.get());
    if (error != 0) return fail(errc::aot_worker_failed, program + ": " + std::to_string(error));
    return made;
  }
  worker_process(worker_process&& other) noexcept
      : socket_(std::move(other.socket_)), id_(std::exchange(other.id_, 0)) {}
  worker_process& operator=(worker_process&&) = delete;
  ~worker_process() {
    if (id_ > 0) end();
  }

  /// Sends a request and reads the answer, what follows its head; until a time by `worker_clock`.
  result<byte_vector> ask(bytes_view request, std::int64_t until) {
    while (!request.empty()) {
      WASM64_CHECK(wait_for(POLLOUT, until));
#if defined(MSG_NOSIGNAL)
      const ssize_t sent = ::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL);
#else
      const ssize_t sent = ::send(socket_.get(), request.data(), request.size(), 0);
#endif
      if (sent < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
      if (sent < 0) return fail(errc::aot_worker_failed, ending());
      request = request.subspan(static_cast<std::size_t>(sent));
    }
    ::shutdown(socket_.get(), SHUT_WR);
    byte_vector head;
    WASM64_CHECK(read(head, worker_head_size, until));
    WASM64_TRY(const std::uint64_t length,
               read_head(std::span<const std::uint8_t, worker_head_size>(head.data(), worker_head_size)));
    byte_vector answer;
    WASM64_CHECK(read(answer, length, until));
    return answer;
  }

 private:
  worker_process() = default;

  int spawn(const std::string& program, int socket) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    std::string name = program, argument = "compile-worker";
    char* arguments[] = {name.data(), argument.data(), nullptr};
    const int error = ::posix_spawnp(&id_, program.c_str(), &actions, &attributes, arguments, environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) id_ = 0;
    return error;
  }

  result<void> wait_for(short event, std::int64_t until) {
    for (;;) {
      const std::int64_t left = until - worker_clock();
      if (left <= 0) return fail(errc::aot_worker_failed, "takes too long");
      pollfd wanted{socket_.get(), event, 0};
      const int ready = ::poll(&wanted, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
      if (ready > 0) return success();
      if (ready < 0 && errno != EINTR) return fail(wasm64::detail::io_error("poll", "worker"));
    }
  }

  /// Reads exactly so many bytes; memory is taken only for what has come.
  result<void> read(byte_vector& to, std::uint64_t size, std::int64_t until) {
    constexpr std::uint64_t step = 1u << 16;
    while (to.size() < size) {
      WASM64_CHECK(wait_for(POLLIN, until));
      const std::size_t before = to.size();
      to.resize(before + static_cast<std::size_t>(std::min<std::uint64_t>(size - before, step)));
      const ssize_t got = ::recv(socket_.get(), to.data() + before, to.size() - before, 0);
      to.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
      if (got <= 0) return fail(errc::aot_worker_failed, ending());
    }
    return success();
  }

  /// How a worker ended that does not speak any more.
  std::string ending() {
    const int status = end();
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) return "signal " + std::to_string(WTERMSIG(status));
    if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
    return "no answer";
  }
  /// Ends it and what it started.
  int end() noexcept {
    ::kill(-id_, SIGKILL);
    ::kill(id_, SIGKILL);
    int status = 0;
    pid_t ended = -1;
    do ended = ::waitpid(id_, &status, 0);
    while (ended < 0 && errno == EINTR);
    id_ = 0;
    return ended < 0 ? 0x7f : status;
  }

  wasm64::detail::posix_file socket_;
  pid_t id_ = 0;
};

}  // namespace wasm64::aot::detail
