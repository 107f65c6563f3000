#pragma once

#include "wasm64/aot/artifact.hpp"

namespace wasm64::aot {

/// Artifacts in a store, each below a root that its key names. Nothing in it is needed: what is missing, damaged, for
/// another engine or another node's is compiled again. Others may write to the store as well; nodes with secrets of
/// their own that share one have each a prefix, or they replace each other's artifacts. A collector of garbage keeps
/// artifacts until their names are removed.
template <class Storage, class Authenticator>
class artifact_cache {
  static_assert(check_artifact_store<Storage>());
  static_assert(check_authenticator<Authenticator>());

 public:
  /// Both outlive it. Names begin with `prefix`.
  artifact_cache(Storage& store, const Authenticator& authenticator, std::string prefix = "aot/")
      : store_(&store), authenticator_(&authenticator), prefix_(std::move(prefix)) {}

  /// The artifact of this key, which is that of the module. Any failure is a miss: not_found when there is none, those
  /// of the store, and what `artifact_verifier::read` says of one that cannot be used, whose name is removed.
  result<verified_artifact> get(const artifact_key& key, const module& m) {
    WASM64_TRY(const std::string name, name_of(key));
    WASM64_TRY(const content_id id, store_->resolve(name));
    result<verified_artifact> found = read(id, key, m);
    if (found.has_value()) return found;
    const errc code = found.assume_error().code;
    // If another process has put a good one meanwhile, losing its name costs somebody a compilation, no more.
    if (is_useless(code)) static_cast<void>(store_->unlink(name));
    // The store would think that it has what is about to be compiled.
    if constexpr (storage_erases<Storage>) {
      if (code == errc::hash_mismatch) static_cast<void>(store_->erase(id));
    }
    return found;
  }

  /// Keeps an artifact for whoever asks for its key. Fails as the store and the authenticator do.
  result<void> put(const verified_artifact& artifact) {
    WASM64_TRY(const std::string name, name_of(artifact.key()));
    WASM64_TRY(const byte_vector bytes, artifact_verifier<Authenticator>(*authenticator_).write(artifact));
    WASM64_TRY(const content_id id, store_->put(view_of(bytes)));
    return store_->link(name, id);
  }

  /// Forgets the artifact of a key, if there is one.
  result<void> evict(const artifact_key& key) {
    WASM64_TRY(const std::string name, name_of(key));
    return store_->unlink(name);
  }

 private:
  result<std::string> name_of(const artifact_key& key) const {
    WASM64_TRY(const content_id id, key_id(key));
    return prefix_ + to_text(id);
  }

  result<verified_artifact> read(const content_id& id, const artifact_key& key, const module& m) {
    WASM64_TRY(const auto bytes, store_->get(id));
    return artifact_verifier<Authenticator>(*authenticator_).read(bytes, key, m);
  }

  /// Whether another look would find the same.
  static bool is_useless(errc code) noexcept {
    return code == errc::aot_artifact_invalid || code == errc::aot_mismatch || code == errc::hash_mismatch ||
           code == errc::not_found;
  }

  Storage* store_;
  const Authenticator* authenticator_;
  std::string prefix_;
};

/// A cache that has nothing and keeps nothing.
struct no_cache {
  static result<verified_artifact> get(const artifact_key&, const module&) { return fail(errc::not_found); }
  static result<void> put(const verified_artifact&) { return success(); }
};

/// A module's code: from the cache where that has it, else compiled now and put there. That the cache cannot keep it is
/// no failure. Code belongs to the generator that it names, should that have changed since it was asked for its
/// fingerprint. Fails as the generator does, and as `trust_generated`.
template <code_generator Generator, code_cache Cache>
result<verified_artifact> compile_cached(Generator& generator, Cache& cache, const module& m,
                                         const compile_request& request, const content_id& engine) {
  WASM64_TRY(const content_id made_by, generator.fingerprint());
  WASM64_TRY(artifact_key key, make_key(m, request, engine, made_by, generator.target()));
  result<verified_artifact> known = cache.get(key, m);
  if (known.has_value()) return known;
  WASM64_TRY(native_code code, generator.compile(m, request));
  if (code.generator != content_id()) key.generator = code.generator;
  WASM64_TRY(verified_artifact made, trust_generated(std::move(code), key, m));
  static_cast<void>(cache.put(made));
  return made;
}

}  // namespace wasm64::aot
