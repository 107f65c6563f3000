#pragma once

#include <cstring>
#include <memory>

#include "wasm64/aot/check.hpp"
#include "wasm64/aot/code_pages.hpp"
#include "wasm64/module/module.hpp"

// Compiled code between the one who makes it and the one who runs it. Whoever can choose its bytes can run any code in
// this process, so bytes become code only through an authenticator, and code is loaded only as `verified_artifact`.
//
// All numbers are little-endian.
//
//   header   magic:8, format:u32, abi_version:u32,
//            key: module, engine, generator, functions (32 bytes each), features:u64, architecture:u16, platform:u16,
//                 metered:u8, effort:u8, 0:u16, budgets (memory:u64, milliseconds:u32, operations:u32),
//            sizes: functions:u32, sites:u32, code:u64                                                      (192 bytes)
//   entries  a function: u32, 0 for none, otherwise its place in the code plus 1
//   bodies   the same
//   sites    a site: function:u32, offset:u32, word:u32, cell:u32
//   code     as it is, ending at the tag
//   tag      of everything before (32 bytes)

namespace wasm64::aot {

/// All that compiled code depends on: it may be used where this is equal, and only there.
struct artifact_key {
  content_id module;  ///< the SHA-256 of the module's bytes
  content_id engine;  ///< what `engine_fingerprint` says
  content_id generator;  ///< what the generator's `fingerprint` says
  content_id functions;  ///< the SHA-256 of the numbers of those that were asked for; zeros for all
  code_target target;
  bool metered = false;
  aot::effort effort = aot::effort::normal;
  compile_budgets budgets;  ///< what does not fit is not in the code

  friend bool operator==(const artifact_key&, const artifact_key&) = default;
};

/// What a key is compared with.
struct artifact_demand {
  artifact_key key;
  /// Whoever made it, of whichever functions, with whatever effort and budgets: only module, engine and metering count,
  /// and whether it runs here.
  bool by_anyone = false;

  bool accepts(const artifact_key& other) const noexcept {
    if (!by_anyone) return other == key;
    return other.module == key.module && other.engine == key.engine && other.metered == key.metered;
  }
};

/// Names this engine's side of the interface: versions, the fuel that instructions cost, and where compiled code finds
/// things (aot/layout.hpp). Fails only as `sha256` does.
result<content_id> engine_fingerprint(std::span<const std::uint32_t> layout);

/// The key of what a generator makes of a module. Computes the module's id where it has none.
result<artifact_key> make_key(const module& m, const compile_request& request, const content_id& engine,
                              const content_id& generator, const code_target& target);

/// The SHA-256 of a key, for names.
result<content_id> key_id(const artifact_key& key);

/// What an artifact consists of. The code begins a page, so that the pages that it was read into can be executed.
struct artifact_parts {
  code_pages pages;
  std::size_t code_at = 0;  ///< from here to the end
  vector<std::uint32_t> entries;
  vector<std::uint32_t> bodies;
  vector<site> sites;

  bytes_view code() const noexcept { return pages.view().subspan(code_at); }
};

/// Code that may be executed for modules of the key's id. Copies have the same parts.
class verified_artifact {
 public:
  const artifact_key& key() const noexcept { return key_; }
  bytes_view code() const noexcept { return parts_->code(); }
  std::span<const std::uint32_t> entries() const noexcept { return view_of(parts_->entries); }
  std::span<const std::uint32_t> bodies() const noexcept { return view_of(parts_->bodies); }
  std::span<const site> sites() const noexcept { return view_of(parts_->sites); }
  const std::shared_ptr<const artifact_parts>& parts() const noexcept { return parts_; }

 private:
  friend class artifact_gate;
  verified_artifact(const artifact_key& key, artifact_parts parts)
      : key_(key), parts_(std::make_shared<const artifact_parts>(std::move(parts))) {}

  artifact_key key_;
  std::shared_ptr<const artifact_parts> parts_;
};

/// The one place where artifacts are made. Use `trust_generated` and `artifact_verifier`.
class artifact_gate {
  template <artifact_authenticator A>
  friend class artifact_verifier;
  friend result<verified_artifact> trust_generated(native_code code, const artifact_key& key, const module& m);

