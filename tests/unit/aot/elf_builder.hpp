#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "wasm64/aot/elf_format.hpp"
#include "wasm64/base/containers.hpp"

/// Writes relocatable ELF objects for tests of what reads them.
class elf_builder {
 public:
  explicit elf_builder(wasm64::aot::elf::machine target) : target_(target) { add_section("", {}, 0, 0); }

  /// Answers the section's number. An alignment of 0 is none.
  std::uint16_t add_section(std::string_view name, wasm64::byte_vector content, std::uint32_t type, std::uint64_t flags,
                            std::uint64_t alignment = 16) {
    sections_.push_back({name_of(section_names_, name), type, flags, std::move(content), 0, 0, alignment});
    return static_cast<std::uint16_t>(sections_.size() - 1);
  }
  std::uint16_t add_text(std::initializer_list<std::uint8_t> code) {
    return add_section(".text", wasm64::byte_vector(code), wasm64::aot::elf::section_type::bits,
                       wasm64::aot::elf::section_flag::loaded | wasm64::aot::elf::section_flag::executable);
  }
  std::uint16_t add_constants(std::initializer_list<std::uint8_t> bytes) {
    return add_section(".rodata", wasm64::byte_vector(bytes), wasm64::aot::elf::section_type::bits,
                       wasm64::aot::elf::section_flag::loaded);
  }

  /// Answers the symbol's number.
  std::uint32_t add_symbol(std::string_view name, std::uint16_t of, std::uint64_t value, std::uint64_t size,
                           std::uint8_t type = wasm64::aot::elf::function_symbol,
                           std::uint8_t binding = wasm64::aot::elf::binding::global) {
    if (symbols_.empty()) symbols_.resize(wasm64::aot::elf::symbol::size_in_file);
    put(symbols_, name_of(names_, name));
    put(symbols_, static_cast<std::uint8_t>(binding << 4 | type));
    put(symbols_, std::uint8_t{0});
    put(symbols_, of);
    put(symbols_, value);
    put(symbols_, size);
    return static_cast<std::uint32_t>(symbols_.size() / wasm64::aot::elf::symbol::size_in_file - 1);
  }

  void add_relocation(std::uint16_t of, std::uint64_t offset, std::uint32_t type, std::uint32_t symbol,
                      std::int64_t addend) {
    put(relocations_[of], offset);
    put(relocations_[of], type);
    put(relocations_[of], symbol);
    put(relocations_[of], addend);
  }

  wasm64::byte_vector finish() {
    using namespace wasm64::aot;
    for (std::uint32_t i = 0; i < max_sections; ++i) {
      if (relocations_[i].empty()) continue;
      const std::uint16_t made = add_section(".rela", relocations_[i], elf::section_type::rela, 0);
      sections_[made].info = i;
    }
    const std::uint16_t names = add_section(".strtab", names_, elf::section_type::strings, 0);
    const std::uint16_t table = add_section(".symtab", symbols_, elf::section_type::symbols, 0);
    sections_[table].link = names;
    const std::uint32_t own_name = name_of(section_names_, ".shstrtab");
    sections_.push_back({own_name, elf::section_type::strings, 0, section_names_, 0, 0, 1});

    wasm64::byte_vector out(elf::header::size);
    vector<std::uint64_t> offsets;
    for (const section& s : sections_) {
      offsets.push_back(out.size());
      out.insert(out.end(), s.content.begin(), s.content.end());
    }
    std::copy(std::begin(elf::magic), std::end(elf::magic), out.begin());
    wasm64::store_le(out.data() + 16, elf::relocatable);
    wasm64::store_le(out.data() + 18, static_cast<std::uint16_t>(target_));
    wasm64::store_le(out.data() + 40, std::uint64_t{out.size()});
    wasm64::store_le(out.data() + 58, static_cast<std::uint16_t>(elf::section::size_in_file));
    wasm64::store_le(out.data() + 60, static_cast<std::uint16_t>(sections_.size()));
    wasm64::store_le(out.data() + 62, static_cast<std::uint16_t>(sections_.size() - 1));
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      const section& s = sections_[i];
      put(out, s.name);
      put(out, s.type);
      put(out, s.flags);
      put(out, std::uint64_t{0});
      put(out, offsets[i]);
      put(out, std::uint64_t{s.content.size()});
      put(out, s.link);
      put(out, s.info);
      put(out, s.alignment);
      put(out, std::uint64_t{0});
    }
    return out;
  }

 private:
  template <class T>
  using vector = wasm64::vector<T>;

  struct section {
    std::uint32_t name;
    std::uint32_t type;
    std::uint64_t flags;
    wasm64::byte_vector content;
    std::uint32_t link;
    std::uint32_t info;
    std::uint64_t alignment;
  };
  static constexpr std::size_t max_sections = 8;

  template <class T>
  static void put(wasm64::byte_vector& to, T value) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&value);
    to.insert(to.end(), bytes, bytes + sizeof value);
  }
  static std::uint32_t name_of(wasm64::byte_vector& names, std::string_view name) {
    const auto at = static_cast<std::uint32_t>(names.size());
    names.insert(names.end(), name.begin(), name.end());
    names.push_back(0);
    return at;
  }

  wasm64::aot::elf::machine target_;
  vector<section> sections_;
  wasm64::byte_vector section_names_;
  wasm64::byte_vector names_;
  wasm64::byte_vector symbols_;
  wasm64::byte_vector relocations_[max_sections];
};
