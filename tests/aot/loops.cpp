#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/aot/compilers.hpp"
#include "tests/aot/loop_checks.hpp"

// Loops that are about to pass the end of something when they are asked about: of memory, of integers, of what sums and
// products of such questions may be, of fuel.

using namespace wasm64;

namespace {

constexpr std::int64_t page = 65536;
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(),
                       least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most_narrow = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t least_narrow = std::numeric_limits<std::int32_t>::min();

constexpr std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
constexpr std::int64_t times(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

std::string constant(const char* type, std::int64_t n) {
  return std::string("(") + type + ".const " + std::to_string(n) + ")";
}
std::string added(const char* local, std::int64_t n) {
  const std::string get = std::string("(local.get $") + local + ")";
  return n == 0 ? get : "(i64.add " + get + " " + constant("i64", n) + ")";
}
std::string next(const char* local, const char* type, std::int64_t by) {
  return std::string("(local.set $") + local + " (" + type + ".add (local.get $" + local + ") " + constant(type, by) +
         "))\n";
}
std::string load(const std::string& address, const std::string& offset = "") {
  return "(local.set $seen (i64.add (i64.rotl (local.get $seen) (i64.const 5)) (i64.load " + offset + address + ")))\n";
}

/// What the functions take: a place, a local that is tested and its bound, both again as an i32, and another number.
struct given {
  std::int64_t place = 0, x = 0, bound = 0, narrow_x = 0, narrow_bound = 0, other = 0;

  std::vector<value> arguments() const {
    const auto narrow = [](std::int64_t n) { return value::i32(static_cast<std::int32_t>(n)); };
    return {value::i64(place), value::i64(x),        value::i64(bound),
            narrow(narrow_x),  narrow(narrow_bound), value::i64(other)};
  }
  std::string text() const {
    std::string all;
    for (const std::int64_t n : {place, x, bound, narrow_x, narrow_bound, other}) all += std::to_string(n) + " ";
    return all;
  }
};

/// A module of functions with one loop each, that goes round while `test` holds and twelve times at most: one that asks
/// wrongly finds its end nevertheless.
struct module_of_loops {
  std::string text;
  std::size_t functions = 0;

  explicit module_of_loops(const std::string& memory = "i64 1") {
    text = "(module (memory " + memory + ") (data (i64.const 65000) \"some bytes at the end\")\n";
  }
  std::string add(const std::string& body, const std::string& test, const std::string& behind = "") {
    const std::string name = "f" + std::to_string(functions++);
    text += "(func (export \"" + name + "\") (param $p i64) (param $x i64) (param $bound i64) (param $y i32)" +
            "(param $narrow i32) (param $by i64) (result i64) (local $seen i64) (local $left i32)\n" +
            "(local.set $left (i32.const 12))\n(block (loop\n" + body +
            "(br_if 1 (i32.eqz (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))\n(br_if 0 " + test +
            ")))\n" + behind + "(local.get $seen))\n";
    return name;
  }
  std::shared_ptr<const module> compiled() const { return test::compile_wat(text + ")"); }
};

template <class Compiler>
void check(const std::shared_ptr<const module>& m, const std::string& name, const given& g, std::int64_t fuel = 5'000) {
  INFO(name << " " << g.text() << "with fuel " << fuel);
  test::check_loop<Compiler>(m, g.arguments(), fuel, name.c_str());
}

/// A loop that goes round while a test holds of a local with a step.
struct tested {
  const char* test;
  bool is_wide;
  std::int64_t step;
  std::string name;
};

}  // namespace

// Addresses follow another local than the one that is tested, so that only the number of rounds can be wrong. Where a
// local passes its bound without meeting it, it comes again from the other end.
TEMPLATE_LIST_TEST_CASE("loops whose bounds are next to the ends of integers", "", test::compilers) {
  module_of_loops all;
  std::vector<tested> kinds;
  for (const bool is_wide : {true, false}) {
    for (const std::int64_t by : {1, 3, 1 << 20}) {
      for (const char* const test : {"lt_u", "lt_s", "le_u", "le_s"}) kinds.push_back({test, is_wide, by, {}});
      for (const char* const test : {"gt_u", "gt_s", "ge_u", "ge_s"}) kinds.push_back({test, is_wide, -by, {}});
      for (const std::int64_t both : {by, -by}) kinds.push_back({"ne", is_wide, both, {}});
    }
  }
  for (tested& k : kinds) {
    const char* const type = k.is_wide ? "i64" : "i32";
    const std::string body = load(added("p", 0)) + next("p", "i64", 8) + next(k.is_wide ? "x" : "y", type, k.step);
    k.name =
        all.add(body, "(" + std::string(type) + "." + k.test +
                          (k.is_wide ? " (local.get $x) (local.get $bound))" : " (local.get $y) (local.get $narrow))"));
  }
  const auto m = all.compiled();
  INFO(all.text);
  for (const tested& k : kinds) {
    for (const std::int64_t end : {std::int64_t{0}, k.is_wide ? most : most_narrow}) {
      for (const std::int64_t beside : {-2, -1, 0, 1}) {
        const std::int64_t bound = plus(end, beside);
        for (const std::int64_t rounds : {0, 1, 4}) {
          for (const std::int64_t rest : {-1, 0, 1}) {
            const std::int64_t x = plus(bound, plus(-times(rounds, k.step), rest));
            for (const std::int64_t within : {2, 6}) {
              check<TestType>(m, k.name, {page - 8 * within, x, bound, x, bound});
            }
          }
        }
      }
    }
  }
}

TEMPLATE_LIST_TEST_CASE("loops that access memory at several places", "", test::compilers) {
  module_of_loops all;
  struct places {
    std::vector<std::int64_t> constants;
    std::int64_t step;
    std::string name;
  };
  std::vector<places> kinds;
  constexpr std::int64_t far = std::int64_t{1} << 32;
  for (const std::int64_t by : {8, -8}) {
    for (const auto& constants : std::vector<std::vector<std::int64_t>>{{0, 4000},
                                                                        {4000, 0},
                                                                        {0, -4000},
                                                                        {0, 4000, -4000},
                                                                        {-4000, 4000, 0},
                                                                        {0, page - 40},
                                                                        {0, page},
                                                                        {0, far},
                                                                        {far, 0},
                                                                        {0, far + 8},
                                                                        {0, least},
                                                                        {0, most},
                                                                        {0, most, least},
                                                                        {-far, far},
                                                                        {-far, 0, far}}) {
      kinds.push_back({constants, by, {}});
    }
  }
  for (places& k : kinds) {
    std::string body;
    for (const std::int64_t c : k.constants) body += load(added("p", c));
    k.name =
        all.add(body + next("p", "i64", k.step) + next("x", "i64", 1), "(i64.ne (local.get $x) (local.get $bound))");
  }
  const auto m = all.compiled();
  INFO(all.text);
  for (const places& k : kinds) {
    for (const std::int64_t c : k.constants) {
      for (const std::int64_t rounds : {1, 2, 7}) {
        for (const std::int64_t beside : {-1, 0, 1}) {
          const std::int64_t way = k.step * (rounds - 1);
          const std::int64_t lowest = plus(beside, times(c, -1)), highest = plus(page - 8, lowest);
          check<TestType>(m, k.name, {plus(lowest, k.step < 0 ? -way : 0), 0, rounds});
          check<TestType>(m, k.name, {plus(highest, k.step > 0 ? -way : 0), 0, rounds});
        }
      }
    }
  }
}

TEMPLATE_LIST_TEST_CASE("loops with large offsets", "", test::compilers) {
  const std::uint64_t offsets[] = {8,           page - 8,           page - 7,           page,
                                   2 * page,    0xfffffff0,         0xffffffff,         0x100000000,
                                   0x100000001, 0x7fffffffffffffff, 0xfffffffffffffff0, 0xffffffffffffffff};
  for (const std::string memory : {"i64 0", "i64 1"}) {
    module_of_loops all(memory);
    if (memory == "i64 0") all.text = "(module (memory i64 0)\n";
    std::vector<std::string> names;
    for (const std::uint64_t offset : offsets) {
      const std::string text = "offset=" + std::to_string(offset) + " ";
      names.push_back(
          all.add(load(added("p", 0), text) + load(added("p", 8)) + next("p", "i64", 8) + next("x", "i64", 1),
                  "(i64.lt_u (local.get $x) (local.get $bound))"));
    }
    const auto m = all.compiled();
    INFO(all.text);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto offset = static_cast<std::int64_t>(offsets[i]);
      for (const std::int64_t end : {std::int64_t{0}, page, -offset, plus(page, -offset)}) {
        for (const std::int64_t beside : {-24, -16, -9, -8, -7, 0, 8}) {
          for (const std::int64_t rounds : {0, 2}) check<TestType>(m, names[i], {plus(end, beside), 0, rounds});
        }
      }
    }
  }
}

