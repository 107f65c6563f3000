#!/usr/bin/env python3
"""Prints what bench/run.sh measured: report.py FOLDER, with FOLDER/new/<round>.json and maybe FOLDER/base/<round>.json.

Times are medians over the rounds, with the range. new/base is the median of each round's ratio; best/best, of the
shortest times of both, is what to trust when other work on the machine only ever adds time.
Fails when a benchmark failed.
"""

import json
import pathlib
import statistics
import sys

SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
COUNTERS = {
    "x_native": lambda v: f"{v:.2f} x native",
    "per_call": lambda v: f"{v * 1e9:.1f} ns a call",
    "bytes_per_second": lambda v: f"{v / 1e6:.1f} MB/s",
    "items_per_second": lambda v: f"{v:,.0f} /s",
}


def read_rounds(folder):
    """{benchmark: {"time": [seconds per round], counter: [...]}} and the errors."""
    rows, errors = {}, set()
    for file in sorted(folder.glob("*.json"), key=lambda p: int(p.stem)):
        for run in json.loads(file.read_text())["benchmarks"]:
            name, suffix, _ = run["name"].partition("/manual_time")
            name, clock, _ = name.partition("/real_time")
            if run.get("error_occurred"):
                errors.add(f"{name}: {run['error_message']}")
                continue
            row = rows.setdefault(name, {"time": []})
            row["time"].append(run["real_time" if suffix or clock else "cpu_time"] * SECONDS[run["time_unit"]])
            for counter in COUNTERS.keys() & run.keys():
                row.setdefault(counter, []).append(run[counter])
    return rows, errors


def readable(seconds):
    unit = next((u for u in ("s", "ms", "us") if seconds >= SECONDS[u]), "ns")
    return f"{seconds / SECONDS[unit]:.3g} {unit}"


def main():
    folder = pathlib.Path(sys.argv[1])
    rows, errors = read_rounds(folder / "new")
    base, base_errors = read_rounds(folder / "base")
    header = ["benchmark", "median", "range", "figure"] + (["base", "new/base", "best/best"] if base else [])
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for name, row in rows.items():
        times = row["time"]
        figures = [show(statistics.median(row[c])) for c, show in COUNTERS.items() if c in row]
        cells = [name, readable(statistics.median(times)), f"{readable(min(times))} – {readable(max(times))}"]
        cells.append(", ".join(figures))
        if base:
            old = base.get(name, {}).get("time", [])
            cells += [readable(statistics.median(old)) if old else ""]
            cells += [f"{statistics.median(n / o for n, o in zip(times, old)):.3f}" if old else ""]
            cells += [f"{min(times) / min(old):.3f}" if old else ""]
        print("| " + " | ".join(cells) + " |")
    for error in sorted(errors | base_errors):
        print(f"failed: {error}", file=sys.stderr)
    sys.exit(1 if errors or base_errors or not rows else 0)


if __name__ == "__main__":
    main()
