#pragma once

#include <algorithm>

#include "wasm64/host/wasi.hpp"
#include "wasm64/host/wasi_files_impl.hpp"
#include "wasm64/host/wasi_paths_impl.hpp"
#include "wasm64/host/wasi_poll_impl.hpp"
#include "wasm64/host/wasi_process_impl.hpp"

namespace wasm64::detail {

/// One function of preview 1. Parameters by letters: i is i32, l is i64, p is a pointer or size.
struct wasi_row {
  std::string_view name;
  const char* params;
  wasi_function function;
};

inline constexpr wasi_row wasi_rows[] = {
    {"args_get", "pp", wasi_args_get},
    {"args_sizes_get", "pp", wasi_args_sizes_get},
    {"environ_get", "pp", wasi_environ_get},
    {"environ_sizes_get", "pp", wasi_environ_sizes_get},
    {"clock_res_get", "ip", wasi_clock_res_get},
    {"clock_time_get", "ilp", wasi_clock_time_get},
    {"fd_advise", "illi", wasi_fd_advise},
    {"fd_allocate", "ill", wasi_fd_allocate},
    {"fd_close", "i", wasi_fd_close},
    {"fd_datasync", "i", wasi_fd_datasync},
    {"fd_fdstat_get", "ip", wasi_fd_fdstat_get},
    {"fd_fdstat_set_flags", "ii", wasi_fd_fdstat_set_flags},
    {"fd_fdstat_set_rights", "ill", wasi_fd_fdstat_set_rights},
    {"fd_filestat_get", "ip", wasi_fd_filestat_get},
    {"fd_filestat_set_size", "il", wasi_fd_filestat_set_size},
    {"fd_filestat_set_times", "illi", wasi_fd_filestat_set_times},
    {"fd_pread", "ipplp", wasi_fd_pread},
    {"fd_prestat_get", "ip", wasi_fd_prestat_get},
    {"fd_prestat_dir_name", "ipp", wasi_fd_prestat_dir_name},
    {"fd_pwrite", "ipplp", wasi_fd_pwrite},
    {"fd_read", "ippp", wasi_fd_read},
    {"fd_readdir", "ipplp", wasi_fd_readdir},
    {"fd_renumber", "ii", wasi_fd_renumber},
    {"fd_seek", "ilip", wasi_fd_seek},
    {"fd_sync", "i", wasi_fd_sync},
    {"fd_tell", "ip", wasi_fd_tell},
    {"fd_write", "ippp", wasi_fd_write},
    {"path_create_directory", "ipp", wasi_path<&virtual_files::make_directory>},
    {"path_filestat_get", "iippp", wasi_path_filestat_get},
    {"path_filestat_set_times", "iipplli", wasi_path_filestat_set_times},
    {"path_link", "iippipp", wasi_path_link},
    {"path_open", "iippillip", wasi_path_open},
    {"path_readlink", "ippppp", wasi_path_readlink},
    {"path_remove_directory", "ipp", wasi_path<&virtual_files::remove_directory>},
    {"path_rename", "ippipp", wasi_path_rename},
    {"path_symlink", "ppipp", wasi_path_symlink},
    {"path_unlink_file", "ipp", wasi_path<&virtual_files::unlink>},
    {"poll_oneoff", "pppp", wasi_poll_oneoff},
    {"random_get", "pp", wasi_random_get},
    {"sched_yield", "", wasi_sched_yield},
    {"sock_accept", "iip", wasi_sock},
    {"sock_recv", "ippipp", wasi_sock},
    {"sock_send", "ippip", wasi_sock},
    {"sock_shutdown", "ii", wasi_sock},
};

/// What a function needs at its calls.
struct wasi_binding {
  wasi_context* context;
  wasi_function function;
  bool memory64;

  static result<void> entry(void* environment, caller& from, word* slots) {
    const wasi_binding& self = *static_cast<const wasi_binding*>(environment);
    slots[0] = static_cast<word>(self.function(wasi_call(*self.context, from, slots, self.memory64)));
    return success();
  }
  /// proc_exit(code)
  static result<void> exit(void* environment, caller&, word* slots) {
    wasi_context& context = *static_cast<const wasi_binding*>(environment)->context;
    context.exited = true;
    context.exit_code = static_cast<std::uint32_t>(slots[0]);
    return fail(errc::trap_exit, "code " + std::to_string(context.exit_code));
  }
  /// proc_raise(signal): ends the program where that is what the signal does, with the code that shells give it.
  static result<void> raise(void* environment, caller& from, word* slots) {
    constexpr std::uint32_t ignored = 1u << 0 | 1u << 16 | 1u << 17 | 1u << 22 | 1u << 27;  // none chld cont urg winch
    constexpr std::uint32_t stopping = 1u << 18 | 1u << 19 | 1u << 20 | 1u << 21;  // stop tstp ttin ttou
    constexpr std::uint32_t last = 30;
    const auto signal = static_cast<std::uint32_t>(slots[0]);
    wasi_errno answer = wasi_errno::success;
    if (signal > last) answer = wasi_errno::inval;
    else if ((stopping >> signal & 1) != 0) answer = wasi_errno::notsup;
    else if ((ignored >> signal & 1) == 0) {
      slots[0] = 128 + signal;
      return exit(environment, from, slots);
    }
    slots[0] = static_cast<word>(answer);
    return success();
  }
};

inline host_function bind_wasi(const wasi_binding& b, func_type type, host_entry entry = wasi_binding::entry) {
  return {std::move(type), entry, std::make_shared<wasi_binding>(b)};
}

inline func_type wasi_type(const char* params, bool memory64) {
  func_type type;
  for (; *params != '\0'; ++params) {
    type.params.push_back(*params == 'l' || (*params == 'p' && memory64) ? types::i64 : types::i32);
  }
  type.results.push_back(types::i32);
  return type;
}

/// The function of that name; one without an entry when preview 1 has none.
inline host_function find_wasi(std::string_view name, bool memory64, wasi_context& context) {
  if (name == "proc_exit" || name == "proc_raise") {
    const bool raises = name == "proc_raise";
    func_type type = wasi_type("i", memory64);
    if (!raises) type.results.clear();
    return bind_wasi({&context, nullptr, memory64}, std::move(type), raises ? wasi_binding::raise : wasi_binding::exit);
  }
  for (const wasi_row& row : wasi_rows) {
    if (row.name == name) return bind_wasi({&context, row.function, memory64}, wasi_type(row.params, memory64));
  }
  return {};
}

}  // namespace wasm64::detail

namespace wasm64 {

WASM64_INLINE void define_wasi(linker& to, const module& m, wasi_context& context) {
  constexpr std::string_view name = "wasi_snapshot_preview1";
  const bool memory64 = !m.memories.empty() && m.memories[0].limits.is_64;
  for (const import_desc& i : m.imports) {
    if (i.kind != extern_kind::func || i.module != name || to.find(i.module, i.name) != nullptr) continue;
    host_function f = detail::find_wasi(i.name, memory64, context);
    if (f.entry != nullptr) to.define(i.module, i.name, std::move(f));
  }
}

}  // namespace wasm64
