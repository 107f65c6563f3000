#include "tests/stores/redis_server.hpp"

namespace {

struct redis_fixture {
  redis_server server;
  wasm64::redis_store store = server.open();
};

}  // namespace

#define STORE_FIXTURES redis_fixture
#define LISTING_STORE_FIXTURES redis_fixture
#include "tests/unit/storage/store_cases.hpp"

static_assert(storage_erases_all<redis_store>);

namespace {

std::string key_of(const content_id& id) { return "wasm64:data:" + to_text(id); }

/// Calls everything a store can do; `told(what, error or null)` hears how it went.
template <class Told>
void call_everything(const redis_options& with, Told told) {
  redis_store store = redis_store::open(with).value();
  const bytes_view items[] = {as_bytes("a"), as_bytes("b")};
  const content_id id = other_id(1);
  const auto hear = [&](const char* what, const auto& outcome) {
    told(what, outcome.has_value() ? nullptr : &outcome.error());
  };
  hear("get", store.get(id));
  hear("contains", store.contains(id));
  hear("put", store.put(items[0]));
  hear("put_all", store.put_all(items));
  hear("link", store.link("r", id));
  hear("resolve", store.resolve("r"));
  hear("unlink", store.unlink("r"));
  hear("compare_and_swap", store.compare_and_swap("r", nullptr, id));
  hear("roots", store.roots());
  hear("list", store.list());
  hear("erase", store.erase(id));
}

}  // namespace

TEST_CASE("a Redis store goes on when the server comes back, and has what it had", "[redis]") {
  redis_fixture fixture;
  redis_store& store = fixture.store;
  const content_id id = store.put(as_bytes("durable")).value();
  REQUIRE(store.link("root", id).has_value());
  fixture.server.stop();
  CHECK(store.get(id).error().code == errc::storage_io);
  CHECK(store.put(as_bytes("x")).error().code == errc::storage_io);
  CHECK(store.compare_and_swap("root", &id, id).error().code == errc::storage_io);
  fixture.server.start();
  CHECK(store.get(id).value().text() == "durable");

  // Not even one call notices a server that went away and came back between two.
  fixture.server.stop();
  fixture.server.start();
  CHECK(store.compare_and_swap("root", &id, other_id(2)).has_value());
  CHECK(store.resolve("root").value() == other_id(2));
}

TEST_CASE("a server that stands still is an error after the timeout", "[redis]") {
  redis_server server;
  redis_options with = server.options();
  with.command_timeout = 100;
  redis_store store = redis_store::open(with).value();
  const content_id id = store.put(as_bytes("x")).value();
  server.signal(SIGSTOP);
  CHECK(store.get(id).error().code == errc::storage_io);
  CHECK(store.link("r", id).error().detail.find("outcome is unknown") != std::string::npos);
  server.signal(SIGCONT);
  CHECK(store.get(id).has_value());
}

TEST_CASE("a server that dies while many put leaves each put whole or absent", "[redis]") {
  redis_fixture fixture;
  constexpr unsigned objects = 64;
  std::atomic<unsigned> puts{0};
  std::thread putting([&] {
    for (unsigned i = 0; i < 1'000'000; ++i) {
      vector<std::string> texts;
      vector<bytes_view> items;
      for (unsigned n = 0; n < objects; ++n) texts.push_back(std::to_string(i) + "/" + std::to_string(n));
      for (const std::string& text : texts) items.push_back(as_bytes(text));
      const auto put = fixture.store.put_all({items.data(), items.size()});
      if (!put.has_value()) return;
      ++puts;
    }
  });
  while (puts < 20) std::this_thread::yield();
  fixture.server.stop();
  putting.join();
  fixture.server.start();
  const std::size_t there = fixture.store.list().value().size();
  CHECK(there % objects == 0);
  CHECK(there >= puts * objects);
}

