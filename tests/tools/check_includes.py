#!/usr/bin/env python3
"""The library's headers stay cheap: Boost enters by two doors, costly standard headers not at all."""

from source_tree import INCLUDE, finish, includes, library_files

BOOST_DOORS = {"wasm64/base/result.hpp", "wasm64/base/containers.hpp"}
# Optional headers are for what they adapt.
BOOST_ADAPTOR = ("wasm64/message/boost_json.hpp", "boost/json.hpp")

FORBIDDEN = {
    "chrono": "a clock would make results differ between runs",
    "functional": "callables are template parameters or a function pointer with its context",
    "iostream": "the library prints nothing, and the header adds a static initializer",
    "ranges": "doubles the cost of a small header",
    "regex": "slow to compile and to run",
}

problems = []
for path in library_files():
    name = path.relative_to(INCLUDE).as_posix()
    for line, included in includes(path):
        if included.startswith("boost/") and name not in BOOST_DOORS and (name, included) != BOOST_ADAPTOR:
            problems.append(f"{path}:{line}: <{included}> only in {', '.join(sorted(BOOST_DOORS))}")
        if included in FORBIDDEN:
            problems.append(f"{path}:{line}: no <{included}>: {FORBIDDEN[included]}")
finish(problems)
