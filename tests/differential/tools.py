"""V8 (as part of Node.js) and Binaryen, installed with npm into a folder of the build. Neither is a dependency of the
library, and a machine without npm or network only skips the tests that need them."""
import dataclasses
import fcntl
import pathlib
import platform
import shutil
import subprocess

# The generator's modules depend on its version, so both are exact.
NODE, BINARYEN = "26.10.0", "132.0.0"
ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}


@dataclasses.dataclass
class Tools:
    node: pathlib.Path
    wasm_opt: pathlib.Path  # a program for Node.js


def install(folder):
    """The tools in `folder`, installed where they are missing; None where they cannot be had."""
    architecture = ARCHITECTURES.get(platform.machine())
    if platform.system() != "Linux" or architecture is None:
        return None
    package = f"node-linux-{architecture}"
    modules = folder / "node_modules"
    found = Tools(modules / package / "bin" / "node", modules / "binaryen" / "bin" / "wasm-opt")
    stamp = folder / f"installed-{NODE}-{BINARYEN}"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run side by side
        if not stamp.exists():
            if shutil.which("npm") is None:
                return None
            command = ["npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save",
                       f"{package}@{NODE}", f"binaryen@{BINARYEN}"]
            done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
            if done.returncode != 0 or not found.node.exists() or not found.wasm_opt.exists():
                return None
            stamp.touch()
    return found
