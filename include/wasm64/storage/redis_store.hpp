#pragma once

#include <mutex>

#include "wasm64/base/shared_bytes.hpp"
#include "wasm64/storage/check.hpp"
#include "wasm64/storage/redis_connection.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64 {

/// Keeps bytes in a Redis server. What is read is checked against its id; any answer that does not fit is an error.
///
///   <prefix>data:<id, 43 characters>    a string: the bytes
///   <prefix>roots                       a hash: names, and the 32 bytes of what they stand for
///
/// Changes are as durable as the server makes them: with `appendonly yes` and `appendfsync always` when a call returns,
/// otherwise a little later; `wait_replicas` waits for copies on other machines. The connection is neither encrypted
/// nor to be trusted with secrets, and one server has all keys: no cluster.
///
/// A connection that is lost is made again. What does no harm twice is then asked once more; a root's change is not,
/// and its error says that the outcome is unknown. Threads take turns on the one connection, a child after fork makes
/// its own.
class redis_store {
 public:
  using options = redis_options;

  /// Connects.
  static result<redis_store> open(options with) {
    redis_store store;
    store.state_ = std::make_unique<state>();
    store.state_->with = std::move(with);
    WASM64_TRY(const auto replies, store.run("PING", detail::redis_commands().add("PING"), {}, repeat::yes));
    if (!replies[0]->is_status("PONG")) return fail(unexpected("PING", *replies[0]));
    return store;
  }
  /// See `parse_redis_url`.
  static result<redis_store> open(std::string_view url) {
    WASM64_TRY(options with, parse_redis_url(url));
    return open(std::move(with));
  }

  result<shared_bytes> get(const content_id& id) const {
    const std::uint64_t limit = state_->with.max_object_size;
    WASM64_TRY(auto replies, run("GET", detail::redis_commands().add("GET", key(id)), {limit + 64, 1}, repeat::yes));
    detail::redis_reply& reply = *replies[0];
    if (reply.type == REDIS_REPLY_NIL) return fail(errc::not_found, to_text(id));
    if (reply.type != REDIS_REPLY_STRING) return fail(unexpected("GET", reply));
    WASM64_TRY(const content_id hash, sha256({reply.text.data(), reply.text.size()}));
    if (hash != id) return fail(errc::hash_mismatch, to_text(id));
    return shared_bytes(std::move(reply.text));
  }

  result<content_id> put(bytes_view bytes) {
    WASM64_TRY(const auto ids, put_all({&bytes, 1}));
    return ids.front();
  }
  /// In one transaction of the server.
  result<vector<content_id>> put_all(std::span<const bytes_view> items) {
    vector<content_id> ids;
    ids.reserve(items.size());
    detail::redis_commands commands;
    commands.add("MULTI");
    for (const bytes_view bytes : items) {
      if (bytes.size() > state_->with.max_object_size) return fail(errc::limit_exceeded, "object size");
      WASM64_TRY(const content_id id, sha256(bytes));
      ids.push_back(id);
      commands.add("SET", key(id), bytes);
    }
    if (items.empty()) return ids;
    commands.add("EXEC");
    const detail::redis_budget budget{(1 << 16) + 64 * items.size(), 16 + 2 * items.size()};
    WASM64_TRY(const auto replies, change("SET", std::move(commands), budget, repeat::yes));
    if (!replies[0]->is_status("OK")) return fail(unexpected("MULTI", *replies[0]));
    for (std::size_t i = 1; i <= items.size(); ++i) {
      if (!replies[i]->is_status("QUEUED")) return fail(unexpected("SET", *replies[i]));
    }
    const detail::redis_reply& done = *replies[items.size() + 1];
    if (done.type != REDIS_REPLY_ARRAY || done.elements.size() != items.size()) return fail(unexpected("EXEC", done));
    for (const auto& element : done.elements) {
      if (!element->is_status("OK")) return fail(unexpected("SET", *element));
    }
    return ids;
  }

  result<bool> contains(const content_id& id) const {
    WASM64_TRY(const auto replies, run("EXISTS", detail::redis_commands().add("EXISTS", key(id)), {}, repeat::yes));
    WASM64_TRY(const std::int64_t count, integer("EXISTS", *replies[0], 0, 1));
    return count == 1;
  }

