#include "bench/support/fixture.hpp"
#include "bench/support/temporary_folder.hpp"
#include "wasm64/storage/filesystem_store.hpp"
#include "wasm64/storage/memory_store.hpp"
#ifdef WASM64_BENCH_LMDB
#include "wasm64/storage/lmdb_store.hpp"
#endif
#ifdef WASM64_BENCH_REDIS
#include <signal.h>
#include <sys/wait.h>

#include "wasm64/storage/redis_store.hpp"
#endif

// What a checkpoint asks of a store: 256 new pages of 4 KiB as one durable unit, and reading them again. By the clock,
// since most of it is waiting for the disk.

namespace wasm64::bench {
namespace {

constexpr std::size_t page_count = 256;
constexpr std::size_t page_size = 4096;

/// Pages that neither repeat nor compress.
class pages {
 public:
  pages() : bytes_(page_count * page_size) {
    for (std::size_t i = 0; i < page_count; ++i) items_[i] = {bytes_.data() + i * page_size, page_size};
    renew();
  }
  void renew() {
    for (std::size_t at = 0; at < bytes_.size(); at += 8) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      store_le(bytes_.data() + at, state_);
    }
  }
  std::span<const bytes_view> items() const { return items_; }

 private:
  byte_vector bytes_;
  bytes_view items_[page_count];
  std::uint64_t state_ = 0;
};

template <class Store>
void put_pages(benchmark::State& state, Store& store) {
  pages changed;
  for (auto _ : state) {
    state.PauseTiming();
    changed.renew();
    state.ResumeTiming();
    if (!succeeded(state, put_all(store, changed.items()))) return;
  }
  state.SetBytesProcessed(state.iterations() * std::int64_t{page_count * page_size});
}

template <class Store>
void get_pages(benchmark::State& state, Store& store) {
  const pages stored;
  const auto ids = put_all(store, stored.items());
  if (!succeeded(state, ids)) return;
  for (auto _ : state) {
    for (const content_id& id : ids.value()) {
      const auto page = store.get(id);
      if (!succeeded(state, page)) return;
      if (page.value().size() != page_size) return state.SkipWithError("wrong page");
    }
  }
  state.SetBytesProcessed(state.iterations() * std::int64_t{page_count * page_size});
}

struct in_memory {
  explicit in_memory(benchmark::State&) {}
  memory_store* store() { return &store_; }

  memory_store store_;
};

/// A store that `open` makes in a folder of its own; null in a skipped benchmark.
template <class Store>
class in_folder {
 public:
  template <class Options>
  in_folder(benchmark::State& state, const Options& with) : opened_(Store::open(folder_.path(), with)) {
    if (!succeeded(state, opened_)) return;
    ready_ = true;
  }
  Store* store() { return ready_ ? &opened_.value() : nullptr; }

 private:
  temporary_folder folder_;
  result<Store> opened_;
  bool ready_ = false;
};

struct in_files : in_folder<filesystem_store> {
  explicit in_files(benchmark::State& state) : in_folder(state, filesystem_store::options()) {}
};

template <class Made>
void put_in(benchmark::State& state) {
  Made made(state);
  if (made.store() != nullptr) put_pages(state, *made.store());
}
template <class Made>
void get_from(benchmark::State& state) {
  Made made(state);
  if (made.store() != nullptr) get_pages(state, *made.store());
}

#define WASM64_BENCH_STORE(made, name)                                                                       \
  BENCHMARK_TEMPLATE(put_in, made)->Name("storage/put/" name)->UseRealTime()->Unit(benchmark::kMillisecond); \
  BENCHMARK_TEMPLATE(get_from, made)->Name("storage/get/" name)->UseRealTime()->Unit(benchmark::kMillisecond)

WASM64_BENCH_STORE(in_memory, "memory");
WASM64_BENCH_STORE(in_files, "filesystem");

#ifdef WASM64_BENCH_LMDB
template <bool Durable>
struct in_lmdb : in_folder<lmdb_store> {
  explicit in_lmdb(benchmark::State& state) : in_folder(state, options()) {}
  static lmdb_options options() {
    lmdb_options with;
    with.durable = Durable;
    return with;
  }
};
WASM64_BENCH_STORE(in_lmdb<true>, "lmdb");
WASM64_BENCH_STORE(in_lmdb<false>, "lmdb_not_durable");
#endif

#ifdef WASM64_BENCH_REDIS
/// A server of its own, killed at the end.
template <bool Durable>
class in_redis {
 public:
  explicit in_redis(benchmark::State& state) {
    const std::string port = std::to_string(20'000 + ::getpid() % 20'000);
    process_ = ::fork();
    if (process_ == 0) {
      ::execlp("redis-server", "redis-server", "--port", port.c_str(), "--bind", "127.0.0.1", "--dir",
               folder_.path().c_str(), "--logfile", "log", "--save", "", "--appendonly", Durable ? "yes" : "no",
               "--appendfsync", "always", static_cast<char*>(nullptr));
      ::_exit(127);
    }
    for (int tries = 0; tries < 300 && !ready_ && ::waitpid(process_, nullptr, WNOHANG) == 0; ++tries) {
      ::usleep(10'000);
      opened_ = redis_store::open("redis://127.0.0.1:" + port);
      ready_ = opened_.has_value();
    }
    if (!ready_) state.SkipWithError("redis-server does not start");
  }
  ~in_redis() {
    if (::kill(process_, SIGKILL) == 0) ::waitpid(process_, nullptr, 0);
  }
  redis_store* store() { return ready_ ? &opened_.value() : nullptr; }

 private:
  temporary_folder folder_;
  pid_t process_ = 0;
  result<redis_store> opened_ = fail(errc::storage_io);
  bool ready_ = false;
};
WASM64_BENCH_STORE(in_redis<true>, "redis");
WASM64_BENCH_STORE(in_redis<false>, "redis_not_durable");
#endif

}  // namespace
}  // namespace wasm64::bench
