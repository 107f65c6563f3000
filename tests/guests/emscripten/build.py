#!/usr/bin/env python3
"""Builds the programs of this folder: build.py FOLDER [NAME...]. FOLDER keeps the libraries (see sysroot.py); the modules
go next to their sources as NAME.WIDTH.wasm, or NAME.EXCEPTIONS.WIDTH.wasm where a program comes with several kinds. Ends
with status 77 where a tool is missing.

clang 19 has no code for try_table yet: the kind exnref is translated from the legacy one where the variable WASM_OPT has
the command of a newer wasm-opt than Debian's (Binaryen 119 or later)."""
import os
import pathlib
import shlex
import subprocess
import sys

import sysroot

HERE = pathlib.Path(__file__).resolve().parent
BOTH = ("js", "legacy")
# What each program exports besides what every one does, and how it is built.
PROGRAMS = {
    "jumps.c": (("_start",), BOTH),
    "files.c": (("_start",), ("js",)),
    "sort.c": (("_start",), ("js",)),
    "formats.c": (("_start",), ("js",)),
    "throws.cpp": (("_start", "run"), BOTH),
    "words.cpp": (("_start",), BOTH),
}
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wno-format"]

FEATURES = ["exception-handling", "reference-types", "bulk-memory", "sign-ext", "mutable-globals", "memory64",
            "multivalue"]


def translate(legacy, output):
    """The same program with try_table and throw_ref."""
    if "WASM_OPT" in os.environ:
        subprocess.run([*shlex.split(os.environ["WASM_OPT"]), "--translate-to-exnref",
                        *(f"--enable-{feature}" for feature in FEATURES), legacy, "-o", output], check=True)


def main():
    missing = sysroot.missing()
    if missing is not None:
        print(f"build.py: needs {missing}", file=sys.stderr)
        return 77
    wanted = sys.argv[2:]
    for width in ("wasm64", "wasm32"):
        for name, (exports, kinds) in PROGRAMS.items():
            source = HERE / name
            if wanted and source.stem not in wanted:
                continue
            for kind in kinds:
                libraries = sysroot.Sysroot(sys.argv[1], width, kind)
                suffix = f".{kind}" if len(kinds) > 1 else ""
                language = "-std=c++17" if source.suffix == ".cpp" else "-std=gnu11"
                compiled = libraries.compile(source, WARNINGS + [language])
                output = HERE / f"{source.stem}{suffix}.{width}.wasm"
                libraries.link([compiled], output, exports)
                if kind == "legacy":
                    translate(output, HERE / f"{source.stem}.exnref.{width}.wasm")
    return 0


if __name__ == "__main__":
    sys.exit(main())
