#pragma once

#include <algorithm>
#include <cstdlib>

#include "wasm64/aot/compiler_file.hpp"
#include "wasm64/aot/elf_format.hpp"
#include "wasm64/storage/posix_file.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64::aot {

namespace detail {

/// A file that is read in parts, each of them bounded.
class file_parts {
 public:
  static result<file_parts> open(const std::string& path) {
    const auto missing = [&] { return fail(errc::aot_compiler_missing, path); };
    // O_NONBLOCK: opening a pipe that somebody put there must not wait.
    wasm64::detail::posix_file file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat about{};
    if (!file.is_open() || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return missing();
    return file_parts(std::move(file), static_cast<std::uint64_t>(about.st_size));
  }

  std::uint64_t size() const noexcept { return size_; }
  /// Empty where the file has not all of it, or where it is more than `most`.
  byte_vector read(std::uint64_t offset, std::uint64_t size, std::uint64_t most) const {
    byte_vector bytes;
    if (size > most || offset > size_ || size > size_ - offset) return bytes;
    bytes.resize(static_cast<std::size_t>(size));
    const auto got = wasm64::detail::read_at(file_.get(), offset, {bytes.data(), bytes.size()}, {});
    if (!got.has_value() || got.assume_value() != bytes.size()) bytes.clear();
    return bytes;
  }

 private:
  file_parts(wasm64::detail::posix_file file, std::uint64_t size) noexcept : file_(std::move(file)), size_(size) {}

  wasm64::detail::posix_file file_;
  std::uint64_t size_;
};

/// The text at an offset up to a zero; nothing where there is no zero.
inline std::string_view text_at(bytes_view strings, std::uint64_t offset) noexcept {
  if (offset >= strings.size()) return {};
  const std::string_view rest = as_text(strings.subspan(static_cast<std::size_t>(offset)));
  const std::size_t end = rest.find('\0');
  return end == rest.npos ? std::string_view() : rest.substr(0, end);
}

inline std::string build_id_in(bytes_view notes) {
  constexpr std::size_t smallest = 8, largest = 64;  // less identifies nothing
  while (notes.size() >= elf::note::head_size) {
    const elf::note n = elf::note::read(notes.data());
    notes = notes.subspan(elf::note::head_size);
    const std::uint64_t behind_name = elf::note::padded(n.name_size);
    if (behind_name > notes.size() || n.size > notes.size() - behind_name) break;
    const std::string_view content = as_text(notes.subspan(static_cast<std::size_t>(behind_name), n.size));
    const bool is_build_id =
        n.type == elf::note::build_id && as_text(notes.first(n.name_size)) == std::string_view("GNU", 4);
    if (is_build_id && n.size >= smallest && n.size <= largest) return std::string(content);
    const std::uint64_t behind = behind_name + elf::note::padded(n.size);
    notes = notes.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(behind, notes.size())));
  }
  return {};
}

/// What a file in the ELF format says of itself; nothing of it for another file, or where it is not as it should be.
inline void read_elf(const file_parts& file, compiler_file& to) {
  constexpr std::uint64_t most_parts = 256, most_notes = 1u << 16, most_entries = 1u << 16, most_needed = 64,
                          longest_name = 256;
  const byte_vector head = file.read(0, elf::header::size, elf::header::size);
  if (head.empty() || std::memcmp(head.data(), elf::magic, sizeof elf::magic) != 0) return;
  const elf::program_table table = elf::program_table::read(head.data());
  if (table.entry_size != elf::segment::size_in_file || table.count > most_parts) return;
  const byte_vector bytes = file.read(table.offset, std::uint64_t{table.count} * table.entry_size, UINT32_MAX);
  vector<elf::segment> segments;
  for (std::size_t at = 0; at < bytes.size(); at += table.entry_size) {
    segments.push_back(elf::segment::read(bytes.data() + at));
  }
  /// Where in the file an address is.
  const auto place_of = [&](std::uint64_t address) {
    for (const elf::segment& s : segments) {
      if (s.type == elf::segment::loaded && address - s.address < s.size) return s.offset + (address - s.address);
    }
    return ~std::uint64_t{0};
  };
  for (const elf::segment& s : segments) {
    if (s.type == elf::segment::notes && to.build_id.empty()) {
      to.build_id = build_id_in(view_of(file.read(s.offset, s.size, most_notes)));
    }
    if (s.type != elf::segment::dynamic) continue;
    const byte_vector entries = file.read(s.offset, s.size, most_entries);
    std::uint64_t names = 0, names_size = 0;
    vector<std::uint64_t> needed;
    for (std::size_t at = 0; entries.size() - at >= elf::dynamic_entry::size; at += elf::dynamic_entry::size) {
      const auto number = load_le<std::uint64_t>(entries.data() + at + 8);
      switch (load_le<std::uint64_t>(entries.data() + at)) {
        case elf::dynamic_entry::needed: needed.push_back(number); break;
        case elf::dynamic_entry::names: names = number; break;
        case elf::dynamic_entry::names_size: names_size = number; break;
        default: break;
      }
    }
    // The names of all symbols are there as well: only what is needed is read.
    const std::uint64_t strings = place_of(names);
    for (const std::uint64_t offset : needed) {
      if (offset >= names_size || to.needs.size() == most_needed) break;
      const byte_vector name = file.read(strings + offset, std::min(names_size - offset, longest_name), longest_name);
      to.needs.emplace_back(text_at(view_of(name), 0));
    }
  }
}

