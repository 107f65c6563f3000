"""What the checks share: where the sources are and what they include."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"

_INCLUDE_LINE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def library_files():
    """Headers and tables of the library."""
    return sorted(p for p in INCLUDE.rglob("*") if p.suffix in (".hpp", ".def"))


def includes(path):
    """(line number, included path) for each include directive, whatever the conditions around it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(n, m.group(1)) for n, line in enumerate(lines, 1) if (m := _INCLUDE_LINE.match(line))]


def finish(problems):
    """Prints the problems and exits with the check's result."""
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
