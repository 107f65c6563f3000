#!/usr/bin/env bash
# From a fresh Debian 12 or Ubuntu machine to a running AO process: installs what is missing, builds, runs the examples.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tests/tools/lib.sh"

install_build_tools
build release examples -DWASM64_BUILD_TESTS=OFF -DWASM64_BUILD_BENCH=OFF

say "an embedded module (examples/embed)"
"$root/build/release/examples/embed"
say "a process in the canonical stack (examples/ao_stack)"
"$root/build/release/examples/ao_stack"
say "a device of one's own (examples/own_device)"
"$root/build/release/examples/own_device"
say "the device over one's own messages and store (examples/custom_policies)"
"$root/build/release/examples/custom_policies"
say "a compiler of one's own (examples/aot_backend)"
"$root/build/release/examples/aot_backend"
say "an AO process (examples/process)"
"$root/build/release/examples/ao_process"
