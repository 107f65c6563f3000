#pragma once

#include "wasm64/aot/concept.hpp"
#include "wasm64/storage/check.hpp"

namespace wasm64::aot {

/// Says in words what a code generator lacks. Use as `static_assert(check_code_generator<G>())`: a compiler reports
/// every sentence that applies, and none hides another. The others likewise.
template <class G>
consteval bool check_code_generator() {
  static_assert(generator_has_name<G>, "code generator needs `name`, a std::string_view");
  static_assert(generator_has_abi<G>,
                "code generator needs `abi`, the aot::abi_version that it was written for: this one");
  static_assert(generator_has_fingerprint<G>, "code generator needs `fingerprint() const -> result<content_id>`");
  static_assert(generator_has_target<G>, "code generator needs `target() const -> code_target`");
  static_assert(generator_compiles<G>,
                "code generator needs `compile(const module&, const compile_request&) -> result<native_code>`");
  return true;
}

/// Says in words what an image of code lacks.
template <class I>
consteval bool check_code_image() {
  static_assert(image_is_owned<I>, "code image needs to be movable, with a destructor that does not throw");
  static_assert(image_has_code<I>, "code image needs `code() const -> bytes_view`");
  static_assert(image_has_entries<I>, "code image needs `entries() const -> std::span<const std::uint32_t>`");
  static_assert(image_has_bodies<I>, "code image needs `bodies() const -> std::span<const std::uint32_t>`");
  static_assert(image_has_sites<I>, "code image needs `sites() const -> std::span<const site>`");
  return true;
}

/// Says in words what a loader lacks.
template <class L>
consteval bool check_code_loader() {
  static_assert(loader_has_image<L>, "code loader needs a type `image`");
  if constexpr (loader_has_image<L>) {
    static_assert(loader_loads<L>, "code loader needs `load(const verified_artifact&) -> result<image>`");
    static_assert(check_code_image<typename L::image>());
  }
  return true;
}

/// Says in words what an authenticator lacks.
template <class A>
consteval bool check_authenticator() {
  static_assert(authenticator_tags<A>, "artifact authenticator needs `tag(bytes_view) const -> result<artifact_tag>`");
  static_assert(authenticator_checks<A>,
                "artifact authenticator needs `check(bytes_view, const artifact_tag&) const -> bool`");
  return true;
}

/// Says in words what a cache of code lacks.
template <class C>
consteval bool check_code_cache() {
  static_assert(cache_gets<C>,
                "code cache needs `get(const artifact_key&, const module&) -> result<verified_artifact>`");
  static_assert(cache_puts<C>, "code cache needs `put(const verified_artifact&) -> result<void>`");
  return true;
}

/// Says in words what a store for artifacts lacks.
template <class S>
consteval bool check_artifact_store() {
  static_assert(check_storage_policy<S>());
  static_assert(storage_names<S>,
                "artifact store needs names: `link`, `resolve`, `unlink` and `compare_and_swap` of a storage policy");
  return true;
}

/// Says in words what a backend lacks.
template <class B>
consteval bool check_backend() {
  static_assert(backend_has_generator<B>, "AOT backend needs a type `generator`, or void for none");
  static_assert(backend_has_loader<B>, "AOT backend needs a type `loader`, or void for none");
  if constexpr (backend_has_generator<B>) {
    if constexpr (has_generator<B>) check_code_generator<typename B::generator>();
  }
  if constexpr (backend_has_loader<B>) {
    if constexpr (has_code<B>) check_code_loader<typename B::loader>();
  }
  return true;
}

}  // namespace wasm64::aot
