#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/wat.hpp"
#include "tests/unit/runtime/store_copy.hpp"

namespace wasm64::test {

using metered_engine = engine<metered_engine_config>;

/// What a run leaves behind.
struct aftermath {
  errc trap{};
  std::string trace;
  std::vector<std::uint64_t> results;
  std::string memories;
  std::vector<std::uint64_t> globals;
  std::int64_t spent = 0;
  friend bool operator==(const aftermath&, const aftermath&) = default;
};

template <class Engine>
void leave_behind(Engine& e, const result<void>& done, const vector<value>& results, aftermath& out) {
  if (!done.has_value()) {
    out.trap = done.error().code;
    out.trace = to_string(e.st.last_trap());
  } else {
    for (const value& v : results) {
      out.results.push_back(v.type.is_ref() ? std::uint64_t{v.is_null()} : v.bits);
      if (v.type.is_vec()) out.results.push_back(v.high);
    }
  }
  for (const instance* in : e.st.vm().all_instances) {
    for (const memory_instance* m : in->memories) {
      out.memories.append(reinterpret_cast<const char*>(m->base), static_cast<std::size_t>(m->size));
    }
  }
  for (const global_instance* g : e.st.vm().all_globals) {
    if (!g->type.type.is_ref()) out.globals.push_back(g->bits);
  }
}

/// A 64-bit hash that is the same everywhere.
inline void mix(std::uint64_t& hash, std::uint64_t v) { hash = (hash ^ v) * 0x100000001b3u; }

/// What of a record does not depend on where things are in this process.
inline std::uint64_t hash_of(const suspended_call& call) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  mix(hash, static_cast<std::uint64_t>(call.what));
  for (const suspended_frame& f : call.frames) {
    mix(hash, f.instance);
    mix(hash, f.function);
    mix(hash, f.offset);
    mix(hash, f.locals.size());
    mix(hash, f.operands.size());
    mix(hash, f.caught.size());
    mix(hash, f.leftovers.size());
  }
  each_value(call, [&hash](const suspended_value& v) {
    mix(hash, static_cast<std::uint64_t>(v.type));
    mix(hash, reference::is_address(v.bits) && v.type == type_code::ref ? 1 : v.bits);
    mix(hash, v.high);
  });
  return hash;
}

/// Takes the suspended call of a store to a new one. `make` makes its engine and answers the instances.
template <class Engine, class Make>
std::unique_ptr<Engine> hop(Engine& from, Make make, std::uint64_t* hash = nullptr) {
  auto record = capture_call(from.st);
  if (!record.has_value()) FAIL("capture: " << record.error().detail);
  if (hash != nullptr) mix(*hash, hash_of(record.value()));
  auto fresh = std::make_unique<Engine>();
  static_cast<void>(make(*fresh));
  store_copy copy(from.st, fresh->st);
  const suspended_call there = copy.translated(std::move(record).value());
  const auto restored = restore_call(fresh->st, there);
  if (!restored.has_value()) FAIL("restore: " << restored.error().detail);
  const auto again = capture_call(fresh->st);
  REQUIRE(again.has_value());
  REQUIRE((again.value() == there));
  REQUIRE(fresh->st.waiting_for() == from.st.waiting_for());
  return fresh;
}

/// Calls a function of the instance that `make` answers with `portion` units of fuel at a time, as little as possible
/// by default, and goes to a new store at every stop of which there are `every`; never with 0, then in one piece.
template <class Engine = metered_engine, class Make>
aftermath run_hopping(Make make, const std::vector<value>& arguments, unsigned every, std::uint64_t* hash = nullptr,
                      const char* name = "run", std::int64_t portion = 1) {
  constexpr std::int64_t plenty = 1'000'000'000;
  auto e = std::make_unique<Engine>();
  const instance& in = make(*e);
  std::int64_t given = every == 0 ? plenty : 0;
  e->st.set_fuel(given);
  vector<value> results;
  result<void> done = e->st.call(e->func(in, name), std::span<const value>(arguments), results);
  for (unsigned stops = 0; !done.has_value() && e->st.suspended();) {
    REQUIRE(done.error().code == errc::trap_out_of_fuel);
    if (++stops % every == 0) e = hop(*e, make, hash);
    const std::int64_t more = portion - 1 + (e->st.fuel() < 0 ? -e->st.fuel() : 1 + e->st.fuel());
    e->st.add_fuel(more);
    given += more;
    done = e->st.resume(results);
  }
  aftermath out;
  leave_behind(*e, done, results, out);
  out.spent = given - e->st.fuel();
  return out;
}

/// Whether hopping from store to store changes nothing.
template <class Engine = metered_engine, class Make>
void check_hopping(Make make, const std::vector<value>& arguments, unsigned most = 7) {
  const aftermath whole = run_hopping<Engine>(make, arguments, 0);
  CHECK(whole.spent > 0);
  for (unsigned every = 1; every <= most; every += 3) {
    INFO("at every " << every << "th stop");
    const aftermath hopped = run_hopping<Engine>(make, arguments, every);
    CHECK(hopped.trap == whole.trap);
    CHECK(hopped.trace == whole.trace);
    CHECK(hopped.results == whole.results);
    CHECK(hopped.globals == whole.globals);
    CHECK((hopped.memories == whole.memories));
    CHECK(hopped.spent == whole.spent);
  }
}
inline void check_module_hopping(std::string_view text, const std::vector<value>& arguments, unsigned most = 7) {
  const auto m = compile_wat(text);
  check_hopping([&m](metered_engine& e) -> instance& { return e.add(m); }, arguments, most);
}

}  // namespace wasm64::test
