#include "workload.h"

// An interpreter of a small scripting language in the manner of Lua, and a script. Text becomes bytecode of a stack
// machine; there are values with tags, interned strings, tables, closures. It knows what its script needs, and traps at
// everything else.

#include "script/machine.h"

static const char source[] =
    "local seed = round + 1\n"
    "local function random(limit) seed = (seed * 1103 + 12345) % 65536 return seed % limit end\n"

    "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\n"

    "local function swap(list, i, k) local old = list[i] list[i] = list[k] list[k] = old end\n"
    "local function sort(list, first, last, before)\n"
    "  if first >= last then return nil end\n"
    "  local pivot = list[last]\n"
    "  local split = first\n"
    "  for i = first, last - 1 do\n"
    "    if before(list[i], pivot) then swap(list, i, split) split = split + 1 end\n"
    "  end\n"
    "  swap(list, split, last)\n"
    "  sort(list, first, split - 1, before)\n"
    "  sort(list, split + 1, last, before)\n"
    "end\n"

    "local function account(owner)\n"
    "  local self = {owner = owner, balance = 0, history = {}}\n"
    "  self.deposit = function(amount)\n"
    "    self.balance = self.balance + amount\n"
    "    self.history[#self.history + 1] = amount\n"
    "    return self.balance\n"
    "  end\n"
    "  return self\n"
    "end\n"

    "local function words_of(text)\n"
    "  local found = {}\n"
    "  local first = 1\n"
    "  for i = 1, #text do\n"
    "    if byte(text, i) == 32 then found[#found + 1] = sub(text, first, i - 1) first = i + 1 end\n"
    "  end\n"
    "  return found\n"
    "end\n"

    "local function queens(row, size, columns, up, down)\n"
    "  if row > size then return 1 end\n"
    "  local count = 0\n"
    "  for i = 1, size do\n"
    "    if not columns[i] and not up[row + i] and not down[row - i] then\n"
    "      columns[i] = true up[row + i] = true down[row - i] = true\n"
    "      count = count + queens(row + 1, size, columns, up, down)\n"
    "      columns[i] = false up[row + i] = false down[row - i] = false\n"
    "    end\n"
    "  end\n"
    "  return count\n"
    "end\n"

    "local sum = fib(15)\n"

    "local list = {}\n"
    "for i = 1, 200 do list[i] = random(1000) end\n"
    "sort(list, 1, #list, function(a, b) return a < b end)\n"
    "for i = 1, #list do sum = (sum * 31 + list[i]) % 1000003 end\n"

    "local accounts = {account(\"ann\"), account(\"bob\"), account(\"eve\")}\n"
    "for i = 1, 300 do sum = sum + accounts[random(3) + 1].deposit(random(50)) end\n"
    "sum = sum + #accounts[2].history\n"

    "local text = \"\"\n"
    "for i = 1, 60 do text = text .. \"w\" .. random(20) .. \" \" end\n"
    "local counts = {}\n"
    "local words = words_of(text)\n"
    "for i = 1, #words do counts[words[i]] = (counts[words[i]] or 0) + 1 end\n"
    "sum = sum * 7 + (counts.w3 or 0) * 100 + (counts[\"w17\"] or 50)\n"

    "local area = 0.5\n"
    "local x = 0.0\n"
    "while x < 10 do area = area + 1 / (1.5 + x * x) x = x + 0.03125 end\n"
    "sum = sum + floor(area * 1000.0)\n"

    "return sum * 100 + queens(1, 6, {}, {}, {})\n";

/// byte(text, i)
static struct value byte(const struct value* arguments) {
  return of_integer((uint8_t)arguments[0].as.string->text[arguments[1].as.integer - 1]);
}

/// sub(text, first, last)
static struct value sub(const struct value* arguments) {
  const int64_t first = arguments[1].as.integer, last = arguments[2].as.integer;
  return of_string(intern(arguments[0].as.string->text + first - 1, (uint32_t)(last - first + 1), NULL, 0));
}

static struct value floor_of(const struct value* arguments) {
  const int64_t whole = (int64_t)arguments[0].as.real;
  return of_integer(whole - ((double)whole > arguments[0].as.real));
}

static void define(struct table* globals, const char* name, struct value v) {
  uint32_t length = 0;
  while (name[length] != '\0') ++length;
  set(globals, of_string(intern(name, length, NULL, 0)), v);
}

/// Compiles and runs the script n times: recursion, sorting with a function as order, objects, strings, reals, queens.
int64_t run(int32_t n) {
  uint64_t checksum = 0;
  for (int32_t round = 0; round < n; ++round) {
    arena_used = 0;
    open_upvalues = NULL;
    for (int i = 0; i < buckets; ++i) interned[i] = NULL;
    struct table* globals = new_table();
    define(globals, "round", of_integer(round));
    define(globals, "byte", (struct value){builtin, {.builtin = byte}});
    define(globals, "sub", (struct value){builtin, {.builtin = sub}});
    define(globals, "floor", (struct value){builtin, {.builtin = floor_of}});
    checksum = checksum * 31 + (uint64_t)execute(compile(source), globals).as.integer;
  }
  return (int64_t)checksum;
}
