#include "wasm64/aot/elf_object.hpp"

#include <sys/mman.h>

#include "tests/support/catch.hpp"
#include "tests/unit/aot/elf_builder.hpp"

using namespace wasm64;
using namespace wasm64::aot;

namespace {

using elf::machine;

/// `int body_0() { return body_1() + constant; }`, where the constant is 40.
byte_vector calling_object() {
  elf_builder b(machine::x86_64);
  const std::uint16_t text = b.add_text({0x50,                                 // push rax
                                         0xe8, 0, 0, 0, 0,                     // call wasm64_body_1
                                         0x03, 0x05, 0, 0, 0, 0,               // add eax, [rip + constant]
                                         0x59,                                 // pop rcx
                                         0xc3});                               // ret
  const std::uint16_t constants = b.add_constants({1, 2, 3, 4, 40, 0, 0, 0});
  const std::uint32_t callee = b.add_symbol("wasm64_body_1", 0, 0, 0, 0);
  const std::uint32_t section = b.add_symbol("", constants, 0, 0, elf::section_symbol, elf::binding::local);
  b.add_symbol("wasm64_body_0", text, 0, 14);
  b.add_relocation(text, 2, elf::x86_64::plt32, callee, -4);
  b.add_relocation(text, 8, elf::x86_64::pc32, section, 4 - 4);
  return b.finish();
}

/// `int body_1() { return 2; }`
byte_vector called_object() {
  elf_builder b(machine::x86_64);
  const std::uint16_t text = b.add_text({0x90, 0xb8, 2, 0, 0, 0, 0xc3});
  b.add_symbol("wasm64_body_1", text, 1, 6);
  return b.finish();
}

bytes_view view(const byte_vector& bytes) { return {bytes.data(), bytes.size()}; }

result<linked_object> link(std::initializer_list<bytes_view> objects) {
  return link_objects({objects.begin(), objects.size()});
}

errc code_of(const result<linked_object>& r) { return r.has_value() ? errc{} : r.assume_error().code; }

/// Of one object with one instruction and a relocation of it to what is `distance` bytes on.
result<linked_object> link_instruction(machine target, std::uint32_t instruction, std::uint32_t type,
                                       std::int64_t distance) {
  elf_builder b(target);
  byte_vector code(8);
  store_le(code.data() + 4, instruction);
  const std::uint16_t text =
      b.add_section(".text", code, elf::section_type::bits, elf::section_flag::loaded | elf::section_flag::executable);
  b.add_relocation(text, 4, type, b.add_symbol("f", text, 4, 4), distance);
  const byte_vector object = b.finish();
  return link({view(object)});
}

std::uint32_t relocated(std::uint32_t instruction, std::uint32_t type, std::int64_t distance) {
  const result<linked_object> linked = link_instruction(machine::aarch64, instruction, type, distance);
  REQUIRE(linked.has_value());
  return load_le<std::uint32_t>(linked.assume_value().code.data() + 4);
}

bool fits(machine target, std::uint32_t type, std::int64_t distance) {
  return link_instruction(target, 0, type, distance).has_value();
}

}  // namespace

TEST_CASE("objects are linked with each other", "[aot][elf]") {
  const byte_vector a = calling_object(), b = called_object();
  const result<linked_object> linked = link({view(a), view(b)});
  REQUIRE(linked.has_value());
  const linked_object& object = linked.assume_value();
  REQUIRE(object.symbols.size() == 2);
  REQUIRE(object.find("wasm64_body_0") != nullptr);
  CHECK(object.find("wasm64_body_0")->offset == 0);
  REQUIRE(object.find("wasm64_body_1") != nullptr);
  CHECK(object.find("wasm64_body_1")->offset == 17);
  CHECK(object.find("wasm64_body_2") == nullptr);
  CHECK(object.find("") == nullptr);
  CHECK(object.code.size() == 40);

#if defined(__x86_64__)
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(page != MAP_FAILED);
  std::memcpy(page, object.code.data(), object.code.size());
  REQUIRE(::mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
  CHECK(reinterpret_cast<int (*)()>(reinterpret_cast<std::uintptr_t>(page))() == 42);
  ::munmap(page, 4096);
#endif

  CHECK(link({view(b), view(a)}).has_value());
  CHECK(link({}).has_value());
}

TEST_CASE("what nothing defines is named, with the function that needs it", "[aot][elf]") {
  const byte_vector a = calling_object(), b = called_object();
  const result<linked_object> linked = link({view(a)});
  REQUIRE(code_of(linked) == errc::aot_undefined_symbol);
  CHECK(linked.assume_error().detail == "wasm64_body_1");

  const bytes_view objects[] = {view(a)};
  vector<undefined_reference> missing;
  CHECK(code_of(link_objects(objects, &missing)) == errc::aot_undefined_symbol);
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].name == "wasm64_body_1");
  CHECK(missing[0].function == "wasm64_body_0");
  CHECK(code_of(link({view(b), view(b)})) == errc::aot_unsupported_object);
}

