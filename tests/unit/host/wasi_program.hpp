#pragma once

#include <initializer_list>
#include <map>
#include <string>

#include "tests/support/catch.hpp"
#include "wasm64/host/wasi.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/wasm64.hpp"

namespace wasm64 {

/// A module that passes its arguments on to any WASI function for files, with short forms for what tests do often.
/// Texts are put at `text_at` in its memory, answers at `answer_at`, buffers at `buffer_at`.
class wasi_program {
 public:
  static constexpr std::uint64_t memory_size = 4 * 65536;
  static constexpr std::uint64_t answer_at = 64, list_at = 256, text_at = 1024, other_text_at = 8192, buffer_at = 65536;
  static constexpr std::uint64_t root = 3;
  static constexpr std::uint64_t create = 1, directory = 2, exclusive = 4, truncate = 8;
  static constexpr std::uint64_t all_rights = (1u << 29) - 1;
  static constexpr std::uint64_t read = 2, seek = 4, tell = 32, write = 64;

  wasi_program(bool memory64, wasi_context& context) : memory64_(memory64) {
    const std::string address = memory64 ? "i64" : "i32";
    std::string imports, exports;
    for (const auto& [name, params] : functions()) {
      std::string types, gets;
      for (std::size_t i = 0; i < params.size(); ++i) {
        types += params[i] == 'i' ? " i32" : params[i] == 'l' ? " i64" : " " + address;
        gets += " local.get " + std::to_string(i);
      }
      const std::string type = "(param" + types + ") (result i32)";
      imports += "(import \"wasi_snapshot_preview1\" \"" + name + "\" (func $" + name + " " + type + "))\n";
      exports += "(func (export \"" + name + "\") " + type + gets + " call $" + name + ")\n";
    }
    const std::string source = "(module " + imports + "(memory " + address + " 4)" + exports + ")";
    const auto compiled = compile(view_of(text::parse_module(source).value()));
    REQUIRE(compiled.has_value());
    linker linked;
    define_wasi(linked, *compiled.value(), context);
    instance_ = store_.instantiate(compiled.value(), linked).value();
  }

  /// The errno that a function answers.
  int call(const std::string& name, std::initializer_list<std::uint64_t> arguments) {
    const func_instance& f = *instance_->exported_func(name);
    vector<value> values, results;
    for (const std::uint64_t a : arguments) values.push_back({f.type->params[values.size()], a, 0});
    REQUIRE(store_.call(f, view_of(values), results).has_value());
    return results[0].as_i32();
  }

  // Memory.
  std::uint64_t width() const { return memory64_ ? 8 : 4; }
  std::uint8_t* at(std::uint64_t address) { return instance_->memory(0)->base + address; }
  std::uint64_t size_at(std::uint64_t address) {
    return memory64_ ? load_le<std::uint64_t>(at(address)) : load_le<std::uint32_t>(at(address));
  }
  template <class T = std::uint64_t>
  T load(std::uint64_t address) {
    return load_le<T>(at(address));
  }
  std::uint64_t put(std::string_view text, std::uint64_t address = text_at) {
    std::memcpy(at(address), text.data(), text.size());
    return address;
  }
  std::string text(std::uint64_t address, std::uint64_t size) {
    return {reinterpret_cast<const char*>(at(address)), static_cast<std::size_t>(size)};
  }
  void put_buffers(std::initializer_list<std::uint64_t> fields) {
    std::uint64_t address = list_at;
    for (const std::uint64_t f : fields) {
      std::memcpy(at(address), &f, width());
      address += width();
    }
  }

