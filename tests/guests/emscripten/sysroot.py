"""Emscripten's system libraries for wasm64 and wasm32, compiled by clang 19 from the sources in Debian's package
`emscripten` (3.1.6, whose own clang 14 makes no usable wasm64), and compiling and linking with them."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

EMSCRIPTEN = pathlib.Path(os.environ.get("EMSCRIPTEN", "/usr/share/emscripten"))
CLANG, LINKER, ARCHIVER = "clang-19", "wasm-ld-19", "llvm-ar-19"
HERE = pathlib.Path(__file__).resolve().parent

# How C++ throws: by imports (invoke_*), by the legacy instructions (try, catch). setjmp goes the same way.
EXCEPTIONS = {
    "js": ["-mllvm", "-enable-emscripten-sjlj", "-D__USING_EMSCRIPTEN_EXCEPTIONS__"],
    "legacy": ["-fwasm-exceptions", "-mllvm", "-wasm-enable-sjlj", "-D__USING_WASM_EXCEPTIONS__",
               "-D__USING_WASM_SJLJ__"],
}
# Files that clang 19's idea of setjmp or runtime.c replaces, or that only newer headers would fit.
LEFT_OUT = {"emscripten_setjmp.c", "standalone.c", "standalone_wasm_stdio.c", "assert.c"}
# What a host library needs to see.
EXPORTS = ["malloc", "free", "setThrew", "emscripten_stack_get_current", "_emscripten_stack_restore",
           "_emscripten_stack_alloc", "_emscripten_tempret_set", "_emscripten_tempret_get", "__cxa_can_catch",
           "__cxa_is_pointer_type", "__cxa_free_exception", "__cxa_increment_exception_refcount",
           "__cxa_decrement_exception_refcount", "__get_exception_message"]
NEEDED = ["setThrew", "emscripten_stack_get_current", "_emscripten_stack_restore"]


def missing():
    """The first tool or package that cannot be found, or None."""
    for program in (CLANG, LINKER, ARCHIVER):
        if shutil.which(program) is None:
            return program
    return None if (EMSCRIPTEN / "tools/system_libs.py").exists() else "the package emscripten"


def own_flags(source):
    """Comparisons of long double answer int for clang, as that source file believes of one processor only."""
    return ["-D__aarch64__"] if os.path.basename(source) == "comparetf2.c" else []


class Sysroot:
    """Libraries for one width and one way of throwing, in `folder`."""

    def __init__(self, folder, width, exceptions):
        self.width, self.exceptions = width, exceptions
        self.folder = pathlib.Path(folder) / f"{width}-{exceptions}"
        self.objects = self.folder / "objects"
        self.objects.mkdir(parents=True, exist_ok=True)

    def command(self, source, flags=()):
        """How a C or C++ file is compiled, without its input and output."""
        headers = EMSCRIPTEN / "cache/sysroot/include"
        found = subprocess.run([CLANG, "-print-resource-dir"], check=True, capture_output=True, text=True).stdout
        folders = [headers / "compat", pathlib.Path(found.strip()) / "include", headers]
        out = [CLANG, f"--target={self.width}-unknown-emscripten", "-mcpu=mvp", "-mbulk-memory", "-msign-ext",
               "-mmutable-globals", "-nostdinc", "-Os", "-ffile-prefix-map=/=", *EXCEPTIONS[self.exceptions]]
        if str(source).endswith(".cpp"):
            out += ["-nostdinc++"]
            if self.exceptions == "js":
                out += ["-fexceptions", "-mllvm", "-enable-emscripten-cxx-exceptions"]
            folders.insert(0, headers / "c++/v1")
        for each in folders:
            out += ["-isystem", str(each)]
        return out + list(flags)

    def compile(self, source, flags=()):
        """One object file."""
        target = self.objects / (re.sub(r"[^\w.]", "_", str(source)) + ".o")
        command = self.command(source, flags)
        stamp = target.with_suffix(".command")
        fresh = target.exists() and target.stat().st_mtime > pathlib.Path(source).stat().st_mtime
        if fresh and stamp.exists() and stamp.read_text() == " ".join(command):
            return target
        subprocess.run([*command, "-c", "-o", target, source], check=True)
        stamp.write_text(" ".join(command))
        return target

    def archive(self, name, sources, flags):
        """A library."""
        path = self.folder / f"{name}.a"
        if path.exists():
            return path
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            objects = list(pool.map(lambda each: self.compile(each, [*flags, *own_flags(each)]), sources))
        subprocess.run([ARCHIVER, "rcs", path, *objects], check=True)
        return path

    def libraries(self):
        """Builds what is missing of the C and C++ libraries."""
        sys.path.insert(0, str(EMSCRIPTEN))
        from tools import system_libs  # the package's lists of sources
        known = system_libs.Library.get_all_variations()
        except_cxx = {"js": "", "legacy": "-except"}[self.exceptions]
        out = [self.archive("runtime", [HERE / "runtime.c", HERE / "syscalls.c"], ["-w"])]
        for name in ("libc++", "libc++abi", "libunwind", "libstandalonewasm", "libc", "libdlmalloc", "libcompiler_rt"):
            if name == "libunwind" and self.exceptions == "js":
                continue
            library = known[name + (except_cxx if name in ("libc++", "libc++abi", "libunwind") else "")]
            flags = ["-w"]
            for flag in library.get_cflags():
                if not re.match(r"-(s|W|O|g$|fwasm-exceptions)|-D__USING|-DEMSCRIPTEN_STANDALONE", flag):
                    flags.append(flag)
            if name == "libc++abi":
                flags.append("-std=c++14")
            # Functions of no parameter whose declarations have some: an error since clang 15.
            flags += [f"-Dpthread_setcancel{what}(...)=pthread_setcancel{what}()" for what in ("state", "type")]
            sources = dict.fromkeys(str(each) for each in library.get_files())
            out.append(self.archive(name, [each for each in sources if os.path.basename(each) not in LEFT_OUT], flags))
        return out

    def link(self, objects, output, exports=("_start",), pages=1, flags=()):
        """A module; functions that no library has become imports from env."""
        needed = NEEDED if self.exceptions == "js" else []
        wanted = [f"--export={name}" for name in exports] + [f"--export-if-defined={name}" for name in EXPORTS]
        wanted += [f"--undefined={name}" for name in needed]
        start = [self.compile(EMSCRIPTEN / "system/lib/libc/crt1.c", ["-w"])] if "_start" in exports else []
        command = [LINKER, f"-m{self.width}", "--no-entry", "--strip-all", "--gc-sections", "--allow-undefined",
                   "--export-table", "--stack-first", "-z", "stack-size=65536", "--max-memory=67108864",
                   *wanted, *flags, *start, *objects, *self.libraries(), "-o", output]
        subprocess.run(command, check=True)
