"""System calls of a program, as strace tells them."""

import re
import subprocess

_CALL = re.compile(r"^(?:\d+\s+)?(\w+)\((.*)\)\s+= (-?\d+|\?)")
_HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FILE = re.compile(r"^(\d+)<((?:\\x[0-9a-f]{2})*)>")


def _bytes(escaped):
    return bytes.fromhex(escaped.replace("\\x", ""))


class Call:
    """One system call that was made: its name, the arguments as text, the result."""

    def __init__(self, name, arguments, value):
        self.name = name
        self.arguments = arguments
        self.value = value

    @property
    def failed(self):
        return self.value is None or self.value < 0

    @property
    def strings(self):
        """The texts and bytes among the arguments."""
        return [_bytes(found) for found in _HEX.findall(self.arguments)]

    @property
    def data(self):
        """The bytes of a write."""
        return b"".join(self.strings)[: self.value]

    @property
    def descriptor(self):
        found = _FILE.match(self.arguments)
        return int(found[1]) if found else None

    @property
    def path(self):
        """That of the descriptor in the first argument."""
        found = _FILE.match(self.arguments)
        return _bytes(found[2]).decode(errors="surrogateescape") if found else None

    @property
    def last_number(self):
        return int(self.arguments.rsplit(",", 1)[1])


def record(command, log, data=False):
    """Runs a command. Answers its calls, and what it printed."""
    options = ["-y", "-xx", "-s", "16777216"] if data else ["-xx", "-s", "64"]
    done = subprocess.run(
        ["strace", "-f", "-o", log, *options, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False
    )
    calls = []
    with open(log, encoding="ascii", errors="replace") as lines:
        for line in lines:
            found = _CALL.match(line)
            if found:
                calls.append(Call(found[1], found[2], None if found[3] == "?" else int(found[3])))
    return calls, done


def inject(command, log, name, number, what, **options):
    """Runs a command, and does something to its NUMBERth call of a name: `signal=KILL`, `error=EIO`."""
    return subprocess.run(
        ["strace", "-f", "-o", log, "-e", f"trace={name}", "-e", f"inject={name}:{what}:when={number}", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
        **options,
    )


def usable():
    """Whether strace is there and allowed to do what these tests need."""
    try:
        done = subprocess.run(
            ["strace", "-o", "/dev/null", "-e", "inject=getppid:error=EIO", "true"], capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0