  // Short forms. They answer errnos; what else there is stands in members.
  int open(std::uint64_t from, std::string_view path, std::uint64_t how = 0, std::uint64_t base = 0,
           std::uint64_t inheriting = 0, std::uint64_t flags = 0, bool follow = false) {
    const int e = call("path_open", {from, follow, put(path), path.size(), how, base, inheriting, flags, answer_at});
    if (e == 0) fd = load<std::uint32_t>(answer_at);
    return e;
  }
  /// Opens a file with everything that can be done with one; the descriptor.
  std::uint64_t file(std::string_view path, std::uint64_t how = create, std::uint64_t flags = 0) {
    REQUIRE(open(root, path, how, regular_file_rights, 0, flags) == 0);
    return fd;
  }
  int close(std::uint64_t from) { return call("fd_close", {from}); }
  int on_path(const std::string& function, std::string_view path, std::uint64_t from = root) {
    return call(function, {from, put(path), path.size()});
  }
  int make_directory(std::string_view path) { return on_path("path_create_directory", path); }
  int remove_directory(std::string_view path) { return on_path("path_remove_directory", path); }
  int unlink(std::string_view path) { return on_path("path_unlink_file", path); }
  int write_text(std::uint64_t to, std::string_view content) {
    put(content, buffer_at);
    put_buffers({buffer_at, content.size()});
    const int e = call("fd_write", {to, list_at, 1, answer_at});
    if (e == 0) count = size_at(answer_at);
    return e;
  }
  int read_text(std::uint64_t from, std::uint64_t most) {
    put_buffers({buffer_at, most});
    const int e = call("fd_read", {from, list_at, 1, answer_at});
    if (e == 0) got = text(buffer_at, count = size_at(answer_at));
    return e;
  }
  int seek_to(std::uint64_t in, std::int64_t by, std::uint64_t whence = 0) {
    const int e = call("fd_seek", {in, static_cast<std::uint64_t>(by), whence, answer_at});
    if (e == 0) count = load(answer_at);
    return e;
  }
  int stat(std::string_view path, bool follow = false) {
    return call("path_filestat_get", {root, follow, put(path), path.size(), answer_at});
  }
  int symlink(std::string_view target, std::string_view path) {
    return call("path_symlink", {put(target, other_text_at), target.size(), root, put(path), path.size()});
  }
  int rename(std::string_view from, std::string_view to) {
    return call("path_rename", {root, put(from), from.size(), root, put(to, other_text_at), to.size()});
  }
  int link(std::string_view from, std::string_view to, bool follow = false) {
    return call("path_link", {root, follow, put(from), from.size(), root, put(to, other_text_at), to.size()});
  }
  // Fields of a stat at `answer_at`.
  std::uint64_t stat_number() { return load(answer_at + 8); }
  int stat_type() { return *at(answer_at + 16); }
  std::uint64_t stat_links() { return load(answer_at + 24); }
  std::uint64_t stat_size() { return load(answer_at + 32); }

  std::uint64_t fd = 0;     ///< what was opened last
  std::uint64_t count = 0;  ///< bytes or position of the last operation
  std::string got;          ///< what was read last

 private:
  static const std::map<std::string, std::string>& functions() {
    static const std::map<std::string, std::string> all = {
        {"fd_advise", "illi"},
        {"fd_allocate", "ill"},
        {"fd_close", "i"},
        {"fd_datasync", "i"},
        {"fd_fdstat_get", "ip"},
        {"fd_fdstat_set_flags", "ii"},
        {"fd_fdstat_set_rights", "ill"},
        {"fd_filestat_get", "ip"},
        {"fd_filestat_set_size", "il"},
        {"fd_filestat_set_times", "illi"},
        {"fd_pread", "ipplp"},
        {"fd_prestat_get", "ip"},
        {"fd_prestat_dir_name", "ipp"},
        {"fd_pwrite", "ipplp"},
        {"fd_read", "ippp"},
        {"fd_readdir", "ipplp"},
        {"fd_renumber", "ii"},
        {"fd_seek", "ilip"},
        {"fd_sync", "i"},
        {"fd_tell", "ip"},
        {"fd_write", "ippp"},
        {"path_create_directory", "ipp"},
        {"path_filestat_get", "iippp"},
        {"path_filestat_set_times", "iipplli"},
        {"path_link", "iippipp"},
        {"path_open", "iippillip"},
        {"path_readlink", "ippppp"},
        {"path_remove_directory", "ipp"},
        {"path_rename", "ippipp"},
        {"path_symlink", "ppipp"},
        {"path_unlink_file", "ipp"},
        {"poll_oneoff", "pppp"},
        {"proc_raise", "i"},
        {"sock_accept", "iip"},
        {"sock_recv", "ippipp"},
        {"sock_send", "ippip"},
        {"sock_shutdown", "ii"},
    };
    return all;
  }

  bool memory64_;
  wasm64::store<> store_;
  instance* instance_ = nullptr;
};

/// A context whose program finds the root open.
struct wasi_context_with_root : wasi_context {
  wasi_context_with_root() { preopen_root = true; }
};

/// Numbers of errors, as programs see them.
namespace wasi_errors {
inline constexpr int ok = 0, badf = 8, exist = 20, fault = 21, fbig = 22, ilseq = 25, inval = 28, isdir = 31, loop = 32;
inline constexpr int mfile = 33, mlink = 34, nametoolong = 37, noent = 44, nospc = 51, notdir = 54, notempty = 55;
inline constexpr int notsock = 57, notsup = 58, perm = 63, spipe = 70, notcapable = 76, busy = 10;
}  // namespace wasi_errors

}  // namespace wasm64
