#!/usr/bin/env python3
"""Compares this engine, and others, with native code on the kernels of bench/workloads.

Builds the command line and the native programs, runs everything in rounds, so that what slows the machine for a while
slows all a little, and prints times as multiples of the native one. A time is CPU time, of a process that runs the
kernel less that of one that runs it for a small n: start-up falls out. Each number is the median of the rounds' ratios;
the last row, of the shortest times, is what to trust when other work on the machine only ever adds time. An engine that
cannot run a module has "-" there. Fails when a checksum is wrong, or this engine fails.
"""
import argparse
import math
import os
import pathlib
import re
import statistics
import sys

import chart
import engines

TARGETS = ("wasm64", "wasm32")
NATIVE_RUNS = 5  # in a process; the best counts
SHORTEST = 1e-5  # seconds; a difference below is noise


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", action="append", default=[], metavar="NAME[=COMMAND]",
                        help="compare with this one too: node, wasm-interp, or a command with {module}, {function} and "
                        "{argument} in it, which prints the result last; can be given several times")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--only", default="", metavar="REGEX", help="kernels whose name it finds")
    parser.add_argument("--target", choices=(*TARGETS, "both"), default="both")
    parser.add_argument("--wasm64", type=pathlib.Path, metavar="PROGRAM", help="this command line; none is built")
    parser.add_argument("--plot", type=pathlib.Path, metavar="FILE.svg")
    parser.add_argument("--instructions", action="store_true",
                        help="count the instructions of the small runs under Valgrind; noise-free, so one round")
    return parser.parse_args()


def read_kernels(pattern):
    """{name: ((n, checksum), (small n, checksum))}"""
    kernels = {}
    for line in (engines.WORKLOADS / "expected.txt").read_text(encoding="utf-8").splitlines():
        name, *numbers = line.split()
        if name != "#" and re.search(pattern, name):
            n, checksum, small, small_checksum = map(int, numbers)
            kernels[name] = (n, checksum), (small, small_checksum)
    return kernels


def check(output, n, checksum):
    if checksum is not None and engines.result_of(output) != checksum % 2**64:
        raise engines.Wrong(f"run({n}) is {checksum}, not {output.strip()}")


class Comparison:
    """`figures`: for a kernel and a column, a number of each round; column None is native code."""

    def __init__(self, chosen, kernels, targets, program, native):
        self.columns = [(e, t) for e in chosen for t in targets]
        self.kernels, self.program, self.native = kernels, program, native
        self.figures = {}
        self.problems = {}  # (engine, kernel and target): why it has no figures

    def add(self, kernel, column, figure):
        self.figures.setdefault((kernel, column), []).append(figure)

    def command(self, engine, target, kernel, n):
        return engine.words(engines.WORKLOADS / f"{kernel}.{target}.wasm", n, self.program)

    def native_seconds(self, kernel, n, checksum):
        output, _, _ = engines.execute([str(self.native / kernel), str(n), str(NATIVE_RUNS)])
        result, milliseconds = output.split()
        check(result, n, checksum)
        return float(milliseconds) / 1e3

    def native_instructions(self, kernel, n, checksum):
        count, output = engines.count_instructions([str(self.native / kernel), str(n)])
        check(output.split()[0], n, checksum)
        return count

    def engine_seconds(self, engine, target, kernel, n, checksum):
        output, _, seconds = engines.execute(self.command(engine, target, kernel, n))
        check(output, n, checksum)
        return seconds / engine.repeat

    def engine_instructions(self, engine, target, kernel, n, checksum):
        if not engine.counted:
            raise engines.Failed("not under Valgrind")
        count, output = engines.count_instructions(self.command(engine, target, kernel, n))
        check(output, n, checksum)
        return count / engine.repeat

    def round(self, kernel, reverse, instructions):
        """All of one kernel; figures of a larger run less those of a smaller."""
        if instructions:
            runs = self.kernels[kernel][1], (0, None)
            native, engine_run = self.native_instructions, self.engine_instructions
        else:
            runs = self.kernels[kernel]
            native, engine_run = self.native_seconds, self.engine_seconds
        least = 1 if instructions else SHORTEST
        self.add(kernel, None, max(least, native(kernel, *runs[0]) - native(kernel, *runs[1])))
        for engine, target in reversed(self.columns) if reverse else self.columns:
            key = engine.name, f"{kernel}.{target}"
            if key in self.problems:
                continue
            try:
                spent = [engine_run(engine, target, kernel, *r) for r in runs]
            except engines.Failed as e:
                self.problems[key] = e
                self.figures.pop((kernel, (engine.name, target)), None)
                continue
            self.add(kernel, (engine.name, target), max(least, spent[0] - spent[1]))

    def ratios(self, best):
        """{kernel: [ratio to native or None for each column]}"""
        rows = {}
        for kernel in self.kernels:
            native = self.figures[kernel, None]
            row = rows[kernel] = []
            for engine, target in self.columns:
                figures = self.figures.get((kernel, (engine.name, target)))
                if figures is None:
                    row.append(None)
                elif best:
                    row.append(min(figures) / min(native))
                else:
                    row.append(statistics.median(f / n for f, n in zip(figures, native)))
        return rows


