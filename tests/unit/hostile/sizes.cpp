#include <string>

#include "tests/support/catch.hpp"
#include "tests/unit/hostile/build.hpp"

// Bodies that would take time or memory far beyond their size to validate or to compile.

using namespace wasm64;
using test::bytes;
using test::joined;

namespace {

constexpr std::uint8_t i64 = 0x7E, externref = 0x6F;

/// Types 0: [] → [], 1: [] → [t*n], 2: [t*n] → [t*n]; two imported functions of the last two.
bytes module_of(std::size_t n, std::uint8_t type, const bytes& code) {
  const bytes list = joined({test::leb(n), bytes(n, type)});
  const bytes entry = joined({{0x00}, code, {0x0B}});
  return test::module_bytes(
      {test::long_section(1, joined({{0x03, 0x60, 0x00, 0x00, 0x60, 0x00}, list, {0x60}, list, list})),
       test::section(2, {0x02, 0x01, 'm', 0x01, 'a', 0x00, 0x01, 0x01, 'm', 0x01, 'b', 0x00, 0x02}),
       test::section(3, {0x01, 0x00}), test::section(7, {0x01, 0x01, 'f', 0x00, 0x02}),
       test::long_section(10, joined({{0x01}, test::leb(entry.size()), entry}))});
}

/// Bytes of code that a module's functions are lowered to, for each byte of the module; −1 when it is refused.
struct growth {
  errc refused{};
  double factor = 0;
};
growth growth_of(const bytes& binary) {
  const auto compiled = compile(binary);
  if (!compiled.has_value()) return {compiled.error().code, 0};
  store<> st;
  linker imports;
  imports.otherwise([](const import_desc&, const func_type& type) {
    return untyped_host_func(
        type, [](caller&, std::span<const value>, std::span<value>) -> result<void> { return success(); });
  });
  const auto made = st.instantiate(compiled.value(), imports);
  REQUIRE(made.has_value());
  REQUIRE(st.lower_all(*made.value()).has_value());
  std::size_t words = 0;
  for (const func_code& f : made.value()->code->funcs) words += f.words.size();
  return {errc{}, static_cast<double>(words * sizeof(word)) / static_cast<double>(binary.size())};
}

const bytes drop = {0x1A}, end = {0x0B};
constexpr double most = 64;  // bytes of code for a byte of the module

}  // namespace

TEST_CASE("hostile sizes: branches, calls and returns of many values do not multiply the code") {
  constexpr std::size_t n = 1000, times = 150;
  for (const std::uint8_t type : {i64, externref}) {
    const auto factor = [&](const bytes& code) {
      const growth g = growth_of(module_of(n, type, code));
      CHECK(g.refused == errc{});
      return g.factor;
    };
    const bytes values = {0x10, 0x00}, drops = test::repeated(drop, n);
    // Conditional branches whose values are not in place.
    CHECK(factor(joined({{0x02, 0x01, 0x41, 0x00},
                         values,
                         test::repeated({0x41, 0x00, 0x0D, 0x00}, times),
                         {0x0C, 0x00},
                         end,
                         drops})) < most);
    // Calls that take and give them.
    CHECK(factor(joined({values, test::repeated({0x10, 0x01}, times), drops})) < most);
    // Unconditional branches out of place, and returns.
    const bytes branch = joined({{0x41, 0x00, 0x04, 0x40, 0x41, 0x07}, values, {0x0C, 0x01, 0x0B}});
    CHECK(factor(joined({{0x02, 0x01}, test::repeated(branch, times), values, end, drops})) < most);
    // Tables whose targets all need a stub.
    bytes tables;
    for (std::size_t i = 0; i < 20; ++i) test::append(tables, {0x02, 0x01, 0x41, 0x00});
    test::append(tables, values);
    test::append(tables, {0x41, 0x00, 0x0E, 0x13});
    for (std::uint8_t i = 0; i < 20; ++i) tables.push_back(i);
    for (std::size_t i = 0; i < 20; ++i) test::append(tables, {0x0B, 0x0C, 0x00});
    test::append(tables, {0x00});
    CHECK(growth_of(module_of(n, type, joined({{0x02, 0x01}, tables, end, drops}))).factor < most);
  }
}

