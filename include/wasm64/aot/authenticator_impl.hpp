#pragma once

#include "wasm64/aot/authenticator.hpp"
#include "wasm64/storage/posix_file.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64::aot {

namespace node_key_file {

/// Fails with not_found where there is none.
inline result<void> read(int directory, const std::string& name, std::span<std::uint8_t> key) {
  using wasm64::detail::posix_file;
  // O_NONBLOCK: opening a pipe that somebody put there must not wait.
  const posix_file file(::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return fail(errc::not_found, name);
  if (!file.is_open() && errno == ELOOP) return fail(errc::aot_key_unusable, name + " is a symbolic link");
  if (!file.is_open()) return fail(wasm64::detail::io_error("open", name));
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) return fail(wasm64::detail::io_error("stat", name));
  if (!S_ISREG(about.st_mode)) return fail(errc::aot_key_unusable, name + " is not a file");
  if (about.st_uid != ::geteuid()) return fail(errc::aot_key_unusable, name + " belongs to another user");
  if ((about.st_mode & 077) != 0) return fail(errc::aot_key_unusable, name + " is open to other users");
  if (static_cast<std::uint64_t>(about.st_size) != key.size()) return fail(errc::aot_key_unusable, name + " is no key");
  WASM64_TRY(const std::size_t size, wasm64::detail::read_at(file.get(), 0, key, name));
  if (size != key.size()) return fail(errc::aot_key_unusable, name + " is no key");
  return success();
}

/// Does nothing where somebody else has just made one.
inline result<void> create(int directory, const std::string& name, bytes_view key) {
  WASM64_TRY(wasm64::detail::new_file file, wasm64::detail::new_file::create(directory, 0600));
  WASM64_CHECK(wasm64::detail::write_at(file.get(), 0, {&key, 1}, name));
  WASM64_CHECK(file.publish_first(name));
  return wasm64::detail::sync(directory, name);
}

}  // namespace node_key_file

WASM64_AOT_INLINE result<artifact_tag> hmac_authenticator::tag(bytes_view bytes) const {
  const std::size_t half = bytes.size() / 2;
  const bytes_view parts[] = {bytes.first(half), bytes.subspan(half, half), bytes.subspan(2 * half)};
  content_id ids[std::size(parts)];
  WASM64_CHECK(sha256_all(parts, ids));
  std::uint8_t summary[8 + sizeof ids];
  store_le(summary, std::uint64_t{bytes.size()});
  for (std::size_t i = 0; i < std::size(parts); ++i) std::memcpy(summary + 8 + 32 * i, ids[i].bytes.data(), 32);
  return hmac_sha256(key_.bytes(), summary);
}

WASM64_AOT_INLINE result<node_key> node_key::make() {
  node_key made;
  if (::getentropy(made.bytes_.data(), size) != 0) return fail(wasm64::detail::io_error("getentropy", "key"));
  return made;
}

WASM64_AOT_INLINE result<node_key> node_key::open(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string above = slash == path.npos ? "." : path.substr(0, slash + 1);
  const std::string name = slash == path.npos ? path : path.substr(slash + 1);
  const wasm64::detail::posix_file directory(::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return fail(wasm64::detail::io_error("open", above));

  node_key key;
  const result<void> found = node_key_file::read(directory.get(), name, key.bytes_);
  if (found.has_value()) return key;
  if (found.assume_error().code != errc::not_found) return fail(found.assume_error());
  WASM64_TRY(const node_key made, make());
  WASM64_CHECK(node_key_file::create(directory.get(), name, made.bytes_));
  WASM64_CHECK(node_key_file::read(directory.get(), name, key.bytes_));
  return key;
}

}  // namespace wasm64::aot
