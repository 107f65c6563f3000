#!/usr/bin/env bash
# Compares this engine with V8 on modules of Binaryen's generator and on the official suite.
#   tests/differential/run.sh [--count N] [--seed S] [--suite]
# N defaults to 500, or to 0 with --suite, which looks for the scripts where the CMake variable WASM64_TESTDATA says. The
# tools come from npm into build/differential; without npm or network the result is 77, which means skipped.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

usage() {
  echo "usage: tests/differential/run.sh [--count N] [--seed S] [--suite]" >&2
  exit 2
}
count="" seed=1 suite=()
while [[ $# -gt 0 ]]; do
  case "$1" in
    --count) count=${2:?} && shift ;;
    --seed) seed=${2:?} && shift ;;
    --suite) suite=(--suite) ;;
    *) usage ;;
  esac
  shift
done
[[ -n $count ]] || { [[ ${#suite[@]} -eq 0 ]] && count=500 || count=0; }

build release differential_steps || exit 1
if [[ ${#suite[@]} -ne 0 ]]; then
  suite+=("$(sed -n 's/^WASM64_TESTDATA:PATH=//p' "$root/build/release/CMakeCache.txt")/spec")
fi
exec python3 "$root/tests/differential/compare.py" --tools "$root/build/differential" \
  --program "$root/build/release/tests/differential/differential_steps" --work "$root/build/differential/work" \
  --count "$count" --seed "$seed" "${suite[@]}"