  result<void> link(std::string_view name, const content_id& id) {
    WASM64_CHECK(check_name(name));
    WASM64_TRY(const auto replies,
               change("HSET", detail::redis_commands().add("HSET", roots_key(), name, id), {}, repeat::no));
    WASM64_CHECK(integer("HSET", *replies[0], 0, 1));
    return success();
  }
  result<content_id> resolve(std::string_view name) const {
    WASM64_CHECK(check_name(name));
    WASM64_TRY(const auto replies,
               run("HGET", detail::redis_commands().add("HGET", roots_key(), name), {}, repeat::yes));
    const detail::redis_reply& reply = *replies[0];
    if (reply.type == REDIS_REPLY_NIL) return fail(errc::not_found, std::string(name));
    if (reply.type != REDIS_REPLY_STRING) return fail(unexpected("HGET", reply));
    return root_id(reply);
  }
  result<void> unlink(std::string_view name) {
    WASM64_CHECK(check_name(name));
    WASM64_TRY(const auto replies,
               change("HDEL", detail::redis_commands().add("HDEL", roots_key(), name), {}, repeat::no));
    WASM64_CHECK(integer("HDEL", *replies[0], 0, 1));
    return success();
  }
  result<void> compare_and_swap(std::string_view name, const content_id* expected, const content_id& desired) {
    // What it answers: 1 swapped, 0 not as expected, -1 no id.
    constexpr std::string_view script =
        "local now = redis.call('HGET', KEYS[1], ARGV[1])"
        " if now and #now ~= 32 then return -1 end"
        " if (now or '') ~= ARGV[2] then return 0 end"
        " redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) return 1";
    constexpr std::string_view script_sha1 = "6506dbb668c0d0802cb91c8b44c2a59b7277f58f";
    WASM64_CHECK(check_name(name));
    const bytes_view from = expected != nullptr ? bytes_view(expected->bytes) : bytes_view();
    const auto ask = [&](std::string_view command, std::string_view what) {
      return change("EVAL", detail::redis_commands().add(command, what, "1", roots_key(), name, from, desired), {},
                    repeat::no);
    };
    WASM64_TRY(auto replies, ask("EVALSHA", script_sha1));
    if (replies[0]->type == REDIS_REPLY_ERROR && text(*replies[0]).substr(0, 8) == "NOSCRIPT") {
      WASM64_TRY(replies, ask("EVAL", script));
    }
    WASM64_TRY(const std::int64_t answer, integer("EVAL", *replies[0], -1, 1));
    if (answer < 0) return fail(errc::malformed_id, std::string(name));
    if (answer == 0) return fail(errc::conflict, std::string(name));
    return success();
  }

