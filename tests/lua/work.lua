-- Some work: primes, a tree, strings, matrices, fibonacci numbers, garbage.
local sieve, count = {}, 0
for i = 2, 30000 do
  if not sieve[i] then
    count = count + 1
    for j = i * i, 30000, i do sieve[j] = true end
  end
end
print("primes", count)
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print("fib", fib(22))
local function tree(d) if d == 0 then return {} end return {tree(d - 1), tree(d - 1)} end
local function size(t) local n = 1; for _, c in ipairs(t) do n = n + size(c) end return n end
for _ = 1, 4 do io.write(size(tree(11)), " ") end
print()
local parts = {}
for i = 1, 5000 do parts[i] = string.format("%04x", i * 7919 % 65536) end
local all = table.concat(parts)
local seen, kinds = {}, 0
for c in all:gmatch("..") do if not seen[c] then seen[c] = true; kinds = kinds + 1 end end
print("strings", #all, kinds)
local n, sum = 40, 0
local m = {}
for i = 1, n do m[i] = {} for j = 1, n do m[i][j] = (i * j) % 7 + 0.25 end end
for i = 1, n do for j = 1, n do local s = 0 for k = 1, n do s = s + m[i][k] * m[k][j] end sum = sum + s end end
print("matrix", sum)
local caught = 0
for i = 1, 2000 do if not pcall(error, i) then caught = caught + 1 end end
print("caught", caught)
local h = 0
for i = 1, 300000 do h = (h * 31 + i) & 0xffffffff end
print("hash", h)
collectgarbage()
print(collectgarbage("count") < 20000)
