#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "wasm64/host/file_tree.hpp"

namespace wasm64 {

class wasi_context;

/// A file that is open: what descriptors stand for. Descriptors that were duplicated share one, with its position.
struct open_file {
  static constexpr std::uint32_t no_stream = 3;

  file_id node = no_file;            ///< none for a standard stream
  std::uint32_t stream = no_stream;  ///< 0, 1, 2: input, output, errors of the context
  bool terminal = false;             ///< a node that presents itself as a character device
  std::uint64_t offset = 0;
  std::uint16_t flags = 0;
  file_rights base = 0;
  file_rights inheriting = 0;
  std::string preopened;  ///< the name of a directory that is open from the start; else empty
};

/// The files, directories and descriptors of a program, in memory: nothing of the machine's is ever touched. Everything
/// is deterministic. Functions answer an error number; what they were asked for is in the last arguments, which are
/// left alone on failure.
///
/// Whether something is allowed is a matter of rights, as WASI has them: a missing right to read or write is `badf`,
/// any other `notcapable`. Descriptors with `all_file_rights` behave as POSIX has it.
class virtual_files {
 public:
  /// Descriptors 0, 1 and 2 are the streams of `host`; the clock is its, too.
  virtual_files(wasi_context& host, const file_limits& limits);
  ~virtual_files();
  virtual_files(const virtual_files&) = delete;
  virtual_files& operator=(const virtual_files&) = delete;

  // Descriptors.
  wasi_errno open(const file_path& path, const open_options& how, std::uint32_t& fd);
  wasi_errno close(std::uint32_t fd);
  /// Gives `from` the number `to`, which must be open; what it was is closed.
  wasi_errno renumber(std::uint32_t from, std::uint32_t to);
  /// A second descriptor for the same open file, the lowest free one from `least` on.
  wasi_errno duplicate(std::uint32_t fd, std::uint32_t least, std::uint32_t& made);
  /// The same with the number `to`, which is closed first.
  wasi_errno duplicate_to(std::uint32_t fd, std::uint32_t to);
  /// Opens a directory under the lowest free number from 3 on, for the program to find under `name`.
  wasi_errno preopen(std::string_view directory, std::string_view name, std::uint32_t& fd);
  wasi_errno preopened_name(std::uint32_t fd, std::string_view& name) const;
  wasi_errno status(std::uint32_t fd, fd_stat& answer) const;
  wasi_errno set_flags(std::uint32_t fd, std::uint16_t flags);
  /// Takes rights away; fails with `notcapable` for new ones.
  wasi_errno set_rights(std::uint32_t fd, file_rights base, file_rights inheriting);
  /// `badf`, or `notcapable` without the right.
  wasi_errno check(std::uint32_t fd, file_right right) const { return check_rights(fd, rights_of(right)); }

  // Content. Streams have no position; reading and writing at one is for regular files.
  wasi_errno read(std::uint32_t fd, std::span<std::uint8_t> into, std::size_t& count);
  wasi_errno write(std::uint32_t fd, bytes_view bytes, std::size_t& count);
  wasi_errno read_at(std::uint32_t fd, std::uint64_t at, std::span<std::uint8_t> into, std::size_t& count);
  wasi_errno write_at(std::uint32_t fd, std::uint64_t at, bytes_view bytes, std::size_t& count);
  wasi_errno seek(std::uint32_t fd, std::int64_t by, seek_from from, std::uint64_t& position);
  wasi_errno tell(std::uint32_t fd, std::uint64_t& position) const;
  wasi_errno advise(std::uint32_t fd, std::uint64_t at, std::uint64_t size, std::uint8_t advice) const;
  /// Makes a file at least as large as the range needs.
  wasi_errno allocate(std::uint32_t fd, std::uint64_t at, std::uint64_t size);
  wasi_errno set_size(std::uint32_t fd, std::uint64_t size);
  wasi_errno set_size_at(const file_path& path, std::uint64_t size);
  /// Bytes that can be read now, or 0.
  wasi_errno readable(std::uint32_t fd, std::uint64_t& bytes) const;

