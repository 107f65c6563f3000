#pragma once

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/unit/storage/temporary_directory.hpp"
#include "wasm64/storage/redis_store.hpp"

/// A socket that listens on a free port of this machine.
inline int listen_somewhere(int& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener, 8) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port = ntohs(address.sin_port);
  return listener;
}

/// A Redis server with a directory of its own, which syncs every change.
class redis_server {
 public:
  explicit redis_server(std::vector<std::string> more = {}) : more_(std::move(more)) { start(); }
  redis_server(const redis_server&) = delete;
  ~redis_server() { stop(); }

  /// On the same port once it has one.
  void start() {
    for (int attempt = 0; attempt < 5; ++attempt) {
      if (port_ == 0) ::close(listen_somewhere(port_));
      run();
      for (int tries = 0; tries < 500 && ::waitpid(process_, nullptr, WNOHANG) == 0; ++tries) {
        redisContext* const context = redisConnect("127.0.0.1", port_);
        const bool connected = context != nullptr && context->err == 0;
        auto* const reply = connected ? static_cast<redisReply*>(redisCommand(context, "PING")) : nullptr;
        const bool loading = reply != nullptr && std::string_view(reply->str).substr(0, 7) == "LOADING";
        const bool answers = reply != nullptr && !loading;
        if (reply != nullptr) freeReplyObject(reply);
        if (context != nullptr) redisFree(context);
        if (answers) return;
        ::usleep(10'000);
      }
      stop();
      if (more_.empty()) port_ = 0;  // another program took it meanwhile
    }
    FAIL("redis-server does not start");
  }

  void stop() {
    if (process_ > 0 && ::kill(process_, SIGKILL) == 0) ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  void signal(int number) const { REQUIRE(::kill(process_, number) == 0); }

  wasm64::redis_options options() const {
    wasm64::redis_options with;
    with.port = port_;
    return with;
  }
  wasm64::redis_store open() const { return wasm64::redis_store::open(options()).value(); }

  /// Words without the store's help; the reply as text.
  std::string ask(std::vector<std::string> words) const {
    redisContext* const context = redisConnect("127.0.0.1", port_);
    REQUIRE(context != nullptr);
    std::vector<const char*> texts;
    std::vector<size_t> sizes;
    for (const std::string& word : words) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
    }
    auto* const reply =
        static_cast<redisReply*>(redisCommandArgv(context, static_cast<int>(words.size()), texts.data(), sizes.data()));
    REQUIRE(reply != nullptr);
    const std::string text = reply->str != nullptr ? std::string(reply->str, reply->len) : std::string();
    freeReplyObject(reply);
    redisFree(context);
    return text;
  }

 private:
  void run() {
    std::vector<std::string> words{"redis-server",
                                   "--port",
                                   std::to_string(port_),
                                   "--bind",
                                   "127.0.0.1",
                                   "--dir",
                                   directory_.path(),
                                   "--logfile",
                                   "log",
                                   "--save",
                                   "",
                                   "--appendonly",
                                   "yes",
                                   "--appendfsync",
                                   "always"};
    words.insert(words.end(), more_.begin(), more_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    process_ = ::fork();
    if (process_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }

  temporary_directory directory_;
  std::vector<std::string> more_;
  int port_ = 0;
  pid_t process_ = 0;
};

/// Answers PING like a server, and whatever comes next with the same bytes.
class fake_server {
 public:
  enum class then { closes, waits, repeats };

  fake_server(std::string reply, then next)
      : reply_(next == then::repeats ? many(reply) : std::move(reply)),
        next_(next),
        listener_(listen_somewhere(port_)),
        thread_([this] { serve(); }) {}
  fake_server(const fake_server&) = delete;
  ~fake_server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  wasm64::redis_options options() const {
    wasm64::redis_options with;
    with.port = port_;
    with.command_timeout = 100;
    with.max_object_size = 1 << 20;
    with.max_listed = 100;
    return with;
  }
  int connections() const { return connections_; }

 private:
  void serve() {
    for (int connection; (connection = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(connection)) {
      ++connections_;
      char buffer[4096];
      for (ssize_t count; (count = ::recv(connection, buffer, sizeof buffer, 0)) > 0;) {
        if (std::string_view(buffer, static_cast<std::size_t>(count)).find("PING") != std::string_view::npos) {
          send(connection, "+PONG\r\n");
          continue;
        }
        bool sent = send(connection, reply_);
        while (sent && next_ == then::repeats) sent = send(connection, reply_);
        if (next_ == then::closes) break;
      }
    }
  }
  static std::string many(std::string_view text) {
    std::string all;
    while (all.size() < 1 << 16) all += text;
    return all;
  }
  static bool send(int connection, std::string_view text) {
    return ::send(connection, text.data(), text.size(), MSG_NOSIGNAL) >= 0;
  }

  std::string reply_;
  then next_;
  int port_ = 0;
  std::atomic<int> connections_{0};
  int listener_;
  std::thread thread_;
};