// The extended sum of 32 bits comes again from the other end, and is then 2^32 from where it would have been.
TEMPLATE_LIST_TEST_CASE("loops whose narrow sums wrap", "", test::compilers) {
  module_of_loops all;
  struct extended {
    bool is_signed;
    std::int64_t offset, step, factor;
    std::string name;
  };
  std::vector<extended> kinds;
  for (const bool is_signed : {false, true}) {
    for (const std::int64_t offset : {0, 5, -5}) {
      for (const std::int64_t by : {1, -1, 1000, 1 << 20}) {
        for (const std::int64_t factor : {1, 1024}) {
          if (by * factor < (1 << 20)) kinds.push_back({is_signed, offset, by, factor, {}});
        }
      }
    }
  }
  for (extended& k : kinds) {
    const std::string sum = "(i64.mul (i64.extend_i32_" + std::string(k.is_signed ? "s" : "u") +
                            " (i32.add (local.get $y) " + constant("i32", k.offset) + ")) " +
                            constant("i64", k.factor) + ")";
    k.name = all.add(load("(i64.add " + sum + " (local.get $p))") + next("y", "i32", k.step) + next("x", "i64", 1),
                     "(i64.ne (local.get $x) (local.get $bound))");
  }
  const auto m = all.compiled();
  INFO(all.text);
  for (const extended& k : kinds) {
    const std::int64_t end = k.is_signed ? std::int64_t{1} << 31 : 0;  // of the narrow sum, from below
    for (const std::int64_t rounds : {1, 2, 6}) {
      for (const std::int64_t wraps_after : {0, 1, 3, 5, 6, 9}) {
        for (const std::int64_t beside : {-1, 0}) {
          const std::int64_t sum = end - k.step * wraps_after + beside;
          const std::int64_t first = k.is_signed ? static_cast<std::int32_t>(static_cast<std::uint32_t>(sum))
                                                 : static_cast<std::uint32_t>(sum);
          for (const std::int64_t place : {k.step < 0 ? page - 8 : std::int64_t{0}, page / 2}) {
            check<TestType>(m, k.name, {plus(place, -times(first, k.factor)), 0, rounds, sum - k.offset});
          }
        }
      }
    }
  }
}