  // Attributes.
  wasi_errno stat(std::uint32_t fd, file_stat& answer) const;
  wasi_errno stat_at(const file_path& path, file_stat& answer);
  wasi_errno set_times(std::uint32_t fd, const file_times_change& change);
  wasi_errno set_times_at(const file_path& path, const file_times_change& change);

  // Names.
  wasi_errno make_directory(const file_path& path);
  wasi_errno remove_directory(const file_path& path);
  wasi_errno unlink(const file_path& path);
  wasi_errno rename(const file_path& from, const file_path& to);
  /// A second name for a file; `from.follow` says whether that of a link means what it points to.
  wasi_errno link(const file_path& from, const file_path& to);
  wasi_errno symlink(std::string_view target, const file_path& path);
  wasi_errno read_link(const file_path& path, std::string& target);
  /// The entry behind a cookie; `found` is false at the end. The first two are "." and "..".
  wasi_errno next_entry(std::uint32_t fd, std::uint64_t cookie, directory_entry& entry, bool& found);

  // The working directory, where paths without a descriptor begin. The root at first.
  wasi_errno change_directory(const file_path& path);
  wasi_errno change_directory(std::uint32_t fd);
  /// Empty when it has been removed.
  std::string working_directory() { return tree_.path_of(working_directory_); }
  /// Of what a descriptor stands for; empty for streams and for what has no name any more.
  std::string path_of(std::uint32_t fd);

  // For the host: whole files by absolute path, without rights.
  /// Makes the directories on the way; replaces what the file had.
  wasi_errno put_file(std::string_view path, bytes_view content);
  wasi_errno get_file(std::string_view path, byte_vector& content);

  /// Starts over with what `origin` has, without descriptors. For those who keep files elsewhere.
  void reset(std::shared_ptr<const file_origin> origin);
  /// Opens the streams of the host as descriptors 0, 1 and 2.
  void open_streams();
  /// Puts an open file in the place of a descriptor, which must be below the limit; for them, too.
  void install(std::uint32_t fd, std::shared_ptr<open_file> file);
  wasi_errno enter_directory(file_id directory);
  file_tree& tree() noexcept { return tree_; }
  std::span<const std::shared_ptr<open_file>> descriptors() const noexcept { return {open_.data(), open_.size()}; }
  const file_limits& limits() const noexcept { return limits_; }

 private:
  /// What a path has led to.
  struct target {
    file_id directory = no_file;  ///< that the name is in; none for "." and "..", and for the root
    std::string name;
    file_id node = no_file;  ///< none if there is nothing of that name
    bool needs_directory = false;  ///< the path ends with a slash
  };

  open_file* at(std::uint32_t fd) const noexcept { return fd < open_.size() ? open_[fd].get() : nullptr; }
  wasi_errno check_rights(std::uint32_t fd, file_rights rights) const;
  wasi_errno check_regular(std::uint32_t fd, file_rights rights) const;
  wasi_errno check_text(std::string_view text) const;
  wasi_errno resolve(const file_path& path, file_rights rights, target& found);
  wasi_errno start(const file_path& path, file_rights rights, file_id& directory) const;
  wasi_errno check_new(const target& t) const;
  wasi_errno add(file_type type, const target& where, file_id& made);
  wasi_errno lowest_free(std::uint32_t least, std::uint32_t& fd) const;
  void drop(std::shared_ptr<open_file>& file);
  void fill(file_id id, file_stat& answer) const;
  wasi_errno change_times(file_id id, const file_times_change& change);
  void touch_content(file_id id);
  void touch_directory(file_id id);
  file_times now() const;

  wasi_context& host_;
  const file_limits limits_;
  file_tree tree_;
  vector<std::shared_ptr<open_file>> open_;
  file_id working_directory_ = file_tree::root;
};

}  // namespace wasm64

#include "wasm64/host/wasi_context.hpp"
