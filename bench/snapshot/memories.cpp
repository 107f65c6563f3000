#include <chrono>
#include <optional>
#include <random>

#include "bench/support/fixture.hpp"
#include "bench/support/temporary_folder.hpp"
#include "wasm64/snapshot/image_directory.hpp"
#include "wasm64/snapshot/tracked_memory.hpp"

namespace wasm64::bench {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
constexpr std::uint64_t written_bytes = 12 * mebibyte;  ///< of each memory, whatever its size
constexpr std::uint64_t dirty_bytes = mebibyte;

/// Where folders are: in a file system in memory, if there is one, since the time of a disk says nothing about the
/// program.
std::filesystem::path fastest_parent() {
  const std::filesystem::path in_memory = "/dev/shm";
  return std::filesystem::is_directory(in_memory) ? in_memory : std::filesystem::temp_directory_path();
}

/// A store that keeps nothing, to see what finding and hashing cost alone.
struct null_store {
  result<shared_bytes> get(const content_id&) const { return fail(errc::not_found); }
  result<content_id> put(bytes_view bytes) { return sha256(bytes); }
  result<void> put_known(std::span<const content_id>, std::span<const bytes_view>) { return success(); }
  result<bool> contains(const content_id&) const { return false; }
};

struct folder_store {
  temporary_folder folder{fastest_parent()};
  filesystem_store store = filesystem_store::open(folder.path()).assume_value();
};

std::unique_ptr<memory_instance> make_memory(std::uint64_t size) {
  const memory_type type{{.min = size >> 16, .max = size >> 16, .has_max = true, .is_64 = true}};
  auto made = std::make_unique<memory_instance>(type, operations_of<default_memory>);
  if (!made->allocate(size).has_value()) return nullptr;
  return made;
}

/// Where the written pages are: in pieces of a mebibyte all over the memory.
std::uint64_t place_of(std::uint64_t page, std::uint64_t size) {
  constexpr std::uint64_t pages = mebibyte / 4096;
  return page / pages * (size / mebibyte / 12) * mebibyte + page % pages * 4096;
}

/// No page has the content of another.
std::unique_ptr<memory_instance> make_filled(std::uint64_t size) {
  auto made = make_memory(size);
  std::mt19937_64 random(1);
  for (std::uint64_t page = 0; page < written_bytes / 4096; ++page) {
    for (std::uint64_t at = 0; at < 4096; at += 8) {
      const std::uint64_t word = random();
      std::memcpy(made->base + place_of(page, size) + at, &word, 8);
    }
  }
  return made;
}

class stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

enum class pattern : int { contiguous, runs, scattered };

/// Writes a word into a twelfth of the written pages.
void write_some(memory_instance& m, pattern how, std::uint64_t round) {
  constexpr std::uint64_t pages = written_bytes / 4096;
  constexpr std::uint64_t dirty = dirty_bytes / 4096;
  const std::uint64_t run = how == pattern::contiguous ? dirty : how == pattern::runs ? 16 : 1;
  for (std::uint64_t i = 0; i < dirty; ++i) {
    const std::uint64_t page = i / run * (pages / (dirty / run)) + i % run;
    const std::uint64_t word = round * dirty + i;
    std::memcpy(m.base + place_of(page, m.size) + 8, &word, 8);
  }
}

constexpr tracking kinds[] = {tracking::write_protection, tracking::page_map, tracking::comparison};

/// What a checkpoint costs after a megabyte of twelve was written; the writes themselves are a counter.
void save(benchmark::State& state, any_store to) {
  const auto size = static_cast<std::uint64_t>(state.range(0)) * mebibyte;
  const auto how = static_cast<pattern>(state.range(1));
  const auto memory = make_filled(size);
  tracked_memory tracked(*memory, kinds[state.range(2)]);
  double writing = 0;
  std::uint64_t round = 0;
  std::size_t objects = 0;
  const auto checkpoint = [&]() -> result<void> {
    object_batch batch;
    WASM64_CHECK(tracked.save(batch));
    WASM64_CHECK(batch.put(to));
    tracked.settle();
    objects = batch.items().size();
    return success();
  };
  for (int i = 0; i < 2; ++i) {
    if (!succeeded(state, checkpoint())) return;
    write_some(*memory, how, ++round);
  }
  for (auto _ : state) {
    const stopwatch write;
    write_some(*memory, how, ++round);
    writing += write.seconds();
    const stopwatch saving;
    const auto saved = checkpoint();
    state.SetIterationTime(saving.seconds());
    if (!succeeded(state, saved)) return;
  }
  state.counters["objects"] = static_cast<double>(objects);
  state.counters["writes_us"] = writing * 1e6 / static_cast<double>(state.iterations());
}
void save_to_nothing(benchmark::State& state) {
  null_store to;
  save(state, any_store(to));
}
void save_to_memory(benchmark::State& state) {
  memory_store to;
  save(state, any_store(to));
}
void save_to_files(benchmark::State& state) {
  folder_store to;
  save(state, any_store(to.store));
}
void patterns(benchmark::internal::Benchmark* b) {
  for (const int size : {12, 4096}) {
    for (const int how : {0, 1, 2}) {
      for (const int kind : {0, 1}) b->Args({size, how, kind});
    }
  }
  b->Args({12, 2, 2});
  b->ArgNames({"MiB", "pattern", "tracking"})->UseManualTime()->Unit(benchmark::kMicrosecond);
}
BENCHMARK(save_to_nothing)->Name("snapshot/save/hash")->Apply(patterns);
BENCHMARK(save_to_memory)->Name("snapshot/save/memory_store")->Apply(patterns)->Iterations(50);
BENCHMARK(save_to_files)->Name("snapshot/save/filesystem_store")->Apply(patterns)->Iterations(20);

/// The same checkpoint as a copy of all of the memory, which is how HyperBEAM keeps one.
void copy_all(benchmark::State& state, any_store to) {
  const auto memory = make_filled(12 * mebibyte);
  std::uint64_t round = 0;
  for (auto _ : state) {
    write_some(*memory, pattern{}, ++round);
    const stopwatch copying;
    const byte_vector copy(memory->base, memory->base + memory->size);
    const auto put = to.put(view_of(copy));
    state.SetIterationTime(copying.seconds());
    if (!succeeded(state, put)) return;
  }
}
void copy_to_memory(benchmark::State& state) {
  memory_store to;
  copy_all(state, any_store(to));
}
void copy_to_files(benchmark::State& state) {
  folder_store to;
  copy_all(state, any_store(to.store));
}
BENCHMARK(copy_to_memory)
    ->Name("snapshot/copy/memory_store")
    ->Iterations(50)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(copy_to_files)
    ->Name("snapshot/copy/filesystem_store")
    ->Iterations(20)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

void sizes(benchmark::internal::Benchmark* b) {
  for (const int size : {16, 256, 4096}) b->Arg(size);
  b->ArgName("MiB")->UseManualTime()->Unit(benchmark::kMicrosecond);
}

/// The first save of a memory.
void save_all(benchmark::State& state) {
  const auto memory = make_filled(static_cast<std::uint64_t>(state.range(0)) * mebibyte);
  for (auto _ : state) {
    memory_store to;
    any_store through(to);
    tracked_memory tracked(*memory);
    const stopwatch saving;
    object_batch batch;
    if (!succeeded(state, tracked.save(batch)) || !succeeded(state, batch.put(through))) return;
    state.SetIterationTime(saving.seconds());
  }
}
BENCHMARK(save_all)->Name("snapshot/save_all")->Apply(sizes);

/// A memory in a store, for those that restore it.
struct stored_memory {
  memory_store store;
  any_store from{store};
  std::unique_ptr<memory_instance> memory;
  tree_root root;

