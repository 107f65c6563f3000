#include "wasm64/aot/artifact.hpp"

#include "tests/unit/aot/sample.hpp"

using namespace wasm64;
using namespace wasm64::aot;

namespace {

struct sample {
  module m = test::sample_module();
  artifact_key key = test::sample_key(m);
  hmac_authenticator node{node_key::make().value()};
  verified_artifact made = trust_generated(test::sample_code(), key, m).value();
  byte_vector bytes = artifact_verifier(node).write(made).value();

  errc failure_of(bytes_view changed) const {
    const auto read = test::read_artifact(node, changed, key, m);
    REQUIRE_FALSE(read.has_value());
    return read.error().code;
  }
  errc failure_for(const artifact_key& other) const {
    const auto read = test::read_artifact(node, view_of(bytes), other, m);
    REQUIRE_FALSE(read.has_value());
    return read.error().code;
  }
};

/// Whether code with this change is refused, as a generator's and as an artifact's.
template <class Change>
bool is_refused(Change change) {
  const sample s;
  native_code code = test::sample_code();
  change(code);
  const auto fresh = trust_generated(std::move(code), s.key, s.m);
  return !fresh.has_value() && fresh.error().code == errc::aot_code_invalid;
}

}  // namespace

TEST_CASE("artifacts: what was written is read again", "[aot]") {
  const sample s;
  const auto read = test::read_artifact(s.node, view_of(s.bytes), s.key, s.m);
  REQUIRE(read.has_value());
  const native_code expected = test::sample_code();
  const verified_artifact& got = read.value();
  CHECK(got.key() == s.key);
  CHECK(std::equal(got.code().begin(), got.code().end(), expected.code.begin(), expected.code.end()));
  CHECK(std::equal(got.entries().begin(), got.entries().end(), expected.entries.begin(), expected.entries.end()));
  CHECK(std::equal(got.bodies().begin(), got.bodies().end(), expected.bodies.begin(), expected.bodies.end()));
  CHECK(std::equal(got.sites().begin(), got.sites().end(), expected.sites.begin(), expected.sites.end()));
}

TEST_CASE("artifacts: code of no functions at all is an artifact, too", "[aot]") {
  const sample s;
  module m;
  m.bytes.resize(8);
  const artifact_key key = test::sample_key(m);
  const auto made = trust_generated({}, key, m);
  REQUIRE(made.has_value());
  const byte_vector bytes = artifact_verifier(s.node).write(made.value()).value();
  const auto read = test::read_artifact(s.node, view_of(bytes), key, m);
  REQUIRE(read.has_value());
  CHECK(read.value().code().empty());
}

TEST_CASE("artifacts: none with a changed bit is taken", "[aot]") {
  sample s;
  for (std::size_t i = 0; i < s.bytes.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      s.bytes[i] = static_cast<std::uint8_t>(s.bytes[i] ^ 1u << bit);
      CAPTURE(i, bit);
      CHECK(s.failure_of(view_of(s.bytes)) == errc::aot_artifact_invalid);
      s.bytes[i] = static_cast<std::uint8_t>(s.bytes[i] ^ 1u << bit);
    }
  }
  CHECK(test::read_artifact(s.node, view_of(s.bytes), s.key, s.m).has_value());
}

TEST_CASE("artifacts: none of another length is taken", "[aot]") {
  sample s;
  for (std::size_t size = 0; size < s.bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(s.failure_of(view_of(s.bytes).first(size)) == errc::aot_artifact_invalid);
  }
  s.bytes.push_back(0);
  CHECK(s.failure_of(view_of(s.bytes)) == errc::aot_artifact_invalid);
}

TEST_CASE("artifacts: another node's are not taken", "[aot]") {
  const sample s;
  const hmac_authenticator other(node_key::make().value());
  const auto read = test::read_artifact(other, view_of(s.bytes), s.key, s.m);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == errc::aot_artifact_invalid);
}

TEST_CASE("artifacts: they are taken for the very key they were made for", "[aot]") {
  const sample s;
  const content_id other = sha256(as_bytes("other")).value();
  vector<artifact_key> keys(13, s.key);
  keys[0].module = other;
  keys[1].engine = other;
  keys[2].generator = other;
  keys[3].functions = other;
  keys[4].metered = true;
  keys[5].effort = effort::most;
  keys[6].target.features = 1;
  keys[7].target.arch = architecture::unknown;
  keys[8].target.system = platform::unknown;
  std::swap(keys[9].engine, keys[9].generator);
  keys[10].budgets.memory = 1;
  keys[11].budgets.milliseconds = 1;
  keys[12].budgets.operations = 1;
  vector<content_id> ids{key_id(s.key).value()};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    CAPTURE(i);
    CHECK(s.failure_for(keys[i]) == errc::aot_mismatch);
    ids.push_back(key_id(keys[i]).value());
  }
  std::sort(ids.begin(), ids.end());
  CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("artifacts: code for a processor with more features is neither made nor taken here", "[aot]") {
  const sample s;
  artifact_key key = s.key;
  key.target.features = ~std::uint64_t{0};
  const auto fresh = trust_generated(test::sample_code(), key, s.m);
  REQUIRE_FALSE(fresh.has_value());
  CHECK(fresh.error().code == errc::aot_mismatch);

  // As if the machine had been moved to a lesser processor: the claim is part of the tagged bytes.
  byte_vector bytes = s.bytes;
  constexpr std::size_t features_at = 144;
  REQUIRE(load_le<std::uint64_t>(bytes.data() + features_at) == s.key.target.features);
  store_le(bytes.data() + features_at, key.target.features);
  const artifact_tag tag = s.node.tag(view_of(bytes).first(bytes.size() - 32)).value();
  std::memcpy(bytes.data() + bytes.size() - 32, tag.data(), tag.size());
  const auto read = test::read_artifact(s.node, view_of(bytes), key, s.m);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == errc::aot_mismatch);
}

