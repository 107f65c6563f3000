#include "tests/support/catch.hpp"
#include "tests/unit/hostile/build.hpp"

using namespace wasm64;
using test::bytes;
using test::joined;
using test::module_bytes;
using test::section;
using test::verdict;

namespace {

/// A memory with addresses of 32 or 64 bits, as a section.
bytes memory_of(bool is_64) { return section(5, {0x01, static_cast<std::uint8_t>(is_64 ? 0x04 : 0x00), 0x01}); }

struct load_form {
  const char* name;
  bytes before;  ///< opcode up to the memarg, without the address
  std::uint8_t align;
};
const load_form load_forms[] = {{"i32.load", {0x28}, 2}, {"i64.atomic.load", {0xFE, 0x11}, 3}};

/// A load at address 0 whose memarg is `memarg`.
errc loading(const load_form& a, bool is_64, const bytes& memarg) {
  return verdict(test::module_with_code(
                     joined({{static_cast<std::uint8_t>(is_64 ? 0x42 : 0x41), 0x00}, a.before, memarg, {0x1A}}),
                     memory_of(is_64)))
      .code;
}

const bytes overlong = {0x80, 0x80, 0x80, 0x80, 0x80, 0x00};      // six bytes for 32 bits
const bytes unused_bits = {0x80, 0x80, 0x80, 0x80, 0x10};         // bit 32
const bytes overlong_64 = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
const bytes unused_bits_64 = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02};

}  // namespace

TEST_CASE("hostile encoding: integers longer or larger than their type are refused wherever one stands") {
  const auto code = [](const bytes& before, const bytes& integer) {
    return verdict(test::module_with_code(joined({before, integer, {0x1A}}), memory_of(false))).code;
  };
  // Indices, labels, counts, and constants of both widths.
  for (const bytes& before : std::initializer_list<bytes>{{0x20}, {0x23}, {0x0C}, {0x10}, {0xFC}, {0x41}, {0xD2}}) {
    CHECK(code(before, overlong) == errc::integer_too_long);
    CHECK(code(before, unused_bits) == errc::integer_too_large);
  }
  CHECK(code({0x42}, overlong_64) == errc::integer_too_long);
  CHECK(code({0x42}, unused_bits_64) == errc::integer_too_large);
  CHECK(code({0x02}, overlong) == errc::integer_too_long);  // a block type has 33 bits
  // Sizes and counts of sections.
  CHECK(verdict(module_bytes({joined({{0x01}, overlong})})).code == errc::integer_too_long);
  CHECK(verdict(module_bytes({joined({{0x01}, unused_bits})})).code == errc::integer_too_large);
  CHECK(verdict(module_bytes({section(1, overlong)})).code == errc::integer_too_long);
  CHECK(verdict(module_bytes({section(3, unused_bits)})).code == errc::integer_too_large);
  // Padding within the width is fine.
  CHECK(code({0x41}, {0x80, 0x80, 0x80, 0x80, 0x00}) == errc{});
}

TEST_CASE("hostile encoding: offsets have 64 bits only where the memory has 64-bit addresses") {
  const bytes beyond_32 = {0x80, 0x80, 0x80, 0x80, 0x10};
  const bytes largest = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01};
  for (const load_form& a : load_forms) {
    INFO(a.name);
    CHECK(loading(a, false, joined({{a.align}, {0xFF, 0xFF, 0xFF, 0xFF, 0x0F}})) == errc{});
    CHECK(loading(a, false, joined({{a.align}, beyond_32})) == errc::offset_out_of_range);
    CHECK(loading(a, true, joined({{a.align}, beyond_32})) == errc{});
    CHECK(loading(a, true, joined({{a.align}, largest})) == errc{});
    CHECK(loading(a, true, joined({{a.align}, unused_bits_64})) == errc::integer_too_large);
    CHECK(loading(a, true, joined({{a.align}, overlong_64})) == errc::integer_too_long);
  }
}

