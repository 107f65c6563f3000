#!/usr/bin/env python3
"""What including wasm64 costs a user's compiler, against budget.json.

Cost is counted in instructions under callgrind: two runs on a loaded machine differ by parts in a million, where
seconds differ by half. Headers are measured as users of `wasm64::compiled` see them. With --full also a translation
unit that instantiates the engine and a device, header-only; its seconds are printed but never fail. With headers as
arguments, only their instructions, to find out where the cost comes from: compile_budget.py string wasm64/fwd.hpp
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "include"
COMPILED = ["-DWASM64_COMPILED"]

# Everything a program with one device compiles when it has no compiled target, and what another device adds.
DEVICE = """#include <wasm64/device/device.hpp>
#include <wasm64/message/default_policy.hpp>
#include <wasm64/storage/memory_store.hpp>
template class wasm64::device<wasm64::default_message_policy, wasm64::memory_store>;
"""
SOURCES = {
    "device": DEVICE,
    "two-devices": DEVICE + """struct other_policy : wasm64::default_message_policy {};
template class wasm64::device<other_policy, wasm64::memory_store>;
""",
}


class Measurer:
    """Runs the compiler on small sources; each measurement is made once."""

    def __init__(self, compiler, folder):
        self.compiler, self.folder, self.known = compiler, pathlib.Path(folder), {}

    def command(self, text, *options):
        source = self.folder / "source.cpp"
        source.write_text(text)
        return [self.compiler, "-std=c++20", "-I", str(INCLUDE), *options, str(source)]

    def once(self, key, measure):
        if key not in self.known:
            self.known[key] = measure()
        return self.known[key]

    def instructions(self, text):
        def measure():
            valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=yes"]
            command = self.command(text, *COMPILED, "-O0", "-S", "-o", os.devnull)
            report = subprocess.run(valgrind + command, check=True, capture_output=True, text=True).stderr
            return sum(int(count) for count in re.findall(r"Collected : (\d+)", report))

        return self.once(("instructions", text), measure)

    def ratio(self, text):
        return self.instructions(text) / self.instructions("#include <string>\n")

    def lines(self, text):
        command = self.command(text, *COMPILED, "-E", "-P")
        return subprocess.run(command, check=True, capture_output=True).stdout.count(b"\n")

    def object(self, text):
        result = self.folder / "object.o"
        subprocess.run(self.command(text, *COMPILED, "-O2", "-c", "-o", str(result)), check=True)
        return result.stat().st_size

    def handlers(self, text):
        program = self.folder / "handlers"
        main = "#include <cstdio>\nint main() { std::printf(\"%zu\", wasm64::handler_count); }\n"
        subprocess.run(self.command(text + main, "-o", str(program)), check=True)
        return int(subprocess.run([program], check=True, capture_output=True).stdout)

    def usage(self, source, options):
        """(CPU seconds, peak megabytes) of one compilation and its children."""

        def measure():
            process = subprocess.Popen(self.command(SOURCES[source], *options.split(), "-c", "-o", os.devnull))
            _, status, used = os.wait4(process.pid, 0)
            if status != 0:
                sys.exit(f"{self.compiler} failed")
            return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024

        return self.once(("usage", source, options), measure)

    def run(self, row):
        match row["measure"]:
            case "seconds":
                return self.usage("device", row["options"])[0]
            case "memory":
                return self.usage("device", row["options"])[1]
            case "seconds of a second device":
                return self.usage("two-devices", row["options"])[0] - self.usage("device", row["options"])[0]
            case measure:
                return getattr(self, measure)(f"#include <wasm64/{row['header']}>\n")


def readable(value):
    if value >= 1e7:
        return f"{value / 1e9:.3f} G"
    return f"{value:.0f}" if value >= 1000 else f"{value:.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", help="instead of the one the budget is for; limits then mean little")
    parser.add_argument("--full", action="store_true", help="also compile the engine and a device")
    parser.add_argument("headers", nargs="*", help="as in #include; no limits apply")
    parser.add_argument("--output", type=pathlib.Path, help="write the table there as well")
    options = parser.parse_args()
    budget = json.loads((HERE / "budget.json").read_text())
    compiler = options.compiler or budget["compiler"]

    if options.headers:
        with tempfile.TemporaryDirectory() as folder:
            measurer = Measurer(compiler, folder)
            for header in options.headers:
                print(f"{readable(measurer.instructions(f'#include <{header}>' + chr(10))):>10}  {header}", flush=True)
        return
    table = [f"| {compiler} | measured | target | limit | |", "|---|---|---|---|---|"]
    exceeded = False
    with tempfile.TemporaryDirectory() as folder:
        measurer = Measurer(compiler, folder)
        for row in budget["rows"]:
            if row.get("full") and not options.full:
                continue
            measured = measurer.run(row)
            over = measured > row.get("limit", float("inf"))
            exceeded |= over
            above = measured > row.get("target", float("inf"))
            verdict = "over the limit" if over else "above target" if above else ""
            target, limit = (readable(row[bound]) if bound in row else "none" for bound in ("target", "limit"))
            table.append(f"| {row['name']} | {readable(measured)} | {target} | {limit} | {verdict} |")
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    text = "\n".join(table) + "\n"
    print(text, end="")
    if options.output:
        options.output.write_text(text)
    sys.exit(1 if exceeded else 0)


if __name__ == "__main__":
    main()
