#!/usr/bin/env bash
# run.sh <kind> <prefix> <build directory>
# Builds and runs the consumer project <kind> from scratch; <prefix> holds an installed wasm64.
set -euo pipefail
kind=$1 prefix=$2 build=$3
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$build"
cmake -S "$here/$kind" -B "$build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DWASM64_ROOT="$here/../.." --no-warn-unused-cli
cmake --build "$build"
for program in "$build"/consumer*; do
  [[ -f $program && -x $program ]] || continue
  echo "running $(basename "$program")"
  "$program"
done
