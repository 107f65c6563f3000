#pragma once

// Optional: not in the umbrella, because it needs hiredis.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "wasm64/storage/posix_file.hpp"
#include "wasm64/storage/redis_options.hpp"

// One connection to a Redis server. hiredis connects and reads the protocol; what is read is counted here, and sending
// neither raises SIGPIPE nor waits without end.

namespace wasm64::detail {

/// What the server answered to one command.
struct redis_reply {
  int type = 0;  ///< REDIS_REPLY_...
  std::int64_t integer = 0;
  byte_vector text;  ///< of strings, states and errors
  vector<std::unique_ptr<redis_reply>> elements;

  bool is_status(std::string_view expected) const noexcept {
    return type == REDIS_REPLY_STATUS && as_text({text.data(), text.size()}) == expected;
  }
};

using redis_replies = vector<std::unique_ptr<redis_reply>>;

/// How much the server may answer: a hostile one would send without end.
struct redis_budget {
  std::uint64_t bytes = 1 << 16;
  std::size_t nodes = 16;  ///< replies and their elements
};

/// Makes `redis_reply` of what hiredis reads. Elements are added as they come: their number is only a claim.
class redis_reply_maker {
 public:
  redis_reply_maker() noexcept {
    functions_.createString = [](const redisReadTask* task, char* at, size_t size) -> void* {
      redis_reply* const reply = add(task);
      if (reply != nullptr) {
        const auto* const bytes = reinterpret_cast<const std::uint8_t*>(at);
        reply->text.assign(bytes, bytes + size);
      }
      return reply;
    };
    set_array(functions_.createArray);
    functions_.createInteger = [](const redisReadTask* task, long long value) -> void* {
      redis_reply* const reply = add(task);
      if (reply != nullptr) reply->integer = value;
      return reply;
    };
    // The task says what nil stands in the place of.
    functions_.createNil = [](const redisReadTask* task) -> void* {
      redis_reply* const reply = add(task);
      if (reply != nullptr) reply->type = REDIS_REPLY_NIL;
      return reply;
    };
    functions_.freeObject = [](void* reply) { delete static_cast<redis_reply*>(reply); };
    set_newer(functions_);
  }

  redisReplyObjectFunctions* functions() noexcept { return &functions_; }

 private:
  static redis_reply* add(const redisReadTask* task) {
    auto& budget = *static_cast<redis_budget*>(task->privdata);
    if (budget.nodes == 0) return nullptr;
    --budget.nodes;
    auto reply = std::make_unique<redis_reply>();
    reply->type = task->type;
    redis_reply* const added = reply.get();
    if (task->parent != nullptr) {
      static_cast<redis_reply*>(task->parent->obj)->elements.push_back(std::move(reply));
    } else {
      reply.release();  // hiredis has it until it is taken or freed
    }
    return added;
  }

  /// The number's type is another since hiredis 1.0.
  template <class Size>
  static void set_array(void* (*&function)(const redisReadTask*, Size)) noexcept {
    function = [](const redisReadTask* task, Size) -> void* { return add(task); };
  }
  /// Types of reply since hiredis 1.0, which only a server that does not follow the protocol sends unasked.
  template <class Functions>
  static void set_newer(Functions& functions) noexcept {
    if constexpr (requires { functions.createDouble; }) {
      functions.createDouble = [](const redisReadTask* task, double, char*, size_t) -> void* { return add(task); };
    }
    if constexpr (requires { functions.createBool; }) {
      functions.createBool = [](const redisReadTask* task, int) -> void* { return add(task); };
    }
  }

  redisReplyObjectFunctions functions_{};
};

/// Commands in the protocol's form, to be sent at once.
class redis_commands {
 public:
  template <class... Words>
  redis_commands& add(const Words&... words) {
    begin(sizeof...(words));
    (word(as_text(words)), ...);
    return *this;
  }
  void begin(std::size_t words) {
    text_.append("*").append(std::to_string(words)).append("\r\n");
    ++count_;
  }
  void word(std::string_view bytes) {
    text_.append("$").append(std::to_string(bytes.size())).append("\r\n").append(bytes).append("\r\n");
  }

  std::string_view text() const noexcept { return text_; }
  std::size_t count() const noexcept { return count_; }

 private:
  static std::string_view as_text(std::string_view text) noexcept { return text; }
  static std::string_view as_text(bytes_view bytes) noexcept { return wasm64::as_text(bytes); }
  static std::string_view as_text(const content_id& id) noexcept { return wasm64::as_text(id.bytes); }

  std::string text_;
  std::size_t count_ = 0;
};

class redis_connection {
 public:
  redis_connection() = default;
  redis_connection(const redis_connection&) = delete;
  ~redis_connection() { close(); }

