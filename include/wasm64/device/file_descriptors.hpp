#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "wasm64/host/virtual_files.hpp"
#include "wasm64/message/concept.hpp"
#include "wasm64/message/path.hpp"

namespace wasm64::detail {

/// A descriptor as messages have it, at `file-descriptors/<number>`:
///
///     filename       text      a path from the root
///     offset         integer   the position
///     flags          integer   of WASI preview 1, when there are any
///     rights, inheriting-rights
///                    integers  when they are not all that make sense for what is open
///     preopened      text      the name under which a program finds a directory that is open from the start
///     same-as        integer   a smaller descriptor, whose position it shares
///     content        bytes     of a file that has been removed and is still open
///     removed        true      the same without content, for directories
///     file-of        integer   a smaller descriptor, which has the same removed file
///     closed         true      nothing is open here, although there was something from the start
struct file_descriptor {
  std::string filename;
  std::uint64_t offset = 0;
  std::uint64_t flags = 0;
  std::uint64_t rights = 0, inheriting = 0;  ///< as they are
  bool all_rights = true;                    ///< those that go without saying
  std::string preopened;
  std::int64_t same_as = -1;
  std::int64_t file_of = -1;
  bool removed = false;
  bool directory = false;
  bool closed = false;

  friend bool operator==(const file_descriptor&, const file_descriptor&) = default;
};

/// What a number from a message means here: at least 0 and at most what a file can have.
template <class M>
std::uint64_t file_number(const typename M::value_type& v) {
  if (M::kind(v) != value_kind::integer) return 0;
  const integer n = M::as_integer(v);
  constexpr auto most = static_cast<std::uint64_t>(INT64_MAX);
  return n.negative ? 0 : std::min(n.bits, most);
}

/// The number that a key of `file-descriptors` is, or ~0.
constexpr std::uint32_t descriptor_of(std::string_view key) noexcept {
  if (key == "0") return 0;
  const std::size_t position = list_position(key);
  return position < 0xffffffff - 1 ? static_cast<std::uint32_t>(position + 1) : ~std::uint32_t{0};
}

template <class M>
file_descriptor read_descriptor(const typename M::value_type& entry) {
  const auto text_at = [&](std::string_view key) {
    const auto found = M::get_key(entry, key);
    return M::kind(found) == value_kind::binary ? std::string(as_text(M::as_bytes(found))) : std::string();
  };
  const auto is_true = [&](std::string_view key) {
    const auto found = M::get_key(entry, key);
    return M::kind(found) == value_kind::boolean && M::as_bool(found);
  };
  file_descriptor d;
  if (M::kind(entry) != value_kind::map) {
    d.closed = true;
    return d;
  }
  d.filename = text_at("filename");
  d.offset = file_number<M>(M::get_key(entry, "offset"));
  d.flags = file_number<M>(M::get_key(entry, "flags")) & fd_flags::all;
  d.preopened = text_at("preopened");
  if (const auto rights = M::get_key(entry, "rights"); M::kind(rights) == value_kind::integer) {
    d.all_rights = false;
    d.rights = file_number<M>(rights) & all_file_rights;
    d.inheriting = file_number<M>(M::get_key(entry, "inheriting-rights")) & all_file_rights;
  }
  const auto number_at = [&](std::string_view key) {
    const auto found = M::get_key(entry, key);
    return M::kind(found) == value_kind::integer ? static_cast<std::int64_t>(file_number<M>(found)) : -1;
  };
  d.same_as = number_at("same-as");
  d.file_of = number_at("file-of");
  d.directory = is_true("removed");
  d.removed = d.directory || d.file_of >= 0 || M::kind(M::get_key(entry, "content")) == value_kind::binary;
  d.closed = is_true("closed") || d.filename.empty();
  return d;
}

template <class M>
typename M::value_type write_descriptor(const file_descriptor& d, const byte_vector& content) {
  vector<message_entry_t<M>> entries;
  const auto add = [&](std::string_view key, typename M::value_type v) {
    entries.push_back({std::string(key), std::move(v)});
  };
  add("filename", M::make_binary(as_bytes(d.filename)));
  add("offset", M::make_integer(d.offset));
  if (d.flags != 0) add("flags", M::make_integer(d.flags));
  if (!d.all_rights) {
    add("rights", M::make_integer(d.rights));
    add("inheriting-rights", M::make_integer(d.inheriting));
  }
  if (!d.preopened.empty()) add("preopened", M::make_binary(as_bytes(d.preopened)));
  if (d.same_as >= 0) add("same-as", M::make_integer(d.same_as));
  if (d.file_of >= 0) add("file-of", M::make_integer(d.file_of));
  else if (d.removed && d.directory) add("removed", M::make_bool(true));
  else if (d.removed) add("content", M::make_binary(view_of(content)));
  if (d.closed) add("closed", M::make_bool(true));
  return M::make_map(std::move(entries));
}

/// The rights that go without saying.
constexpr file_rights default_rights(file_type type, bool terminal, bool input) noexcept {
  if (terminal) return stream_rights | rights_of(input ? file_right::fd_read : file_right::fd_write);
  return type == file_type::directory ? directory_rights : regular_file_rights;
}

/// Those that anything of a type can have, however it was opened. POSIX programs rewind directories.
constexpr file_rights possible_rights(file_type type) noexcept {
  const file_rights rewinding = rights_of(file_right::fd_seek, file_right::fd_tell);
  return type == file_type::directory ? directory_rights | rewinding : regular_file_rights;
}

/// A file that presents itself as a terminal.
inline bool is_terminal_name(std::string_view path) noexcept {
  return path == "/dev/stdin" || path == "/dev/stdout" || path == "/dev/stderr";
}

}  // namespace wasm64::detail
