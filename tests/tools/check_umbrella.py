#!/usr/bin/env python3
"""wasm64/wasm64.hpp reaches every header except the optional ones, and none of those."""

import re

from source_tree import INCLUDE, finish, includes, library_files

OPTIONAL = re.compile(
    r"wasm64/(src\.hpp"  # the compiled target's source
    r"|text/.*"  # the text format: tools and tests need it, embedders of binaries do not
    r"|script/.*"  # runs test scripts: for tests and tools
    r"|message/(nlohmann|json)\.hpp|device/(json_(iface|struct)|ao)\.hpp"  # need nlohmann_json
    r"|snapshot/references\.hpp"  # for garbage collection
    r"|storage/garbage\.hpp"  # for tools, which collect garbage; embedders need it rarely
    r"|storage/zstd\.hpp"  # needs libzstd
    r"|message/boost_json\.hpp"  # needs Boost 1.75
    r"|storage/(lmdb|redis)_\w+\.hpp"  # need liblmdb, hiredis
    r"|aot/.*|storage/hmac(_impl)?\.hpp"  # for those who have a backend
    r"|message/document(_policy)?\.hpp"  # what those two share, and adaptors of users
    r")"
)

reached = set()
waiting = ["wasm64/wasm64.hpp"]
while waiting:
    name = waiting.pop()
    path = INCLUDE / name
    if name in reached or not path.exists():
        continue
    reached.add(name)
    waiting += [included for _, included in includes(path)]

problems = []
for path in library_files():
    name = path.relative_to(INCLUDE).as_posix()
    optional = OPTIONAL.fullmatch(name) is not None
    if optional and name in reached:
        problems.append(f"{name} is optional, but wasm64/wasm64.hpp reaches it")
    if not optional and name not in reached:
        problems.append(f"{name} is not reached from wasm64/wasm64.hpp")
finish(problems)