TEST_CASE("artifacts: whatever the authenticator lets through, what is read lies within bounds", "[aot]") {
  const sample s;
  const test::gullible_authenticator node;
  byte_vector bytes = s.bytes;
  // What is wrong with the answer; asserting on each place would take long.
  const auto problem_of = [&](bytes_view changed) -> std::string {
    const auto read = test::read_artifact(node, changed, s.key, s.m);
    if (!read.has_value()) {
      const errc code = read.error().code;
      return code == errc::aot_artifact_invalid || code == errc::aot_mismatch ? "" : "failure";
    }
    const verified_artifact& got = read.value();
    const auto is_inside = [&](std::uint32_t place) { return place <= got.code().size(); };
    for (const auto& places : {got.entries(), got.bodies()}) {
      if (places.size() != s.m.funcs.size()) return "number of functions";
      if (!std::all_of(places.begin(), places.end(), is_inside)) return "function outside of the code";
    }
    for (const site& at : got.sites()) {
      if (at.function < 1 || at.function > 3 || at.offset >= 100) return "site outside of the module";
    }
    return "";
  };
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(problem_of(view_of(bytes).first(size)) == "");
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t before = bytes[i];
    std::string problem;
    for (unsigned value = 0; value < 256 && problem.empty(); ++value) {
      bytes[i] = static_cast<std::uint8_t>(value);
      problem = problem_of(view_of(bytes));
    }
    bytes[i] = before;
    CAPTURE(i);
    CHECK(problem == "");
  }
  // Numbers of functions, sites and bytes of code whose sum wraps around.
  constexpr std::size_t sizes_at = 176;
  for (const std::uint64_t code : {~std::uint64_t{0}, std::uint64_t{1} << 63, ~std::uint64_t{0} - 23}) {
    for (const std::uint32_t count : {0u, 3u, 0x2000'0000u, 0xFFFF'FFFFu}) {
      bytes = s.bytes;
      store_le(bytes.data() + sizes_at, count);
      store_le(bytes.data() + sizes_at + 4, ~count);
      store_le(bytes.data() + sizes_at + 8, code);
      const auto read = test::read_artifact(node, view_of(bytes), s.key, s.m);
      CHECK_FALSE(read.has_value());
    }
  }
}

TEST_CASE("artifacts: code whose parts do not fit each other is refused when it is made", "[aot]") {
  CHECK(is_refused([](native_code& code) { code.entries.pop_back(); }));
  CHECK(is_refused([](native_code& code) { code.bodies.push_back(0); }));
  CHECK(is_refused([](native_code& code) { code.entries[1] = static_cast<std::uint32_t>(code.code.size()) + 1; }));
  CHECK(is_refused([](native_code& code) { code.bodies[0] = ~std::uint32_t{0}; }));
  CHECK(is_refused([](native_code& code) { code.code.clear(); }));
  CHECK(is_refused([](native_code& code) { code.sites[0].function = 0; }));
  CHECK(is_refused([](native_code& code) { code.sites[0].function = 4; }));
  CHECK(is_refused([](native_code& code) { code.sites[1].offset = 100; }));
  CHECK_FALSE(is_refused([](native_code& code) { code.sites.clear(); }));
}

TEST_CASE("artifacts: keys follow from the module's bytes and from the request", "[aot]") {
  module m = test::sample_module();
  const content_id some = sha256(as_bytes("some")).value();
  const auto key_of = [&](const compile_request& request) {
    return make_key(m, request, some, some, baseline_target()).value();
  };
  const artifact_key plain = key_of({});
  CHECK(plain.module == sha256(view_of(m.bytes)).value());
  CHECK(plain.functions == content_id());
  m.id = some.bytes;
  CHECK(key_of({}).module == some);

  const std::uint32_t wanted[] = {3, 1, 3};
  const std::uint32_t same[] = {1, 3};
  const std::uint32_t fewer[] = {1};
  compile_request part;
  part.functions = wanted;
  const artifact_key some_functions = key_of(part);
  part.functions = same;
  CHECK(key_of(part) == some_functions);
  part.functions = fewer;
  CHECK_FALSE(key_of(part) == some_functions);
  CHECK_FALSE(key_of({}) == some_functions);
}

TEST_CASE("artifacts: another layout of the engine's objects is another engine", "[aot]") {
  const std::uint32_t here[] = {8, 16, 24};
  const std::uint32_t moved[] = {8, 16, 32};
  const content_id engine = engine_fingerprint(here).value();
  CHECK(engine == engine_fingerprint(here).value());
  CHECK(engine != engine_fingerprint(moved).value());
  CHECK(engine != engine_fingerprint(std::span(here).first(2)).value());
}

TEST_CASE("targets: this machine runs code for any processor of its kind, and not for others", "[aot]") {
  const code_target here = running_target();
  CHECK(runs_on(here, here));
  CHECK(runs_on(baseline_target(), here));
  code_target other = here;
  other.arch = here.arch == architecture::x86_64 ? architecture::aarch64 : architecture::x86_64;
  CHECK_FALSE(runs_on(other, here));
  other = here;
  other.features = ~std::uint64_t{0};
  CHECK_FALSE(runs_on(other, here));
  CHECK(running_target() == here);
  CHECK((here.features >> features_of(here.arch).size()) == 0);
}
