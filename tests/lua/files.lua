-- Files of the host's library.
local name = "wasm64-lua-test.txt"
local f = assert(io.open(name, "w"))
f:write("first line\n", 42, " ", 1.5, "\nlast")
print(f:seek("cur"), f:seek("set", 6), f:write("LINE") == f)
f:close()
for line in io.lines(name) do print(line) end
f = io.open(name)
print(f:read("l", "n", "n", "a"))
print(f:read("a"), f:read("l"))
f:close()
print(pcall(f.read, f))
-- Numbers of errors differ between systems.
local function message(_, text) return text end
print(os.rename(name, name .. "2"), message(io.open(name)))
print(os.remove(name .. "2"), message(os.remove(name .. "2")))
print(io.type(f), io.type(io.stdout), io.type(42))