TEST_CASE("objects that need more than distances are refused", "[aot][elf]") {
  const auto refused = [](auto change) {
    elf_builder b(machine::x86_64);
    const std::uint16_t text = b.add_text({0, 0, 0, 0, 0, 0, 0, 0});
    change(b, text, b.add_symbol("f", text, 0, 8));
    const byte_vector object = b.finish();
    return code_of(link({view(object)})) == errc::aot_unsupported_object;
  };
  using builder = elf_builder&;
  CHECK_FALSE(refused([](builder, std::uint16_t, std::uint32_t) {}));
  for (const std::uint32_t type : {1u, 3u, 9u, 10u, 11u, 41u, 42u, 1000u}) {
    CHECK(refused([=](builder b, std::uint16_t text, std::uint32_t f) { b.add_relocation(text, 0, type, f, 0); }));
  }
  const auto with_section = [&](std::uint32_t type, std::uint64_t flags, std::uint64_t alignment = 1) {
    return refused([=](builder b, std::uint16_t, std::uint32_t) {
      b.add_section(".x", byte_vector(8), type, flags | elf::section_flag::loaded, alignment);
    });
  };
  CHECK_FALSE(with_section(elf::section_type::bits, 0));
  CHECK_FALSE(with_section(elf::section_type::bits, 0, 0));
  CHECK_FALSE(with_section(elf::section_type::note, 0));
  CHECK(with_section(elf::section_type::bits, elf::section_flag::writable));
  CHECK(with_section(elf::section_type::no_bits, elf::section_flag::writable));
  CHECK(with_section(elf::section_type::no_bits, 0));
  CHECK(with_section(elf::section_type::bits, elf::section_flag::compressed));
  CHECK(with_section(elf::section_type::group, 0));
  CHECK(with_section(elf::section_type::bits, 0, 3));
  CHECK(with_section(elf::section_type::bits, 0, std::uint64_t{1} << 63));
  // Symbols and relocations that lead out of their sections.
  CHECK(refused([](builder b, std::uint16_t text, std::uint32_t) { b.add_symbol("g", text, 9, 0); }));
  CHECK(refused([](builder b, std::uint16_t text, std::uint32_t) { b.add_symbol("g", text, 7, 2); }));
  CHECK(refused([](builder b, std::uint16_t, std::uint32_t) { b.add_symbol("g", 100, 0, 0); }));
  const auto relocation_at = [&](std::uint64_t offset, std::uint32_t type) {
    return refused([=](builder b, std::uint16_t text, std::uint32_t f) { b.add_relocation(text, offset, type, f, 0); });
  };
  CHECK_FALSE(relocation_at(4, elf::x86_64::pc32));
  CHECK(relocation_at(5, elf::x86_64::pc32));
  CHECK_FALSE(relocation_at(0, elf::x86_64::pc64));
  CHECK(relocation_at(1, elf::x86_64::pc64));
  CHECK(relocation_at(8, elf::x86_64::pc32));
  CHECK(relocation_at(~std::uint64_t{0}, elf::x86_64::pc32));
  CHECK(refused([](builder b, std::uint16_t text, std::uint32_t) { b.add_relocation(text, 0, 2, 100, 0); }));
  CHECK(refused([](builder b, std::uint16_t text, std::uint32_t) { b.add_relocation(text, 0, 2, 0, 0); }));

  elf_builder arm(machine::aarch64);
  arm.add_text({0, 0, 0, 0});
  const byte_vector a = arm.finish(), b = called_object();
  CHECK(link({view(a)}).has_value());
  CHECK(code_of(link({view(a), view(b)})) == errc::aot_unsupported_object);
}

