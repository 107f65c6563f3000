#pragma once

#include "wasm64/aot/directory_cache.hpp"

namespace wasm64::aot {

WASM64_AOT_INLINE result<directory_cache> directory_cache::open(const std::string& directory) {
  constexpr mode_t mine = 0700;
  for (const std::string& made : {directory, directory + "/artifacts"}) {
    if (::mkdir(made.c_str(), mine) != 0 && errno != EEXIST) return fail(wasm64::detail::io_error("mkdir", made));
  }
  WASM64_TRY(const node_key key, node_key::open(directory + "/key"));
  const std::string inside = directory + "/artifacts";
  wasm64::detail::posix_file artifacts(::open(inside.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!artifacts.is_open()) return fail(wasm64::detail::io_error("open", inside));
  return directory_cache(std::move(artifacts), key);
}

WASM64_AOT_INLINE result<verified_artifact> directory_cache::read_at(int directory, const std::string& name,
                                                                     const artifact_demand& wanted,
                                                                     const module& m) const {
  // O_NONBLOCK: opening a pipe that somebody put there must not wait.
  const wasm64::detail::posix_file file(::openat(directory, name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return fail(errc::not_found, name);
  struct stat about{};
  if (!file.is_open() || ::fstat(file.get(), &about) != 0) return fail(wasm64::detail::io_error("open", name));
  if (!S_ISREG(about.st_mode)) return fail(errc::aot_artifact_invalid, name + " is not a file");
  const auto fill = [&](std::uint64_t from, std::span<std::uint8_t> to) -> result<void> {
    WASM64_TRY(const std::size_t size, wasm64::detail::read_at(file.get(), from, to, name));
    if (size != to.size()) return fail(errc::aot_artifact_invalid, "too short");
    return success();
  };
  return artifact_verifier<hmac_authenticator>(authenticator_)
      .read_from(fill, static_cast<std::uint64_t>(about.st_size), wanted, m);
}

WASM64_AOT_INLINE result<verified_artifact> directory_cache::read(const std::string& file,
                                                                  const artifact_demand& wanted,
                                                                  const module& m) const {
  return read_at(AT_FDCWD, file, wanted, m);
}

WASM64_AOT_INLINE result<verified_artifact> directory_cache::get(const artifact_key& key, const module& m) const {
  WASM64_TRY(const content_id id, key_id(key));
  const std::string name = to_text(id);
  result<verified_artifact> found = read_at(artifacts_.get(), name, {key}, m);
  if (found.has_value()) return found;
  const errc code = found.assume_error().code;
  // If another process has put a good one meanwhile, losing it costs somebody a compilation, no more.
  if (code == errc::aot_artifact_invalid || code == errc::aot_mismatch) {
    ::unlinkat(artifacts_.get(), name.c_str(), 0);
  }
  return found;
}

WASM64_AOT_INLINE result<void> directory_cache::put(const verified_artifact& artifact) const {
  WASM64_TRY(const content_id id, key_id(artifact.key()));
  WASM64_TRY(const byte_vector bytes, write(artifact));
  return wasm64::detail::write_file(artifacts_.get(), to_text(id), view_of(bytes));
}

}  // namespace wasm64::aot
