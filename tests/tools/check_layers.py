#!/usr/bin/env python3
"""A folder of the library includes only from itself and from the folders above it in this list."""

from source_tree import INCLUDE, finish, includes, library_files

LAYERS = [
    "base",  # bytes, errors, containers: needs nothing
    "storage",  # storage policy: bytes under their hash; knows no engine
    "module",  # the plain data that the formats are decoded into
    "binary",  # bytes to module and back
    "text",  # text to module and back; optional, so that nothing below may need it
    "valid",  # checks a module and drives the lowering
    "lower",  # instructions to cells
    "runtime",  # what cells act on: memories, tables, instances
    "exec",  # runs cells on the runtime's objects
    "aot",  # compiled code beside the cells
    "script",  # runs test scripts; joins text and exec
    "snapshot",  # the runtime's state as content-addressed objects
    "message",  # message policy; knows no engine beyond values
    "host",  # import libraries over the runtime
    "device",  # joins everything
]

# Configuration and forward declarations stand beside the layers and may be included from everywhere.
SHARED = {"wasm64/config.hpp", "wasm64/version.hpp", "wasm64/fwd.hpp"}

problems = []
for path in library_files():
    parts = path.relative_to(INCLUDE / "wasm64").parts
    if len(parts) == 1:
        continue
    if parts[0] not in LAYERS:
        problems.append(f"{path}: folder {parts[0]} is not in the list of layers")
        continue
    for line, included in includes(path):
        if not included.startswith("wasm64/") or included in SHARED:
            continue
        layer = included.split("/")[1]
        if layer not in LAYERS:
            problems.append(f"{path}:{line}: {parts[0]} may not include {included}")
        elif LAYERS.index(layer) > LAYERS.index(parts[0]):
            problems.append(f"{path}:{line}: {parts[0]} comes before {layer} and may not include {included}")
finish(problems)
