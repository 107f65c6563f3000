#pragma once

#include <algorithm>
#include <limits>

#include "wasm64/aot/elf_format.hpp"
#include "wasm64/aot/elf_object.hpp"
#include "wasm64/aot/elf_relocation.hpp"

namespace wasm64::aot {

namespace detail {

/// All distances must fit into the displacements of instructions.
inline constexpr std::uint64_t max_linked_size = std::uint64_t{1} << 30;

/// More than any compiler asks for; it limits how much padding an object can ask for.
inline constexpr std::uint64_t max_section_alignment = 64;

inline auto unsupported(std::string what) { return fail(errc::aot_unsupported_object, std::move(what)); }

/// How many references to what is missing are worth listing.
inline constexpr std::size_t max_missing = 1000;

/// A part of some bytes, or nothing where it is not all inside.
inline bool slice(bytes_view of, std::uint64_t offset, std::uint64_t size, bytes_view& part) noexcept {
  if (offset > of.size() || size > of.size() - offset) return false;
  part = of.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  return true;
}

/// A zero-terminated name.
inline bool name_at(bytes_view strings, std::uint32_t offset, std::string_view& name) noexcept {
  if (offset >= strings.size()) return false;
  const std::string_view rest = as_text(strings.subspan(offset));
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return false;
  name = rest.substr(0, end);
  return true;
}

/// A section of an object and where it went.
struct placed_section {
  static constexpr std::uint32_t nowhere = ~std::uint32_t{0};

  elf::section head;
  bytes_view content;
  std::uint32_t at = nowhere;  ///< in the linked code

  bool is_placed() const noexcept { return at != nowhere; }
};

class parsed_object {
 public:
  result<void> parse(bytes_view object, elf::machine& target, bool is_first);
  result<void> place(bool executable, byte_vector& code);
  result<void> add_symbols(vector<linked_symbol>& symbols) const;
  /// With all symbols of all objects known, sorted.
  result<void> relocate(elf::machine target, const linked_object& all, std::span<std::uint8_t> code,
                        vector<undefined_reference>* missing) const;

 private:
  std::size_t symbol_count() const noexcept { return symbols_.size() / elf::symbol::size_in_file; }
  elf::symbol symbol_at(std::size_t index) const noexcept {
    return elf::symbol::read(symbols_.data() + index * elf::symbol::size_in_file);
  }
  bool is_wanted(const placed_section& s) const noexcept;
  result<void> apply(elf::machine target, const linked_object& all, const placed_section& to, const elf::rela& r,
                     std::span<std::uint8_t> code, vector<undefined_reference>* missing) const;
  /// The function around a place, or an empty name.
  std::string_view function_around(const placed_section& section, std::uint64_t offset) const noexcept;

