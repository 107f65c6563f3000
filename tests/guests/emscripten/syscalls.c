// System calls as newer Emscripten versions import them: musl 1.2.2 of 3.1.6 passes everything as long, and knows older
// calls for paths.
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>

#define HOST(result, name, ...) \
  __attribute__((import_module("env"), import_name("__syscall_" #name))) result host_##name(__VA_ARGS__)

HOST(int, openat, int folder, intptr_t path, int flags, void* arguments);
HOST(int, unlinkat, int folder, intptr_t path, int flags);
HOST(int, rmdir, intptr_t path);
HOST(int, renameat, int from_folder, intptr_t from, int to_folder, intptr_t to);
HOST(int, mkdirat, int folder, intptr_t path, int mode);
HOST(int, faccessat, int folder, intptr_t path, int mode, int flags);
HOST(int, stat64, intptr_t path, intptr_t to);
HOST(int, lstat64, intptr_t path, intptr_t to);
HOST(int, fstat64, int fd, intptr_t to);
HOST(int, newfstatat, int folder, intptr_t path, intptr_t to, int flags);
HOST(int, getdents64, int fd, intptr_t to, uintptr_t size);
HOST(int, ftruncate64, int fd, int64_t size);
HOST(int, chdir, intptr_t path);
HOST(int, getcwd, intptr_t to, uintptr_t size);
HOST(int, fcntl64, int fd, int command, void* arguments);
HOST(int, ioctl, int fd, int operation, void* arguments);
HOST(int, dup3, int fd, int to, int flags);
HOST(int, readlinkat, int folder, intptr_t path, intptr_t to, uintptr_t size);

// clang passes the address of its list of variable arguments.
#define LIST(last)                        \
  va_list list;                           \
  va_start(list, last);                   \
  void* const arguments = *(void**)&list; \
  va_end(list)

long __syscall_openat(long folder, long path, long flags, ...) {
  LIST(flags);
  int mode = arguments != 0 && (flags & O_CREAT) != 0 ? (int)*(long*)arguments : 0;
  return host_openat((int)folder, path, (int)flags, &mode);
}
long __syscall_open(long path, long flags, ...) {
  LIST(flags);
  int mode = arguments != 0 && (flags & O_CREAT) != 0 ? (int)*(long*)arguments : 0;
  return host_openat(AT_FDCWD, path, (int)flags, &mode);
}
long __syscall_fcntl64(long fd, long command, ...) {
  LIST(command);
  return host_fcntl64((int)fd, (int)command, arguments);
}
long __syscall_ioctl(long fd, long operation, ...) {
  LIST(operation);
  return host_ioctl((int)fd, (int)operation, arguments);
}
long __syscall_unlinkat(long folder, long path, long flags) { return host_unlinkat((int)folder, path, (int)flags); }
long __syscall_unlink(long path) { return host_unlinkat(AT_FDCWD, path, 0); }
long __syscall_rmdir(long path) { return host_rmdir(path); }
long __syscall_renameat(long from_folder, long from, long to_folder, long to) {
  return host_renameat((int)from_folder, from, (int)to_folder, to);
}
long __syscall_rename(long from, long to) { return host_renameat(AT_FDCWD, from, AT_FDCWD, to); }
long __syscall_mkdirat(long folder, long path, long mode) { return host_mkdirat((int)folder, path, (int)mode); }
long __syscall_mkdir(long path, long mode) { return host_mkdirat(AT_FDCWD, path, (int)mode); }
long __syscall_faccessat(long folder, long path, long mode, long flags) {
  return host_faccessat((int)folder, path, (int)mode, (int)flags);
}
long __syscall_access(long path, long mode) { return host_faccessat(AT_FDCWD, path, (int)mode, 0); }
long __syscall_stat64(long path, long to) { return host_stat64(path, to); }
long __syscall_lstat64(long path, long to) { return host_lstat64(path, to); }
long __syscall_fstat64(long fd, long to) { return host_fstat64((int)fd, to); }
long __syscall_fstatat64(long folder, long path, long to, long flags) {
  return host_newfstatat((int)folder, path, to, (int)flags);
}
long __syscall_getdents64(long fd, long to, long size) { return host_getdents64((int)fd, to, (uintptr_t)size); }
long __syscall_ftruncate64(long fd, long low, long high) {
#if __wasm64__
  (void)high;  // musl means to pass halves, but its long has room for all
  return host_ftruncate64((int)fd, low);
#else
  return host_ftruncate64((int)fd, (int64_t)((uint64_t)(uint32_t)low | (uint64_t)high << 32));
#endif
}
long __syscall_chdir(long path) { return host_chdir(path); }
long __syscall_getcwd(long to, long size) { return host_getcwd(to, (uintptr_t)size); }
long __syscall_dup3(long fd, long to, long flags) { return host_dup3((int)fd, (int)to, (int)flags); }
long __syscall_readlinkat(long folder, long path, long to, long size) {
  return host_readlinkat((int)folder, path, to, (uintptr_t)size);
}
long __syscall_readlink(long path, long to, long size) { return host_readlinkat(AT_FDCWD, path, to, (uintptr_t)size); }
