#!/usr/bin/env bash
# compile_case.sh accept|reject <source> <compiler> <option>...
# accept: the source compiles. reject: with -DWASM64_REJECT it does not, and the compiler's output has the sentence that
# the first line of the source gives after "// expect:".
set -u
mode=$1 source=$2
shift 2

if [[ $mode == accept ]]; then
  exec "$@" "$source"
fi

expected=$(sed -n '1s|^// expect: *||p' "$source")
if [[ -z $expected ]]; then
  echo "$source: the first line must be '// expect: <sentence>'"
  exit 1
fi
if output=$("$@" -DWASM64_REJECT "$source" 2>&1); then
  echo "$source: compiled, but must be rejected with: $expected"
  exit 1
fi
if ! grep -qF -- "$expected" <<<"$output"; then
  printf '%s: rejected, but without the sentence: %s\n%s\n' "$source" "$expected" "$output"
  exit 1
fi
