#include <fstream>
#include <set>
#include <sstream>

#include "tests/spec/suite.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/module_equality.hpp"
#include "wasm64/binary/decode.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/text/print.hpp"
#include "wasm64/text/script.hpp"

// Every module of the official suite that is not malformed: its text is parsed back into the same bytes, or, where the
// suite wrote the bytes by hand, into the same module.

using namespace wasm64;

namespace {

std::string printed(bytes_view binary) {
  const auto text = text::print_module(binary);
  if (!text.has_value()) FAIL(to_string(text.error()));
  return text.value();
}

/// True when the bytes are the same too.
bool check_module(const text::script_module& m) {
  const auto binary = m.to_binary();
  REQUIRE(binary.has_value());
  const auto decoded = decode(view_of(binary.value()));
  if (!decoded.has_value()) {
    // Some invalid constant expressions are refused already there.
    CHECK(decoded.error().code >= errc::type_mismatch);
    CHECK(text::print_module(view_of(binary.value())).error() == decoded.error());
    return true;
  }
  const std::string text = printed(view_of(binary.value()));
  const auto again = text::parse_module(text);
  if (!again.has_value()) FAIL(to_string(again.error()) << " in\n" << text);
  if (again.value() == binary.value()) return true;
  CAPTURE(text);
  CHECK(printed(view_of(again.value())) == text);
  const auto redecoded = decode(view_of(again.value()));
  REQUIRE(redecoded.has_value());
  CHECK(test::difference(decoded.value(), redecoded.value()).empty());
  return false;
}

}  // namespace

TEST_CASE("modules of the suite are printed and parsed back", "[spec][print]") {
  std::size_t modules = 0;
  std::set<std::string> differ;
  for (const std::string& folder : spec::folders()) {
    for (const std::string& script : spec::scripts(folder)) {
      std::ifstream in(spec::suite() / script, std::ios::binary);
      std::ostringstream source;
      source << in.rdbuf();
      const std::string text = std::move(source).str();
      const auto commands = text::parse_script(text);
      REQUIRE(commands.has_value());
      for (const text::script_command& c : commands.value()) {
        const bool malformed = c.kind == text::script_command_kind::assert_malformed ||
                               c.kind == text::script_command_kind::assert_malformed_custom;
        if (!c.has_module || malformed) continue;
        INFO(script << ":" << c.at.line);
        const bool same = check_module(c.module);
        if (!same && c.module.form != text::script_module::form_type::binary) differ.insert(script);
        ++modules;
      }
    }
  }
  CHECK(modules > 4000);
  // An empty recursive group, `(rec)`, is no part of a decoded module.
  CHECK(differ == std::set<std::string>{"core/type-rec.wast"});
}
