#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wasm64/aot/clock.hpp"
#include "wasm64/storage/posix_file.hpp"

// Compilers of the system as processes of their own: no shell, private files, and no more memory and time than allowed.

namespace wasm64::aot::detail {

/// A new directory that only this user can look into; it goes with everything in it.
class private_directory {
 public:
  /// Below the given directory; without one below $TMPDIR or /tmp.
  static result<private_directory> make(std::string_view parent) {
    std::string path(parent);
    if (path.empty()) {
      const char* const preferred = std::getenv("TMPDIR");
      path = preferred != nullptr && *preferred != '\0' ? preferred : "/tmp";
    }
    path += "/wasm64-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return wasm64::detail::io_error("mkdtemp", path);
    private_directory made;
    made.path_ = std::move(path);
    return made;
  }
  private_directory() = default;
  private_directory(private_directory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  private_directory& operator=(private_directory other) noexcept {
    path_.swap(other.path_);
    return *this;
  }
  ~private_directory() {
    if (path_.empty()) return;
    if (DIR* const open = ::opendir(path_.c_str())) {
      while (const dirent* const entry = ::readdir(open)) ::unlinkat(::dirfd(open), entry->d_name, 0);
      ::closedir(open);
    }
    ::rmdir(path_.c_str());
  }

  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

/// A process with what it was started as a group, which is ended with this.
class compiler_process {
 public:
  static constexpr int not_found = 127;

  /// `memory` in bytes for each of its processes, 0 for no limit. What it writes goes to the file, or nowhere.
  static result<compiler_process> start(const vector<std::string>& arguments, std::uint64_t memory,
                                        const std::string& output = "/dev/null") {
    vector<char*> argv;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    compiler_process made;
    made.id_ = ::fork();
    if (made.id_ < 0) return wasm64::detail::io_error("fork", arguments[0]);
    if (made.id_ == 0) become(argv.data(), memory, output.c_str());
    return made;
  }
  compiler_process() = default;
  compiler_process(compiler_process&& other) noexcept : id_(std::exchange(other.id_, 0)), status_(other.status_) {}
  compiler_process& operator=(compiler_process other) noexcept {
    std::swap(id_, other.id_);
    std::swap(status_, other.status_);
    return *this;
  }
  ~compiler_process() {
    if (id_ <= 0) return;
    ::kill(-id_, SIGKILL);
    ::kill(id_, SIGKILL);
    while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  /// Whether it has ended.
  bool has_ended() noexcept {
    if (id_ <= 0) return true;
    int status = 0;
    const pid_t ended = ::waitpid(id_, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) return false;
    id_ = 0;
    status_ = ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return true;
  }
  /// What it ended with; -1 where it was ended.
  int status() const noexcept { return status_; }

  /// Waits until a time; false where it goes on then.
  bool wait_until(std::uint64_t milliseconds) noexcept {
    while (!has_ended()) {
      if (milliseconds_now() >= milliseconds) return false;
      const timespec pause{0, 1'000'000};
      ::nanosleep(&pause, nullptr);
    }
    return true;
  }

 private:
  /// In the new process, where only calls are allowed that signal handlers may make.
  [[noreturn]] static void become(char** argv, std::uint64_t memory, const char* output) noexcept {
    ::setpgid(0, 0);
    // In this order, because any of the three may not have been open.
    const int nothing = ::open("/dev/null", O_RDWR);
    if (nothing < 0 || ::dup2(nothing, 0) != 0) ::_exit(not_found);
    const int to = ::open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (to < 0) ::_exit(not_found);
    ::dup2(to, 1);
    ::dup2(0, 2);
    if (memory != 0) {
      const rlimit limit{memory, memory};
      ::setrlimit(RLIMIT_AS, &limit);
    }
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::execvp(argv[0], argv);
    ::_exit(not_found);
  }

  pid_t id_ = 0;
  int status_ = -1;
};

}  // namespace wasm64::aot::detail
