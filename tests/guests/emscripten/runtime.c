// What programs of clang 19 need below C and C++, as newer Emscripten versions have it: the functions' names are
// Emscripten's, and its host functions (invoke_*, __cxa_throw, ...) use them.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if __wasm64__
#define ADDRESS "i64"
#else
#define ADDRESS "i32"
#endif

__asm__(".globaltype __stack_pointer, " ADDRESS
        "\n"
        ".globl _emscripten_stack_restore\n"
        "_emscripten_stack_restore:\n"
        ".functype _emscripten_stack_restore (" ADDRESS
        ") -> ()\n"
        "local.get 0\n"
        "global.set __stack_pointer\n"
        "end_function\n"
        ".globl _emscripten_stack_alloc\n"
        "_emscripten_stack_alloc:\n"
        ".functype _emscripten_stack_alloc (" ADDRESS ") -> (" ADDRESS
        ")\n"
        "global.get __stack_pointer\n"
        "local.get 0\n" ADDRESS ".sub\n" ADDRESS ".const -16\n" ADDRESS
        ".and\n"
        "local.tee 0\n"
        "global.set __stack_pointer\n"
        "local.get 0\n"
        "end_function\n");

// The second result of host functions.
static uint32_t second_result;
void setTempRet0(uint32_t value) { second_result = value; }
uint32_t getTempRet0(void) { return second_result; }
void _emscripten_tempret_set(uint32_t value) { second_result = value; }
uint32_t _emscripten_tempret_get(void) { return second_result; }

_Noreturn void abort(void) {
  extern _Noreturn void _abort_js(void);
  _abort_js();
}

// setjmp: clang passes the place of its own frame as the invocation.
struct jump_arguments {
  void* buffer;
  int value;
};
struct jump_buffer {
  void* invocation;
  uint32_t label;
  struct jump_arguments arguments;
};

void __wasm_setjmp(void* buffer, uint32_t label, void* invocation) {
  struct jump_buffer* b = buffer;
  b->invocation = invocation;
  b->label = label;
}

uint32_t __wasm_setjmp_test(void* buffer, void* invocation) {
  const struct jump_buffer* b = buffer;
  return b->invocation == invocation ? b->label : 0;
}

#if defined(__USING_WASM_SJLJ__)
void __wasm_longjmp(void* buffer, int value) {
  struct jump_buffer* b = buffer;
  b->arguments.buffer = buffer;
  b->arguments.value = value != 0 ? value : 1;
  __builtin_wasm_throw(1, &b->arguments);
}
#else
void emscripten_longjmp(uintptr_t buffer, int value) {
  extern _Noreturn void _emscripten_throw_longjmp(void);
  extern void setThrew(uintptr_t threw, int value);
  setThrew(buffer, value != 0 ? value : 1);
  _emscripten_throw_longjmp();
}
#endif

#if defined(__USING_EMSCRIPTEN_EXCEPTIONS__)
// In front of every thrown object; the host fills it in.
struct exception {
  size_t references;
  void* type;
  void* (*destructor)(void*);  // as the compiler makes them for this target
  uint8_t caught, rethrown;
  void* adjusted;
  void* padding;
};
enum { HEADER = sizeof(struct exception) };

static struct exception* header_of(void* object) { return (struct exception*)object - 1; }

void* __cxa_allocate_exception(size_t size) {
  char* memory = malloc(HEADER + size);
  if (memory == NULL) abort();
  memset(memory, 0, HEADER);
  return memory + HEADER;
}
void __cxa_free_exception(void* object) { free((char*)object - HEADER); }
void __cxa_increment_exception_refcount(void* object) {
  if (object != NULL) ++header_of(object)->references;
}
void __cxa_decrement_exception_refcount(void* object) {
  if (object == NULL || --header_of(object)->references != 0) return;
  struct exception* e = header_of(object);
  if (e->destructor != NULL) e->destructor(object);
  __cxa_free_exception(object);
}
#endif

// What musl's time zones ask for: there are no files of zones.
const unsigned char* __map_file(const char* path, size_t* size) {
  (void)path;
  *size = 0;
  return NULL;
}
long _munmap_js(long address, long size, long protection, long flags, long fd, long offset) {
  (void)address, (void)size, (void)protection, (void)flags, (void)fd, (void)offset;
  return 0;
}
struct timespec __wasi_timestamp_to_timespec(uint64_t nanoseconds) {
  const uint64_t a_second = 1000000000;
  return (struct timespec){.tv_sec = (time_t)(nanoseconds / a_second), .tv_nsec = (long)(nanoseconds % a_second)};
}
