#include "tests/support/catch.hpp"
#include "tests/unit/hostile/build.hpp"

// Few bytes that announce very much. Nothing may be allocated for what is not there.

using namespace wasm64;
using test::bytes;
using test::joined;
using test::module_bytes;
using test::section;
using test::verdict;

namespace {

const bytes huge = test::leb(test::largest_u32);

}  // namespace

TEST_CASE("hostile counts: 2^32-1 entries in every section") {
  for (std::uint8_t id = 1; id <= 13; ++id) {
    if (id == 8 || id == 12) continue;  // start and data count are no lists
    INFO(unsigned{id});
    const errc expected = id == 10 ? errc::function_code_mismatch : errc::length_out_of_bounds;
    CHECK(verdict(module_bytes({section(id, huge)})).code == expected);
    CHECK(verdict(module_bytes({section(id, joined({huge, bytes(100, 0x00)}))})).code == expected);
  }
  CHECK(verdict(module_bytes({section(8, huge)})).code == errc::unknown_function);
  CHECK(verdict(module_bytes({section(12, huge)})).code == errc::data_count_mismatch);
}

TEST_CASE("hostile counts: 2^32-1 parameters, results, fields, super types and types of a group") {
  for (const bytes& before :
       std::initializer_list<bytes>{{0x01, 0x60}, {0x01, 0x60, 0x00}, {0x01, 0x5F}, {0x01, 0x50}, {0x01, 0x4E}}) {
    CHECK(verdict(module_bytes({section(1, joined({before, huge, bytes(50, 0x7F)}))})).code ==
          errc::length_out_of_bounds);
  }
}

TEST_CASE("hostile counts: 2^32-1 elements, bytes of data, characters of a name") {
  const bytes table = section(4, {0x01, 0x70, 0x00, 0x01}), memory = section(5, {0x01, 0x00, 0x01});
  const auto elements = [&](const bytes& before) {
    return verdict(module_bytes({table, section(9, joined({{0x01}, before, huge, bytes(50, 0x00)}))})).code;
  };
  CHECK(elements({0x00, 0x41, 0x00, 0x0B}) == errc::length_out_of_bounds);
  CHECK(elements({0x01, 0x00}) == errc::length_out_of_bounds);
  CHECK(elements({0x05, 0x70}) == errc::length_out_of_bounds);
  CHECK(verdict(module_bytes({memory, section(11, joined({{0x01, 0x01}, huge, bytes(50, 0x00)}))})).code ==
        errc::length_out_of_bounds);
  CHECK(verdict(module_bytes({section(2, joined({{0x01}, huge}))})).code == errc::length_out_of_bounds);
  CHECK(verdict(module_bytes({section(7, joined({{0x01}, huge}))})).code == errc::length_out_of_bounds);
  CHECK(verdict(module_bytes({section(0, huge)})).code == errc::length_out_of_bounds);
  // A name section that is wrong is as good as none.
  const bytes names = joined({{0x04, 'n', 'a', 'm', 'e', 0x01, 0x06}, huge, {0x00}});
  CHECK(verdict(module_bytes({section(0, names)})).code == errc{});
}

TEST_CASE("hostile counts: 2^32-1 targets, types and clauses of one instruction") {
  CHECK(verdict(test::module_with_code(joined({{0x41, 0x00, 0x0E}, huge, {0x00}}))).code == errc::length_out_of_bounds);
  CHECK(verdict(test::module_with_code(joined({{0x41, 0x00, 0x1C}, huge, {0x7F}}))).code == errc::length_out_of_bounds);
  CHECK(verdict(test::module_with_code(joined({{0x1F, 0x40}, huge, {0x00}}))).code == errc::length_out_of_bounds);
}

TEST_CASE("hostile counts: locals by the billion, in one run or in many") {
  const auto with_locals = [](const bytes& runs) {
    return verdict(test::module_with_entry({0x01, 0x60, 0x00, 0x00}, joined({runs, {0x0B}})));
  };
  const bytes run = joined({huge, {0x7E}});
  CHECK(with_locals(joined({{0x01}, run})).code == errc::implementation_limit);
  CHECK(with_locals(joined({{0x02}, run, {0x01, 0x7E}})).code == errc::too_many_locals);
  CHECK(with_locals(joined({huge, bytes(100, 0x7F)})).code == errc::length_out_of_bounds);
  const bytes empty_runs = joined({test::leb(1'000'000), test::repeated({0x00, 0x7F}, 1'000'000)});
  CHECK(with_locals(empty_runs).code == errc{});
  const bytes single_runs = joined({test::leb(60'000), test::repeated({0x01, 0x7F}, 60'000)});
  const error many = with_locals(single_runs);
  CHECK(many.code == errc::implementation_limit);
  CHECK(many.detail == "locals");
  const error wide = with_locals(joined({{0x01}, test::leb(40'000), {0x7E}}));
  CHECK(wide.code == errc::implementation_limit);
  CHECK(wide.detail == "slots of a function's frame");
}

TEST_CASE("hostile counts: functions whose locals are many together are refused, not visited") {
  constexpr std::size_t functions = 20'000;
  const bytes entry = joined({{0x01}, test::leb(30'000), {0x7E, 0x0B}});
  const bytes binary = module_bytes(
      {section(1, {0x01, 0x60, 0x00, 0x00}),
       test::long_section(3, joined({test::leb(functions), bytes(functions, 0x00)})),
       test::long_section(
           10, joined({test::leb(functions), test::repeated(joined({test::leb(entry.size()), entry}), functions)}))});
  const error refused = verdict(binary);
  CHECK(refused.code == errc::implementation_limit);
  CHECK(refused.detail == "locals of all functions");
}
