"""What runs a kernel: how each engine is called, and what a call gives and costs."""
import dataclasses
import os
import pathlib
import re
import resource
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORKLOADS = ROOT / "bench" / "workloads"
REPEATED = 10  # calls in a process of an engine that starts slowly


class Failed(Exception):
    """The engine cannot run the module, or the program is missing."""


class Wrong(Failed):
    """It ran, and printed another checksum."""


@dataclasses.dataclass
class Engine:
    """`command` has the places {module}, {function} and {argument}; or {constant}, a module whose export needs no
    argument, for engines that cannot pass one."""
    name: str
    command: list
    repeat: int = 1  # calls of the function in one process
    counted: bool = True  # whether Valgrind can run it

    def words(self, module, argument, program):
        places = {"module": module, "function": "run", "argument": argument}
        if any("{constant}" in word for word in self.command):
            places["constant"] = constant_module(program, module, argument)
        return [word.format_map(places) for word in self.command]


def ours(program):
    return Engine("ours", [str(program), "run", "--invoke", "{function}", "{module}", "--", "{argument}"])


def named(text):
    """The engine of an option: `name=command`, or a name that is known."""
    name, equals, command = text.partition("=")
    if equals:
        return Engine(name, shlex.split(command))
    if name == "node":
        return node()
    if name == "wasm-interp":
        install("wabt=wasm-interp")
        return Engine(name, ["wasm-interp", "--enable-memory64", "--run-all-exports", "{constant}"])
    raise Failed(f"{name} is not known: name=command, node or wasm-interp")


def node():
    """V8's optimizing compiler for everything, before the start: what it costs falls out with the small run."""
    sys.path.insert(0, str(ROOT / "tests" / "differential"))
    import tools  # pylint: disable=import-outside-toplevel
    found = tools.install(ROOT / "build" / "differential")
    if found is None:
        raise Failed("node: needs npm, network, and Linux on x86-64 or AArch64")
    flags = ["--no-liftoff", "--no-wasm-tier-up", "--no-wasm-lazy-compilation"]
    return Engine("node", [str(found.node), *flags, str(HERE / "node.mjs"), "{module}", "{function}", "{argument}",
                           str(REPEATED)], repeat=REPEATED, counted=False)


def library(*commands):
    """Runs functions of tests/tools/lib.sh; what they say goes to the standard error."""
    script = "; ".join(["set -euo pipefail", f"source {shlex.quote(str(ROOT / 'tests/tools/lib.sh'))}", *commands])
    return subprocess.run(["bash", "-c", script], stdout=sys.stderr, check=False).returncode == 0


def install(package):
    if not library(f"install_missing {package}"):
        raise Failed(f"needs Debian's {package.partition('=')[0]}")


def build_ours():
    if not library("install_build_tools", "build release wasm64_cli"):
        raise Failed("the command line does not build")
    return ROOT / "build" / "release" / "examples" / "wasm64"


def build_native(folder):
    """With Clang where it is, as the modules are made by it."""
    compiler = os.environ.get("CC") or ("clang-19" if shutil.which("clang-19") else "cc")
    done = subprocess.run([WORKLOADS / "build.sh", "native", folder], env={**os.environ, "CC": compiler}, check=False)
    if done.returncode != 0:
        raise Failed(f"the native programs do not build with {compiler}")
    return compiler


def constant_module(program, module, argument):
    """The path of a copy of the module whose export `run` takes no argument."""
    made = ROOT / "build" / "compare" / f"{pathlib.Path(module).stem}.{argument}.wasm"
    if made.exists() and made.stat().st_mtime > pathlib.Path(module).stat().st_mtime:
        return made
    text = subprocess.run([program, "print", module], capture_output=True, text=True, check=True).stdout
    call = f'(func (export "run") (result i64) i32.const {argument} call $run)'
    text = text.replace('(export "run" (func $run))', call)
    made.parent.mkdir(parents=True, exist_ok=True)
    made.with_suffix(".wat").write_text(text, encoding="utf-8")
    subprocess.run([program, "parse", made.with_suffix(".wat"), "-o", made], check=True)
    return made


def execute(command):
    """The standard output of a process, its standard error, and its CPU time in seconds, by the user and the system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as e:
        raise Failed(str(e)) from e
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Failed(said[0] if said else f"exit code {done.returncode}")
    return done.stdout, done.stderr, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def result_of(output):
    """The last integer an engine printed, signed or not, as 64 bits."""
    found = re.findall(r"-?\b\d+\b", output)
    if not found:
        raise Failed(f"no result in: {output.strip()}")
    return int(found[-1]) % 2**64


def count_instructions(command):
    """The instructions of a process, and its standard output."""
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    output, report, _ = execute(valgrind + command)
    return sum(int(count) for count in re.findall(r"Collected : (\d+)", report)), output