TEMPLATE_LIST_TEST_CASE("loops whose narrow addresses wrap", "", test::compilers) {
  module_of_loops all("1");
  std::vector<std::pair<std::int64_t, std::string>> kinds;
  for (const std::int64_t offset : {0, 16, -16}) {
    for (const std::int64_t by : {8, -8, 1 << 16, -(1 << 16), 1 << 20}) {
      const std::string address = "(i32.add (local.get $y) " + constant("i32", offset) + ")";
      kinds.emplace_back(
          by, all.add(load(address) + load(address, "offset=8 ") + next("y", "i32", by) + next("x", "i64", 1),
                      "(i64.ne (local.get $x) (local.get $bound))"));
    }
  }
  all.text.replace(all.text.find("i64.const 65000"), 3, "i32");
  const auto m = all.compiled();
  INFO(all.text);
  for (const auto& [by, name] : kinds) {
    for (const std::int64_t end : {std::int64_t{0}, page - 16, least_narrow, most_narrow}) {
      for (const std::int64_t beside : {-24, -16, -8, -1, 0, 1, 16, 24}) {
        for (const std::int64_t rounds : {1, 2, 4}) {
          check<TestType>(m, name, {0, 0, rounds, end + beside});
          check<TestType>(m, name, {0, 0, rounds, end + beside - by * (rounds - 1)});
        }
      }
    }
  }
}