  vector<placed_section> sections_;
  std::size_t unplaced_ = 0;  ///< bytes of the object less those of placed sections
  bytes_view section_names_;
  bytes_view symbols_;
  bytes_view names_;
};

WASM64_AOT_INLINE result<void> parsed_object::parse(bytes_view object, elf::machine& target, bool is_first) {
  if (object.size() < elf::header::size || !std::equal(std::begin(elf::magic), std::end(elf::magic), object.data()))
    return unsupported("no 64-bit ELF file");
  const elf::header head = elf::header::read(object.data());
  const auto machine = static_cast<elf::machine>(head.target);
  if (head.type != elf::relocatable) return unsupported("not relocatable");
  if (machine != elf::machine::x86_64 && machine != elf::machine::aarch64) return unsupported("processor");
  if (!is_first && machine != target) return unsupported("objects for different processors");
  target = machine;
  bytes_view table;
  if (head.section_size != elf::section::size_in_file || head.section_count == 0 ||
      !slice(object, head.sections, std::uint64_t{head.section_count} * elf::section::size_in_file, table))
    return unsupported("section table");

  sections_.resize(head.section_count);
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    placed_section& s = sections_[i];
    s.head = elf::section::read(table.data() + i * elf::section::size_in_file);
    if (s.head.type == elf::section_type::no_bits || i == 0) continue;
    if (!slice(object, s.head.offset, s.head.size, s.content)) return unsupported("section out of the file");
  }
  unplaced_ = object.size();
  if (head.name_section < sections_.size()) section_names_ = sections_[head.name_section].content;
  for (const placed_section& s : sections_) {
    if (s.head.type == elf::section_type::group || s.head.type == elf::section_type::extended_indices)
      return unsupported("section type");
    if (s.head.type != elf::section_type::symbols) continue;
    if (!symbols_.empty() || s.head.link >= sections_.size() || s.content.size() % elf::symbol::size_in_file != 0)
      return unsupported("symbol table");
    symbols_ = s.content;
    names_ = sections_[s.head.link].content;
  }
  return success();
}

WASM64_AOT_INLINE bool parsed_object::is_wanted(const placed_section& s) const noexcept {
  if ((s.head.flags & elf::section_flag::loaded) == 0 || s.head.size == 0) return false;
  if (s.head.type == elf::section_type::note || s.head.type == elf::section_type::x86_64_unwind) return false;
  // Nothing is ever unwound.
  std::string_view name;
  return !name_at(section_names_, s.head.name, name) || name != ".eh_frame";
}

WASM64_AOT_INLINE result<void> parsed_object::place(bool executable, byte_vector& code) {
  for (placed_section& s : sections_) {
    if (((s.head.flags & elf::section_flag::executable) != 0) != executable || !is_wanted(s)) continue;
    constexpr std::uint64_t unsupported_flags =
        elf::section_flag::writable | elf::section_flag::thread_local_ | elf::section_flag::compressed;
    if ((s.head.flags & unsupported_flags) != 0 || s.head.type != elf::section_type::bits)
      return unsupported("data that is not constant");
    const std::uint64_t alignment = std::max<std::uint64_t>(s.head.alignment, 1);
    if (alignment > max_section_alignment || (alignment & (alignment - 1)) != 0) return unsupported("alignment");
    const std::uint64_t at = (code.size() + alignment - 1) & ~(alignment - 1);
    if (at > max_linked_size || s.content.size() > max_linked_size - at) return unsupported("too large");
    if (s.content.size() > unplaced_) return unsupported("sections over each other");
    unplaced_ -= s.content.size();
    code.resize(static_cast<std::size_t>(at), 0);
    code.insert(code.end(), s.content.begin(), s.content.end());
    s.at = static_cast<std::uint32_t>(at);
  }
  return success();
}

WASM64_AOT_INLINE result<void> parsed_object::add_symbols(vector<linked_symbol>& symbols) const {
  for (std::size_t i = 0; i < symbol_count(); ++i) {
    const elf::symbol s = symbol_at(i);
    if (s.type != elf::function_symbol || s.binding == elf::binding::local || s.section == 0) continue;
    if (s.section >= sections_.size() || !sections_[s.section].is_placed()) return unsupported("symbol's section");
    const placed_section& section = sections_[s.section];
    std::string_view name;
    if (s.value >= section.content.size() || s.size > section.content.size() - s.value ||
        !name_at(names_, s.name, name))
      return unsupported("symbol");
    symbols.push_back({std::string(name), section.at + static_cast<std::uint32_t>(s.value)});
  }
  return success();
}

WASM64_AOT_INLINE std::string_view parsed_object::function_around(const placed_section& section,
                                                                  std::uint64_t offset) const noexcept {
  for (std::size_t i = 0; i < symbol_count(); ++i) {
    const elf::symbol s = symbol_at(i);
    if (s.type != elf::function_symbol || s.section >= sections_.size() || &sections_[s.section] != &section) continue;
    std::string_view name;
    if (offset >= s.value && offset - s.value < s.size && name_at(names_, s.name, name)) return name;
  }
  return {};
}

WASM64_AOT_INLINE result<void> parsed_object::apply(elf::machine target, const linked_object& all,
                                                    const placed_section& to, const elf::rela& r,
                                                    std::span<std::uint8_t> code,
                                                    vector<undefined_reference>* missing) const {
  if (r.symbol == 0 || r.symbol >= symbol_count()) return unsupported("relocation's symbol");
  const elf::symbol s = symbol_at(r.symbol);
  std::uint64_t address = 0;
  if (s.section == 0) {
    std::string_view name;
    if (!name_at(names_, s.name, name)) return unsupported("symbol");
    const linked_symbol* const found = all.find(name);
    if (found == nullptr) {
      if (missing == nullptr || missing->size() >= max_missing)
        return fail(errc::aot_undefined_symbol, std::string(name));
      missing->push_back({std::string(name), std::string(function_around(to, r.offset))});
      return success();
    }
    address = found->offset;
  } else {
    if (s.section >= elf::first_reserved_section || s.section >= sections_.size()) return unsupported("symbol");
    const placed_section& section = sections_[s.section];
    if (!section.is_placed() || s.value > section.content.size()) return unsupported("reference to what is not loaded");
    address = section.at + s.value;
  }
  const std::span<std::uint8_t> content = code.subspan(to.at, to.content.size());
  if (r.offset >= content.size()) return unsupported("relocation out of its section");
  const auto offset = static_cast<std::size_t>(r.offset);
  const relocation_place place{content.subspan(offset), to.at + std::uint64_t{offset}, address + r.addend};
  const bool applied =
      target == elf::machine::x86_64 ? relocate_x86_64(r.type, place) : relocate_aarch64(r.type, place);
  if (!applied) return unsupported("relocation of type " + std::to_string(r.type));
  return success();
}

WASM64_AOT_INLINE result<void> parsed_object::relocate(elf::machine target, const linked_object& all,
                                                       std::span<std::uint8_t> code,
                                                       vector<undefined_reference>* missing) const {
  for (const placed_section& table : sections_) {
    const bool is_rela = table.head.type == elf::section_type::rela;
    if (!is_rela && table.head.type != elf::section_type::rel) continue;
    if (table.head.info >= sections_.size()) return unsupported("relocations");
    const placed_section& to = sections_[table.head.info];
    if (!to.is_placed()) continue;
    if (!is_rela || table.content.size() % elf::rela::size_in_file != 0) return unsupported("relocations");
    for (std::size_t at = 0; at < table.content.size(); at += elf::rela::size_in_file) {
      WASM64_CHECK(apply(target, all, to, elf::rela::read(table.content.data() + at), code, missing));
    }
  }
  return success();
}

}  // namespace detail

