// Import libraries: host functions that a device of the node gives an instance when it is made.
#include "tests/device/keyless.hpp"

using namespace device_tests;

namespace {

/// Counts its calls at `counted` of the message; reads the count when it is first needed and writes it back late.
template <class M>
class counting_library : public import_library<M> {
 public:
  void define(linker& to, const module&, guest<M>& owner) override {
    to.func("count", "next", [this, &owner]() -> std::int64_t {
      if (!is_known_) count_ = M::as_integer(M::get_key(owner.state(), "counted")).as_int64();
      is_known_ = is_dirty_ = true;
      return ++count_;
    });
    to.func("count", "time", [&owner] { return owner.host().nanoseconds; });
    to.func("count", "seed", [&owner] { return owner.host().seed; });
  }
  void enter() noexcept override { is_known_ = false; }
  result<void> leave(typename M::value_type& state) override {
    if (!is_dirty_) return success();
    is_dirty_ = false;
    WASM64_TRY(state, M::set(std::move(state), "counted", M::make_integer(count_), set_mode::replace));
    return success();
  }

 private:
  std::int64_t count_ = 0;
  bool is_known_ = false;
  bool is_dirty_ = false;
};

struct counting_device : keyless_device {
  static constexpr std::string_view name = "count@1.0";
  template <class M>
  static std::unique_ptr<import_library<M>> make_library(device_base<M>&) {
    return std::make_unique<counting_library<M>>();
  }
};
struct named_config : default_device_config {
  using siblings = device_list<counting_device>;
};
struct builtin_config : default_device_config {
  using builtin_libraries = device_list<counting_device>;
};

constexpr std::string_view counter = R"((module
  (import "count" "next" (func $next (result i64)))
  (import "other" "look" (func $look (result i64)))
  (func (export "twice") (result i64) (drop (call $next)) (call $next))
  (func (export "look") (result i64) (drop (call $next)) (drop (call $look)) (call $next))
  (func (export "trap") (drop (call $next)) unreachable)))";

constexpr std::string_view clock_reader = R"((module
  (import "count" "time" (func $time (result i64)))
  (import "count" "seed" (func $seed (result i64)))
  (func (export "time") (result i64) (call $time))
  (func (export "seed") (result i64) (call $seed))))";

msg counted(std::int64_t n) { return map({{"counted", n}, {"image", image(counter)}}); }
msg named(msg m) { return with(std::move(m), "stdlib/count/device", "count@1.0"); }

}  // namespace

TEST_CASE("a library that the message names reads and writes the message", "[device][library]") {
  fixture<named_config> f;
  msg m = take(f.device.init(named(counted(4))));
  m = f.compute(m, "twice");
  CHECK(m.get("results/output") == list({6}));
  CHECK(m.get("counted") == msg(6));
  m = f.compute(with(m, "counted", 10), "twice");
  CHECK(m.get("results/output") == list({12}));
  CHECK(m.get("counted") == msg(12));
}

TEST_CASE("what a library has changed is there after a trap", "[device][library]") {
  fixture<named_config> f;
  const msg m = f.compute(take(f.device.init(named(counted(1)))), "trap");
  CHECK(text_at(m, "results/type") == "error");
  CHECK(m.get("counted") == msg(2));
}

TEST_CASE("other imports see what a library has changed, and it sees what they change", "[device][library]") {
  fixture<named_config> f;
  msg m = take(f.device.init(named(counted(0))));
  msg seen;
  take(m.set_private("stdlib/other", host_object::make(handler([&](call_of& call) -> result<answer_of> {
                       seen = call.state.get("counted");
                       return answer_of{list({0}), with(call.state, "counted", 100)};
                     }))));
  m = f.compute(m, "look");
  CHECK(seen == msg(1));
  CHECK(m.get("results/output") == list({101}));
  CHECK(m.get("counted") == msg(101));
}

TEST_CASE("a library of the node needs no name", "[device][library]") {
  fixture<builtin_config> f;
  CHECK(f.compute(take(f.device.init(counted(4))), "twice").get("results/output") == list({6}));
}

TEST_CASE("a library in the message comes before one of the node", "[device][library]") {
  fixture<builtin_config> f;
  const msg own = map({{"results", list({77})}});
  const msg m = take(f.device.init(with(counted(4), "stdlib/count/next", own)));
  CHECK(f.compute(m, "twice").get("results/output") == list({77}));
}

TEST_CASE("guests see the time of the request and random numbers that follow from it", "[device][library]") {
  fixture<builtin_config> f;
  const msg m = take(f.device.init(map({{"image", image(clock_reader)}})));
  const auto ask = [&](std::string_view function, const msg& timestamp, int slot) {
    const msg request = map({{"function", function}, {"timestamp", timestamp}, {"slot", slot}});
    return take(f.device.compute(m, request)).get("results/output/1").as_integer().as_int64();
  };
  CHECK(ask("time", 1700000000123, 1) == 1700000000123000000);
  CHECK(ask("time", "1700000000123", 1) == 1700000000123000000);
  CHECK(ask("time", -5, 1) == 0);
  CHECK(ask("time", "soon", 1) == 0);
  CHECK(ask("seed", 5, 1) == ask("seed", "5", 1));
  CHECK(ask("seed", 5, 1) != ask("seed", 5, 2));
  CHECK(ask("seed", 5, 1) != ask("seed", 6, 1));
}