TEST_CASE("distances are written where they fit, and into the right bits", "[aot][elf]") {
  using namespace elf::aarch64;
  CHECK(fits(machine::x86_64, elf::x86_64::pc32, INT32_MAX));
  CHECK(fits(machine::x86_64, elf::x86_64::pc32, INT32_MIN));
  CHECK_FALSE(fits(machine::x86_64, elf::x86_64::pc32, std::int64_t{INT32_MAX} + 1));
  CHECK_FALSE(fits(machine::x86_64, elf::x86_64::pc32, std::int64_t{INT32_MIN} - 1));

  CHECK(relocated(0x9400'0000, call26, 8) == 0x9400'0002);
  CHECK(relocated(0x1400'0000, jump26, -4) == 0x17ff'ffff);
  CHECK(relocated(0x5400'0001, condbr19, -8) == 0x54ff'ffc1);
  CHECK(relocated(0x3600'0003, tstbr14, 4) == 0x3600'0023);
  CHECK(relocated(0x1000'0005, adr_prel_lo21, 7) == 0x7000'0025);
  CHECK(relocated(0x9000'0001, adr_prel_pg_hi21, 0x5000) == 0xb000'0021);
  CHECK(relocated(0x9100'0000, add_abs_lo12_nc, 0x1230 - 4) == 0x9108'c000);
  CHECK(relocated(0xf940'0000, ldst64_abs_lo12_nc, 0x1ff8 - 4) == 0xf947'fc00);
  CHECK(relocated(0x3dc0'0000, ldst128_abs_lo12_nc, 0x10 - 4) == 0x3dc0'0400);
  constexpr std::int64_t reach = std::int64_t{1} << 27;
  CHECK(fits(machine::aarch64, call26, reach - 4));
  CHECK(fits(machine::aarch64, call26, -reach));
  CHECK_FALSE(fits(machine::aarch64, call26, reach));
  CHECK_FALSE(fits(machine::aarch64, call26, -reach - 4));
  CHECK_FALSE(fits(machine::aarch64, call26, 2));
  CHECK_FALSE(fits(machine::aarch64, ldst64_abs_lo12_nc, 0));
  CHECK_FALSE(fits(machine::aarch64, adr_prel_pg_hi21, std::int64_t{1} << 33));
  CHECK_FALSE(fits(machine::aarch64, adr_prel_pg_hi21, -8));
  CHECK_FALSE(fits(machine::aarch64, 257, 0));
}

TEST_CASE("bytes that are no object are refused or linked, and nothing else happens", "[aot][elf][hostile]") {
  const byte_vector good = calling_object(), other = called_object();
  for (std::size_t size = 0; size < good.size(); ++size) {
    // A copy of that length, so that a sanitizer sees what lies behind it.
    const byte_vector cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(link({view(cut), view(other)}).has_value());
  }
  std::size_t linked = 0;
  byte_vector bytes = good;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t was = bytes[i];
    for (const unsigned flip : {0x01u, 0x02u, 0x04u, 0x08u, 0x10u, 0x20u, 0x40u, 0x80u, 0xffu}) {
      bytes[i] = static_cast<std::uint8_t>(was ^ flip);
      vector<undefined_reference> missing;
      const bytes_view objects[] = {view(bytes), view(other)};
      const result<linked_object> r = link_objects(objects, &missing);
      if (!r.has_value()) continue;
      ++linked;
      CHECK(r.assume_value().code.size() <= 2 * (good.size() + other.size()));
      for (const linked_symbol& s : r.assume_value().symbols) CHECK(s.offset < r.assume_value().code.size());
    }
    bytes[i] = was;
  }
  CHECK(linked != 0);
}

TEST_CASE("sections over each other do not make code larger than the object", "[aot][elf][hostile]") {
  elf_builder b(machine::x86_64);
  for (int i = 0; i < 100; ++i) b.add_constants({1});
  byte_vector object = b.finish();
  const std::uint64_t table = load_le<std::uint64_t>(object.data() + 40);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    store_le(object.data() + table + i * elf::section::size_in_file + 24, std::uint64_t{0});
    store_le(object.data() + table + i * elf::section::size_in_file + 32, std::uint64_t{object.size()});
  }
  CHECK(code_of(link({view(object)})) == errc::aot_unsupported_object);
}
