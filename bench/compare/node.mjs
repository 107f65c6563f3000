// node.mjs MODULE FUNCTION ARGUMENT TIMES: calls an export that takes an i32, so many times; prints the last result.
import { readFileSync } from "node:fs";

const [module, name, argument, times] = process.argv.slice(2);
const imports = { env: { host_add: (a, b) => (a + b) | 0 } };
const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(module)), imports);
let result;
for (let i = 0; i < Number(times); ++i) result = instance.exports[name](Number(argument));
console.log(String(result));
