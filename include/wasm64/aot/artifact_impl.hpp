#pragma once

#include <algorithm>

#include "wasm64/aot/artifact.hpp"
#include "wasm64/binary/opcode.hpp"
#include "wasm64/lower/ops.hpp"
#include "wasm64/storage/sha256.hpp"
#include "wasm64/version.hpp"

namespace wasm64::aot {

inline constexpr std::string_view artifact_magic{"\0w64aot\n", 8};
inline constexpr std::uint32_t artifact_format = 2;
inline constexpr std::size_t artifact_key_at = 16;
inline constexpr std::size_t artifact_key_size = 160;
inline constexpr std::size_t artifact_sizes_at = artifact_key_at + artifact_key_size;
inline constexpr std::size_t site_size = 16;

template <class T>
void append_le(byte_vector& to, T number) {
  to.resize(to.size() + sizeof number);
  store_le(to.data() + to.size() - sizeof number, number);
}

inline void append_key(byte_vector& to, const artifact_key& key) {
  for (const content_id* id : {&key.module, &key.engine, &key.generator, &key.functions}) {
    to.insert(to.end(), id->bytes.begin(), id->bytes.end());
  }
  append_le(to, key.target.features);
  append_le(to, static_cast<std::uint16_t>(key.target.arch));
  append_le(to, static_cast<std::uint16_t>(key.target.system));
  append_le(to, static_cast<std::uint8_t>(key.metered));
  append_le(to, static_cast<std::uint8_t>(key.effort));
  append_le(to, std::uint16_t{0});
  append_le(to, key.budgets.memory);
  append_le(to, key.budgets.milliseconds);
  append_le(to, key.budgets.operations);
}

inline artifact_key read_key(const std::uint8_t* at) noexcept {
  artifact_key key;
  for (content_id* id : {&key.module, &key.engine, &key.generator, &key.functions}) {
    std::memcpy(id->bytes.data(), at, id->bytes.size());
    at += id->bytes.size();
  }
  key.target.features = load_le<std::uint64_t>(at);
  key.target.arch = static_cast<architecture>(load_le<std::uint16_t>(at + 8));
  key.target.system = static_cast<platform>(load_le<std::uint16_t>(at + 10));
  key.metered = at[12] != 0;
  key.effort = static_cast<effort>(at[13]);
  key.budgets.memory = load_le<std::uint64_t>(at + 16);
  key.budgets.milliseconds = load_le<std::uint32_t>(at + 24);
  key.budgets.operations = load_le<std::uint32_t>(at + 28);
  return key;
}

WASM64_AOT_INLINE result<content_id> engine_fingerprint(std::span<const std::uint32_t> layout) {
  byte_vector described;
  for (const std::uint32_t number :
       {abi_version, artifact_format, std::uint32_t{WASM64_VERSION_MAJOR}, std::uint32_t{WASM64_VERSION_MINOR},
        std::uint32_t{WASM64_VERSION_PATCH}, static_cast<std::uint32_t>(helper::count_),
        static_cast<std::uint32_t>(frame::header), static_cast<std::uint32_t>(handler_count)}) {
    append_le(described, number);
  }
  append_le(described, static_cast<std::uint32_t>(layout.size()));
  for (const std::uint32_t offset : layout) append_le(described, offset);
  for (const op_info& op : wasm64::detail::op_table) described.push_back(op.cost);
  return sha256(view_of(described));
}

WASM64_AOT_INLINE result<artifact_key> make_key(const module& m, const compile_request& request,
                                                const content_id& engine, const content_id& generator,
                                                const code_target& target) {
  artifact_key key;
  key.module.bytes = m.id;
  if (key.module == content_id()) {
    WASM64_TRY(key.module, sha256(view_of(m.bytes)));
  }
  key.engine = engine;
  key.generator = generator;
  if (!request.functions.empty()) {
    vector<std::uint32_t> wanted(request.functions.begin(), request.functions.end());
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    byte_vector numbers;
    for (const std::uint32_t function : wanted) append_le(numbers, function);
    WASM64_TRY(key.functions, sha256(view_of(numbers)));
  }
  key.target = target;
  key.metered = request.metered;
  key.effort = request.effort;
  key.budgets = request.budgets;
  return key;
}

WASM64_AOT_INLINE result<content_id> key_id(const artifact_key& key) {
  byte_vector bytes;
  append_key(bytes, key);
  return sha256(view_of(bytes));
}

WASM64_AOT_INLINE bool artifact_gate::is_consistent(const artifact_parts& parts, const module& m) noexcept {
  const std::size_t code_size = parts.code().size();
  const auto is_inside = [&](std::uint32_t place) { return place <= code_size; };  // places are 1 more
  for (const vector<std::uint32_t>* const places : {&parts.entries, &parts.bodies}) {
    if (places->size() != m.funcs.size() || !std::all_of(places->begin(), places->end(), is_inside)) return false;
  }
  return std::all_of(parts.sites.begin(), parts.sites.end(), [&](const site& s) {
    return s.function >= m.imported_funcs && s.function - m.imported_funcs < m.funcs.size() &&
           s.offset < m.bytes.size();
  });
}

WASM64_AOT_INLINE result<verified_artifact> artifact_gate::make(native_code code, const artifact_key& key,
                                                                const module& m) {
  artifact_parts made;
  WASM64_TRY(made.pages, code_pages::make(code.code.size(), 0));
  if (!code.code.empty()) std::memcpy(made.pages.base(), code.code.data(), code.code.size());
  made.entries = std::move(code.entries);
  made.bodies = std::move(code.bodies);
  made.sites = std::move(code.sites);
  if (!is_consistent(made, m)) return fail(errc::aot_code_invalid);
  if (!runs_on(key.target, running_target())) return fail(errc::aot_mismatch, "processor");
  return verified_artifact(key, std::move(made));
}

WASM64_AOT_INLINE result<verified_artifact> trust_generated(native_code code, const artifact_key& key,
                                                            const module& m) {
  return artifact_gate::make(std::move(code), key, m);
}

WASM64_AOT_INLINE byte_vector artifact_gate::write(const verified_artifact& artifact) {
  byte_vector bytes;
  const bytes_view code = artifact.code();
  bytes.reserve(head_size + artifact.entries().size() * 8 + artifact.sites().size() * site_size + code.size() +
                tag_size);
  const bytes_view magic = as_bytes(artifact_magic);
  bytes.insert(bytes.end(), magic.begin(), magic.end());
  append_le(bytes, artifact_format);
  append_le(bytes, abi_version);
  append_key(bytes, artifact.key_);
  append_le(bytes, static_cast<std::uint32_t>(artifact.entries().size()));
  append_le(bytes, static_cast<std::uint32_t>(artifact.sites().size()));
  append_le(bytes, std::uint64_t{code.size()});
  for (const std::uint32_t place : artifact.entries()) append_le(bytes, place);
  for (const std::uint32_t place : artifact.bodies()) append_le(bytes, place);
  for (const site& s : artifact.sites()) {
    for (const std::uint32_t number : {s.function, s.offset, s.word, s.cell}) append_le(bytes, number);
  }
  bytes.insert(bytes.end(), code.begin(), code.end());
  return bytes;
}

WASM64_AOT_INLINE result<artifact_parts> artifact_gate::make_room(bytes_view begin, std::uint64_t size) {
  static_assert(artifact_sizes_at + 16 == head_size);
  const std::uint64_t functions = load_le<std::uint32_t>(begin.data() + artifact_sizes_at);
  const std::uint64_t sites = load_le<std::uint32_t>(begin.data() + artifact_sizes_at + 4);
  const std::uint64_t code_at = head_size + functions * 8 + sites * site_size;  // below 2^37
  if (code_at > size) return fail(errc::aot_artifact_invalid, "sizes");
  artifact_parts parts;
  parts.code_at = static_cast<std::size_t>(code_at);
  WASM64_TRY(parts.pages, code_pages::make(static_cast<std::size_t>(size), parts.code_at));
  return parts;
}

WASM64_AOT_INLINE result<verified_artifact> artifact_gate::read(artifact_parts parts, const artifact_demand& expected,
                                                                const module& m) {
  // The tag says that this node wrote them; what follows holds against our own mistakes and those of other versions.
  const std::uint8_t* const header = parts.pages.base();
  if (std::memcmp(header, artifact_magic.data(), artifact_magic.size()) != 0) {
    return fail(errc::aot_artifact_invalid, "not compiled code");
  }
  if (load_le<std::uint32_t>(header + 8) != artifact_format || load_le<std::uint32_t>(header + 12) != abi_version) {
    return fail(errc::aot_mismatch, "version");
  }
  const artifact_key key = read_key(header + artifact_key_at);
  if (key.module != expected.key.module) return fail(errc::aot_mismatch, "module");
  if (key.metered != expected.key.metered) return fail(errc::aot_mismatch, "metering");
  if (!expected.accepts(key)) return fail(errc::aot_mismatch, "key");
  if (!runs_on(key.target, running_target())) return fail(errc::aot_mismatch, "processor");

  // Room was made for what the header said then; now it is what was checked.
  const std::uint64_t functions = load_le<std::uint32_t>(header + artifact_sizes_at);
  const std::uint64_t sites = load_le<std::uint32_t>(header + artifact_sizes_at + 4);
  const auto code = load_le<std::uint64_t>(header + artifact_sizes_at + 8);
  if (head_size + functions * 8 + sites * site_size != parts.code_at || code != parts.pages.size() - parts.code_at) {
    return fail(errc::aot_artifact_invalid, "sizes");
  }
  const std::uint8_t* at = header + head_size;
  for (vector<std::uint32_t>* const places : {&parts.entries, &parts.bodies}) {
    places->resize(static_cast<std::size_t>(functions));
    for (std::uint32_t& place : *places) place = load_le<std::uint32_t>(std::exchange(at, at + 4));
  }
  parts.sites.resize(static_cast<std::size_t>(sites));
  for (site& s : parts.sites) {
    s = {load_le<std::uint32_t>(at), load_le<std::uint32_t>(at + 4), load_le<std::uint32_t>(at + 8),
         load_le<std::uint32_t>(at + 12)};
    at += site_size;
  }
  if (!is_consistent(parts, m)) return fail(errc::aot_artifact_invalid, "contents");
  return verified_artifact(key, std::move(parts));
}

}  // namespace wasm64::aot
