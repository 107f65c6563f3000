#!/usr/bin/env python3
"""Every test that tests/unit/hostile/README.md names exists, and every test there is named."""

import re

from source_tree import ROOT, finish

TESTS = ROOT / "tests"
README = TESTS / "unit/hostile/README.md"

cases = {}
for path in sorted(TESTS.rglob("*.cpp")):
    for name in re.findall(r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8")):
        cases[name] = path

table = "\n".join(line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("|"))
named = set(re.findall(r'"([^"]+)"', table))
problems = [f"{README.name}: no test case is called \"{name}\"" for name in sorted(named - cases.keys())]
for name, path in cases.items():
    if path.parent == README.parent and name not in named:
        problems.append(f"{README.name}: \"{name}\" is missing")
finish(problems)