TEST_CASE("hostile encoding: bit 6 of an alignment announces a memory, which must exist") {
  for (const load_form& a : load_forms) {
    INFO(a.name);
    const auto align = [&](unsigned bits) { return static_cast<std::uint8_t>(a.align | bits); };
    CHECK(loading(a, true, {align(0x40), 0x00, 0x00}) == errc{});
    CHECK(loading(a, true, {align(0x40), 0x01, 0x00}) == errc::unknown_memory);
    CHECK(loading(a, true, joined({{align(0x40)}, test::leb(test::largest_u32), {0x00}})) == errc::unknown_memory);
    CHECK(loading(a, true, joined({{align(0x40)}, unused_bits, {0x00}})) == errc::integer_too_large);
    CHECK(loading(a, true, {align(0x80), 0x01, 0x00}) == errc::malformed_memop_flags);
    CHECK(loading(a, true, {0x3F, 0x00}) == errc::alignment_too_large);
    CHECK(loading(a, true, {0x7F, 0x00, 0x00}) == errc::alignment_too_large);
  }
}

TEST_CASE("hostile encoding: every byte in the place of limits' flags") {
  for (unsigned flags = 0; flags < 256; ++flags) {
    INFO(flags);
    bytes limits = {static_cast<std::uint8_t>(flags), 0x01};
    if ((flags & 1) != 0) limits.push_back(0x02);
    // Memories: maximum, shared, 64-bit, page size; shared memories need the maximum.
    bytes memory = limits;
    if ((flags & 8) != 0) memory.push_back(0x00);
    const errc expected = flags > 0x0F       ? errc::malformed_limits_flags
                          : (flags & 3) == 2 ? errc::shared_memory_maximum
                                             : errc{};
    if (flags < 0x80) CHECK(verdict(module_bytes({section(5, joined({{0x01}, memory}))})).code == expected);
    // Tables: maximum, 64-bit.
    const errc of_table = (flags & ~5u) != 0 ? errc::malformed_limits_flags : errc{};
    CHECK(verdict(module_bytes({section(4, joined({{0x01, 0x70}, limits}))})).code == of_table);
  }
}

TEST_CASE("hostile encoding: the largest limits that a type admits do not overflow when they are instantiated") {
  const auto instantiated = [](const bytes& sections) {
    const bytes binary = module_bytes({sections});
    const auto compiled = compile(binary);
    if (!compiled.has_value()) return compiled.error().code;
    store<> st;
    const auto made = st.instantiate(compiled.value());
    return made.has_value() ? errc{} : made.error().code;
  };
  const auto memory = [](std::uint8_t flags, std::uint64_t min, const bytes& more = {}) {
    return section(5, joined({{0x01, flags}, test::leb(min), more}));
  };
  constexpr std::uint64_t most_pages = std::uint64_t{1} << 48, most = ~std::uint64_t{0};
  CHECK(instantiated(memory(0x04, most_pages)) == errc::limit_exceeded);
  CHECK(instantiated(memory(0x04, most_pages + 1)) == errc::memory_size_limit);
  CHECK(instantiated(memory(0x04, most)) == errc::memory_size_limit);
  CHECK(instantiated(memory(0x05, 1, test::leb(most_pages))) == errc{});
  CHECK(instantiated(memory(0x05, 1, test::leb(most_pages + 1))) == errc::memory_size_limit);
  CHECK(instantiated(memory(0x05, 2, test::leb(1))) == errc::size_minimum_greater);
  CHECK(instantiated(memory(0x0C, most, {0x00})) == errc::limit_exceeded);
  CHECK(instantiated(memory(0x0D, 1, joined({test::leb(most), {0x00}}))) == errc{});
  const auto table = [](std::uint8_t flags, std::uint64_t min, const bytes& more = {}) {
    return section(4, joined({{0x01, 0x70, flags}, test::leb(min), more}));
  };
  CHECK(instantiated(table(0x04, most)) == errc::limit_exceeded);
  CHECK(instantiated(table(0x05, 1, test::leb(most))) == errc{});
  CHECK(instantiated(table(0x05, 1, test::leb(0))) == errc::size_minimum_greater);
  CHECK(instantiated(table(0x00, test::largest_u32)) == errc::limit_exceeded);
  CHECK(instantiated(table(0x00, test::largest_u32 + 1)) == errc::table_size_limit);
}
