#!/usr/bin/env python3
"""Compares this engine with V8: the same modules, the same calls, and every result, trap, memory, table and global.

  compare.py --program differential_steps --tools FOLDER --work FOLDER
             [--suite FOLDER [--scripts GLOB]]   the official suite
             [--count N] [--seed S]              N modules of Binaryen's generator

The last line is "compared N modules, M calls; K differences; D discarded (reasons)". Fails where there is a difference,
or more than 5 % of the generated modules were discarded; answers 77 where the tools cannot be had.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys

import tools

HERE = pathlib.Path(__file__).resolve().parent
TIMEOUT = 120
MOST_DISCARDED = 0.05
SHOWN = 20

# What the generator may use.
FEATURES = ["memory64", "multimemory", "bulk-memory", "bulk-memory-opt", "sign-ext", "nontrapping-float-to-int",
            "mutable-globals", "multivalue", "reference-types", "exception-handling", "tail-call", "extended-const",
            "simd", "gc"]
# More of its options, taken in turn.
VARIANTS = [[], ["--no-fuzz-oob"], ["--fuzz-passes"]]

# Modules that V8 does not take, by its words.
NOT_IN_V8 = [
    (re.compile(r"invalid memory limits flags 0x[89a-f]|custom page size"), "custom page sizes"),
    (re.compile(r"numeric opcode: 0xfc1[3-6]|invalid opcode 0xfc1[3-6]"), "wide arithmetic"),
    (re.compile(r"larger than implementation limit"), "sizes beyond its limits"),
]


class Comparison:
    """The outcome of one script or module."""

    def __init__(self, name):
        self.name = name
        self.calls = 0
        self.differences = []
        self.skipped = collections.Counter()  # steps, by reason
        self.discarded = None  # the whole, with the reason


def answers(path):
    """The lines of each step, and what stands behind " # "."""
    steps = collections.defaultdict(list)
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        number, _, rest = line.partition(" ")
        answer, _, remark = rest.partition(" # ")
        steps[int(number)].append((answer, remark))
    return steps


def body(answer):
    return answer[answer.rfind(": ") + 2:]


def reason_to_skip(ours, theirs):
    """Why a step cannot be compared, or None."""
    for answer, remark in ours + theirs:
        if body(answer) == "skipped":
            return remark
    for answer, remark in theirs:
        if body(answer) == "rejected":
            for pattern, reason in NOT_IN_V8:
                if pattern.search(remark):
                    return "V8: " + reason
    return None


def agree(ours, theirs):
    """V8 has one class for segments that end before what an array takes from them."""
    if body(theirs) == "trap segment bounds":
        return body(ours) in ("trap array bounds", "trap memory bounds", "trap table bounds")
    return ours == theirs


def compare(folder, name, generated):
    result = Comparison(name)
    ours, theirs = answers(folder / f"{name}.ours"), answers(folder / f"{name}.v8")
    calls = re.findall(r'"do": "(\w+)"', (folder / f"{name}.json").read_text(encoding="utf-8"))
    for step in sorted(ours.keys() | theirs.keys()):
        mine, other = ours[step], theirs[step]
        reason = reason_to_skip(mine, other)
        if reason is not None:
            result.skipped[reason] += 1
            continue
        exhausted = [body(a) for a, _ in mine + other if body(a).startswith("exhausted")]
        if exhausted and (generated or len(exhausted) == 1):
            if generated:
                result.discarded = exhausted[0]
                return result
            result.skipped[exhausted[0]] += 1
            continue
        result.calls += calls[step] == "call"
        where = next((i for i, (a, b) in enumerate(zip(mine, other)) if not agree(a[0], b[0])),
                     min(len(mine), len(other)))
        if where < max(len(mine), len(other)):
            shown = [" # ".join(filter(None, lines[where])) if where < len(lines) else "nothing more"
                     for lines in (mine, other)]
            result.differences.append(f"{name}: here {shown[0]}\n    V8 {shown[1]}")
    return result


class Runner:
    def __init__(self, options, found):
        self.options = options
        self.found = found
        self.work = pathlib.Path(options.work)
        self.work.mkdir(parents=True, exist_ok=True)

    def run(self, name, file, pages):
        """The comparison; files stay where there is a difference to look at."""
        result = self.run_both(name, file, pages)
        if not result.differences:
            for leftover in self.work.glob(f"{name}.*"):
                leftover.unlink()
        return result

    def run_both(self, name, file, pages):
        """The comparison, or one that says which of the engines did not finish."""
        generated = file.suffix == ".wasm"
        flags = ["--experimental-wasm-type-reflection", f"--wasm-max-mem-pages={pages}"]
        for command in ([self.options.program, self.work, f"{name}={file}"],
                        [self.found.node, *flags, HERE / "v8.mjs", self.work / f"{name}.json"]):
            failure = Comparison(name)
            try:
                done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, text=True, errors="replace")
            except subprocess.TimeoutExpired:
                failure.discarded = "exhausted time"
                return failure
            if done.returncode != 0:
                failure.differences.append(f"{name}: {pathlib.Path(command[0]).name} ended with {done.returncode}: "
                                           f"{done.stderr[-500:]}")
                return failure
            if generated and command[0] is self.options.program:
                # V8 has no limit of its own on what a host calls, and may take hours to its end.
                ours = (self.work / f"{name}.ours").read_text(encoding="utf-8")
                if exhausted := re.search(r": (exhausted \w+)", ours):
                    failure.discarded = exhausted[1]
                    return failure
        return compare(self.work, name, generated)

    def script(self, path, suite):
        name = path.relative_to(suite).with_suffix("").as_posix().replace("/", "+")
        return self.run(name, path, 65536)

    def generated(self, number):
        name = f"{self.options.seed}-{number}"
        seed, module = self.work / f"{name}.seed", self.work / f"{name}.wasm"
        source = random.Random(self.options.seed * 1_000_003 + number)
        seed.write_bytes(source.randbytes(source.randrange(500, 16_000)))
        command = [self.found.node, self.found.wasm_opt, "-ttf", seed, "-mvp", *[f"--enable-{f}" for f in FEATURES],
                   *VARIANTS[number % len(VARIANTS)], "--emit-exnref", "--denan", "-o", module]
        try:
            made = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False).returncode == 0
        except subprocess.TimeoutExpired:
            made = False
        if not made:
            failure = Comparison(name)
            failure.discarded = "generator"
            return failure
        return self.run(name, module, 1024)


def by_reason(counts):
    return ", ".join(f"{reason}: {count}" for reason, count in counts.most_common())


def report(title, results):
    differences = [d for r in results for d in r.differences]
    for difference in differences[:SHOWN]:
        print(difference)
    if len(differences) > SHOWN:
        print(f"and {len(differences) - SHOWN} more")
    skipped = sum((r.skipped for r in results), collections.Counter())
    if skipped:
        print(f"{title}: steps not compared ({by_reason(skipped)})")
    discarded = collections.Counter(r.discarded for r in results if r.discarded)
    count = sum(discarded.values())
    print(f"compared {len(results) - count} {title}, {sum(r.calls for r in results)} calls; "
          f"{len(differences)} differences; {count} discarded" + (f" ({by_reason(discarded)})" if discarded else ""))
    return not differences and count <= MOST_DISCARDED * len(results)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--suite")
    parser.add_argument("--scripts", default="**/*.wast")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    found = tools.install(pathlib.Path(options.tools))
    if found is None:
        print("skipped: V8 and Binaryen cannot be had")
        return 77
    runner = Runner(options, found)
    good = True
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        if options.suite:
            suite = pathlib.Path(options.suite)
            scripts = sorted(suite.glob(options.scripts))
            if not scripts:
                print(f"skipped: no scripts in {suite}")
                return 77
            good = report("scripts", list(pool.map(lambda path: runner.script(path, suite), scripts))) and good
        if options.count:
            good = report("modules", list(pool.map(runner.generated, range(options.count)))) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