TEST_CASE("values that were changed in Redis are told from good ones and healed by the next put", "[redis]") {
  redis_fixture fixture;
  const content_id id = fixture.store.put(as_bytes("original")).value();
  for (const char* damage : {"0riginal", "orig", "", "original and more"}) {
    fixture.server.ask({"SET", key_of(id), damage});
    CHECK(fixture.store.get(id).error().code == errc::hash_mismatch);
    REQUIRE(fixture.store.put(as_bytes("original")).has_value());
    CHECK(fixture.store.get(id).value().text() == "original");
  }
  fixture.server.ask({"DEL", key_of(id)});
  fixture.server.ask({"LPUSH", key_of(id), "original"});
  const error wrong_type = fixture.store.get(id).error();
  CHECK(wrong_type.code == errc::storage_io);
  CHECK(wrong_type.detail.find("WRONGTYPE") != std::string::npos);
}

TEST_CASE("records of wrong shape in Redis are errors", "[redis]") {
  redis_fixture fixture;
  fixture.server.ask({"HSET", "wasm64:roots", "r", "short"});
  CHECK(fixture.store.resolve("r").error().code == errc::malformed_id);
  CHECK(fixture.store.roots().error().code == errc::malformed_id);
  CHECK(fixture.store.compare_and_swap("r", nullptr, {}).error().code == errc::malformed_id);
  fixture.server.ask({"SET", "wasm64:data:short", "x"});
  CHECK(fixture.store.list().error().code == errc::malformed_id);
  fixture.server.ask({"SET", "wasm64:roots", "no hash"});
  CHECK(fixture.store.link("r", {}).error().code == errc::storage_io);
  CHECK(fixture.store.compare_and_swap("r", nullptr, {}).error().code == errc::storage_io);
}

TEST_CASE("stores with different prefixes and databases do not see each other", "[redis]") {
  redis_server server;
  redis_options with = server.options();
  vector<redis_store> stores;
  for (const char* prefix : {"", "a", "*", "[a]", "a?", "\\"}) {
    with.prefix = prefix;
    stores.push_back(redis_store::open(with).value());
  }
  with.database = 3;
  stores.push_back(redis_store::open(with).value());
  vector<content_id> ids;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    ids.push_back(stores[i].put(as_bytes(std::to_string(i))).value());
    REQUIRE(stores[i].link("r", ids[i]).has_value());
  }
  for (std::size_t i = 0; i < stores.size(); ++i) {
    const auto listed = stores[i].list().value();
    REQUIRE(listed.size() == 1);
    CHECK(listed.front() == ids[i]);
    CHECK(stores[i].resolve("r").value() == ids[i]);
  }
}

TEST_CASE("Redis lists thousands", "[redis]") {
  redis_fixture fixture;
  vector<std::string> texts;
  vector<bytes_view> items;
  for (int i = 0; i < 5000; ++i) texts.push_back("item " + std::to_string(i));
  for (const std::string& text : texts) items.push_back(as_bytes(text));
  auto ids = fixture.store.put_all({items.data(), items.size()}).value();
  auto listed = fixture.store.list().value();
  std::sort(ids.begin(), ids.end());
  std::sort(listed.begin(), listed.end());
  CHECK(listed == ids);
  REQUIRE(fixture.store.erase_all({ids.data(), ids.size()}).has_value());
  CHECK(fixture.store.list().value().empty());
}

TEST_CASE("a Redis store gives its password", "[redis]") {
  redis_server server({"--requirepass", "p@ss/word"});
  redis_options with = server.options();
  CHECK(redis_store::open(with).error().code == errc::storage_io);
  with.password = "wrong";
  const error refused = redis_store::open(with).error();
  CHECK(refused.code == errc::storage_io);
  CHECK(refused.detail.find("wrong ") == std::string::npos);
  const std::string at = "@127.0.0.1:" + std::to_string(with.port);
  CHECK(redis_store::open("redis://:p%40ss%2Fword" + at).has_value());
  CHECK(redis_store::open("redis://default:p%40ss%2Fword" + at + "/2").has_value());
  CHECK(redis_store::open("redis://other:p%40ss%2Fword" + at).error().code == errc::storage_io);
}

