#!/bin/sh
# Builds NAME.wasm64.wasm and NAME.wasm32.wasm of every kernel, or the native programs: build.sh native DIRECTORY.
# CLANG and WASM_LD override the search. Skips with status 77 when no compiler has the wasm64 target.
set -eu
cd "$(dirname "$0")"

kernels="fib sieve sha256 matmul linked vm simd nbody mandelbrot mix quicksort hash json indirect stream bulk int64 host
  script"
flags="-std=c11 -O2 -ffp-contract=off -fno-math-errno -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"

if [ "${1-}" = native ]; then
  mkdir -p "$2"
  for kernel in $kernels; do
    "${CC:-cc}" -D_POSIX_C_SOURCE=199309L $flags "$kernel.c" native.c -o "$2/$kernel"
  done
  exit
fi

find_tools() {
  for suffix in -22 -19 -16 -14 ""; do
    clang=${CLANG:-clang$suffix}
    wasm_ld=${WASM_LD:-wasm-ld$suffix}
    if command -v "$wasm_ld" && "$clang" --print-targets | grep -q wasm64; then return 0; fi
  done >/dev/null 2>&1
  return 1
}
find_tools || { echo "build.sh: no clang and wasm-ld with the wasm64 target" >&2; exit 77; }

object=$(mktemp)
trap 'rm -f "$object"' EXIT
for kernel in $kernels; do
  vectors=
  if [ $kernel = simd ]; then vectors=-msimd128; fi
  for target in wasm64 wasm32; do
    "$clang" --target=$target-unknown-unknown -mcpu=mvp -mbulk-memory -msign-ext $vectors -ffreestanding $flags \
      -c "$kernel.c" -o "$object"
    "$wasm_ld" -m$target --no-entry --strip-debug --stack-first -z stack-size=65536 --export=run \
      "$object" -o "$kernel.$target.wasm"
    chmod a-x "$kernel.$target.wasm"
  done
done
