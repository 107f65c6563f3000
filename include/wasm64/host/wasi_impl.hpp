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

  static bool entry(void* environment, caller& from, word* slots) {
    const wasi_binding& self = *static_cast<const wasi_binding*>(environment);
    slots[0] = static_cast<word>(self.function(wasi_call(*self.context, from, slots, self.memory64)));
    pay_for_work(*self.context, from.vm());
    return true;
  }
  static bool exit(void* environment, caller& from, word* slots) {
    return from.end(wasi_proc_exit(*static_cast<const wasi_binding*>(environment)->context, slots));
  }
  static bool raise(void* environment, caller& from, word* slots) {
    return from.end(wasi_proc_raise(*static_cast<const wasi_binding*>(environment)->context, slots));
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

inline func_type wasi_exit_type(bool raises) {
  func_type type = wasi_type("i", false);
  if (!raises) type.results.clear();
  return type;
}

/// The function of that name; one without an entry when preview 1 has none.
inline host_function find_wasi(std::string_view name, bool memory64, wasi_context& context) {
  if (name == "proc_exit" || name == "proc_raise") {
    const bool raises = name == "proc_raise";
    return bind_wasi({&context, nullptr, memory64}, wasi_exit_type(raises),
                     raises ? wasi_binding::raise : wasi_binding::exit);
  }
  for (const wasi_row& row : wasi_rows) {
    if (row.name == name) return bind_wasi({&context, row.function, memory64}, wasi_type(row.params, memory64));
  }
  return {};
}

}  // namespace wasm64::detail

namespace wasm64 {

WASM64_INLINE result<func_type> wasi_type(std::string_view function, bool memory64) {
  if (function == "proc_exit" || function == "proc_raise") return detail::wasi_exit_type(function == "proc_raise");
  for (const detail::wasi_row& row : detail::wasi_rows) {
    if (row.name == function) return detail::wasi_type(row.params, memory64);
  }
  return fail(errc::unknown_import, std::string(function));
}

WASM64_INLINE result<void> call_wasi(std::string_view function, wasi_context& context, memory_instance* memory,
                                     std::span<word> slots) {
  if (function == "proc_exit") return detail::wasi_proc_exit(context, slots.data());
  if (function == "proc_raise") return detail::wasi_proc_raise(context, slots.data());
  const bool memory64 = memory != nullptr && memory->type.limits.is_64;
  for (const detail::wasi_row& row : detail::wasi_rows) {
    if (row.name != function) continue;
    const detail::wasi_call call(context, memory, slots.data(), memory64);
    slots[0] = static_cast<word>(row.function(call));
    context.work = 0;  // there is no fuel to take it from
    return success();
  }
  return fail(errc::unknown_import, std::string(function));
}

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
