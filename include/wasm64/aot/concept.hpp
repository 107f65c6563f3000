#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "wasm64/aot/abi.hpp"
#include "wasm64/aot/target.hpp"
#include "wasm64/base/result.hpp"
#include "wasm64/storage/concept.hpp"

// What a backend consists of. A code generator turns a module into native code and knows nothing of pages that can be
// executed; a loader maps code and knows nothing of compilers. Between them stand artifacts, which a loader takes only
// as `verified_artifact`: the two may be different processes with a cache in between. Each part below is one
// requirement; aot/check.hpp has a sentence for each. What the signatures do not say:
//
// - `compile` is given a validated module. Which functions it compiles is up to it: others are interpreted, and every
//   program behaves the same either way. Code must be as aot/abi.hpp has it; nobody can check that.
// - `fingerprint` changes with everything that code depends on besides the request: versions, options, build.
// - `target` says what the generator may use, and so where its code runs.
// - an image holds its code where it is until it is destroyed, and moving it does not move the code.
// - an authenticator accepts what somebody tagged who could as well have written this program: whoever can make tags
//   can make the node run any code. `check` takes the same time wherever tags differ.
// - nothing throws.
//
// aot/image.hpp, aot/authenticator.hpp and aot/cache.hpp have models of loader, authenticator and cache;
// examples/aot_backend has a generator.

namespace wasm64 {
struct module;
}

namespace wasm64::aot {

struct artifact_key;
class verified_artifact;

/// What a tag is made of: 32 bytes, as HMAC-SHA256 has.
using artifact_tag = std::array<std::uint8_t, 32>;

/// How much work goes into making code fast.
enum class effort : std::uint8_t { least, normal, most };

/// What compiling may cost; 0 is no limit. Modules come from anybody, and compilers take time and memory that grow
/// faster than functions. What does not fit stays interpreted: nothing fails.
struct compile_budgets {
  std::uint32_t milliseconds = 60'000;                 ///< for all of it, by the clock
  std::uint64_t memory = std::uint64_t{1} << 30;       ///< bytes, of all threads together
  std::uint32_t operations = 50'000;                   ///< instructions of one function

  friend bool operator==(const compile_budgets&, const compile_budgets&) = default;
};

/// What is to be compiled and how. An artifact's key has all of it but threads: what does not fit the budgets is not in
/// it.
struct compile_request {
  bool metered = false;  ///< for stores that count fuel, or for those that do not
  std::span<const std::uint32_t> functions;  ///< by index in the module; empty for all
  unsigned threads = 1;  ///< at most
  aot::effort effort = aot::effort::normal;
  compile_budgets budgets;
};

// Code generators.

template <class G>
concept generator_has_name = requires {
  { G::name } -> std::convertible_to<std::string_view>;
};

/// A number that the generator's author wrote, so that a generator for another version does not compile.
template <class G>
concept generator_has_abi = requires { requires G::abi == abi_version; };

template <class G>
concept generator_has_fingerprint = requires(const G& generator) {
  { generator.fingerprint() } -> std::same_as<result<content_id>>;
};

template <class G>
concept generator_has_target = requires(const G& generator) {
  { generator.target() } -> std::same_as<code_target>;
};

template <class G>
concept generator_compiles = requires(G& generator, const module& m, const compile_request& request) {
  { generator.compile(m, request) } -> std::same_as<result<native_code>>;
};

template <class G>
concept code_generator = generator_has_name<G> && generator_has_abi<G> && generator_has_fingerprint<G> &&
                         generator_has_target<G> && generator_compiles<G>;

// Images: code that can be executed. The lists are those of `native_code`.

template <class I>
concept image_is_owned = std::movable<I> && std::is_nothrow_destructible_v<I>;

template <class I>
concept image_has_code = requires(const I& image) {
  { image.code() } -> std::same_as<bytes_view>;
};

template <class I>
concept image_has_entries = requires(const I& image) {
  { image.entries() } -> std::same_as<std::span<const std::uint32_t>>;
};

template <class I>
concept image_has_bodies = requires(const I& image) {
  { image.bodies() } -> std::same_as<std::span<const std::uint32_t>>;
};

template <class I>
concept image_has_sites = requires(const I& image) {
  { image.sites() } -> std::same_as<std::span<const site>>;
};

template <class I>
concept code_image =
    image_is_owned<I> && image_has_code<I> && image_has_entries<I> && image_has_bodies<I> && image_has_sites<I>;

// Loaders.

template <class L>
concept loader_has_image = requires { requires std::is_object_v<typename L::image>; };

template <class L>
concept loader_loads = requires(L& loader, const verified_artifact& artifact) {
  { loader.load(artifact) } -> std::same_as<result<typename L::image>>;
};

template <class L>
concept code_loader = loader_has_image<L> && loader_loads<L> && code_image<typename L::image>;

// Authenticators.

template <class A>
concept authenticator_tags = requires(const A& authenticator, bytes_view bytes) {
  { authenticator.tag(bytes) } -> std::same_as<result<artifact_tag>>;
};

template <class A>
concept authenticator_checks = requires(const A& authenticator, bytes_view bytes, const artifact_tag& tag) {
  { authenticator.check(bytes, tag) } -> std::same_as<bool>;
};

template <class A>
concept artifact_authenticator = authenticator_tags<A> && authenticator_checks<A>;

// Caches: where a node looks for an artifact before it compiles. Whatever `get` fails with is a miss, and a failure of
// `put` only costs another compilation.

template <class C>
concept cache_gets = requires(C& cache, const artifact_key& key, const module& m) {
  { cache.get(key, m) } -> std::same_as<result<verified_artifact>>;
};

template <class C>
concept cache_puts = requires(C& cache, const verified_artifact& artifact) {
  { cache.put(artifact) } -> std::same_as<result<void>>;
};

template <class C>
concept code_cache = cache_gets<C> && cache_puts<C>;

// Where the library's own cache keeps artifacts: any storage policy with names. A root named by an artifact's key leads
// to it.

template <class S>
concept artifact_store = storage_policy<S> && storage_names<S>;

// Backends: the two types together. Without a generator (`void`) a node runs what others of its kind have compiled.

template <class B>
concept backend_has_generator = requires { typename B::generator; };

template <class B>
concept backend_has_loader = requires { typename B::loader; };

/// True of backends that can have code.
template <class B>
inline constexpr bool has_code = !std::is_void_v<typename B::loader>;

/// True of backends that can make it.
template <class B>
inline constexpr bool has_generator = !std::is_void_v<typename B::generator>;

template <class B>
concept backend = backend_has_generator<B> && backend_has_loader<B> &&
                  (std::is_void_v<typename B::generator> || code_generator<typename B::generator>) &&
                  (std::is_void_v<typename B::loader> || code_loader<typename B::loader>);

}  // namespace wasm64::aot
