#include "bench/device/process.hpp"

namespace wasm64::bench {
namespace {

using policy = default_message_policy;

constexpr std::int64_t calls = 1'000;

constexpr std::string_view loop_module = R"((module
  (import "env" "host_add" (func $host_add (param i64 i64) (result i64)))
  (func (export "loop") (param $n i64) (result i64) (local $i i64) (local $sum i64)
    (loop $again
      (local.set $sum (call $host_add (local.get $sum) (local.get $i)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $again (i64.lt_s (local.get $i) (local.get $n))))
    (local.get $sum))))";

message sum_of(const message& args) {
  vector<message> results;
  results.push_back(message(args.elements()[0].as_integer().as_int64() + args.elements()[1].as_integer().as_int64()));
  return message::list(std::move(results));
}

/// Answers a resolved message: `args` in, `results` and `state` out.
struct resolved_adder {
  static constexpr std::string_view name = "resolved-adder@1.0";
  template <class M>
  static result<device_response<message>> call(device_base<M>&, std::string_view, message base,
                                               const message& request) {
    vector<std::pair<std::string, message>> answer;
    answer.push_back({"results", sum_of(request.get("args"))});
    answer.push_back({"state", base.get("state")});
    return device_response<message>{device_status::ok, message::map(std::move(answer))};
  }
};

/// Answers in place.
struct direct_adder : resolved_adder {
  static constexpr std::string_view name = "direct-adder@1.0";
  template <class M>
  static result<import_answer<M>> import(device_base<M>&, import_call<M>& call) {
    return import_answer<M>{sum_of(call.args), {}};
  }
};

/// Is a host function.
struct library_adder : resolved_adder {
  static constexpr std::string_view name = "library-adder@1.0";
  template <class M>
  struct library : import_library<M> {
    void define(linker& to, const module&, guest<M>&) override {
      to.func("env", "host_add", [](std::int64_t a, std::int64_t b) { return a + b; });
    }
  };
  template <class M>
  static std::unique_ptr<import_library<M>> make_library(device_base<M>&) {
    return std::make_unique<library<M>>();
  }
};

struct config : default_device_config {
  using siblings = device_list<resolved_adder, direct_adder, library_adder>;
};
using adding_device = device<policy, memory_store, config>;

/// Time of one call of an import, by a process whose state has a thousand keys.
void import(benchmark::State& state, const char* path, message library) {
  memory_store storage;
  adding_device device(storage);
  message base = message::map();
  for (int i = 0; i < 1'000; ++i) {
    if (!succeeded(state, base.set("key-" + std::to_string(i), message(i)))) return;
  }
  const bool is_private = library.kind() == value_kind::host;
  if (!succeeded(state, is_private ? base.set_private(path, library) : base.set(path, library))) return;
  base = start(state, device, loop_module, std::move(base));
  if (base.is_null()) return;

  vector<message> parameters;
  parameters.push_back(message(calls));
  const message request = request_for("loop", std::move(parameters));
  for (auto _ : state) {
    base = value_or_skip(state, device.compute(std::move(base), request));
    if (base.is_null()) return;
    if (first_result(base) != calls / 2 * (calls - 1)) return state.SkipWithError("wrong sum");
  }
  using counter = benchmark::Counter;
  state.counters["per_call"] = counter(calls, counter::kIsIterationInvariantRate | counter::kInvert);
}

const message handler =
    host_object::make(import_handler<policy>([](import_call<policy>& call) -> result<import_answer<policy>> {
      return import_answer<policy>{sum_of(call.args), {}};
    }));

BENCHMARK_CAPTURE(import, resolver, "stdlib/env/device", message(resolved_adder::name))->Name("device/import/resolver");
BENCHMARK_CAPTURE(import, handler, "stdlib/env/host_add", handler)->Name("device/import/handler");
BENCHMARK_CAPTURE(import, device, "stdlib/env/device", message(direct_adder::name))->Name("device/import/in_place");
BENCHMARK_CAPTURE(import, library, "stdlib/env/device", message(library_adder::name))->Name("device/import/library");

}  // namespace
}  // namespace wasm64::bench