  static constexpr std::size_t head_size = 192;
  static constexpr std::size_t tag_size = std::tuple_size_v<artifact_tag>;

  static result<verified_artifact> make(native_code code, const artifact_key& key, const module& m);
  /// No module's code has more bytes.
  static std::uint64_t largest(const module& m) noexcept {
    constexpr std::uint64_t growth = 512, least = 1u << 20;
    return least + growth * m.bytes.size();
  }
  /// Pages for so many bytes that begin in this way, whatever it may be. Once they are there and the tag behind them
  /// has been checked, `read` reads them.
  static result<artifact_parts> make_room(bytes_view begin, std::uint64_t size);
  /// The bytes without their tag, which has been checked.
  static result<verified_artifact> read(artifact_parts parts, const artifact_demand& expected, const module& m);
  /// The bytes without their tag.
  static byte_vector write(const verified_artifact& artifact);
  static bool is_consistent(const artifact_parts& parts, const module& m) noexcept;
};

/// What a generator of this process has just made of a module. Fails with aot_code_invalid when its parts do not fit
/// each other or the module, and with aot_mismatch when it does not run here.
result<verified_artifact> trust_generated(native_code code, const artifact_key& key, const module& m);

/// Turns artifacts into bytes that can be kept anywhere, and such bytes into artifacts.
template <artifact_authenticator A>
class artifact_verifier {
 public:
  /// The authenticator outlives it.
  explicit artifact_verifier(const A& authenticator) noexcept : authenticator_(&authenticator) {}

  /// Fails as the authenticator does.
  result<byte_vector> write(const verified_artifact& artifact) const {
    byte_vector bytes = artifact_gate::write(artifact);
    WASM64_TRY(const artifact_tag tag, authenticator_->tag(view_of(bytes)));
    bytes.insert(bytes.end(), tag.begin(), tag.end());
    return bytes;
  }

  /// Bytes that may be anything. Fails with aot_artifact_invalid when the authenticator does not know them, and with
  /// aot_mismatch when they are for another key or for a processor with more features than this one.
  result<verified_artifact> read(bytes_view untrusted, const artifact_key& expected, const module& m) const {
    const auto copy = [&](std::uint64_t from, std::span<std::uint8_t> to) -> result<void> {
      std::memcpy(to.data(), untrusted.data() + from, to.size());
      return success();
    };
    return read_from(copy, untrusted.size(), {expected}, m);
  }
  /// The same of bytes that `fill(offset, std::span<std::uint8_t> to)` puts there, never more than so many. Everything
  /// is checked where it is executed later: a store may hand out memory that somebody else can write to.
  template <class Fill>
  result<verified_artifact> read_from(Fill fill, std::uint64_t size, const artifact_demand& expected,
                                      const module& m) const {
    if (size < artifact_gate::head_size + artifact_gate::tag_size) {
      return fail(errc::aot_artifact_invalid, "too short");
    }
    if (size > artifact_gate::largest(m)) return fail(errc::aot_artifact_invalid, "too long");
    std::array<std::uint8_t, artifact_gate::head_size> head;
    WASM64_CHECK(fill(std::uint64_t{0}, std::span<std::uint8_t>(head)));
    const std::uint64_t signed_size = size - artifact_gate::tag_size;
    WASM64_TRY(artifact_parts parts, artifact_gate::make_room(head, signed_size));
    WASM64_CHECK(fill(std::uint64_t{0}, std::span<std::uint8_t>(parts.pages.base(), parts.pages.size())));
    artifact_tag tag{};
    WASM64_CHECK(fill(signed_size, std::span<std::uint8_t>(tag)));
    if (!authenticator_->check(parts.pages.view(), tag)) return fail(errc::aot_artifact_invalid, "wrong tag");
    return artifact_gate::read(std::move(parts), expected, m);
  }

 private:
  const A* authenticator_;
};

}  // namespace wasm64::aot

#if WASM64_AOT_IMPLEMENTATION
#include "wasm64/aot/artifact_impl.hpp"
#endif