def geomeans(rows):
    """Of each column what it has, with how many where some are missing."""
    means = []
    for column in zip(*rows.values()):
        there = [v for v in column if v is not None]
        means.append((math.exp(statistics.fmean(map(math.log, there))), len(there)) if there else (None, 0))
    return means


def show(value):
    return "-" if value is None else f"{value:.2f}"


def report(comparison, instructions):
    rows = comparison.ratios(False)
    unit = "native, instructions" if instructions else "native"
    header = ["kernel", unit] + [f"{e.name} {t}" for e, t in comparison.columns]
    print("| " + " | ".join(header) + " |")
    print("|---|" + "---:|" * (len(header) - 1))
    for kernel, row in rows.items():
        native = statistics.median(comparison.figures[kernel, None])
        figure = f"{native:,.0f}" if instructions else f"{native * 1e3:.2f} ms"
        print("| " + " | ".join([kernel, figure] + [show(v) for v in row]) + " |")

    def means(name, values):
        cells = [show(v) + (f" ({count} of {len(rows)})" if 0 < count < len(rows) else "") for v, count in values]
        print("| " + " | ".join([name, ""] + cells) + " |")

    means("geometric mean", geomeans(rows))
    if not instructions:
        means("of shortest times", geomeans(comparison.ratios(True)))
    return header[2:], list(rows.items()) + [("geometric mean", [v for v, _ in geomeans(rows)])]


def main():
    o = options()
    kernels = read_kernels(o.only)
    if not kernels or o.rounds < 1:
        sys.exit("compare.py: nothing to run")
    try:
        if o.instructions:
            engines.install("valgrind=valgrind")
        others = [engines.named(e) for e in o.engine]
        program = (o.wasm64 or engines.build_ours()).resolve()
        native = engines.ROOT / "build" / "compare" / "native"
        compiler = engines.build_native(native)
    except engines.Failed as e:
        sys.exit(f"compare.py: {e}")

    targets = TARGETS if o.target == "both" else (o.target,)
    comparison = Comparison([engines.ours(program), *others], kernels, targets, program, native)
    rounds = 1 if o.instructions else o.rounds
    for i in range(rounds):
        print(f"== round {i + 1} of {rounds}", file=sys.stderr)
        for kernel in kernels:
            try:
                comparison.round(kernel, i % 2 == 1, o.instructions)
            except engines.Failed as e:
                sys.exit(f"compare.py: native {kernel}: {e}")

    what = "instructions" if o.instructions else "CPU time"
    how = "small runs" if o.instructions else f"{rounds} rounds"
    print(f"Multiples of native {what} ({compiler} -O2), {how}, {os.uname().machine}\n")
    columns, rows = report(comparison, o.instructions)
    if o.plot:
        o.plot.write_text(chart.draw(f"Multiples of native {what}; shorter is faster", columns, rows), encoding="utf-8")
    failed = False
    for (engine, module), why in comparison.problems.items():
        failed = failed or engine == "ours" or isinstance(why, engines.Wrong)
        print(f"{engine} does not run {module}: {why}", file=sys.stderr)
    sys.exit(1 if failed else 0)



if __name__ == "__main__":
    main()
