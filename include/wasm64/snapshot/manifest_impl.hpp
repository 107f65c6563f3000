#pragma once

#include "wasm64/snapshot/manifest.hpp"

namespace wasm64 {

namespace detail {

class manifest_writer {
 public:
  byte_vector out;

  void put_bytes(const void* from, std::size_t size) {
    const auto* const bytes = static_cast<const std::uint8_t*>(from);
    out.insert(out.end(), bytes, bytes + size);
  }
  template <class T>
  void put(T number) {
    put_bytes(&number, sizeof number);
  }
  void put_root(const tree_root& root) {
    out.push_back(root ? 1 : 0);
    if (root) put_bytes(root->bytes.data(), root->bytes.size());
  }
};

class manifest_reader {
 public:
  explicit manifest_reader(bytes_view bytes) noexcept : rest_(bytes) {}

  template <class T>
  T take() noexcept {
    if (rest_.size() < sizeof(T)) {
      failed_ = true;
      return {};
    }
    const T number = load_le<T>(rest_.data());
    rest_ = rest_.subspan(sizeof(T));
    return number;
  }
  /// How many parts follow, each of which takes so many bytes at least.
  std::uint32_t take_count(std::size_t least) noexcept {
    const auto count = take<std::uint32_t>();
    if (count <= rest_.size() / least) return count;
    failed_ = true;
    return 0;
  }
  /// Of a tree of that many bytes.
  tree_root take_root(std::uint64_t size) noexcept {
    const auto has_root = take<std::uint8_t>();
    if (has_root == 0) return std::nullopt;
    if (has_root != 1 || size == 0) failed_ = true;
    return take<content_id>();
  }
  std::size_t rest() const noexcept { return rest_.size(); }
  bool failed() const noexcept { return failed_; }

 private:
  bytes_view rest_;
  bool failed_ = false;
};

}  // namespace detail

WASM64_INLINE byte_vector encode(const snapshot_manifest& m) {
  detail::manifest_writer w;
  w.put(snapshot_format::magic);
  w.put(snapshot_format::version);
  w.put(static_cast<std::uint32_t>(m.modules.size()));
  for (const content_id& id : m.modules) w.put(id);
  w.put(static_cast<std::uint32_t>(m.memories.size()));
  for (const snapshot_manifest::memory& memory : m.memories) {
    w.put(memory.pages);
    w.put(memory.page_size_log2);
    w.put_root(memory.root);
  }
  w.put(m.state_size);
  w.put_root(m.state);
  if (w.out.size() % snapshot_format::memory_page_size == 0) w.out.push_back(0);
  return std::move(w.out);
}

WASM64_INLINE result<snapshot_manifest> decode_manifest(bytes_view bytes) {
  if (!is_snapshot(bytes)) return fail(errc::snapshot_malformed, "manifest");
  std::size_t size = 0;
  WASM64_TRY(snapshot_manifest m, decode_manifest(bytes, size));
  if (size % snapshot_format::memory_page_size == 0 && size < bytes.size() && bytes[size] == 0) ++size;
  if (size != bytes.size()) return fail(errc::snapshot_malformed, "manifest");
  return m;
}

WASM64_INLINE result<snapshot_manifest> decode_manifest(bytes_view bytes, std::size_t& size) {
  const auto malformed = [] { return fail(errc::snapshot_malformed, "manifest"); };
  detail::manifest_reader r(bytes);
  const auto magic = r.take<std::array<std::uint8_t, snapshot_format::magic.size()>>();
  const auto version = r.take<std::uint32_t>();
  if (r.failed() || magic != snapshot_format::magic) return malformed();
  if (version != snapshot_format::version) return fail(errc::snapshot_version, std::to_string(version));

  snapshot_manifest m;
  const std::uint32_t modules = r.take_count(sizeof(content_id));
  for (std::uint32_t i = 0; i < modules; ++i) m.modules.push_back(r.take<content_id>());
  const std::uint32_t memories = r.take_count(sizeof(std::uint64_t) + 2);
  for (std::uint32_t i = 0; i < memories && !r.failed(); ++i) {
    snapshot_manifest::memory memory;
    memory.pages = r.take<std::uint64_t>();
    memory.page_size_log2 = r.take<std::uint8_t>();
    if (memory.page_size_log2 > 16 || memory.pages > ~std::uint64_t{0} >> memory.page_size_log2) return malformed();
    memory.root = r.take_root(memory.size());
    m.memories.push_back(memory);
  }
  m.state_size = r.take<std::uint64_t>();
  m.state = r.take_root(m.state_size);
  if (r.failed()) return malformed();
  size = bytes.size() - r.rest();
  return m;
}

}  // namespace wasm64
