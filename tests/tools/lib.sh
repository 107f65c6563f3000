# Shared by examples/run.sh and tests/run.sh; sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
passed=0 failed=0 skipped=0

say() { printf '== %s\n' "$*"; }

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

# install_missing <package>...: installs the Debian packages that are missing, and only those. A package may name a
# command that serves as well: "ninja-build=ninja". Without apt-get, or when it fails, says what to install and returns
# false; the build then shows whether the machine has it in another form.
install_missing() {
  local entry missing=() sudo=()
  for entry in "$@"; do
    [[ $entry == *=* ]] && command -v "${entry#*=}" >/dev/null && continue
    installed "${entry%%=*}" || missing+=("${entry%%=*}")
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  if ! command -v apt-get >/dev/null; then
    say "not Debian or Ubuntu: please install what these packages hold, if it is missing: ${missing[*]}"
    return 1
  fi
  if [[ $(id -u) -ne 0 ]]; then
    sudo=(sudo)
  fi
  say "installing ${missing[*]}"
  if ! { "${sudo[@]}" apt-get update -qq &&
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; }; then
    say "could not install: ${missing[*]}"
    return 1
  fi
}

# What the library and the examples need; GCC 12 and CMake 3.25 are the oldest supported.
install_build_tools() {
  install_missing g++=c++ cmake=cmake ninja-build=ninja ccache=ccache pkg-config=pkg-config \
    libboost-dev libssl-dev nlohmann-json3-dev libcli11-dev libzstd-dev || true
  provide_boost_json
}

# provide_boost_json: Boost.JSON came with Boost 1.75, and Debian 12 and Ubuntu 22.04 have 1.74. Where apt has 1.81 as
# well, its headers go to build/boost, beside the machine's own, and the builds use them: the package itself would put
# itself in the place of 1.74. Elsewhere the tests of that adaptor are left out.
boost_options=()
provide_boost_json() {
  local package=libboost1.81-dev dir=$root/build/boost config sudo=()
  [[ -e /usr/include/boost/json.hpp ]] && return
  if [[ ! -e $dir/usr/include/boost/json.hpp ]]; then
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 0
    say "getting the headers of $package"
    rm -rf "$dir" && mkdir -p "$dir"
    if [[ $(id -u) -ne 0 ]]; then
      sudo=(sudo)
    fi
    apt-cache show "$package" >/dev/null 2>&1 || "${sudo[@]}" apt-get update -qq || true
    if ! (cd "$dir" && apt-get download -qq "$package" && dpkg-deb -x "$package"_*.deb . && rm "$package"_*.deb); then
      rm -rf "$dir"
      say "could not get $package: no Boost.JSON"
      return 0
    fi
  fi
  for config in "$dir"/usr/lib/*/cmake/Boost-*; do
    boost_options=(-DBoost_DIR="$config")
  done
}

# build <preset> <target> [<cmake option>...]: configures and builds build/<preset>.
build() {
  local preset=$1 target=$2
  shift 2
  say "building $target with preset $preset"
  (cd "$root" && cmake --preset "$preset" "${boost_options[@]}" "$@" && cmake --build --preset "$preset" --target "$target")
}

# count <tests> <failures> <skipped>: adds to the totals.
count() {
  passed=$((passed + $1 - $2 - $3)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# run_ctest <preset>: runs the preset's tests and adds the counts of CTest's own JUnit report to the totals. No report
# counts as one failure.
run_ctest() {
  local preset=$1 report head
  report=$root/build/$preset/tests.xml
  rm -f "$report"
  say "testing preset $preset"
  (cd "$root" && ctest --preset "$preset" -j "$(nproc)" --output-junit "$report") || true
  head=$(sed '/<testcase/,$d' "$report" | tr '\n\t' '  ')
  if [[ -z $head ]]; then
    count 1 1 0
    return
  fi
  attribute() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$head"; }
  count "$(attribute tests)" "$(attribute failures)" "$(($(attribute skipped) + $(attribute disabled)))"
}

# check <name> <command>...: one check of its own, counted as one test; 77 means that it was skipped.
check() {
  local name=$1
  shift
  say "$name"
  "$@"
  case $? in
    0) count 1 0 0 ;;
    77) count 1 0 1 ;;
    *) count 1 1 0 ;;
  esac
}

# summary: the totals as the last line, and the script's result.
summary() {
  local text="$passed passed, $failed failed"
  [[ $skipped -gt 0 ]] && text+=", $skipped skipped"
  printf '\n%s\n' "$text"
  [[ $failed -eq 0 && $passed -gt 0 ]]
}
