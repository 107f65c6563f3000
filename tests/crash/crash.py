#!/usr/bin/env python3
"""Crashes, errors and power cuts while a program writes to a store: what was acknowledged is there afterwards, and a
state is there wholly or not at all.

    crash.py PART --program PROGRAM --url fs:{dir} --work DIRECTORY [--full]

PROGRAM is used as writer.cpp is, whose first lines say how; {dir} stands for a directory that the store makes.
Exit code 77: strace is not there.
"""

import argparse
import collections
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import power
import trace

REFUSED = 3  # the program's exit code where the store reported errors until it gave up
SKIPPED = 77

# What may be asked to fail, and how it may.
ERRORS = {
    "write": ["ENOSPC", "EIO", "EINTR"],
    "writev": ["ENOSPC", "EIO", "EINTR"],
    "pwrite64": ["ENOSPC", "EIO", "EINTR"],
    "pwritev": ["ENOSPC", "EIO", "EINTR"],
    "fsync": ["EIO", "ENOSPC", "EINTR"],
    "fdatasync": ["EIO", "ENOSPC", "EINTR"],
    "ftruncate": ["EIO", "EINTR"],
    "rename": ["EIO", "ENOSPC"],
    "renameat": ["EIO", "ENOSPC"],
    "unlinkat": ["EIO"],
    "mkdirat": ["ENOSPC"],
    "openat": ["EMFILE", "EIO", "ENOSPC"],
    "pread64": ["EIO", "EINTR"],
    "read": ["EIO", "EINTR"],
    "flock": ["EINTR", "ENOLCK"],
    "fcntl": ["EINTR", "ENOLCK"],
    "newfstatat": ["EIO"],
    "getdents64": ["EIO"],
    "getrandom": ["EINTR", "ENOSYS"],
}


class Problem(Exception):
    pass


