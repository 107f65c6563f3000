#!/usr/bin/env python3
"""Every sentence of a policy's check, and so every part of its concept, has a compile test that provokes it."""

import re

from source_tree import INCLUDE, finish

CASES = INCLUDE.parent / "tests" / "compile"
# What the concepts of parts begin with.
PARTS = "message|storage|config|generator|image|loader|authenticator|cache|backend"

expected = {}
for path in CASES.rglob("*.cpp"):
    found = re.match(r"// expect: *(.+)", path.read_text())
    if found:
        expected[found[1].strip()] = path

problems = []
for path in sorted(INCLUDE.glob("wasm64/*/check.hpp")):
    text = path.read_text()
    for assertion in re.finditer(r"static_assert\(([^;]*?),\s*((?:\"[^\"]*\"\s*)+)\);", text):
        sentence = "".join(re.findall(r"\"([^\"]*)\"", assertion[2]))
        if not any(sentence.startswith(start) for start in expected):
            line = text[: assertion.start()].count("\n") + 1
            problems.append(f"{path}:{line}: no case in tests/compile expects: {sentence}")
    concepts = path.parent / "concept.hpp"
    if not concepts.exists():
        concepts = path
    # Optional parts stand behind the policy's own concept, which joins the others.
    required = re.split(r"concept \w+_policy =", concepts.read_text())[0]
    for name in re.findall(rf"concept ((?:{PARTS})_\w+) =", required):
        if f"static_assert({name}<" not in text:
            problems.append(f"{concepts}: check.hpp has no sentence for {name}")
finish(problems)