WASM64_AOT_INLINE const linked_symbol* linked_object::find(std::string_view name) const noexcept {
  const linked_symbol* const end = symbols.data() + symbols.size();
  const linked_symbol* const at = std::lower_bound(
      symbols.data(), end, name, [](const linked_symbol& s, std::string_view wanted) { return s.name < wanted; });
  return at != end && at->name == name ? at : nullptr;
}

WASM64_AOT_INLINE result<linked_object> link_objects(std::span<const bytes_view> objects,
                                                     vector<undefined_reference>* missing) {
  vector<detail::parsed_object> parsed(objects.size());
  elf::machine target{};
  for (std::size_t i = 0; i < objects.size(); ++i) WASM64_CHECK(parsed[i].parse(objects[i], target, i == 0));
  linked_object out;
  for (const bool executable : {true, false}) {
    for (detail::parsed_object& object : parsed) WASM64_CHECK(object.place(executable, out.code));
  }
  for (const detail::parsed_object& object : parsed) WASM64_CHECK(object.add_symbols(out.symbols));
  std::sort(out.symbols.begin(), out.symbols.end(),
            [](const linked_symbol& a, const linked_symbol& b) { return a.name < b.name; });
  for (std::size_t i = 1; i < out.symbols.size(); ++i) {
    if (out.symbols[i].name == out.symbols[i - 1].name)
      return detail::unsupported("defined twice: " + out.symbols[i].name);
  }
  const std::size_t known = missing == nullptr ? 0 : missing->size();
  for (const detail::parsed_object& object : parsed) {
    WASM64_CHECK(object.relocate(target, out, {out.code.data(), out.code.size()}, missing));
  }
  if (missing != nullptr && missing->size() != known) return fail(errc::aot_undefined_symbol, missing->back().name);
  return out;
}

}  // namespace wasm64::aot
