#include "tests/device/support.hpp"
#include "wasm64/storage/layered_store.hpp"

using namespace device_tests;

TEST_CASE("the device runs over any message and any storage", "[device][policy]") {
  using M = bare_policy;
  using val = typename M::value_type;
  const auto put = [](val m, std::string_view path, val item) {
    return take(M::set(std::move(m), path, std::move(item), set_mode::deep));
  };
  memory_store near, far;
  const byte_vector wasm = wat(power);
  const content_id id = take(far.put(view_of(wasm)));
  layered_store both(near, far);
  device<M, layered_store<memory_store, memory_store>> on(both);

  vector<val> parameters;
  parameters.push_back(M::make_integer(2));
  parameters.push_back(M::make_integer(3));
  val definition = put(M::make_map({}), "image", M::make_binary(as_bytes(to_text(id))));
  definition = put(std::move(definition), "function", M::make_binary(as_bytes("pow")));
  definition = put(std::move(definition), "parameters", M::make_list(std::move(parameters)));
  const auto with_library = [](val m) {
    return take(M::set_private(
        std::move(m), "stdlib/my_lib", M::make_host(host_object::make(import_handler<M>([](import_call<M>& call) {
          const integer a = M::as_integer(M::list_element(call.args, 0));
          const integer b = M::as_integer(M::list_element(call.args, 1));
          vector<val> product;
          product.push_back(M::make_integer(a.as_int64() * b.as_int64()));
          return result<import_answer<M>>(import_answer<M>{M::make_list(std::move(product)), {}});
        })))));
  };
  const auto output = [](const val& m) { return M::as_integer(M::get(m, "results/output/1")).as_int64(); };

  const val first = take(on.compute(with_library(take(on.init(definition)))));
  CHECK(output(first) == 8);
  const val snapshot = take(on.snapshot(first));
  const byte_vector encoded = take(M::encode(put(definition, "snapshot", snapshot)));
  const val again = take(on.compute(with_library(take(M::decode(view_of(encoded))))));
  CHECK(output(again) == 8);
  CHECK(M::kind(M::get(again, "snapshot")) == value_kind::null);
  take(on.terminate(again));
  CHECK(on.instance_of(first) != nullptr);
}
