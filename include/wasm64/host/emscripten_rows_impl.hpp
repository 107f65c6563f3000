#pragma once

#include "wasm64/host/emscripten_files_impl.hpp"
#include "wasm64/host/emscripten_process_impl.hpp"
#include "wasm64/host/emscripten_time_impl.hpp"

namespace wasm64::detail {

/// Of rows with one name the first that fits the import is meant.
inline constexpr emscripten_row emscripten_rows[] = {
    {"_emscripten_memcpy_js", "ppp", 'i', emscripten_memcpy},
    {"emscripten_memcpy_js", "ppp", 'i', emscripten_memcpy},
    {"emscripten_memcpy_big", "ppp", 'i', emscripten_memcpy},
    {"emscripten_resize_heap", "p", 'i', emscripten_resize_heap},
    {"emscripten_get_heap_max", "", 'i', emscripten_get_heap_max},
    {"emscripten_get_heap_size", "", 'i', emscripten_get_heap_size},
    {"emscripten_notify_memory_growth", "p", 'i', emscripten_nothing},
    {"emscripten_notify_memory_growth", "i", 'i', emscripten_nothing},
    {"_emscripten_runtime_keepalive_clear", "", 'i', emscripten_nothing},
    {"abort", "", 'i', emscripten_abort},
    {"_abort_js", "", 'i', emscripten_abort},
    {"__cxa_call_unexpected", "p", 'i', emscripten_unexpected},
    {"__assert_fail", "ppip", 'i', emscripten_assert_fail},
    {"exit", "i", 'i', emscripten_exit},
    {"_exit", "i", 'i', emscripten_exit},
    {"emscripten_force_exit", "i", 'i', emscripten_exit},
    {"_emscripten_system", "p", 'i', emscripten_system},
    {"system", "p", 'i', emscripten_system},
    {"getentropy", "pp", 'i', emscripten_getentropy},
    {"metering_gasUsed", "", 'i', emscripten_fuel_used},
    {"emscripten_out", "p", 'i', emscripten_console<1>},
    {"emscripten_err", "p", 'i', emscripten_console<2>},
    {"emscripten_dbg", "p", 'i', emscripten_console<2>},
    {"emscripten_console_log", "p", 'i', emscripten_console<1>},
    {"emscripten_console_warn", "p", 'i', emscripten_console<2>},
    {"emscripten_console_error", "p", 'i', emscripten_console<2>},
    {"emscripten_console_trace", "p", 'i', emscripten_console<2>},
    {"_emscripten_out", "p", 'i', emscripten_console<1>},
    {"_emscripten_err", "p", 'i', emscripten_console<2>},

    {"emscripten_date_now", "", 'd', emscripten_date_now},
    {"_emscripten_date_now", "", 'd', emscripten_date_now},
    {"emscripten_get_now", "", 'd', emscripten_get_now},
    {"_emscripten_get_now", "", 'd', emscripten_get_now},
    {"emscripten_get_now_res", "", 'd', emscripten_get_now_res},
    {"_emscripten_get_now_is_monotonic", "", 'i', emscripten_one},
    {"_gmtime_js", "lp", 'i', emscripten_calendar<false>},
    {"_gmtime_js", "pp", 'i', emscripten_calendar_at<false>},
    {"_localtime_js", "lp", 'i', emscripten_calendar<true>},
    {"_localtime_js", "pp", 'i', emscripten_calendar_at<true>},
    {"_mktime_js", "p", 'i', emscripten_make_time<true>},
    {"_timegm_js", "p", 'i', emscripten_make_time<false>},
    {"_tzset_js", "pppp", 'i', emscripten_set_zone},
    {"strftime", "pppp", 'i', emscripten_strftime},
    {"strftime_l", "ppppp", 'i', emscripten_strftime},

    {"__syscall_openat", "ipip", 'i', emscripten_openat},
    {"__syscall_open", "pip", 'i', emscripten_open},
    {"__syscall_unlinkat", "ipi", 'i', emscripten_unlinkat},
    {"__syscall_unlink", "p", 'i', emscripten_name<&virtual_files::unlink, false>},
    {"__syscall_rmdir", "p", 'i', emscripten_name<&virtual_files::remove_directory, false>},
    {"__syscall_mkdirat", "ipi", 'i', emscripten_name<&virtual_files::make_directory, true>},
    {"__syscall_mkdir", "pi", 'i', emscripten_name<&virtual_files::make_directory, false>},
    {"__syscall_renameat", "ipip", 'i', emscripten_names<&virtual_files::rename, true>},
    {"__syscall_rename", "pp", 'i', emscripten_names<&virtual_files::rename, false>},
    {"__syscall_linkat", "ipipi", 'i', emscripten_names<&virtual_files::link, true>},
    {"__syscall_symlinkat", "pip", 'i', emscripten_symlink<true>},
    {"__syscall_symlink", "pp", 'i', emscripten_symlink<false>},
    {"__syscall_readlinkat", "ippp", 'i', emscripten_readlink<true>},
    {"__syscall_readlink", "ppp", 'i', emscripten_readlink<false>},
    {"__syscall_chdir", "p", 'i', emscripten_chdir},
    {"__syscall_fchdir", "i", 'i', emscripten_fchdir},
    {"__syscall_getcwd", "pp", 'i', emscripten_getcwd},
    {"__syscall_stat64", "pp", 'i', emscripten_stat<true>},
    {"__syscall_lstat64", "pp", 'i', emscripten_stat<false>},
    {"__syscall_fstat64", "ip", 'i', emscripten_fstat},
    {"__syscall_newfstatat", "ippi", 'i', emscripten_fstatat},
    {"__syscall_fstatat64", "ippi", 'i', emscripten_fstatat},
    {"__syscall_faccessat", "ipii", 'i', emscripten_access<true>},
    {"__syscall_access", "pi", 'i', emscripten_access<false>},
    {"__syscall_chmod", "pi", 'i', emscripten_change_path},
    {"__syscall_fchmod", "ii", 'i', emscripten_change_fd},
    {"__syscall_fchmodat", "ipip", 'i', emscripten_change_at},
    {"__syscall_fchmodat2", "ipii", 'i', emscripten_change_at},
    {"__syscall_fchown32", "iii", 'i', emscripten_change_fd},
    {"__syscall_fchownat", "ipiii", 'i', emscripten_change_at},
    {"__syscall_utimensat", "ippi", 'i', emscripten_utimensat},
    {"__syscall_getdents64", "ipp", 'i', emscripten_getdents},
    {"__syscall_dup", "i", 'i', emscripten_dup},
    {"__syscall_dup3", "iii", 'i', emscripten_dup3},
    {"__syscall_fcntl64", "iip", 'i', emscripten_fcntl},
    {"__syscall_ioctl", "iip", 'i', emscripten_ioctl},
    {"__syscall_truncate64", "pl", 'i', emscripten_truncate},
    {"__syscall_ftruncate64", "il", 'i', emscripten_ftruncate},
    {"__syscall_fallocate", "iill", 'i', emscripten_fallocate},
    {"__syscall_fadvise64", "illi", 'i', emscripten_fadvise},
    {"__syscall_fdatasync", "i", 'i', emscripten_fdatasync},
    {"__syscall_poll", "pii", 'i', emscripten_poll},
    {"__syscall_getuid32", "", 'i', emscripten_nothing},
    {"__syscall_geteuid32", "", 'i', emscripten_nothing},
    {"__syscall_getgid32", "", 'i', emscripten_nothing},
    {"__syscall_getegid32", "", 'i', emscripten_nothing},
};

/// How many slots of a call a letter takes from position `at` of an import's parameters on; 0 if it does not fit.
inline std::size_t emscripten_width(char letter, const func_type& imported, std::size_t at, bool memory64) {
  if (at >= imported.params.size()) return 0;
  const val_type t = imported.params[at];
  if (letter == 'l') {
    if (t == types::i64) return 1;
    const bool pair = !memory64 && t == types::i32 && at + 1 < imported.params.size();
    return pair && imported.params[at + 1] == types::i32 ? 2 : 0;
  }
  return t == (letter == 'p' && memory64 ? types::i64 : types::i32) ? 1 : 0;
}

inline bool emscripten_fits(const emscripten_row& row, const func_type& imported, bool memory64) {
  std::size_t at = 0;
  for (const char* letter = row.params; *letter != '\0'; ++letter) {
    const std::size_t width = emscripten_width(*letter, imported, at, memory64);
    if (width == 0) return false;
    at += width;
  }
  if (at != imported.params.size() || imported.results.size() > 1) return false;
  if (row.answer == 'd') return imported.results.size() == 1 && imported.results[0] == types::f64;
  return imported.results.empty() || imported.results[0] == types::i32 || imported.results[0] == types::i64;
}

/// A function of the table, bound to a program.
struct emscripten_bound {
  emscripten_context* context;
  const emscripten_row* row;
  func_type type;
  bool memory64;
  bool old;