TEST_CASE("hostile sizes: values beyond the module's size are refused by name") {
  for (const bytes& code : std::initializer_list<bytes>{
           joined({{0x10, 0x00}, test::repeated({0x10, 0x01}, 10'000), {0x00}}),              // calls
           joined(
               {{0x10, 0x00}, test::repeated({0x41, 0x00, 0x0D, 0x00}, 10'000), {0x00}}),  // branches to nowhere else
           joined({{0x10, 0x00}, test::repeated({0x03, 0x02, 0x0B}, 10'000), {0x00}}),  // loops
           joined({test::repeated({0x02, 0x01, 0x00, 0x0B, 0x00}, 10'000)})}) {  // results of dead blocks
    const error refused =
        test::verdict(module_of(1000, i64, joined({{0x02, 0x01}, code, end, test::repeated(drop, 1000)})));
    CHECK(refused.code == errc::implementation_limit);
    CHECK(refused.detail == "values of blocks and calls");
  }
  decode_limits limits;
  limits.values_per_byte = 1000;
  const bytes calls = joined({{0x10, 0x00}, test::repeated({0x10, 0x01}, 10'000), test::repeated(drop, 1000)});
  CHECK(compile(module_of(1000, i64, calls), {}, limits).has_value());
}

TEST_CASE("hostile sizes: ten thousand tables of a thousand targets, over deep blocks") {
  bytes code = test::repeated({0x02, 0x40}, 1000);
  bytes table = {0x41, 0x00, 0x0E};
  test::append(table, test::leb(999));
  for (std::uint64_t i = 0; i < 1000; ++i) test::append(table, test::leb(i));
  test::append(code, test::repeated(table, 8000));
  test::append(code, test::repeated(end, 1000));
  const growth g = growth_of(test::module_with_code(code));
  CHECK(g.refused == errc{});
  CHECK(g.factor < most);
  // A table can announce no more targets than there are bytes.
  CHECK(
      test::verdict(test::module_with_code(joined({{0x41, 0x00, 0x0E}, test::leb(10'000), bytes(9'000, 0x00)}))).code ==
      errc::length_out_of_bounds);
  // Beyond the size of a body.
  CHECK(test::verdict(test::module_with_code(test::repeated(table, 10'000))).code == errc::implementation_limit);
}

TEST_CASE("hostile sizes: a table of a million targets that alternate, with a thousand values") {
  bytes table = joined({{0x02, 0x01, 0x02, 0x01, 0x10, 0x00, 0x41, 0x00, 0x0E}, test::leb(1'000'000)});
  for (std::size_t i = 0; i <= 1'000'000; ++i) table.push_back(static_cast<std::uint8_t>(i & 1));
  const growth g = growth_of(module_of(1000, i64, joined({table, end, end, test::repeated(drop, 1000)})));
  CHECK(g.refused == errc{});
  CHECK(g.factor < most);
}

TEST_CASE("hostile sizes: plain bodies grow by a constant factor, too") {
  for (const bytes& piece : std::initializer_list<bytes>{{0x03, 0x40, 0x0B},
                                                         {0x41, 0x00, 0x04, 0x40, 0x05, 0x0B},
                                                         {0x02, 0x40, 0x0C, 0x00, 0x0B},
                                                         {0x41, 0x00, 0x0D, 0x00},
                                                         {0x42, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x50, 0x1A},
                                                         {0x1F, 0x40, 0x01, 0x02, 0x00, 0x0B},
                                                         {0x06, 0x40, 0x19, 0x0B}}) {
    const growth g = growth_of(test::module_with_code(test::repeated(piece, 20'000)));
    CHECK(g.refused == errc{});
    CHECK(g.factor < most);
  }
}

TEST_CASE("hostile sizes: two hundred thousand exports, offered to another module twice") {
  constexpr std::uint32_t count = 200'000;
  bytes exports = test::leb(count), imports = test::leb(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string name = std::to_string(i * 7919 % count);
    const bytes text = joined({test::leb(name.size()), bytes(name.begin(), name.end())});
    test::append(exports, joined({text, {0x00, 0x00}}));
    test::append(imports, joined({{0x01, 'a'}, text, {0x00, 0x00}}));
  }
  const bytes type = test::section(1, {0x01, 0x60, 0x00, 0x00});
  const auto exporting =
      compile(test::module_bytes({type, test::section(3, {0x01, 0x00}), test::long_section(7, exports),
                                  test::section(10, {0x01, 0x02, 0x00, 0x0B})}));
  const auto importing = compile(test::module_bytes({type, test::long_section(2, imports)}));
  REQUIRE(exporting.has_value());
  REQUIRE(importing.has_value());
  store<> st;
  linker names;
  for (int again = 0; again < 2; ++again) {
    const auto made = st.instantiate(exporting.value());
    REQUIRE(made.has_value());
    names.define_instance("a", *made.value());
    const auto linked = st.instantiate(importing.value(), names);
    REQUIRE(linked.has_value());
    CHECK(linked.value()->funcs[count - 1] == made.value()->funcs[0]);
  }
}
