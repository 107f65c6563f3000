// Does the steps of <name>.json files with the JavaScript engine that runs it, and writes <name>.v8: lines as those of
// record.hpp. Memories and what the fuzzing-support functions do are as in session.cpp and fuzzing_support.cpp.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const scratch = new DataView(new ArrayBuffer(8));

const hex = (bits) => "0x" + BigInt(bits).toString(16);
const isNaN32 = (bits) => (bits & 0x7fffffff) > 0x7f800000;
const isNaN64 = (bits) => (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
const f32Text = (bits) => (isNaN32(bits) ? "nan" : hex(bits));
const f64Text = (bits) => (isNaN64(bits) ? "nan" : hex(bits));

// How a failure is called; the messages are V8's.
const classes = [
  [/unreachable/, "trap unreachable"],
  [/memory access out of bounds|data segment \d+ is out of bounds/, "trap memory bounds"],
  [/table index is out of bounds|table access out of bounds|element segment \d+ is out of bounds/, "trap table bounds"],
  [/array element access out of bounds/, "trap array bounds"],
  [/^(data|element) segment out of bounds/, "trap segment bounds"],
  [/null function|function signature mismatch/, "trap signature"],
  [/divide by zero|remainder by zero/, "trap division by zero"],
  [/result unrepresentable|float unrepresentable/, "trap unrepresentable"],
  [/dereferencing a null pointer|rethrowing null value/, "trap null reference"],
  [/illegal cast/, "trap cast"],
  [/unaligned/, "trap unaligned"],
  [/requested new array is too large/, "exhausted memory"],
];

function describeError(e) {
  if (e instanceof WebAssembly.Exception) return "exception";
  const remark = " # " + String(e.message).replaceAll("\n", " ");
  if (e instanceof RangeError && /call stack/.test(e.message)) return "exhausted stack" + remark;
  if (e instanceof RangeError) return "exhausted memory" + remark;
  if (e instanceof WebAssembly.CompileError) return "rejected" + remark;
  if (e instanceof WebAssembly.LinkError) return "unlinkable" + remark;
  if (e instanceof WebAssembly.RuntimeError) {
    const found = classes.find(([pattern]) => pattern.test(e.message));
    return (found ? found[1] : "failed") + remark;
  }
  // What is missing altogether is no link error to JavaScript.
  if (e instanceof TypeError && /^WebAssembly.Instance\(\): Import/.test(e.message)) return "unlinkable" + remark;
  return "failed" + remark;
}

function describeReference(v) {
  if (v === null) return "null";
  if (typeof v === "function") return "func";
  if (typeof v === "number") return "i31 " + v;
  if (typeof v === "object" && Object.hasOwn(v, "payload")) return "extern " + v.payload;
  return "object";
}

// A value as the JavaScript interface gives it.
function describe(type, v) {
  switch (type) {
    case "i32": return "i32 " + hex(v >>> 0);
    case "i64": return "i64 " + hex(BigInt.asUintN(64, v));
    case "f32": scratch.setFloat32(0, v); return "f32 " + f32Text(scratch.getUint32(0));
    case "f64": scratch.setFloat64(0, v); return "f64 " + f64Text(scratch.getBigUint64(0));
    default: return describeReference(v);
  }
}

// A value that an adapter left in its memory.
function describeStored(type, memory, at) {
  const view = new DataView(memory.buffer);
  const half = (i) => view.getBigUint64(at + 8 * i, true);
  const lane = (i) => view.getUint32(at + 4 * i, true);
  switch (type) {
    case "i32": return "i32 " + hex(lane(0));
    case "i64": return "i64 " + hex(half(0));
    case "f32": return "f32 " + f32Text(lane(0));
    case "f64": return "f64 " + f64Text(half(0));
    case "v128": return `v128 ${hex(half(0))} ${hex(half(1))}`;
    case "f32x4": return "v128 " + [0, 1, 2, 3].map((i) => f32Text(lane(i))).join(" ");
    case "f64x2": return `v128 ${f64Text(half(0))} ${f64Text(half(1))}`;
    default: return lane(0) ? "null" : "exception";
  }
}

// What a parameter of a type the interface can pass is called with, and what it cannot return.
const zeros = { i32: 0, i64: 0n, f32: 0, f64: 0 };
for (const heap of ["extern", "func", "any", "eq", "i31", "struct", "array"]) zeros[heap + "ref"] = null;
for (const reference of ["nullref", "nullexternref", "nullfuncref"]) zeros[reference] = null;
const hidden = new Set(["v128", "exnref", "nullexnref", "(ref exn)", "(ref noexn)"]);

class Session {
  constructor(folder) {
    this.folder = folder;
    this.instances = [];
    this.lines = [];
    this.hosts = [null];
    this.imports = {};
    this.missing = new Set();  // registered names of instances that there are not
    this.main = [];
    this.defineSpectest();
    this.defineFuzzingSupport();
  }

  line(text) { this.lines.push(`${this.step} ${this.at}: ${text}`); }
  host(n) { return (this.hosts[n] ??= { payload: n }); }
  read(file) { return readFileSync(join(this.folder, file)); }

  // Names as some modules have them ("__proto__", "0") are safe in objects without prototype.
  define(module, name, value) { (this.imports[module] ??= Object.create(null))[name] = value; }

  defineSpectest() {
    const constants = { i32: ["i32", 666], i64: ["i64", 666n], f32: ["f32", Math.fround(666.6)], f64: ["f64", 666.6] };
    for (const [name, [value, init]] of Object.entries(constants)) {
      this.define("spectest", "global_" + name, new WebAssembly.Global({ value, mutable: false }, init));
    }
    for (const name of ["print", "print_i32", "print_i64", "print_f32", "print_f64", "print_i32_f32",
                        "print_f64_f64"]) {
      const parameters = name.split("_").slice(1);
      this.define("spectest", name, new WebAssembly.Function({ parameters, results: [] }, () => {}));
    }
    this.define("spectest", "table", new WebAssembly.Table({ initial: 10, maximum: 20, element: "anyfunc" }));
    this.define("spectest", "table64",
                new WebAssembly.Table({ initial: 10n, maximum: 20n, element: "anyfunc", address: "i64" }));
    this.define("spectest", "memory", new WebAssembly.Memory({ initial: 1, maximum: 2 }));
    this.define("spectest", "shared_memory", new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }));
  }

  defineFuzzingSupport() {
    const name = "fuzzing-support";
    const raise = () => this.imports[name].throw(0);
    // Calls a function with zeros for its parameters, or throws where it cannot.
    const callZeros = (f) => {
      const type = typeof f === "function" ? f.type() : undefined;
      if (!type || !type.parameters.every((t) => t in zeros) || type.results.some((t) => hidden.has(t))) return raise();
      f(...type.parameters.map((t) => zeros[t]));
    };
    const catching = (action) => {
      try {
        action();
        return 0;
      } catch (e) {
        if (e instanceof WebAssembly.Exception) return 1;
        throw e;
      }
    };
    const exported = (index) => this.main[index >>> 0];
    const onTable = (action, index) => {
      const table = this.mainTable;
      if (!(table instanceof WebAssembly.Table) || (index >>> 0) >= table.length) return raise();
      return action(table, typeof table.length === "bigint" ? BigInt(index >>> 0) : index >>> 0);
    };
    const log = (type, ...values) => this.line(["log", ...values.map((v) => describe(type, v))].join(" "));
    for (const type of ["i32", "f32", "f64", "anyref", "funcref", "externref"]) {
      this.define(name, "log-" + type, (v) => log(type, v));
    }
    // Some of the generator's passes divide 64-bit integers.
    this.define(name, "log-i64", (...values) => log(values.length === 2 ? "i32" : "i64", ...values));
    this.define(name, "log-halves", (low, high) => log("i64", low, high));
    this.define(name, "call-export", (index) => callZeros(exported(index)));
    this.define(name, "call-export-catch", (index) => catching(() => callZeros(exported(index))));
    this.define(name, "call-ref", (f) => callZeros(f));
    this.define(name, "call-ref-catch", (f) => catching(() => callZeros(f)));
    this.define(name, "table-get", (index) => onTable((t, i) => t.get(i), index));
    this.define(name, "table-set", (index, f) => onTable((t, i) => t.set(i, f), index));
    this.define(name, "sleep", (_, id) => id);
  }

  // The lines of a step, or how it failed.
  attempt(action) {
    try {
      this.line(action());
    } catch (e) {
      this.line(describeError(e));
    }
  }

  instantiate(step) {
    this.instances[step.instance] = null;
    this.attempt(() => {
      const module = new WebAssembly.Module(this.read(step.module));
      if (WebAssembly.Module.imports(module).some((i) => this.missing.has(i.module))) {
        return "skipped # no instance in V8";
      }
      const made = new WebAssembly.Instance(module, this.imports);
      made.exportNames = WebAssembly.Module.exports(module).map((e) => e.name);
      this.instances[step.instance] = made;
      return "instantiated";
    });
  }

  validate(step) {
    this.attempt(() => (new WebAssembly.Module(this.read(step.module)), "valid"));
  }

  register(step) {
    const made = this.instances[step.instance];
    if (!made) return this.missing.add(step.name);
    this.missing.delete(step.name);
    for (const name of made.exportNames) this.define(step.name, name, made.exports[name]);
  }

  argument(type, text) {
    switch (type) {
      case "i32": return Number(text) | 0;
      case "i64": return BigInt(text);
      case "f32": scratch.setUint32(0, Number(text)); return scratch.getFloat32(0);
      case "f64": scratch.setBigUint64(0, BigInt(text)); return scratch.getFloat64(0);
      default: {
        if (text === "null") return null;
        return this.host(Number(text.split(" ")[1]));
      }
    }
  }

  storeArgument(type, text, memory, at) {
    const view = new DataView(memory.buffer);
    text.split(" ").forEach((part, i) => view.setBigUint64(at + 8 * i, BigInt(part), true));
  }

  adapter(file, imports) {
    return new WebAssembly.Instance(new WebAssembly.Module(this.read(file)), { m: imports }).exports;
  }

  call(step) {
    const made = this.instances[step.instance];
    if (!made) return this.line("skipped # no instance in V8");
    this.attempt(() => (step.adapter ? this.callAdapted(step, made) : this.callDirectly(step, made)));
  }

  callDirectly(step, made) {
    const results = made.exports[step.name](...step.arguments.map((text, i) => this.argument(step.params[i], text)));
    const list = step.results.length === 1 ? [results] : step.results.length === 0 ? [] : results;
    return ["returned", ...step.results.map((type, i) => describe(type, list[i]))].join(" ");
  }

  callAdapted(step, made) {
    const adapter = this.adapter(step.adapter, { f: made.exports[step.name] });
    const references = [];
    step.params.forEach((type, i) => {
      if (type === "ref") references.push(this.argument(type, step.arguments[i]));
      else if (type !== "exn") this.storeArgument(type, step.arguments[i], adapter.memory, 16 * i);
    });
    let returned = adapter.run(...references);
    if (step.results.filter((type) => type === "ref").length === 1) returned = [returned];
    returned = [...(returned ?? [])];
    const describeResult = (type, i) =>
      type === "ref" ? describeReference(returned.shift()) : describeStored(type, adapter.memory, 1024 + 16 * i);
    return ["returned", ...step.results.map(describeResult)].join(" ");
  }

  get(step) {
    const made = this.instances[step.instance];
    if (!made) return this.line("skipped # no instance in V8");
    const g = made.exports[step.name];
    this.attempt(() => {
      if (step.type === "exn") return "hidden";
      if (!step.adapter) return describe(step.type, g.value);
      const adapter = this.adapter(step.adapter, { g });
      adapter.run();
      return describeStored(step.type, adapter.memory, 1024);
    });
  }

  // Memories; tables and globals have steps of their own.
  state(step) {
    const made = this.instances[step.instance];
    if (!made) return this.line("skipped # no instance in V8");
    for (let i = 0; i < step.memories; ++i) {
      const bytes = new Uint8Array(made.exports["differential:memory" + i].buffer);
      const id = createHash("sha256").update(bytes.subarray(0, 64 << 20)).digest("base64url");
      this.line(`memory ${i}: ${bytes.length} bytes ${id}`);
    }
  }

  table(step) {
    const made = this.instances[step.instance];
    if (!made) return this.line("skipped # no instance in V8");
    const table = made.exports["differential:table" + step.index];
    const size = Number(table.length);
    let text = "";
    const at = (i) => (typeof table.length === "bigint" ? BigInt(i) : i);
    for (let i = 0; i < Math.min(size, 1000) && !step.hidden; ++i) text += table.get(at(i)) === null ? "-" : "+";
    this.line(`table ${step.index}: ${size} elements ${text}`);
  }

  skip(step) { this.line("skipped # " + step.reason); }

  host_global(step) { this.define(step.module, step.name, this.host(step.payload)); }

  // From now on the generated module's exports can be called by their index.
  exports(step) {
    const made = this.instances[step.instance];
    if (!made) return;
    this.main = made.exportNames.slice(0, step.count).map((name) => made.exports[name]);
    this.mainTable = made.exports.table;
  }

  run(steps) {
    steps.forEach((step, i) => {
      this.step = i;
      this.at = step.at;
      this[step.do](step);
    });
  }
}

for (const plan of process.argv.slice(2)) {
  const session = new Session(dirname(plan));
  session.run(JSON.parse(readFileSync(plan, "utf8")));
  writeFileSync(join(dirname(plan), basename(plan, ".json") + ".v8"), session.lines.map((l) => l + "\n").join(""));
}
