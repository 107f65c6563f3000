#!/usr/bin/env bash
# Builds the benchmarks with preset release and runs them all in rounds, so that what slows the machine for a while
# slows every benchmark a little; prints a table of medians.
#   --base REVISION   builds that revision too and runs both in turn; adds the ratio of the new time to the old
#   --filter REGEX    benchmarks whose name matches, as in execute/fib or ^overhead
#   --rounds N        default 5
#   --min-time S      seconds per benchmark and round, default 0.2
#   --output FOLDER   keeps Google Benchmark's JSON of every round there
# A real module to load as well: WASM64_BENCH_MODULE=FILE.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tests/tools/lib.sh"

usage() {
  sed -n '2,/^set/{/^#/s/^# \?//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}

base="" filter=. rounds=5 min_time=0.2 output=""
while [[ $# -gt 0 ]]; do
  [[ $# -ge 2 ]] || usage
  case "$1" in
    --base) base=$2 ;;
    --filter) filter=$2 ;;
    --rounds) rounds=$2 ;;
    --min-time) min_time=$2 ;;
    --output) output=$2 ;;
    *) usage ;;
  esac
  shift 2
done

# build_base <revision>: the revision's own benchmarks and library, in build/base.
build_base() {
  local folder=$root/build/base
  rm -rf "$folder/source"
  mkdir -p "$folder/source"
  git -C "$root" archive "$1" | tar -x -C "$folder/source"
  say "building $1"
  cmake -S "$folder/source" -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DWASM64_BUILD_TESTS=OFF \
    -DWASM64_BUILD_EXAMPLES=OFF
  cmake --build "$folder/build" --target wasm64_bench
}

# measure <program> <file>: one round.
measure() {
  "$1" --benchmark_filter="$filter" --benchmark_min_time="$min_time" --benchmark_out="$2" --benchmark_out_format=json \
    >/dev/null 2>"$2.log" || {
    cat "$2.log" >&2
    return 1
  }
}

install_build_tools
install_missing libbenchmark-dev python3=python3 || true
build release wasm64_bench >&2
if [[ -n $base ]]; then build_base "$base" >&2; fi
if [[ -z $output ]]; then
  output=$(mktemp -d)
  trap 'rm -rf "$output"' EXIT
fi
mkdir -p "$output/new" "$output/base"

measure_new() { measure "$root/build/release/bench/wasm64_bench" "$output/new/$1.json"; }
measure_base() { [[ -z $base ]] || measure "$root/build/base/build/bench/wasm64_bench" "$output/base/$1.json"; }

for ((round = 1; round <= rounds; ++round)); do
  say "round $round of $rounds" >&2
  if ((round % 2)); then
    measure_base "$round"
    measure_new "$round"
  else
    measure_new "$round"
    measure_base "$round"
  fi
done
"$root/bench/report.py" "$output"
