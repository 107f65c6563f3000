#include "bench/support/additions.hpp"
#include "bench/support/fixture.hpp"
#include "wasm64/aot/open_tier.hpp"

// Calls into and out of code that LLVM has compiled, and to and from functions that are interpreted beside it.

namespace wasm64::bench {
namespace {

constexpr std::int64_t calls = 10'000;

/// `loop` calls the import, or one of the functions; each adds to the sum.
constexpr std::string_view loops = R"((module
  (import "env" "host_add" (func $host_add (param i64 i64) (result i64)))
  (func $add (export "add") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
  (func (export "call_add") (param $n i64) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (call $add (local.get $sum) (local.get $n)))
      (br_if $again (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
    (local.get $sum))
  (func (export "call_host") (param $n i64) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (call $host_add (local.get $sum) (local.get $n)))
      (br_if $again (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
    (local.get $sum))))";

enum : std::uint32_t { function_host_add, function_add, function_call_add, function_call_host };

/// An instance of `loops` of which only the given functions are compiled; none for all of them.
class compiled_loops {
 public:
  compiled_loops(benchmark::State& state, std::span<const std::uint32_t> functions) {
    aot::tier_choice choice;
    choice.in_process = true;
    choice.options.is_required = true;
    choice.options.request.functions = functions;
    auto tier = aot::open_tier(choice);
    if (!succeeded(state, tier)) return;
    store_.use(std::move(tier).value());
    const auto wasm = text::parse_module(loops);
    if (!succeeded(state, wasm)) return;
    auto m = compile(view_of(wasm.value()));
    if (!succeeded(state, m)) return;
    linker imports;
    imports.func("env", "host_add", [](std::int64_t a, std::int64_t b) { return a + b; });
    auto made = store_.instantiate(std::move(m).value(), imports);
    if (succeeded(state, made)) instance_ = made.value();
  }

  bool ready() const { return instance_ != nullptr; }
  store<>& engine() { return store_; }
  const func_instance& exported(std::string_view name) const { return *instance_->exported_func(name); }

 private:
  store<> store_;
  instance* instance_ = nullptr;
};

/// The counter `per_call` is seconds, the loop around the call included.
void run_loop(benchmark::State& state, std::string_view name, std::span<const std::uint32_t> functions) {
  compiled_loops f(state, functions);
  if (!f.ready()) return;
  const func_instance& loop = f.exported(name);
  for (auto _ : state) {
    const auto sum = f.engine().call<std::int64_t>(loop, calls);
    if (!succeeded(state, sum)) return;
    if (sum.value() != calls * (calls + 1) / 2) return state.SkipWithError("wrong sum");
  }
  using counter = benchmark::Counter;
  state.counters["per_call"] =
      counter(static_cast<double>(calls), counter::kIsIterationInvariantRate | counter::kInvert);
}

void compiled_to_host(benchmark::State& state) { run_loop(state, "call_host", {}); }
BENCHMARK(compiled_to_host)->Name("overhead/compiled/to_host");

void compiled_to_compiled(benchmark::State& state) { run_loop(state, "call_add", {}); }
BENCHMARK(compiled_to_compiled)->Name("overhead/compiled/to_compiled");

void interpreted_to_compiled(benchmark::State& state) {
  const std::uint32_t callee[] = {function_add};
  run_loop(state, "call_add", callee);
}
BENCHMARK(interpreted_to_compiled)->Name("overhead/compiled/from_interpreted");

void compiled_to_interpreted(benchmark::State& state) {
  const std::uint32_t caller[] = {function_call_add};
  run_loop(state, "call_add", caller);
}
BENCHMARK(compiled_to_interpreted)->Name("overhead/compiled/to_interpreted");

void typed_call(benchmark::State& state) {
  compiled_loops f(state, {});
  if (!f.ready()) return;
  typed_calls(state, f.engine(), f.exported("add"));
}
BENCHMARK(typed_call)->Name("overhead/compiled/call/typed");

void call_with_slots(benchmark::State& state) {
  compiled_loops f(state, {});
  if (!f.ready()) return;
  slot_calls(state, f.engine(), f.exported("add"));
}
BENCHMARK(call_with_slots)->Name("overhead/compiled/call/slots");

}  // namespace
}  // namespace wasm64::bench