  static bool entry(void* environment, caller& from, word* slots) {
    const emscripten_bound& self = *static_cast<const emscripten_bound*>(environment);
    word arguments[8] = {};
    std::size_t at = 0;
    for (std::size_t n = 0; self.row->params[n] != '\0'; ++n) {
      const std::size_t width = emscripten_width(self.row->params[n], self.type, at, self.memory64);
      arguments[n] = slots[at];
      if (width == 2) arguments[n] |= slots[at + 1] << 32;
      at += width;
    }
    emscripten_answer done =
        self.row->function(emscripten_call(*self.context, from, arguments, self.memory64, self.old));
    pay_for_work(self.context->host, from.vm());
    if (!done.has_value()) return from.fail(std::move(done).assume_error());
    if (self.type.results.empty()) return true;
    const auto bits = static_cast<std::uint64_t>(done.assume_value());
    slots[0] = self.type.results[0] == types::i32 ? bits & UINT32_MAX : bits;
    return true;
  }
};

/// Whether a program is of a version before 3.1.42. Nothing says so; what comes closest is a function that was renamed
/// soon after, unless a 32-bit program passes times as later versions do.
inline bool is_old_emscripten(const module& m, bool memory64) {
  bool found = false;
  for (const import_desc& i : m.imports) {
    if (i.kind != extern_kind::func || i.module != "env") continue;
    const vector<val_type>& params = m.types[i.func_type].func.params;
    if (i.name == "emscripten_memcpy_big") found = true;
    if (!memory64 && (i.name == "_localtime_js" || i.name == "_gmtime_js"))
      return params.size() == 2 && params[0] == types::i32;
  }
  return found;
}

/// The function for an import; one without an entry when there is none.
inline host_function find_emscripten(std::string_view name, const func_type& imported, bool memory64, bool old,
                                     emscripten_context& context) {
  static constexpr emscripten_row not_offered{"", "", 'i', emscripten_nosys};
  const emscripten_row* found = nullptr;
  std::string current(name);
  if (name.starts_with("__sys_")) current.replace(0, 6, "__syscall_");  // until 2.0
  for (const emscripten_row& row : emscripten_rows) {
    if (row.name != current || !emscripten_fits(row, imported, memory64)) continue;
    found = &row;
    // A 64-bit program passes times and addresses alike, so the second of such rows is that of old ones.
    if (!(old && memory64 && row.params[0] == 'l')) break;
  }
  if (found == nullptr && current.starts_with("__syscall_") && imported.results.size() == 1 &&
      imported.results[0] == types::i32) {
    found = &not_offered;
  }
  if (found == nullptr) return {};
  return {imported, emscripten_bound::entry,
          std::make_shared<emscripten_bound>(emscripten_bound{&context, found, imported, memory64, old})};
}

}  // namespace wasm64::detail