TEST_CASE("a full Redis server is an error, and nothing of the put is there", "[redis]") {
  redis_fixture fixture;
  redis_store& store = fixture.store;
  const content_id kept = store.put(as_bytes("kept")).value();
  fixture.server.ask({"CONFIG", "SET", "maxmemory", "1"});
  const bytes_view items[] = {as_bytes("more"), as_bytes("and more")};
  const error full = store.put_all(items).error();
  CHECK(full.code == errc::storage_io);
  CHECK(full.detail.find("OOM") != std::string::npos);
  CHECK(store.list().value().size() == 1);
  REQUIRE(store.erase(kept).has_value());
  fixture.server.ask({"CONFIG", "SET", "maxmemory", "0"});
  CHECK(store.put_all(items).has_value());
}

TEST_CASE("replicas that are waited for in vain are told", "[redis]") {
  redis_server server;
  redis_options with = server.options();
  with.wait_replicas = 1;
  with.command_timeout = 200;
  redis_store store = redis_store::open(with).value();
  const error alone = store.put(as_bytes("x")).error();
  CHECK(alone.code == errc::storage_io);
  CHECK(alone.detail.find("0 replicas") != std::string::npos);
  CHECK(store.contains(sha256(as_bytes("x")).value()).value());
  server.ask({"SET", "wasm64:roots", "no hash"});
  CHECK(store.link("r", {}).error().detail.find("WRONGTYPE") != std::string::npos);
}

