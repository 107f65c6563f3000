#!/usr/bin/env python3
"""No source file is longer than a reader can hold."""

from source_tree import ROOT, finish

LIMIT = 600

problems = []
for folder in ("include", "tests", "bench", "examples"):
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in (".hpp", ".def", ".cpp", ".h", ".c", ".py", ".sh"):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > LIMIT:
                problems.append(f"{path}: {lines} lines, limit {LIMIT}")
finish(problems)