inline bool is_file(const std::string& path) noexcept {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode);
}

/// Calls `use` with the parts between separators that are not empty until it answers true.
template <class Use>
void split(std::string_view list, std::string_view separators, Use use) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(separators), list.size());
    if (end != 0 && use(std::string(list.substr(0, end)))) return;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

inline std::string_view environment(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

WASM64_AOT_INLINE std::string listed_library(bytes_view list, std::string_view name) {
  constexpr std::string_view magic = "glibc-ld.so.cache1.1";
  constexpr std::size_t head_size = 48, entry_size = 24;
#if defined(__aarch64__)
  constexpr std::uint32_t fit = 0x0a03;
#else
  constexpr std::uint32_t fit = 0x0303;
#endif
  if (list.size() < head_size || as_text(list.first(magic.size())) != magic) return {};
  const std::uint64_t count = std::min<std::uint64_t>(load_le<std::uint32_t>(list.data() + magic.size()),
                                                      (list.size() - head_size) / entry_size);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint8_t* const entry = list.data() + head_size + i * entry_size;
    // Those for certain processors only are left out: every such library is there for all of them as well.
    if (load_le<std::uint32_t>(entry) != fit || load_le<std::uint64_t>(entry + 16) != 0) continue;
    const std::uint64_t at = load_le<std::uint32_t>(entry + 4);
    if (at > list.size() || list.size() - at <= name.size() || list[at + name.size()] != 0) continue;
    if (as_text(list.subspan(static_cast<std::size_t>(at), name.size())) != name) continue;
    const std::string_view path = text_at(list, load_le<std::uint32_t>(entry + 8));
    if (path.substr(0, 1) == "/") return std::string(path);
  }
  return {};
}

}  // namespace detail

WASM64_AOT_INLINE result<compiler_file> identify(const std::string& path) {
  WASM64_TRY(const detail::file_parts file, detail::file_parts::open(path));
  compiler_file found;
  found.path = path;
  if (char* const real = ::realpath(path.c_str(), nullptr)) {
    found.name = real;
    std::free(real);
  }
  found.name.erase(0, found.name.rfind('/') + 1);
  detail::read_elf(file, found);
  std::string all = "size " + std::to_string(file.size()) + '\n';
  if (!found.build_id.empty()) {
    all += "build " + found.build_id;
  } else {
    constexpr std::uint64_t largest = std::uint64_t{1} << 32;
    const byte_vector bytes = file.read(0, file.size(), largest);
    if (bytes.size() != file.size()) return fail(errc::aot_compiler_missing, path);
    WASM64_TRY(const content_id content, sha256(view_of(bytes)));
    all += "bytes " + std::string(as_text(content.bytes));
  }
  WASM64_TRY(found.id, sha256(as_bytes(all)));
  return found;
}

WASM64_AOT_INLINE std::string find_library(std::span<const std::string> names) {
  constexpr std::uint64_t largest_list = std::uint64_t{1} << 24;
  byte_vector list;
  const result<detail::file_parts> file = detail::file_parts::open("/etc/ld.so.cache");
  if (file.has_value()) list = file.assume_value().read(0, file.assume_value().size(), largest_list);
  for (const std::string& name : names) {
    if (name.find('/') != name.npos) {
      if (detail::is_file(name)) return name;
      continue;
    }
    std::string found;
    detail::split(detail::environment("LD_LIBRARY_PATH"), ":;", [&](const std::string& directory) {
      const std::string path = directory + '/' + name;
      if (detail::is_file(path)) found = path;
      return !found.empty();
    });
    if (!found.empty()) return found;
    found = detail::listed_library(view_of(list), name);
    if (!found.empty() && detail::is_file(found)) return found;
  }
  return {};
}

WASM64_AOT_INLINE std::string find_program(const std::string& name) {
  const auto is_program = [](const std::string& path) {
    return detail::is_file(path) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != name.npos) return is_program(name) ? name : std::string();
  std::string found;
  const std::string_view list = detail::environment("PATH");
  detail::split(list.empty() ? "/bin:/usr/bin" : list, ":", [&](const std::string& directory) {
    const std::string path = directory + '/' + name;
    if (is_program(path)) found = path;
    return !found.empty();
  });
  return found;
}

}  // namespace wasm64::aot
