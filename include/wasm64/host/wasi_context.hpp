#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "wasm64/base/bytes.hpp"
#include "wasm64/base/containers.hpp"
#include "wasm64/host/virtual_files.hpp"
#include "wasm64/host/wasi_errno.hpp"

namespace wasm64 {

/// Clocks of WASI preview 1.
enum class wasi_clock : std::uint32_t { realtime = 0, monotonic = 1, process_cpu_time = 2, thread_cpu_time = 3 };

/// Somebody who keeps a program's files elsewhere, and gives them when they are first asked for.
class file_provider {
 public:
  virtual ~file_provider() = default;
  /// Fills in files that have neither content nor descriptors.
  virtual void provide(virtual_files& files) = 0;
};

/// What a WASI program sees of its host: arguments, environment, standard streams, files, time and random numbers. As
/// it is, it is deterministic and reaches nothing of the machine: streams are strings, files are in memory, the clock
/// stands still but for programs that wait, random numbers follow from a seed. Derive from it and override single
/// members to give a program more.
class wasi_context {
 public:
  wasi_context() = default;
  wasi_context(const wasi_context&) = delete;
  wasi_context& operator=(const wasi_context&) = delete;
  virtual ~wasi_context() = default;

  /// Writes to standard output (1) or standard error (2), all or nothing.
  virtual wasi_errno write(std::uint32_t fd, bytes_view bytes) {
    const std::size_t used = output.size() + errors.size();
    if (used > output_limit || bytes.size() > output_limit - used) return wasi_errno::nospc;
    (fd == 1 ? output : errors).append(as_text(bytes));
    return wasi_errno::success;
  }
  /// Reads standard input; answers how many bytes, 0 at its end.
  virtual std::size_t read(std::span<std::uint8_t> into) {
    const std::size_t count = into.size() < input.size() - input_at ? into.size() : input.size() - input_at;
    if (count != 0) std::memcpy(into.data(), input.data() + input_at, count);
    input_at += count;
    return count;
  }
  /// Bytes that `read` would give now.
  virtual std::size_t readable() const { return input.size() - input_at; }
  /// Nanoseconds; since 1970 for the real-time clock.
  virtual std::uint64_t time(wasi_clock) { return nanoseconds; }
  virtual std::uint64_t resolution(wasi_clock) { return 1; }
  /// A program waits until a clock shows `deadline`: time passes, and nothing else happens.
  virtual void wait(wasi_clock, std::uint64_t deadline) {
    if (deadline > nanoseconds) nanoseconds = deadline;
  }
  /// Fills with random bytes: SplitMix64 from `seed`, which advances.
  virtual void random(std::span<std::uint8_t> into) {
    for (std::size_t at = 0; at < into.size(); at += sizeof(std::uint64_t)) {
      std::uint64_t bits = seed += 0x9e3779b97f4a7c15;
      bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
      bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
      bits ^= bits >> 31;
      const std::size_t rest = into.size() - at;
      std::memcpy(into.data() + at, &bits, rest < sizeof bits ? rest : sizeof bits);
    }
  }

  /// The program's files and descriptors, made when they are first asked for.
  virtual_files& files() {
    if (!has_files_) make_files();
    return *files_;
  }
  /// Whether somebody has asked for them.
  bool has_files() const noexcept { return has_files_; }
  /// The next use of files starts over, with what the provider gives by then.
  void forget_files() {
    if (has_files_) files_->reset(nullptr);
    has_files_ = false;
  }
  /// Must outlive its last use; null for none.
  void set_file_provider(file_provider* provider) noexcept { provider_ = provider; }
  file_provider* provider() const noexcept { return provider_; }

  vector<std::string> arguments;    ///< the program's name first
  vector<std::string> environment;  ///< `NAME=value`

  std::string input;         ///< standard input
  std::size_t input_at = 0;  ///< how much of it has been read
  std::string output;        ///< what was written to standard output
  std::string errors;        ///< what was written to standard error
  std::size_t output_limit = std::size_t{64} << 20;  ///< bytes of both; writing more is refused with ENOSPC

  /// Bytes that calls have moved and looked at, as far as nobody has paid fuel for them.
  std::uint64_t work = 0;

  std::uint64_t nanoseconds = 0;
  std::uint64_t seed = 0;

  bool exited = false;          ///< by `proc_exit`, which ends the call with `errc::trap_exit`
  std::uint32_t exit_code = 0;  ///< what it was given
  file_limits limits;       ///< for `files`, from when they are made
  bool preopen_root =
      false;  ///< descriptor 3 is the root of the files, as "/"; a program without it opens none by WASI

 private:
  void make_files();

  std::unique_ptr<virtual_files> files_;
  file_provider* provider_ = nullptr;
  bool has_files_ = false;
};

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/host/virtual_files_impl.hpp"
#endif