  explicit stored_memory(std::uint64_t size) : memory(make_filled(size)) {
    tracked_memory tracked(*memory);
    object_batch batch;
    root = tracked.save(batch).assume_value();
    if (!batch.put(from).has_value()) root.reset();
  }
};

bool has_content_of(benchmark::State& state, const memory_instance& a, const memory_instance& b) {
  const std::uint64_t last = place_of(written_bytes / 4096 - 1, a.size);
  if (std::memcmp(a.base + last, b.base + last, 4096) == 0) return true;
  state.SkipWithError("wrong content");
  return false;
}

void restore_eagerly(benchmark::State& state) {
  const auto size = static_cast<std::uint64_t>(state.range(0)) * mebibyte;
  stored_memory of(size);
  for (auto _ : state) {
    const auto memory = make_memory(size);
    const stopwatch restoring;
    tracked_memory tracked(*memory);
    auto change = tracked.prepare(size, of.root, of.from);
    if (!succeeded(state, change) || !succeeded(state, tracked.apply(std::move(change).value()))) return;
    state.SetIterationTime(restoring.seconds());
    if (!has_content_of(state, *memory, *of.memory)) return;
  }
}
BENCHMARK(restore_eagerly)->Name("snapshot/restore/eager")->Apply(sizes);

void make_image(benchmark::State& state) {
  const auto size = static_cast<std::uint64_t>(state.range(0)) * mebibyte;
  stored_memory of(size);
  for (auto _ : state) {
    const temporary_folder folder(fastest_parent());
    auto images = image_directory::open(folder.path());
    if (!succeeded(state, images)) return;
    const stopwatch making;
    if (!succeeded(state, images.value().get(size, of.root, of.from))) return;
    state.SetIterationTime(making.seconds());
  }
}
BENCHMARK(make_image)->Name("snapshot/image")->Apply(sizes);

/// From an image file to a memory that is read and written.
void restore_mapped(benchmark::State& state) {
  const auto size = static_cast<std::uint64_t>(state.range(0)) * mebibyte;
  stored_memory of(size);
  const temporary_folder folder(fastest_parent());
  auto images = image_directory::open(folder.path());
  if (!succeeded(state, images)) return;
  if (!succeeded(state, images.value().get(size, of.root, of.from))) return;
  for (auto _ : state) {
    const auto memory = make_memory(size);
    const stopwatch restoring;
    const auto image = images.value().get(size, of.root, of.from);
    tracked_memory tracked(*memory);
    if (!succeeded(state, image) || !succeeded(state, tracked.put(image.value()))) return;
    ++memory->base[0];
    state.SetIterationTime(restoring.seconds());
    if (!has_content_of(state, *memory, *of.memory)) return;
  }
}
BENCHMARK(restore_mapped)->Name("snapshot/restore/image")->Apply(sizes);

/// One more memory of a live one, as it was or with a megabyte that it has written since its first image.
void fork(benchmark::State& state, bool has_written) {
  const auto size = static_cast<std::uint64_t>(state.range(0)) * mebibyte;
  const auto memory = make_filled(size);
  tracked_memory tracked(*memory);
  if (!succeeded(state, tracked.image())) return;
  if (has_written) write_some(*memory, pattern::runs, 1);
  const auto image = tracked.image();
  if (!succeeded(state, image)) return;
  for (auto _ : state) {
    const stopwatch forking;
    const auto more = make_memory(size);
    tracked_memory copy(*more);
    if (!succeeded(state, copy.put(image.value()))) return;
    state.SetIterationTime(forking.seconds());
    if (!has_content_of(state, *more, *memory)) return;
  }
}
BENCHMARK_CAPTURE(fork, plain, false)->Name("snapshot/fork")->Apply(sizes);
BENCHMARK_CAPTURE(fork, written, true)->Name("snapshot/fork_written")->Apply(sizes);

/// Images of a live memory, of which a megabyte was written since the last one.
void fork_image(benchmark::State& state) {
  const auto memory = make_filled(static_cast<std::uint64_t>(state.range(0)) * mebibyte);
  tracked_memory tracked(*memory);
  if (!succeeded(state, tracked.image())) return;
  std::uint64_t round = 0;
  for (auto _ : state) {
    write_some(*memory, pattern::runs, ++round);
    const stopwatch making;
    if (!succeeded(state, tracked.image())) return;
    state.SetIterationTime(making.seconds());
  }
}
BENCHMARK(fork_image)->Name("snapshot/fork_image")->Apply(sizes);

}  // namespace
}  // namespace wasm64::bench
