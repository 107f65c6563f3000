#!/usr/bin/env python3
"""The code in README.md between the markers NAME:begin and NAME:end is a file of examples/, which is compiled and run.

With --write, copies the files into README.md."""

import re
import sys

from source_tree import ROOT, finish

README = ROOT / "README.md"
SOURCES = {
    "embed": "examples/embed/embed.cpp",
    "ao_stack": "examples/ao_stack/main.cpp",
    "own_device": "examples/own_device/tally.hpp",
}

readme = README.read_text(encoding="utf-8")
problems = []
for name, source in SOURCES.items():
    path = ROOT / source
    block = re.search(rf"(<!-- {name}:begin -->\n)(.*?)(<!-- {name}:end -->)", readme, re.DOTALL)
    if block is None or not path.exists():
        problems.append(f"{README}: the {name}:begin and {name}:end markers are missing, or {source} is")
        continue
    wanted = f"```cpp\n{path.read_text(encoding='utf-8')}```\n"
    if block.group(2) != wanted:
        problems.append(f"{README}: the example {name} differs from {source}; run tests/tools/check_readme.py --write")
    readme = readme[: block.start(2)] + wanted + readme[block.end(2) :]
if "--write" in sys.argv[1:]:
    README.write_text(readme, encoding="utf-8")
    problems = [problem for problem in problems if "markers" in problem]
finish(problems)