  /// All names with what they stand for, as of one moment.
  result<vector<std::pair<std::string, content_id>>> roots() const {
    constexpr detail::redis_budget budget{std::uint64_t{1} << 26, std::size_t{1} << 22};
    WASM64_TRY(const auto replies,
               run("HGETALL", detail::redis_commands().add("HGETALL", roots_key()), budget, repeat::yes));
    const detail::redis_reply& reply = *replies[0];
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements.size() % 2 != 0) return fail(unexpected("HGETALL", reply));
    vector<std::pair<std::string, content_id>> all;
    for (std::size_t i = 0; i < reply.elements.size(); i += 2) {
      const detail::redis_reply& name = *reply.elements[i];
      if (name.type != REDIS_REPLY_STRING) return fail(unexpected("HGETALL", name));
      if (reply.elements[i + 1]->type != REDIS_REPLY_STRING) return fail(unexpected("HGETALL", *reply.elements[i + 1]));
      WASM64_TRY(const content_id id, root_id(*reply.elements[i + 1]));
      all.emplace_back(std::string(text(name)), id);
    }
    return all;
  }

  /// Objects that come or go meanwhile may be among them or not.
  result<vector<content_id>> list() const {
    constexpr detail::redis_budget budget{std::uint64_t{1} << 24, std::size_t{1} << 20};
    const std::string start = state_->with.prefix + "data:";
    std::string pattern;
    for (const char c : start) {
      if (std::string_view("*?[]^-\\").find(c) != std::string_view::npos) pattern.push_back('\\');
      pattern.push_back(c);
    }
    pattern.push_back('*');
    vector<content_id> ids;
    std::string cursor = "0";
    for (std::uint64_t rounds = 0; rounds < state_->with.max_listed; ++rounds) {
      WASM64_TRY(const auto replies,
                 run("SCAN", detail::redis_commands().add("SCAN", cursor, "MATCH", pattern, "COUNT", "1000"), budget,
                     repeat::yes));
      const detail::redis_reply& reply = *replies[0];
      if (reply.type != REDIS_REPLY_ARRAY || reply.elements.size() != 2 ||
          reply.elements[0]->type != REDIS_REPLY_STRING || reply.elements[1]->type != REDIS_REPLY_ARRAY)
        return fail(unexpected("SCAN", reply));
      for (const auto& element : reply.elements[1]->elements) {
        if (element->type != REDIS_REPLY_STRING) return fail(unexpected("SCAN", *element));
        const std::string_view name = text(*element);
        if (name.size() != start.size() + content_id::text_size || name.substr(0, start.size()) != start)
          return fail(errc::malformed_id, std::string(name));
        WASM64_TRY(const content_id id, parse_id(name.substr(start.size())));
        ids.push_back(id);
      }
      if (ids.size() > state_->with.max_listed) break;
      cursor = std::string(text(*reply.elements[0]));
      if (cursor != "0") continue;
      // The server may name one more than once.
      std::sort(ids.begin(), ids.end());
      ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
      return ids;
    }
    return fail(errc::limit_exceeded, "Redis: list");
  }

  result<void> erase(const content_id& id) { return erase_all({&id, 1}); }
  result<void> erase_all(std::span<const content_id> ids) {
    if (ids.empty()) return success();
    detail::redis_commands commands;
    commands.begin(1 + ids.size());
    commands.word("DEL");
    for (const content_id& id : ids) commands.word(key(id));
    WASM64_TRY(const auto replies, change("DEL", std::move(commands), {}, repeat::yes));
    WASM64_CHECK(integer("DEL", *replies[0], 0, static_cast<std::int64_t>(ids.size())));
    return success();
  }

 private:
  enum class repeat : bool { no, yes };

  struct state {
    redis_options with;
    std::mutex mutex;
    detail::redis_connection connection;
  };

  redis_store() = default;

  std::string key(const content_id& id) const { return state_->with.prefix + "data:" + to_text(id); }
  std::string roots_key() const { return state_->with.prefix + "roots"; }

  static result<void> check_name(std::string_view name) {
    if (name.empty()) return fail(errc::malformed_id, "empty root name");
    return success();
  }

  static std::string_view text(const detail::redis_reply& reply) noexcept {
    return as_text({reply.text.data(), reply.text.size()});
  }
  static result<content_id> root_id(const detail::redis_reply& reply) {
    content_id id;
    if (reply.text.size() != id.bytes.size()) return fail(errc::malformed_id, "size of a root's value");
    std::copy(reply.text.begin(), reply.text.end(), id.bytes.begin());
    return id;
  }
  static result<std::int64_t> integer(std::string_view command, const detail::redis_reply& reply, std::int64_t low,
                                      std::int64_t high) {
    if (reply.type != REDIS_REPLY_INTEGER || reply.integer < low || reply.integer > high)
      return fail(unexpected(command, reply));
    return reply.integer;
  }
  /// With the server's own words where it has refused.
  static error unexpected(std::string_view command, const detail::redis_reply& reply) {
    constexpr std::size_t longest = 200;
    std::string what = "Redis: ";
    what.append(command).append(": ");
    if (reply.type == REDIS_REPLY_ERROR) {
      what.append(text(reply).substr(0, longest));
    } else {
      what.append("unexpected reply");
    }
    return {errc::storage_io, std::move(what)};
  }

  /// Runs commands that change something, and waits for the replicas.
  result<detail::redis_replies> change(std::string_view what, detail::redis_commands commands,
                                       detail::redis_budget budget, repeat again) const {
    const unsigned wanted = state_->with.wait_replicas;
    if (wanted == 0) return run(what, commands, budget, again);
    commands.add("WAIT", std::to_string(wanted), std::to_string(state_->with.command_timeout));
    WASM64_TRY(auto replies, run(what, commands, budget, again));
    // What was refused is reported as such by the caller.
    if (replies[replies.size() - 2]->type != REDIS_REPLY_ERROR) {
      WASM64_TRY(const std::int64_t reached, integer("WAIT", *replies.back(), 0, 1 << 30));
      if (reached < static_cast<std::int64_t>(wanted))
        return fail(errc::storage_io, "Redis: done, but only on " + std::to_string(reached) + " replicas");
    }
    replies.pop_back();
    return replies;
  }

  result<detail::redis_replies> run(std::string_view what, const detail::redis_commands& commands,
                                    detail::redis_budget budget, repeat again) const {
    const std::lock_guard lock(state_->mutex);
    detail::redis_connection& connection = state_->connection;
    const std::uint64_t timeout =
        std::uint64_t{state_->with.command_timeout} * (state_->with.wait_replicas != 0 ? 2 : 1);
    for (int attempt = 0;; ++attempt) {
      if (!connection.alive()) WASM64_CHECK(connect());
      auto replies = connection.exchange(commands, budget, timeout);
      if (replies.has_value()) return replies;
      if (again == repeat::yes && attempt == 0 && connection.was_lost()) continue;
      error reason = std::move(replies).assume_error();
      reason.detail.append(" (").append(what).append(again == repeat::yes ? ")" : "; the outcome is unknown)");
      return fail(std::move(reason));
    }
  }

  result<void> connect() const {
    const redis_options& with = state_->with;
    detail::redis_connection& connection = state_->connection;
    WASM64_CHECK(connection.connect(with));
    detail::redis_commands commands;
    if (!with.user.empty()) {
      commands.add("AUTH", with.user, with.password);
    } else if (!with.password.empty()) {
      commands.add("AUTH", with.password);
    }
    if (with.database != 0) commands.add("SELECT", std::to_string(with.database));
    WASM64_TRY(const auto replies, connection.exchange(commands, {}, with.command_timeout));
    for (const auto& reply : replies) {
      if (reply->is_status("OK")) continue;
      connection.close();
      return fail(unexpected("AUTH, SELECT", *reply));
    }
    return success();
  }

  std::unique_ptr<state> state_;
};

static_assert(check_storage_policy<redis_store>());

}  // namespace wasm64
