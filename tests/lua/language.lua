-- Strings, closures, coroutines, errors, sorting, metatables.
print(("hello world"):upper(), ("x"):rep(5, "-"), ("abc"):byte(1, -1), #"length", ("reverse"):reverse())
print(string.format("%5d|%-5d|%05.1f|%x|%q|%s|%10.3s|%g|%a", 42, 42, 3.14159, 255, 'a "quoted"\nline', true, "abcdef", 1e20, 0.5))
print(("key = value, other = thing"):gsub("(%w+) = (%w+)", "%2 = %1"))
for word, number in ("a1 b22 c333"):gmatch("(%a)(%d+)") do io.write(word, ":", number, " ") end
print(("find me here"):find("me"), ("2024-02-15"):match("(%d+)-(%d+)-(%d+)"))
print(string.pack("<i4d", 7, 1.5):byte(1, -1))
print(utf8.char(228, 8364, 128512), utf8.len("äöü"), 7 // 2, -7 // 2, -7 % 3, 7.5 // 2, 2 ^ 0.5, 1 << 40, ~0, 10 / 2)
print(math.maxinteger + 1 == math.mininteger, math.type(1), math.type(1.0), math.tointeger(3.0), 1e15, 1e16, 0.1 + 0.2)

local function counter()
  local n = 0
  return function() n = n + 1; return n end
end
local a, b = counter(), counter()
print(a(), a(), b(), a())

local function generate(n)
  return coroutine.wrap(function() for i = 1, n do coroutine.yield(i * i) end return "end" end)
end
for square in generate(4) do io.write(square, " ") end
print()
local co = coroutine.create(function(x)
  local y = coroutine.yield(x + 1)
  error({code = y})
end)
print(coroutine.resume(co, 1))
local ok, e = coroutine.resume(co, 99)
print(ok, type(e), e.code, coroutine.status(co), coroutine.resume(co))
print(select(2, pcall(coroutine.wrap(function() pcall(function() coroutine.yield() end); error("after yield", 0) end))))

print(pcall(error, "text"), select("#", pcall(error)))
print(pcall(function() local t; t.x = 1 end))
print(pcall(function() return 1 + {} end))
print(xpcall(function() error("deep", 2) end, function(m) return "handled: " .. tostring(m) end))
local depth = 0
local function nest(n)
  if n == 0 then error("bottom", 0) end
  local good, message = pcall(nest, n - 1)
  depth = depth + 1
  error(message .. n % 10, 0)
end
print(select(2, pcall(nest, 60)), depth)
print(pcall(string.rep, "x", -1), (pcall(string.rep)))
print(select(2, pcall(function() local function f() return f() + 1 end return f() end)):match("stack overflow"))
do
  local closed = {}
  local _ = pcall(function()
    local first <close> = setmetatable({}, {__close = function() closed[#closed + 1] = "first" end})
    local second <close> = setmetatable({}, {__close = function() closed[#closed + 1] = "second" end})
    error("leave")
  end)
  print(table.concat(closed, " "))
end

local words = {"pear", "apple", "fig", "banana", "cherry"}
table.sort(words)
print(table.concat(words, " "))
table.sort(words, function(x, y) return #x < #y or (#x == #y and x > y) end)
print(table.concat(words, " "))
print(pcall(table.sort, {3, 1, "x"}))
local point = setmetatable({x = 1}, {__add = function(p, q) return p.x + q end, __index = function(_, k) return k .. "?" end,
  __call = function(_, ...) return select("#", ...) end, __tostring = function() return "a point" end, __len = function() return 9 end})
print(point + 4, point.missing, point(1, nil, nil), tostring(point), #point)
print(load("return 1 +"))
print(load("local a <const> = 5; return a * ...")(8))
print(#table.pack(table.unpack({1, 2, 3}, 1, 3)), table.move({1, 2, 3}, 1, 3, 2)[3], next({}), rawlen({1, 2}), rawequal("a", "a"))
goto done
print("never")
::done::
print(os.time({year = 2024, month = 2, day = 15, hour = 12}) ~= nil, os.date("!%Y-%m-%d %H:%M:%S", 86400 * 365), type(os.clock()))