class Program:
    """The program under test, over stores in directories below `work`."""

    def __init__(self, arguments):
        self.program = arguments.program.split()
        self.url = arguments.url
        self.work = os.path.abspath(arguments.work)
        self.log = os.path.join(self.work, "strace.log")
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work)

    def command(self, action, directory, *arguments):
        return [*self.program, action, self.url.format(dir=directory), *map(str, arguments)]

    def run(self, action, directory, *arguments, **options):
        return subprocess.run(
            self.command(action, directory, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options
        )

    def path(self, name):
        return os.path.join(self.work, name)

    def copy(self, base, name="copy"):
        to = self.path(name)
        shutil.rmtree(to, ignore_errors=True)
        if os.path.exists(base):
            shutil.copytree(base, to)
        return to

    def base(self, name, rounds):
        """A directory after that many rounds; none at all for 0."""
        directory = self.path(name)
        if rounds and self.run("write", directory, "root", rounds).returncode:
            raise Problem("the program does not work")
        return directory

    def state(self, directory, acknowledged=(), root="root"):
        """The root's round and id; every acknowledged id has been read too."""
        done = self.run("check", directory, root, *acknowledged)
        text = done.stdout.decode(errors="replace")
        if done.returncode:
            raise Problem(f"exit code {done.returncode}: {text.strip()} {done.stderr.decode(errors='replace').strip()}")
        _, number, name = text.split()
        return int(number), name

    def examine(self, directory, old, done, rounds, go_on=True):
        """After a run that was disturbed: the state is an old one or a new one, and the next run works."""
        acknowledged = acknowledged_in(done.stdout)
        now = self.state(directory, [name for _, name in acknowledged])
        least = max([old[0], *[number for number, _ in acknowledged]])
        if not least <= now[0] <= old[0] + rounds or now[0] > least + 1:
            raise Problem(f"state {now[0]} after {least} was acknowledged, {old[0]} before")
        if not go_on:
            return
        again = self.run("write", directory, "root", 1)
        if again.returncode:
            raise Problem(f"cannot be written to afterwards: {again.stdout.decode(errors='replace')}")
        if self.state(directory)[0] != now[0] + 1:
            raise Problem("what is written afterwards is not there")


def acknowledged_in(output):
    lines = [line.split() for line in output.decode(errors="replace").splitlines() if line.startswith("acknowledged ")]
    return [(int(line[1]), line[2]) for line in lines if len(line) == 3]


def numbered(calls, directory):
    """(name, number among the calls of that name, count from 1) from the first one on that names the directory."""
    counts = collections.Counter()
    begun = False
    for call in calls:
        counts[call.name] += 1
        begun = begun or any(directory.encode().startswith(text) and len(text) > 1 for text in call.strings)
        if begun and call.name not in ("exit_group", "execve"):
            yield call.name, counts[call.name]


class Report:
    def __init__(self):
        self.count = 0
        self.problems = []

    def attempt(self, what, function, *arguments):
        self.count += 1
        try:
            function(*arguments)
        except Problem as problem:
            self.problems.append(f"{what}: {problem}")


# What is disturbed: a name, rounds that were written before, the action, its rounds.
SCENARIOS = [("first", 0, "write", 1), ("later", 3, "write", 2), ("collection", 8, "collect", 0)]


def action_arguments(action, rounds):
    return ("root", rounds) if action == "write" else ()


def state_or_none(program, base):
    return program.state(base) if os.path.exists(base) else (0, "none")


def kill(program, report, full):
    """Killed at every system call."""
    for name, before, action, rounds in SCENARIOS:
        base = program.base(name, before)
        old = state_or_none(program, base)
        arguments = action_arguments(action, rounds)
        copy = program.copy(base)
        calls, _ = trace.record(program.command(action, copy, *arguments), program.log)
        targets = list(numbered(calls, copy))
        if len(targets) < 10:
            raise Problem(f"{name}: strace has seen {len(targets)} calls")
        for call, number in targets:
            copy = program.copy(base)
            done = trace.inject(program.command(action, copy, *arguments), program.log, call, number, "signal=KILL")
            go_on = full or report.count % 3 == 0
            report.attempt(f"{name}, killed at {call} {number}", program.examine, copy, old, done, rounds, go_on)


def errors(program, report, full):
    """A system call fails, once; and files that cannot grow."""

    def examine(copy, old, done, rounds):
        if done.returncode not in (0, REFUSED):
            raise Problem(f"exit code {done.returncode}: {done.stdout.decode(errors='replace')}")
        program.examine(copy, old, done, rounds)

    for name, before, action, rounds in SCENARIOS:
        base = program.base(name, before)
        old = state_or_none(program, base)
        arguments = action_arguments(action, rounds)
        copy = program.copy(base)
        calls, _ = trace.record(program.command(action, copy, *arguments), program.log)
        for call, number in numbered(calls, copy):
            possible = ERRORS.get(call, [])
            if possible and not full:
                possible = [possible[number % len(possible)]]
            for error in possible:
                copy = program.copy(base)
                command = program.command(action, copy, *arguments)
                done = trace.inject(command, program.log, call, number, f"error={error}")
                report.attempt(f"{name}, {error} at {call} {number}", examine, copy, old, done, rounds)

        # Short writes, and then none: a disk that is full.
        for limit in range(0, 40_000, 97 if full else 1499):

            def limited(limit=limit):
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

            copy = program.copy(base)
            done = program.run(action, copy, *arguments, preexec_fn=limited)
            report.attempt(f"{name}, files of at most {limit} bytes", examine, copy, old, done, rounds)


def together(program, report, full):
    """Two writers and a collector, each killed and begun again all the time."""
    chance = random.Random(64)
    directory = program.path("together")
    roots = ("one", "two")
    last = {root: (0, None) for root in roots}
    running = {}
    total = 0

    def start(role):
        command = program.command("collect", directory) if role == "collector" else program.command("write", directory, role, 20)
        output = open(program.path(role), "w+b")
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        running[role] = (process, output, time.monotonic() + chance.uniform(0.002, 0.15))

    def finish(role):
        nonlocal total
        process, output, _ = running.pop(role)
        process.kill()
        process.wait()
        output.seek(0)
        text = output.read()
        output.close()
        if role == "collector":
            if process.returncode not in (0, -signal.SIGKILL):
                raise Problem(f"collector: {process.returncode} {text.decode(errors='replace')}")
            return
        if process.returncode not in (0, -signal.SIGKILL):
            raise Problem(f"writer: exit code {process.returncode}: {text.decode(errors='replace')}")
        acknowledged = acknowledged_in(text)
        total += len(acknowledged)
        if acknowledged:
            last[role] = acknowledged[-1]

    def examine(root):
        number, name = program.state(directory, root=root)
        if not last[root][0] <= number <= last[root][0] + 1 or (number == last[root][0] and number and name != last[root][1]):
            raise Problem(f"root {root} has state {number} after {last[root]} was acknowledged")
        last[root] = (number, name)

    until = time.monotonic() + (120 if full else 10)
    os.makedirs(directory)
    while time.monotonic() < until and not report.problems:
        for role in (*roots, "collector"):
            if role not in running:
                start(role)
        time.sleep(0.002)
        for role, (process, _, deadline) in list(running.items()):
            if process.poll() is None and time.monotonic() < deadline:
                continue
            report.attempt(role, finish, role)
            if role in roots:
                report.attempt(role, examine, role)
    for role in list(running):
        report.attempt(role, finish, role)
    for root in roots:
        report.attempt(root, examine, root)
    print(f"{total} states were acknowledged")
    if not total:
        raise Problem("nothing was acknowledged")


def cut(program, report, full):
    """The power goes between any two system calls, and the disk has what the rules allow."""
    for name, before, action, rounds in SCENARIOS:
        base = program.base(name, before)
        old = state_or_none(program, base)
        copy = program.copy(base)
        # Directories are made durable as they are made, or everything is as it was.
        if not before:
            program.run("check", copy, "root")
        disk = power.Disk(copy)
        calls, done = trace.record(
            program.command(action, copy, *action_arguments(action, rounds)), program.log, data=True
        )
        if done.returncode:
            raise Problem(f"{name}: exit code {done.returncode}")
        recording = power.Recording(disk)
        acknowledged = []
        seen = set()
        for call in calls:
            if call.name == "write" and call.descriptor == 1:
                acknowledged += [entry[1] for entry in acknowledged_in(call.data)]
            elif not recording.apply(call):
                continue
            for state in disk.states(1 if full else 4):
                digest = hashlib.sha256(repr((sorted(state.items()), len(acknowledged))).encode()).digest()
                if digest in seen:
                    continue
                seen.add(digest)
                crashed = program.path("crashed")
                disk.store(state, crashed)
                output = "".join(f"acknowledged {old[0] + i} {text}\n" for i, text in enumerate(acknowledged, 1))
                what = f"{name}, power cut after {call.name} {call.arguments[:60]}"
                outcome = subprocess.CompletedProcess([], 0, output.encode())
                report.attempt(what, program.examine, crashed, old, outcome, rounds)
        with_all = {path: disk.contents[file] for path, file in disk.names.items()}
        disk.store(with_all, program.path("crashed"))
        if action == "write":
            report.attempt(f"{name}, at the end", program.examine, program.path("crashed"), old, done, rounds)


PARTS = {"kill": kill, "errors": errors, "together": together, "power": cut}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--program", required=True)
    parser.add_argument("--url", default="fs:{dir}")
    parser.add_argument("--work", required=True)
    parser.add_argument("--full", action="store_true", default=os.environ.get("WASM64_LONG_RUNS") == "1")
    arguments = parser.parse_args()
    if arguments.part != "together" and not trace.usable():
        print("skipped: strace is not installed, or not allowed to trace")
        return SKIPPED
    program = Program(arguments)
    report = Report()
    begin = time.monotonic()
    try:
        PARTS[arguments.part](program, report, arguments.full)
    except Problem as problem:
        report.problems.append(str(problem))
    for problem in report.problems[:20]:
        print(problem)
    print(f"{arguments.part}: {report.count} checks, {len(report.problems)} problems, {time.monotonic() - begin:.0f} s")
    if not report.problems:
        shutil.rmtree(program.work)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
