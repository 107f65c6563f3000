"""Runs the scripts of this folder by Lua 5.4 that is compiled to WebAssembly from Debian's source package, and compares
what they print with the native interpreter's. Ends with status 77 where a tool or the sources cannot be had."""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "guests/emscripten"))
import sysroot  # noqa: E402

SOURCES = "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main\n"


def sources(work):
    """Lua's folder of C files; None where the package cannot be fetched."""
    found = list(work.glob("lua-5.4*/src"))
    if found:
        return found[0]
    if shutil.which("apt-get") is None:
        return None
    # Lists of its own, so that this machine's configuration stays as it is.
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    (work / "sources.list").write_text(SOURCES)
    options = [f"Dir::Etc::sourcelist={work}/sources.list", "Dir::Etc::sourceparts=-", f"Dir::State::lists={work}/lists",
               f"Dir::Cache={work}/cache"]
    apt = ["apt-get", "-qq"] + [word for option in options for word in ("-o", option)]
    for command in (["update"], ["source", "--download-only", "lua5.4"]):
        if subprocess.run(apt + command, cwd=work, check=False).returncode != 0:
            return None
    for archive in work.glob("lua5.4_*.orig.tar.*"):
        with tarfile.open(archive) as files:
            files.extractall(work, filter="data")
    return next(iter(work.glob("lua-5.4*/src")), None)


def build(work, lua, width, exceptions):
    libraries = sysroot.Sysroot(work / "libraries", width, exceptions)
    files = sorted(each for each in lua.glob("*.c") if each.name != "luac.c")
    objects = [libraries.compile(each, ["-w", "-O2", "-std=gnu11"]) for each in files]
    output = work / f"lua.{exceptions}.{width}.wasm"
    libraries.link(objects, output)
    return output


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, help="the program wasm64")
    parser.add_argument("--work", required=True, type=pathlib.Path)
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    native = shutil.which("lua5.4")
    missing = sysroot.missing() or (None if native else "lua5.4")
    lua = None if missing else sources(work)
    if lua is None:
        print(f"skipped: needs {missing or 'the sources of lua5.4'}")
        return 77
    program = pathlib.Path(options.program).resolve()
    failures = 0
    for width in ("wasm64", "wasm32"):
        for exceptions in sysroot.EXCEPTIONS:
            module = build(work, lua, width, exceptions)
            for script in sorted(HERE.glob("*.lua")):
                text = script.read_bytes()
                expected = subprocess.run([native, "-"], input=text, capture_output=True, cwd=work,
                                          check=False)
                got = subprocess.run([program, "run", module, "--", "-"], input=text, capture_output=True,
                                     check=False)
                same = (got.stdout, got.returncode) == (expected.stdout, expected.returncode)
                print(f"{width} {exceptions} {script.name}: {'ok' if same else 'differs'}")
                if not same:
                    print(f"  expected {expected.stdout!r} ({expected.returncode})")
                    print(f"  got {got.stdout!r} {got.stderr!r} ({got.returncode})")
                    failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
