#pragma once

#include "tests/device/any_message.hpp"
#include "tests/support/catch.hpp"
#include "wasm64/device/default_device.hpp"
#include "wasm64/text/parse.hpp"

// These tests are built into one program for each message policy that the library has: WASM64_TESTED_POLICY names it,
// and without it the default one is meant. `msg` has the members of `message_value` in all of them.
#ifdef WASM64_TESTED_POLICY
#include WASM64_TESTED_POLICY_HEADER
#endif

namespace device_tests {

using namespace wasm64;
#ifdef WASM64_TESTED_POLICY
using bare_policy = WASM64_TESTED_POLICY;
using policy = any_message_policy<bare_policy>;
#else
using bare_policy = default_message_policy;
using policy = default_message_policy;
#endif
using msg = policy::value_type;
using call_of = import_call<policy>;
using answer_of = import_answer<policy>;
using handler = import_handler<policy>;

template <class T>
T take(result<T> r) {
  if (!r.has_value()) FAIL(to_string(r.assume_error()));
  return std::move(r).assume_value();
}
inline void take(result<void> r) {
  if (!r.has_value()) FAIL(to_string(r.assume_error()));
}

/// The code of a failure; zero for success.
template <class T>
errc code_of(const result<T>& r) {
  return r.has_value() ? errc{} : r.assume_error().code;
}

inline byte_vector wat(std::string_view source) { return take(text::parse_module(source)); }
inline msg bytes(const byte_vector& b) { return msg(view_of(b)); }
inline msg image(std::string_view source) { return bytes(wat(source)); }
inline msg list(std::initializer_list<msg> elements) { return msg::list(vector<msg>(elements)); }
inline msg map(std::initializer_list<std::pair<std::string, msg>> entries) {
  return msg::map(vector<std::pair<std::string, msg>>(entries));
}
inline msg with(msg m, std::string_view path, msg item) {
  take(m.set(path, std::move(item), set_mode::replace));
  return m;
}
/// Where the contents of a map are, which stays as it is while the map changes in place.
inline const void* address_of(const message_value& m) { return m.entries().data(); }
template <class M>
const void* address_of(const any_message<M>& m) {
  const void* first = nullptr;
  M::traits::each(m.inner.document, [&](std::string_view, const auto& item) {
    first = &item;
    return false;
  });
  return first;
}
inline std::string text_at(const msg& m, std::string_view path) { return std::string(m.get(path).as_text()); }

/// A device over an empty store.
template <class Config = default_device_config>
struct fixture {
  explicit fixture(device_options options = {}) : device(store, std::move(options)) {}

  memory_store store;
  wasm64::device<policy, memory_store, Config> device;

  msg init(std::string_view source) { return take(device.init(map({{"image", image(source)}}))); }
  msg compute(msg base, std::string_view function, std::initializer_list<msg> parameters = {}) {
    return take(device.compute(std::move(base), map({{"function", function}, {"parameters", list(parameters)}})));
  }
};

inline constexpr std::string_view fac = R"((module
  (func (export "fac") (param f64) (result f64)
    (if (result f64) (f64.lt (local.get 0) (f64.const 1))
      (then (f64.const 1))
      (else (f64.mul (local.get 0) (call 0 (f64.sub (local.get 0) (f64.const 1)))))))))";

inline constexpr std::string_view power = R"((module
  (import "my_lib" "mul" (func $mul (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "pow") (param $base i32) (param $exponent i32) (result i32)
    (local $product i32)
    (local.set $product (i32.const 1))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $exponent)))
      (local.set $product (call $mul (local.get $product) (local.get $base)))
      (local.set $exponent (i32.sub (local.get $exponent) (i32.const 1)))
      (br $next)))
    (local.get $product))))";

/// Multiplies two numbers and counts its calls at `calls` of the message.
struct test_device {
  static constexpr std::string_view name = "test-device@1.0";

  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view key,
                                                          message_value_t<M> base, const message_value_t<M>& request) {
    if (key != "mul") return fail(errc::unknown_key);
    const std::int64_t product =
        request.get("args/1").as_integer().as_int64() * request.get("args/2").as_integer().as_int64();
    message_value_t<M> state = base.get("state");
    WASM64_CHECK(state.set("calls", state.get("calls").as_integer().as_int64() + 1));
    return device_response<message_value_t<M>>{device_status::ok,
                                               map({{"results", list({product})}, {"state", state}})};
  }
};

struct config_with_test_device : default_device_config {
  using siblings = device_list<test_device>;
};

}  // namespace device_tests

#ifdef WASM64_TESTED_POLICY
// Instantiated in instantiate.cpp.
extern template class wasm64::guest<device_tests::policy>;
extern template class wasm64::device_base<device_tests::policy>;
#endif