  /// Connected, as far as can be told without asking.
  bool alive() const noexcept {
    if (context_ == nullptr || process_ != ::getpid()) return false;  // the parent goes on using it
    char byte = 0;
    return ::recv(context_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  void close() noexcept {
    if (reader_ != nullptr) redisReaderFree(reader_);
    if (context_ != nullptr) redisFree(context_);
    reader_ = nullptr;
    context_ = nullptr;
  }

  result<void> connect(const redis_options& to) {
    close();
    context_ = redisConnectWithTimeout(
        to.host.c_str(), to.port,
        {time_t{to.connect_timeout / 1000}, static_cast<suseconds_t>(to.connect_timeout % 1000 * 1000)});
    reader_ = redisReaderCreateWithFunctions(maker_.functions());
    if (context_ == nullptr || reader_ == nullptr) return fail(errc::out_of_memory, "Redis connection");
    if (context_->err != 0) {
      was_lost_ = true;
      return fail(broken("connect to " + to.host + ": " + std::string(context_->errstr)));
    }
    process_ = ::getpid();
    reader_->privdata = &budget_;
    ::fcntl(context_->fd, F_SETFD, FD_CLOEXEC);
    redisEnableKeepAlive(context_);
    return success();
  }

  /// Sends the commands and waits for an answer to each, for `timeout` milliseconds and a second more for each MiB that
  /// comes or goes. After any failure the connection is closed; `was_lost` tells whether the server had closed it.
  result<redis_replies> exchange(const redis_commands& commands, redis_budget budget, std::uint64_t timeout) {
    budget_ = budget;
    was_lost_ = false;
    redis_replies replies;
    replies.reserve(commands.count());
    std::string_view unsent = commands.text();
    const std::uint64_t start = now();
    std::uint64_t received = 0;
    while (replies.size() < commands.count()) {
      void* reply = nullptr;
      if (redisReaderGetReply(reader_, &reply) != REDIS_OK) return fail(broken(reader_->errstr));
      if (reply != nullptr) {
        replies.emplace_back(static_cast<redis_reply*>(reply));
        continue;
      }
      const std::uint64_t moved = received + commands.text().size() - unsent.size();
      const std::uint64_t deadline = start + timeout + moved / 1024 * 1000 / 1024;
      const std::uint64_t time = now();
      if (time >= deadline) return fail(broken("timeout"));
      pollfd wait{context_->fd, static_cast<short>(unsent.empty() ? POLLIN : POLLIN | POLLOUT), 0};
      const int ready = ::poll(&wait, 1, static_cast<int>(std::min<std::uint64_t>(deadline - time, 1 << 30)));
      if (ready < 0 && errno != EINTR) return fail(broken(std::strerror(errno)));
      if (ready <= 0) continue;
      // Reading first: a server that has closed may have said why.
      if ((wait.revents & ~POLLOUT) != 0) {
        const ssize_t count = ::recv(context_->fd, buffer_, sizeof buffer_, MSG_DONTWAIT);
        if (count == 0) return fail(lost("the server closed the connection"));
        if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
          return fail(lost(std::strerror(errno)));
        if (count > 0) {
          received += static_cast<std::uint64_t>(count);
          if (received > budget.bytes) return fail(broken("reply too large"));
          if (redisReaderFeed(reader_, buffer_, static_cast<std::size_t>(count)) != REDIS_OK)
            return fail(broken(reader_->errstr));
          // hiredis looks for the end of a line from its start each time.
          const std::size_t unread = reader_->len - reader_->pos;
          if (unread > sizeof buffer_ && std::memchr(reader_->buf + reader_->pos, '\n', sizeof buffer_) == nullptr)
            return fail(broken("line too long"));
        }
      } else if (!unsent.empty()) {
        const ssize_t count = ::send(context_->fd, unsent.data(), unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
          return fail(lost(std::strerror(errno)));
        if (count > 0) unsent.remove_prefix(static_cast<std::size_t>(count));
      }
    }
    // Else what is left would be taken for the answers to the next commands.
    if (!unsent.empty() || reader_->len != reader_->pos) return fail(broken("more answers than commands"));
    return replies;
  }

  bool was_lost() const noexcept { return was_lost_; }

 private:
  /// A failure that asking again may mend.
  error lost(std::string why) {
    was_lost_ = true;
    return broken(std::move(why));
  }
  error broken(std::string why) {
    close();
    return {errc::storage_io, "Redis: " + std::move(why)};
  }

  static std::uint64_t now() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
  }

  redis_reply_maker maker_;
  redis_budget budget_;
  redisContext* context_ = nullptr;
  redisReader* reader_ = nullptr;
  pid_t process_ = 0;
  bool was_lost_ = false;
  char buffer_[1 << 16];
};

}  // namespace wasm64::detail
