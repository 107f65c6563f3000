#!/usr/bin/env python3
"""features_table.py --program <wasm64> --suite <folder> [--write]

The table of features in README.md is what the program makes of the official suite. With --write, puts it there; the
build's target `features_table` does. Without the suite, exits with 77: skipped."""

import argparse
import collections
import pathlib
import re
import subprocess
import sys

from source_tree import ROOT, finish

README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- features:begin -->\n)(.*?)(<!-- features:end -->)", re.DOTALL)
SCRIPT = re.compile(r"^(.+\.wast): (\d+) passed, (\d+) failed$", re.MULTILINE)
SKIPPED = 77

# Folder of the suite, and what its scripts are about.
FOLDERS = {
    "core": "core, with tail calls, typed references and extended constants",
    "core/bulk-memory": "bulk memory",
    "core/simd": "SIMD",
    "core/relaxed-simd": "relaxed SIMD",
    "core/memory64": "memory64, table64",
    "core/multi-memory": "multiple memories",
    "core/exceptions": "exceptions",
    "core/gc": "garbage collection",
    "custom": "annotations: custom sections, names, branch hints",
    "legacy/exceptions/core": "legacy exceptions",
    "proposals/threads": "threads: atomics, shared memories",
    "proposals/custom-page-sizes": "custom page sizes",
    "proposals/wide-arithmetic": "wide arithmetic",
}

arguments = argparse.ArgumentParser()
arguments.add_argument("--program", required=True, type=pathlib.Path)
arguments.add_argument("--suite", required=True, type=pathlib.Path)
arguments.add_argument("--write", action="store_true")
options = arguments.parse_args()
if not options.suite.is_dir():
    print(f"skipped: {options.suite} does not exist")
    sys.exit(SKIPPED)

run = subprocess.run([options.program, "wast", options.suite], text=True, capture_output=True)
results = collections.defaultdict(list)
for path, passed, failed in SCRIPT.findall(run.stdout):
    results[pathlib.Path(path).parent.relative_to(options.suite).as_posix()].append((int(passed), int(failed)))

problems = [f"{folder}: no row in FOLDERS for this folder" for folder in results if folder not in FOLDERS]
problems += [f"{folder}: no results; {run.stderr.strip()}" for folder in FOLDERS if folder not in results]
if problems:
    finish(problems)

lines = ["| feature | folder of the suite | scripts that pass | assertions that hold |", "|---|---|---|---|"]
for folder, feature in FOLDERS.items():
    scripts = results[folder]
    good = sum(failed == 0 for _, failed in scripts)
    passed = sum(passed for passed, _ in scripts)
    total = sum(passed + failed for passed, failed in scripts)
    of = lambda part, whole: f"all {whole}" if part == whole else f"{part} of {whole}"
    lines.append(f"| {feature} | `{folder}` | {of(good, len(scripts))} | {of(passed, total)} |")
wanted = "\n".join(lines) + "\n"

readme = README.read_text(encoding="utf-8")
block = BLOCK.search(readme)
if block is None:
    finish([f"{README}: the features:begin and features:end markers are missing"])
if options.write:
    README.write_text(readme[: block.start(2)] + wanted + readme[block.end(2) :], encoding="utf-8")
elif block.group(2) != wanted:
    finish([f"{README}: the table of features is out of date; build the target features_table"])
