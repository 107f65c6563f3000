// For programs that need no host but WASI: what musl asks of Emscripten's JavaScript, answered in the program.
#include <errno.h>
#include <stddef.h>
#include <string.h>

int emscripten_resize_heap(size_t wanted) {
  enum { PAGE = 65536 };
  const size_t have = __builtin_wasm_memory_size(0) * PAGE;
  return __builtin_wasm_memory_grow(0, (wanted - have + PAGE - 1) / PAGE) != (size_t)-1;
}
void _emscripten_memcpy_js(void* to, const void* from, size_t size) { __builtin_memmove(to, from, size); }
_Noreturn void _abort_js(void) { __builtin_trap(); }
int _emscripten_system(const char* command) { return command == NULL ? 0 : -ENOSYS; }

#if __wasm64__
typedef long long word;
#else
typedef int word;
#endif
#define MISSING(name, ...) \
  int name(__VA_ARGS__) { return -ENOSYS; }
MISSING(__syscall_openat, int folder, word path, int flags, word arguments)
MISSING(__syscall_fcntl64, int fd, int command, word arguments)
MISSING(__syscall_ioctl, int fd, int operation, word arguments)
MISSING(__syscall_dup3, int fd, int to, int flags)
MISSING(__syscall_unlinkat, int folder, word path, int flags)
MISSING(__syscall_rmdir, word path)
MISSING(__syscall_renameat, int from_folder, word from, int to_folder, word to)
MISSING(__syscall_readlinkat, int folder, word path, word buffer, word size)
