#pragma once

#include <stdint.h>

/// Does the work of one kernel; larger n, more work. The checksum is the same on every machine and in every engine.
int64_t run(int32_t n);

/// What the kernel `host` calls: the sum, wrapping. Programs that run kernels define it, engines have it as
/// `env.host_add`.
#ifdef __wasm__
__attribute__((import_module("env"), import_name("host_add")))
#endif
uint32_t
host_add(uint32_t a, uint32_t b);
