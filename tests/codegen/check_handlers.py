#!/usr/bin/env python3
"""check_handlers.py <libwasm64.a> <source root> <compiler>

Reads the disassembly of the interpreter's handlers (x86-64) and proves what tail dispatch promises:
  - every handler leaves through an indirect jump, and none returns: `leave_run` does, which ends a run;
  - handlers of hot families call nothing and save no register.
"""
import re
import shutil
import subprocess
import sys

HANDLER = re.compile(r"wasm64::exec::tail<(true|false), \(wasm64::ir\)(\d+), wasm64::kind_pair\{(.*)\}\s*>\(")
HOT = ("unary", "plain_unary", "binary", "plain_binary", "shift", "commutative", "compare", "branch", "load", "store",
       "load_sum", "plain_load_sum", "store_sum",
       "vector", "vector_shift", "vector_store", "extract_lane", "replace_lane", "pair")
HOT_NAMES = ("mov", "mov_i32", "mov_i64", "select_", "global_load", "global_store", "br", "br_table", "ret", "ret1", "call",
             "charge", "enter", "mov_v128", "v128_const", "select_v128", "global_load_v128", "global_store_v128",
             "i32x4_shuffle")
# Without an instruction for choosing bytes by number, that is a function.
CALLS = ("i8x16_swizzle",)
# Handlers that may save a register: division needs fixed ones, GCC 12 is one short of the nine that need no saving in
# shuffles of words and a pair of a load, a branch and a table, Clang in pairs of a load and a store; and Clang goes
# through the stack for sign bits.
SAVES = re.compile(r"\w+_(div|rem)_[su] |\w+_(copysign|neg) |i32x4_shuffle |i\d+_load\w+_br_table_as |"
                   r"i64_load\w+_to_i64_store_sa\w* ")


def operations(root, compiler):
    """Name and shape of every operation, by number: lower/ops.def as the preprocessor sees it."""
    source = ('#define WASM64_IR_OP(n, s) @n s@\n#define WASM64_IR_BRANCH(n, s) @br_##n s@\n'
              '#define WASM64_IR_UNLESS(n, s) @unless_##n s@\n#define WASM64_IR_OWN(n, s) @n s@\n'
              '#define WASM64_IR_TEST(n) @n test@ @br_##n branch@\n#define WASM64_IR_STEP(n) @step_##n step@\n'
              '#define WASM64_IR_SUM(n, s) @sum32_##n s@ @sum64_##n s@\n'
              '#define WASM64_IR_PAIR(x, kx, y, ky) @x##_##kx##_##y##_##ky pair@\n'
              '#define WASM64_IR_CHAIN(x, kx, y, ky) @x##_##kx##_to_##y##_##ky pair@\n#include "wasm64/lower/ops.def"\n')
    text = subprocess.run([compiler, "-E", "-P", "-x", "c++", f"-I{root}/include", "-"], input=source, text=True,
                          capture_output=True, check=True).stdout
    return [tuple(row.split()) for row in re.findall(r"@(.+?)@", text)]


def functions(library):
    """Name and instructions of every function."""
    text = subprocess.run(["objdump", "-dC", "--no-show-raw-insn", library], text=True, capture_output=True,
                          check=True).stdout
    name, body = None, []
    for line in text.splitlines():
        start = re.match(r"[0-9a-f]+ <(.*)>:$", line)
        if start:
            if name is not None:
                yield name, body
            name, body = start.group(1), []
        elif name is not None and "\t" in line:
            body.append(line.split("\t", 1)[1].strip())
    if name is not None:
        yield name, body


def faults(name, shape, kinds, body):
    code = [i for i in body if not re.match(r"(nop|xchg +%ax|data16|cs nop|int3)", i)]
    if any(re.match(r"(repz )?ret", i) for i in code):
        yield "returns"
    if not any(re.match(r"(notrack )?jmp +\*", i) for i in code) and name not in ("trap_unreachable", "halt"):
        yield "has no indirect jump"
    if (shape in HOT or name in HOT_NAMES) and name not in CALLS:
        if any(i.startswith("call") for i in code):
            yield "calls something"
        saves = any(i.startswith("push") or re.match(r"sub +\$0x[0-9a-f]+,%rsp", i) for i in code)
        if saves and not SAVES.match(f"{name} {kinds}"):
            yield "uses the stack"


def main():
    library, root, compiler = sys.argv[1:4]
    if shutil.which("objdump") is None:
        print("skipped: no objdump")
        return 77
    rows = operations(root, compiler)
    checked, failed = 0, 0
    for function, body in functions(library):
        found = HANDLER.search(function)
        # Cold halves of handlers are functions of their own; they leave through jumps, too.
        if found is None or "[clone" in function:
            continue
        name, shape = rows[int(found.group(2))]
        checked += 1
        for fault in faults(name, shape, found.group(3), body):
            failed += 1
            print(f"{name} ({shape}) {{{found.group(3)}}} {fault}")
    print(f"{checked} handlers, {failed} faults")
    return 0 if checked > 500 and failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
