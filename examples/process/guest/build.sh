#!/bin/sh
# Builds ../ledger.wasm with the first clang and wasm-ld that know wasm64, or the same for this machine:
# build.sh native PROGRAM.
# CLANG and WASM_LD override the search. Skips with status 77 when there is no such compiler.
set -eu
cd "$(dirname "$0")"

sources="text.c arena.c utf8.c json_read.c json_query.c json_write.c amount.c accounts.c reply.c ledger.c main.c"
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"

if [ "${1-}" = native ]; then
  exec "${CC:-cc}" -std=c11 -O2 $warnings $sources native.c -o "$2"
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

objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
for source in alloc.c $sources; do
  "$clang" --target=wasm64-unknown-unknown -mcpu=mvp -mbulk-memory -msign-ext -std=c11 -O2 -ffreestanding \
    -fvisibility=hidden $warnings -c "$source" -o "$objects/$source.o"
done
"$wasm_ld" -mwasm64 --no-entry --strip-debug --stack-first -z stack-size=65536 \
  --initial-memory=2097152 --max-memory=1073741824 --export=handle --export=malloc --export=free \
  "$objects"/*.o -o ../ledger.wasm
