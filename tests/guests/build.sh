#!/bin/sh
# Builds NAME.wasm64.wasm and NAME.wasm32.wasm of every guest. CLANG and WASM_LD override the search for tools.
# Skips with status 77 when no compiler has the wasm64 target.
set -eu
cd "$(dirname "$0")"

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

# build SOURCE TARGET EXPORTS [FLAG...]
build() {
  source=$1 target=$2 exports=
  for name in $3; do exports="$exports --export=$name"; done
  shift 3
  "$clang" --target=$target-unknown-unknown -mcpu=mvp -mbulk-memory -msign-ext -mmutable-globals -O2 -ffreestanding \
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror "$@" -c "$source" -o "$object"
  "$wasm_ld" -m$target --no-entry --strip-debug --stack-first -z stack-size=16384 --max-memory=16777216 \
    $exports "$object" -o "${source%.c*}.$target.wasm"
}

for target in wasm64 wasm32; do
  build hello.c $target "_start" -std=c11
  build counter.c $target "add calls total" -std=c11
  build grow.c $target "grow size peek" -std=c11
  build hostcall.c $target "loop" -std=c11
  build eh.cpp $target "run escape" -std=c++20 -fno-rtti -fwasm-exceptions
done
