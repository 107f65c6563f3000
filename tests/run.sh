#!/usr/bin/env bash
# From a fresh Debian 12 or Ubuntu machine to the tests' result, which is the last line: "N passed, N failed[, N skipped]".
#   tests/run.sh         the default compiler, optimized
#   tests/run.sh --full  also GCC 12, Clang 14, Clang 19, sanitizers with both dispatchers, each header alone, the
#                        format, clang-tidy, 500 generated modules in this engine and in V8, all of the suite compiled
#                        by the C compiler, and longer runs of the randomized tests (WASM64_LONG_RUNS=1)
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/tools/lib.sh"

full=false
case "${1:-}" in
  "") ;;
  --full) full=true ;;
  *)
    echo "usage: tests/run.sh [--full]" >&2
    exit 2
    ;;
esac
# build_and_test <preset>
build_and_test() {
  if build "$1" all; then
    run_ctest "$1"
  else
    say "preset $1 does not build"
    count 1 1 0
  fi
}

# build_and_test_with <compiler> <package> <preset>...: skipped where the compiler cannot be had.
build_and_test_with() {
  local compiler=$1 package=$2 preset
  shift 2
  install_missing "$package=$compiler" || true
  for preset in "$@"; do
    if command -v "$compiler" >/dev/null; then
      build_and_test "$preset"
    else
      say "preset $preset skipped: no $compiler"
      count 1 0 1
    fi
  done
}

check_format() {
  (cd "$root" && git ls-files -z '*.hpp' '*.cpp' | xargs -0 clang-format-19 --dry-run -Werror)
}

check_tidy() {
  clang-tidy-19 --quiet -p "$root/build/clang-19" "$root/build/clang-19/wasm64_compiled.cpp"
}

install_build_tools
install_missing catch2 libbenchmark-dev python3=python3 redis-server=redis-server strace=strace || true
# Tests of compiled code take any version from 14 on.
compgen -G '/usr/lib/*/libLLVM*.so*' >/dev/null || install_missing libllvm14 || true
$full && export WASM64_LONG_RUNS=1

build_and_test release

if $full; then
  check "each header by itself" build release all_verify_interface_header_sets
  install_missing npm=npm || true
  check "500 generated modules in this engine and in V8" "$root/tests/differential/run.sh" --count 500
  # The oldest compiler with the machine's own Boost, which may be the oldest one too.
  newer_boost=("${boost_options[@]}") boost_options=(-UBoost_DIR)
  build_and_test_with g++-12 g++-12 gcc-12
  boost_options=("${newer_boost[@]}")
  build_and_test_with clang++-14 clang-14 clang-14
  build_and_test_with clang++-19 clang-19 clang-19 asan asan-loop
  if install_missing clang-format-19=clang-format-19 clang-tidy-19=clang-tidy-19; then
    check "format" check_format
    check "clang-tidy" check_tidy
  else
    count 2 0 2
  fi
fi

summary