TEST_CASE("changes wait for a replica that is there", "[redis]") {
  redis_server server({"--repl-diskless-sync", "no"});
  redis_server replica({"--replicaof", "127.0.0.1 " + std::to_string(server.options().port)});
  while (server.ask({"INFO", "replication"}).find("state=online") == std::string::npos) ::usleep(10'000);
  redis_options with = server.options();
  with.wait_replicas = 1;
  redis_store store = redis_store::open(with).value();
  const content_id id = store.put(as_bytes("copied")).value();
  REQUIRE(store.link("r", id).has_value());
  redis_store copy = replica.open();
  CHECK(copy.get(id).value().text() == "copied");
  CHECK(copy.resolve("r").value() == id);
  CHECK(copy.put(as_bytes("x")).error().detail.find("READONLY") != std::string::npos);
}

TEST_CASE("a script that the server has is not sent again", "[redis]") {
  redis_fixture fixture;
  REQUIRE(fixture.store.compare_and_swap("r", nullptr, other_id(1)).has_value());
  fixture.server.ask({"CONFIG", "RESETSTAT"});
  const content_id from = other_id(1);
  REQUIRE(fixture.store.compare_and_swap("r", &from, other_id(2)).has_value());
  const std::string statistics = fixture.server.ask({"INFO", "commandstats"});
  CHECK(statistics.find("cmdstat_evalsha:calls=1,") != std::string::npos);
  CHECK(statistics.find("cmdstat_eval:") == std::string::npos);
}

TEST_CASE("objects above the limit are not taken from Redis or put there", "[redis]") {
  redis_fixture fixture;
  redis_options with = fixture.server.options();
  with.max_object_size = 100'000;
  redis_store store = redis_store::open(with).value();
  const std::string large(200'000, 'x');
  const content_id id = fixture.store.put(as_bytes(large)).value();
  CHECK(store.get(id).error().code == errc::storage_io);
  CHECK(store.put(as_bytes(large)).error().code == errc::limit_exceeded);
  CHECK(store.contains(id).value());
}

TEST_CASE("a child makes its own connection to Redis", "[redis]") {
  redis_fixture fixture;
  const content_id id = fixture.store.put(as_bytes("x")).value();
  const pid_t child = ::fork();
  if (child == 0) {
    for (int i = 0; i < 200; ++i) {
      if (!fixture.store.get(id).has_value()) ::_exit(1);
    }
    ::_exit(0);
  }
  for (int i = 0; i < 200; ++i) REQUIRE(fixture.store.get(id).has_value());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("of swaps in threads and processes exactly one wins each round", "[redis]") {
  redis_fixture fixture;
  constexpr int rounds = 30;
  const auto count_wins = [&] {
    redis_store store = fixture.server.open();
    int wins = 0;
    for (int i = 0; i < rounds; ++i) {
      content_id from;
      content_id to;
      from.bytes.fill(static_cast<std::uint8_t>(i));
      to.bytes.fill(static_cast<std::uint8_t>(i + 1));
      while (i != 0 && store.resolve("r").value().bytes[0] < i) std::this_thread::yield();
      if (store.compare_and_swap("r", i == 0 ? nullptr : &from, to).has_value()) ++wins;
    }
    return wins;
  };
  const pid_t child = ::fork();
  if (child == 0) ::_exit(count_wins());
  int there = 0;
  std::thread other([&] { there = count_wins(); });
  const int here = count_wins();
  other.join();
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(here + there + WEXITSTATUS(status) == rounds);
}

TEST_CASE("threads may share one Redis store", "[redis]") {
  redis_fixture fixture;
  const auto work = [&](char fill) {
    for (int i = 0; i < 100; ++i) {
      const std::string text(static_cast<std::size_t>(i), fill);
      const auto id = fixture.store.put(as_bytes(text));
      if (!id.has_value() || !fixture.store.get(id.value()).has_value()) return;
    }
    static_cast<void>(fixture.store.link(std::string(1, fill), {}));
  };
  std::thread a(work, 'a');
  std::thread b(work, 'b');
  a.join();
  b.join();
  CHECK(fixture.store.roots().value().size() == 2);
}

TEST_CASE("whatever a server answers that is no answer, the store fails and goes on", "[redis]") {
  using then = fake_server::then;
  struct {
    const char* reply;
    then next;
  } const answers[] = {
      {"", then::closes},
      {"", then::waits},
      {"garbage\r\n", then::waits},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", then::closes},
      {"\0\0\0\0", then::waits},
      {"+O", then::closes},
      {"$5\r\nab", then::closes},
      {"$5\r\nabcdefg\r\n", then::waits},
      {"$-5\r\n", then::waits},
      {"$99999999999\r\nab", then::waits},
      {"$9223372036854775807\r\nab", then::waits},
      {"$99999999999999999999999\r\nab", then::waits},
      {"*2147483647\r\n", then::waits},
      {"*99999999999999999999\r\n", then::waits},
      {"*-7\r\n", then::waits},
      {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", then::waits},
      {"*2\r\n:1\r\n", then::closes},
      {":99999999999999999999\r\n", then::waits},
      {":x\r\n", then::waits},
      {",1.5\r\n", then::waits},
      {"#t\r\n", then::waits},
      {"%1\r\n+a\r\n+b\r\n", then::waits},
      {"+ERR\r\n", then::waits},
      {"-ERR no such thing\r\n", then::waits},
      {"+OK\r\n+QUEUED\r\n", then::closes},
      {"+OK\r\n+QUEUED\r\n*1\r\n-ERR\r\n", then::waits},
      {"+OK\r\n+QUEUED\r\n+QUEUED\r\n*-1\r\n", then::waits},
      {":1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n", then::waits},
  };
  for (const auto& answer : answers) {
    const fake_server server(answer.reply, answer.next);
    call_everything(server.options(), [&](const char* what, const error* e) {
      INFO(answer.reply << " to " << what);
      REQUIRE(e != nullptr);
      CHECK(e->code == errc::storage_io);
    });
  }
}

TEST_CASE("answers of another type than asked for are errors", "[redis]") {
  for (const char* reply : {":7\r\n", "+OK\r\n", "$3\r\nabc\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n", "*1\r\n:1\r\n",
                            "*2\r\n:0\r\n*0\r\n", "*2\r\n$1\r\n0\r\n:1\r\n", "*2\r\n$1\r\n0\r\n*1\r\n$3\r\nabc\r\n",
                            "*2\r\n$1\r\n0\r\n*1\r\n*0\r\n", "*3\r\n$1\r\n0\r\n*0\r\n:1\r\n"}) {
    const fake_server server(reply, fake_server::then::waits);
    call_everything(server.options(), [&](const char* what, const error* e) {
      INFO(reply << " to " << what);
      // A hash without fields is one answer that can be.
      if (std::string_view(what) == "roots" && std::string_view(reply) == "*0\r\n") return;
      REQUIRE(e != nullptr);
    });
  }
}

TEST_CASE("a server that sends without end is left", "[redis]") {
  for (const char* reply :
       {"+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "$1000000000\r\n", "*1000000000\r\n", ":1\r\n"}) {
    const fake_server server(reply, fake_server::then::repeats);
    redis_store store = redis_store::open(server.options()).value();
    CHECK(store.get(other_id(1)).error().code == errc::storage_io);
    CHECK(store.list().error().code == errc::storage_io);
    CHECK(store.roots().error().code == errc::storage_io);
  }
  // A list whose next part always begins at 1.
  const fake_server server("*2\r\n$1\r\n1\r\n*0\r\n", fake_server::then::waits);
  redis_store store = redis_store::open(server.options()).value();
  CHECK(store.list().error().code == errc::limit_exceeded);
}

TEST_CASE("what may be asked twice is, and a root's change is not", "[redis]") {
  const fake_server server("", fake_server::then::closes);
  redis_store store = redis_store::open(server.options()).value();
  CHECK(server.connections() == 1);
  const bytes_view items[] = {as_bytes("a"), as_bytes("b")};
  CHECK(store.put_all(items).error().code == errc::storage_io);
  CHECK(server.connections() == 2);
  const error unknown = store.compare_and_swap("r", nullptr, {}).error();
  CHECK(unknown.code == errc::storage_io);
  CHECK(unknown.detail.find("outcome is unknown") != std::string::npos);
  CHECK(server.connections() == 3);
}

TEST_CASE("no server is an error", "[redis]") {
  int port = 0;
  ::close(listen_somewhere(port));
  redis_options with;
  with.port = port;
  CHECK(redis_store::open(with).error().code == errc::storage_io);
  with.host = "no.such.host.invalid";
  CHECK(redis_store::open(with).error().code == errc::storage_io);
}

TEST_CASE("URLs name Redis servers", "[redis]") {
  const redis_options all = parse_redis_url("redis://user:se%63ret@example.org:7000/12").value();
  CHECK(all.user == "user");
  CHECK(all.password == "secret");
  CHECK(all.host == "example.org");
  CHECK(all.port == 7000);
  CHECK(all.database == 12);
  const redis_options plain = parse_redis_url("redis://localhost").value();
  CHECK(plain.password.empty());
  CHECK(plain.port == 6379);
  CHECK(plain.database == 0);
  CHECK(parse_redis_url("redis://:a:b@h").value().password == "a:b");
  CHECK(parse_redis_url("redis://[::1]:1").value().host == "::1");
  CHECK(parse_redis_url("redis://[::1]").value().port == 6379);
  for (const char* wrong :
       {"", "redis:", "redis://", "http://h", "redis://h:", "redis://h:0", "redis://h:65536", "redis://h:1x",
        "redis://h/", "redis://h/x", "redis://h/99999999999", "redis://p@h", "redis://:%4@h", "redis://:%zz@h",
        "redis://[::1", "redis://[]", "redis://:1", "redis://h:1/2?x"}) {
    INFO(wrong);
    CHECK(parse_redis_url(wrong).error().code == errc::storage_io);
  }
}
