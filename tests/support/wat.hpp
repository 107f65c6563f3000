#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tests/support/catch.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/wasm64.hpp"

/// Modules written as text, and stores whose calls fail the test where it does not expect a failure.
namespace wasm64::test {

inline std::shared_ptr<const module> compile_wat(std::string_view text, const feature_set& features = {}) {
  const auto binary = text::parse_module(text);
  if (!binary.has_value()) FAIL("text: " << message(binary.error().code) << " in\n" << text);
  auto compiled = compile(view_of(binary.value()), features);
  if (!compiled.has_value()) {
    FAIL("module: " << message(compiled.error().code) << ", " << compiled.error().detail << " in\n" << text);
  }
  return std::move(compiled).value();
}

template <class Config = engine_config>
struct engine {
  store<Config> st;
  linker imports;

  explicit engine(const limits& l = {}) : st(l) {}

  /// Instantiates a module against `imports`.
  instance& add(std::string_view text) { return add(compile_wat(text)); }
  instance& add(std::shared_ptr<const module> m) {
    const auto made = st.instantiate(std::move(m), imports);
    if (!made.has_value()) FAIL("instantiate: " << message(made.error().code) << " " << made.error().detail);
    return *made.value();
  }
  /// The same, and offers its exports to later ones.
  instance& add_as(const std::string& name, std::string_view text) {
    instance& in = add(text);
    imports.define_instance(name, in);
    return in;
  }

  static func_instance& func(const instance& in, std::string_view name) {
    func_instance* f = in.exported_func(name);
    if (f == nullptr) FAIL("no exported function " << name);
    return *f;
  }

  template <class R = void, class... A>
  R call(const instance& in, std::string_view name, A... arguments) {
    auto outcome = st.template call<R>(func(in, name), arguments...);
    if (!outcome.has_value()) FAIL(name << ": " << to_string(st.last_trap()));
    if constexpr (!std::is_void_v<R>) return outcome.value();
  }
  template <class... A>
  errc failure(const instance& in, std::string_view name, A... arguments) {
    vector<value> results;
    return failure_with(in, name, {value_of(arguments)...}, results);
  }
  /// A call of any type.
  vector<value> call_with(const instance& in, std::string_view name, std::initializer_list<value> arguments) {
    vector<value> results;
    const auto outcome = st.call(func(in, name), std::span<const value>(arguments.begin(), arguments.size()), results);
    if (!outcome.has_value()) FAIL(name << ": " << to_string(st.last_trap()));
    return results;
  }
  errc failure_with(const instance& in, std::string_view name, std::initializer_list<value> arguments,
                    vector<value>& results) {
    const auto outcome = st.call(func(in, name), std::span<const value>(arguments.begin(), arguments.size()), results);
    if (outcome.has_value()) FAIL(name << " did not fail");
    return outcome.error().code;
  }

  template <class T>
  static value value_of(T v) {
    return {wasm_type<T>::type, wasm_type<T>::to(v), 0};
  }
};

}  // namespace wasm64::test
