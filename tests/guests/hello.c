#include <stddef.h>
#include <stdint.h>

/// WASI preview 1; pointers and sizes are as wide as the memory's addresses.
struct io_vector {
  const char* data;
  size_t size;
};

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) int32_t
fd_write(int32_t fd, const struct io_vector* vectors, size_t count, size_t* written);

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit"))) _Noreturn void proc_exit(
    int32_t code);

/// Writes "Hello, world!\n" from two vectors to standard output; exits with 0 when all 14 bytes are written, else 1.
void _start(void) {
  static const struct io_vector parts[] = {{"Hello, ", 7}, {"world!\n", 7}};
  size_t written = 0;
  const int32_t error = fd_write(1, parts, 2, &written);
  proc_exit(error == 0 && written == 14 ? 0 : 1);
}
