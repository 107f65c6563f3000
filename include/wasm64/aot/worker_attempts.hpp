#pragma once

#include <atomic>
#include <new>
#include <utility>

#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wasm64/aot/clock.hpp"
#include "wasm64/aot/llvm_compile.hpp"

namespace wasm64::aot::detail {

/// What attempts at a module know of its functions, in memory that a process shares with those that it forks.
class shared_functions {
 public:
  static result<shared_functions> make(std::size_t count) {
    const std::size_t behind = count * sizeof(llvm::function_state), size = behind + sizeof(std::atomic<bool>);
    void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return fail(errc::out_of_memory, "worker");
    shared_functions made;
    made.size_ = size;
    made.all_ = {static_cast<llvm::function_state*>(at), count};
    for (llvm::function_state& s : made.all_) new (&s) llvm::function_state();
    made.is_answered_ = new (static_cast<std::uint8_t*>(at) + behind) std::atomic<bool>(false);
    return made;
  }
  shared_functions(shared_functions&& other) noexcept
      : size_(std::exchange(other.size_, 0)),
        all_(std::exchange(other.all_, {})),
        is_answered_(std::exchange(other.is_answered_, nullptr)) {}
  shared_functions& operator=(shared_functions&&) = delete;
  ~shared_functions() {
    if (size_ != 0) ::munmap(all_.data(), size_);
  }

  std::span<llvm::function_state> all() const noexcept { return all_; }

  /// From here on an attempt writes the answer. It is the last one: what another would write became part of it.
  void begin_answer() const noexcept { *is_answered_ = true; }
  bool is_answered() const noexcept { return *is_answered_; }

  /// Makes less of what was being compiled when an attempt ended. False where nothing was, or where there is no other
  /// attempt to be made.
  bool give_in() const noexcept {
    if (is_answered()) return false;
    bool any = false;
    for (llvm::function_state& s : all_) {
      if (!s.is_running.exchange(false)) continue;
      any = true;
      s.at_best = s.at_best.load() == llvm::manner::least ? llvm::manner::interpreted : llvm::manner::least;
    }
    return any;
  }

 private:
  shared_functions() = default;

  std::size_t size_ = 0;
  std::span<llvm::function_state> all_;
  std::atomic<bool>* is_answered_ = nullptr;
};

/// Calls `work` with the milliseconds that it has, in one forked process after the other until one ends well; each time
/// without what the one before did not survive, or did not end. False where that does not help.
template <class Work>
bool attempt(const shared_functions& functions, std::uint64_t milliseconds, Work work) {
  constexpr int most = 8;
  const std::uint64_t until = milliseconds_now() + milliseconds;
  for (int i = 0; i < most; ++i) {
    const std::uint64_t now = milliseconds_now();
    if (now >= until) return false;
    const std::uint64_t slice = (until - now) / 3 * 2 + 1;  // something is left for another one
    const pid_t child = ::fork();
    if (child < 0) return false;
    if (child == 0) ::_exit(work(slice) ? 0 : 1);
    int status = 0;
    for (;;) {
      const pid_t ended = ::waitpid(child, &status, WNOHANG);
      if (ended < 0 && errno != EINTR) return false;
      if (ended == child) break;  // the number may be another's already
      if (milliseconds_now() >= (functions.is_answered() ? until : now + slice)) ::kill(child, SIGKILL);
      const timespec pause{0, 1'000'000};
      ::nanosleep(&pause, nullptr);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    if (!functions.give_in()) return false;
  }
  return false;
}

}  // namespace wasm64::aot::detail