// So often that the products of rounds and steps would be small again.
TEMPLATE_LIST_TEST_CASE("loops that would go round for long", "", test::compilers) {
  module_of_loops all;
  constexpr std::int64_t by = 1 << 20;
  const std::string both = next("p", "i64", by) + next("x", "i64", 1);
  const std::string still = "(i64.lt_u (local.get $x) (local.get $bound))";
  const std::string by_1024 = "(i64.mul (local.get $p) (i64.const 1024))";
  const std::string names[] = {
      all.add(load(by_1024) + both, still),
      all.add(
          load("(i64.add " + by_1024 + " (i64.shl (local.get $x) (i64.const 10)))") + both + next("x", "i64", by - 1),
          "(i64.lt_u (local.get $x) (local.get $bound))"),
      all.add(load("(i64.mul " + by_1024 + " (i64.const 1024))") + both, still),
      all.add(load(added("p", 0)) + next("p", "i64", std::int64_t{1} << 34) + next("x", "i64", 1), still),
      all.add(load(added("by", 0)) + both, still),
      all.add(load(added("by", 0)) + next("x", "i64", 1), "(i64.le_s (local.get $x) (local.get $bound))"),
      all.add(load(added("by", 0)) + next("y", "i32", 1), "(i32.lt_u (local.get $y) (local.get $narrow))")};
  const auto m = all.compiled();
  INFO(all.text);
  for (const std::string& name : names) {
    for (const int bits : {0, 3, 24, 30, 31, 32, 33, 34, 52, 53, 54, 60, 61, 62, 63}) {
      for (const std::int64_t beside : {-1, 0, 1}) {
        const std::int64_t rounds = plus(static_cast<std::int64_t>(std::uint64_t{1} << bits), beside);
        for (const std::int64_t fuel : {60, 5'000}) {
          check<TestType>(m, name, {0, 0, rounds, 0, rounds, 64}, fuel);
          check<TestType>(m, name, {times(by, -3), 0, times(by, rounds), -1, rounds, page - 8}, fuel);
        }
      }
    }
  }
}

TEMPLATE_LIST_TEST_CASE("loops by steps that are known late", "", test::compilers) {
  module_of_loops all;
  const std::string next_x = "(local.set $x (i64.add (local.get $x) (local.get $by)))\n";
  const std::string next_place = "(local.set $p (i64.add (local.get $p) (local.get $by)))\n";
  std::vector<std::string> names;
  for (const char* const test : {"lt_u", "lt_s", "le_u", "le_s", "ne", "gt_u"}) {
    const std::string still = std::string("(i64.") + test + " (local.get $x) (local.get $bound))";
    names.push_back(all.add(load(added("p", 0)) + next("p", "i64", 8) + next_x, still));
    names.push_back(all.add(load(added("p", 0)) + next_place + next_x, still));
    names.push_back(
        all.add(load("(i64.add (i64.mul (local.get $p) (i64.const 1024)) (i64.shl (local.get $x) (i64.const 3)))") +
                    next_place + next_x,
                still));
  }
  const auto m = all.compiled();
  INFO(all.text);
  constexpr std::int64_t large = 1 << 20;
  for (const std::string& name : names) {
    for (const std::int64_t by : {std::int64_t{0}, std::int64_t{1}, std::int64_t{8}, large, large + 1, std::int64_t{-1},
                                  std::int64_t{-8}, most, least, std::int64_t{1} << 32}) {
      for (const std::int64_t end : {std::int64_t{64}, std::int64_t{0}, most}) {
        for (const std::int64_t beside : {-1, 0, 1}) {
          for (const std::int64_t rounds : {1, 5}) {
            const std::int64_t bound = plus(end, beside), x = plus(bound, times(by, -rounds));
            check<TestType>(m, name, {page - 24, x, bound, 0, 0, by});
            check<TestType>(m, name, {plus(page - 8, times(by, -rounds)), x, bound, 0, 0, by});
            check<TestType>(m, name, {0, x, bound, 0, 0, by});
          }
        }
      }
    }
  }
  // Both change: which way the address goes is only known with the step.
  module_of_loops sums;
  const std::string name = sums.add(load("(i64.add (local.get $p) (local.get $x))") + next_place + next("x", "i64", -8),
                                    "(i64.gt_s (local.get $x) (local.get $bound))");
  const std::string other = sums.add(load("(i64.sub (local.get $x) (local.get $p))") + next_place + next("x", "i64", 8),
                                     "(i64.lt_s (local.get $x) (local.get $bound))");
  const auto both = sums.compiled();
  INFO(sums.text);
  for (const std::int64_t by : {1, 7, 8, 9, 16, 100}) {
    for (const std::int64_t beside : {-16, -1, 0, 1, 3, 8}) {
      const std::int64_t rounds = 6, way = (by - 8) * (rounds - 1);
      for (const std::int64_t first : {std::int64_t{0}, -way, page - 8, page - 8 - way}) {
        check<TestType>(both, name, {first + beside - 8 * rounds, 8 * rounds, 0, 0, 0, by});
        check<TestType>(both, other, {-(page - 8 - first + beside), 0, 8 * rounds, 0, 0, by});
        check<TestType>(both, other, {-(first + beside), 0, 8 * rounds, 0, 0, by});
      }
    }
  }
}

// With any fuel: enough for all of it, for all but what comes behind the loop, for all but what one way out costs.
TEMPLATE_LIST_TEST_CASE("loops that leave little fuel", "", test::compilers) {
  module_of_loops all;
  const std::string body = load(added("p", 0)) + next("p", "i64", 8) + next("x", "i64", 1);
  const std::string still = "(i64.lt_u (local.get $x) (local.get $bound))";
  std::string much;
  for (int i = 0; i < 12; ++i)
    much += "(local.set $seen (i64.mul (local.get $seen) (i64.add (local.get $p) (i64.const 3))))\n";
  const std::string either = "(if (i64.eqz (local.get $by)) (then " + much + "))\n";
  const std::string names[] = {
      all.add(body, still, much), all.add(body, still, either + much),
      all.add("(block (br_if 0 (i64.ne (local.get $x) (local.get $by))) " + much + ")" + body, still),
      all.add("(if (i64.eq (local.get $x) (local.get $by)) (then " + much + "(br 2)))" + body, still, much)};
  const auto m = all.compiled();
  INFO(all.text);
  for (const std::string& name : names) {
    for (const std::int64_t by : {0, 2}) {
      for (std::int64_t fuel = 0; fuel < 300; ++fuel) check<TestType>(m, name, {64, 0, 3, 0, 0, by}, fuel);
    }
  }
}
