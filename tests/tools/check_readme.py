#!/usr/bin/env python3
"""The code in README.md between the embed markers is examples/embed/embed.cpp, which is compiled and run.

With --write, copies the file into README.md."""

import re
import sys

from source_tree import ROOT, finish

README = ROOT / "README.md"
SOURCE = ROOT / "examples" / "embed" / "embed.cpp"
BLOCK = re.compile(r"(<!-- embed:begin -->\n)(.*?)(<!-- embed:end -->)", re.DOTALL)

readme = README.read_text(encoding="utf-8")
if not SOURCE.exists():
    finish([f"{SOURCE} is missing"])
wanted = f"```cpp\n{SOURCE.read_text(encoding='utf-8')}```\n"

block = BLOCK.search(readme)
if block is None:
    finish([f"{README}: the embed:begin and embed:end markers are missing"])
if "--write" in sys.argv[1:]:
    README.write_text(readme[: block.start(2)] + wanted + readme[block.end(2) :], encoding="utf-8")
elif block.group(2) != wanted:
    finish([f"{README}: the embedding example differs from {SOURCE}; run tests/tools/check_readme.py --write"])
