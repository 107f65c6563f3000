#include <optional>

#include "bench/device/process.hpp"
#include "bench/support/temporary_folder.hpp"
#include "wasm64/storage/filesystem_store.hpp"

namespace wasm64::bench {
namespace {

constexpr std::int64_t memory_bytes = std::int64_t{16} << 20;

/// A memory of 16 MiB, all of it pseudo-random, so that nothing can be left out.
constexpr std::string_view full_memory = R"((module
  (memory (export "memory") i64 256)
  (func (export "fill") (result i64) (local $at i64) (local $x i64)
    (loop $again
      (local.set $x (i64.add (i64.mul (local.get $x) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
      (i64.store (local.get $at) (local.get $x))
      (local.set $at (i64.add (local.get $at) (i64.const 8)))
      (br_if $again (i64.lt_u (local.get $at) (i64.const 16777216))))
    (local.get $x))
  (func (export "bump") (result i64)
    (i64.store (i64.const 4096) (i64.add (i64.load (i64.const 4096)) (i64.const 1)))
    (i64.load (i64.const 4096)))
  (func (export "last") (result i64) (i64.load (i64.const 16777208)))))";

/// A message with an instance whose memory is full; null in a skipped benchmark.
template <class Device>
message filled(benchmark::State& state, Device& device) {
  const message base = start(state, device, full_memory);
  if (base.is_null()) return base;
  return value_or_skip(state, device.compute(base, request_for("fill", {})));
}

void snapshot(benchmark::State& state) {
  memory_store storage;
  default_device device(storage);
  for (auto _ : state) {
    state.PauseTiming();
    message fresh = filled(state, device);  // nothing of it was saved
    if (fresh.is_null()) return;
    state.ResumeTiming();
    const message taken = value_or_skip(state, device.snapshot(fresh));
    if (taken.is_null()) return;
    state.PauseTiming();
    fresh = message();
    state.ResumeTiming();
  }
  const auto kept = storage.list();
  if (succeeded(state, kept) && kept.value().size() < memory_bytes / 4096) state.SkipWithError("pages are missing");
  state.SetBytesProcessed(state.iterations() * memory_bytes);
}
BENCHMARK(snapshot)->Name("device/snapshot/16MiB")->Unit(benchmark::kMillisecond);

/// One of 4096 pages has changed since the last one.
void snapshot_again(benchmark::State& state) {
  memory_store storage;
  default_device device(storage);
  message base = filled(state, device);
  if (base.is_null() || value_or_skip(state, device.snapshot(base)).is_null()) return;
  const message request = request_for("bump", {});
  for (auto _ : state) {
    base = value_or_skip(state, device.compute(std::move(base), request));
    if (base.is_null() || value_or_skip(state, device.snapshot(base)).is_null()) return;
  }
}
BENCHMARK(snapshot_again)->Name("device/snapshot/16MiB/one_page")->Unit(benchmark::kMicrosecond);

/// From the snapshot in a message without an instance to one that answers.
void restore(benchmark::State& state) {
  memory_store storage;
  default_device device(storage);
  const message base = filled(state, device);
  if (base.is_null()) return;
  const std::int64_t last = first_result(base);
  message stored = message::map();
  if (!succeeded(state, stored.set("body", base.get("body")))) return;
  if (!succeeded(state, stored.set("snapshot", value_or_skip(state, device.snapshot(base))))) return;
  const message request = request_for("last", {});
  for (auto _ : state) {
    const message answered = value_or_skip(state, device.compute(stored, request));
    if (answered.is_null()) return;
    if (first_result(answered) != last) return state.SkipWithError("wrong memory after restore");
  }
  state.SetBytesProcessed(state.iterations() * memory_bytes);
}
BENCHMARK(restore)->Name("device/restore/16MiB")->Unit(benchmark::kMillisecond);

/// A word changes, and the process is safe on disk: what a checkpoint after each message would take, by the clock.
void checkpoint(benchmark::State& state) {
  const temporary_folder folder;
  auto opened = filesystem_store::open(folder.path());
  if (!succeeded(state, opened)) return;
  filesystem_store disk = std::move(opened).value();
  device<default_message_policy, filesystem_store> on(disk);
  message base = filled(state, on);
  if (base.is_null()) return;
  const message request = request_for("bump", {});
  for (auto _ : state) {
    base = value_or_skip(state, on.compute(std::move(base), request));
    if (base.is_null()) return;
    const message taken = value_or_skip(state, on.snapshot(base));
    if (taken.is_null()) return;
    const auto id = sha256(taken.get("body").as_bytes());
    if (!succeeded(state, id) || !succeeded(state, disk.link("process", id.value()))) return;
  }
  const auto latest = disk.resolve("process");
  if (succeeded(state, latest)) succeeded(state, disk.get(latest.value()));
}
BENCHMARK(checkpoint)->Name("device/checkpoint/16MiB")->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wasm64::bench
