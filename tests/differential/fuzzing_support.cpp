#include "fuzzing_support.hpp"

#include <algorithm>
#include <stdexcept>

#include "exports.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/valid/matching.hpp"

namespace differential {
namespace {

using wasm64::errc;
using wasm64::val_type;

constexpr const char* module_name = "fuzzing-support";

constexpr std::string_view scalar_module = R"((module
  (tag $wasm (export "wasmtag") (param i32)) (tag $js (export "jstag") (param externref))
  (func (export "throw") (param i32)
    (if (i32.eqz (local.get 0)) (then (throw $js (ref.null extern))))
    (throw $wasm (local.get 0)))))";

constexpr std::string_view vector_module = R"((module
  (import "fuzzing-support" "log-halves" (func $log (param i64 i64)))
  (func (export "log-v128") (param v128)
    (call $log (i64x2.extract_lane 0 (local.get 0)) (i64x2.extract_lane 1 (local.get 0))))))";

/// Whether zero is a value of the type, and JavaScript can pass it.
bool takes_zero(val_type t) {
  if (t.is_vec()) return false;
  return !t.is_ref() || (t.nullable && !t.heap.is_index() && wasm64::top_of(t.heap) != wasm64::heap::exn);
}
bool can_return(val_type t) { return !t.is_vec() && !(t.is_ref() && wasm64::top_of(t.heap) == wasm64::heap::exn); }

template <class F>
wasm64::host_function bound(const wasm64::func_type& type, F f) {
  return wasm64::untyped_host_func(
      type, [f](wasm64::caller&, std::span<const value> arguments, std::span<value> results) -> wasm64::result<void> {
        return f(arguments, results);
      });
}

std::uint32_t index_of(const value& v) { return static_cast<std::uint32_t>(v.bits); }

}  // namespace

fuzzing_support::answer fuzzing_support::raise() {
  return session_.store().call<>(*support_->exported_func("throw"), std::int32_t{0});
}

fuzzing_support::answer fuzzing_support::call_zeros(const wasm64::func_instance* f) {
  if (f == nullptr || !std::all_of(f->type->params.begin(), f->type->params.end(), takes_zero) ||
      !std::all_of(f->type->results.begin(), f->type->results.end(), can_return)) {
    return raise();
  }
  std::vector<value> zeros;
  for (const val_type t : f->type->params) zeros.push_back(value::null(t));
  wasm64::vector<value> results;
  return session_.store().call(*f, zeros, results);
}

const wasm64::func_instance* fuzzing_support::export_at(std::uint32_t index) const {
  if (main_ == nullptr || index >= own_exports(*main_->source)) return nullptr;
  const wasm64::export_desc& e = main_->source->exports[index];
  return e.kind == wasm64::extern_kind::func ? main_->funcs[e.index] : nullptr;
}

wasm64::table_instance* fuzzing_support::table_for(std::uint32_t index) const {
  wasm64::table_instance* t = main_ == nullptr ? nullptr : main_->exported_table("table");
  return t == nullptr || index >= t->elements.size() ? nullptr : t;
}

void fuzzing_support::log(values arguments) {
  std::string text = "log";
  for (const value& v : arguments) text.append(" ").append(describe(v));
  record_.line(text);
}

wasm64::host_function fuzzing_support::bind(const wasm64::import_desc& import, const wasm64::func_type& type) {
  if (import.module != module_name) return {};
  if (import.name.starts_with("log-")) {
    return bound(type, [this](values arguments, std::span<value>) {
      log(arguments);
      return answer(wasm64::success());
    });
  }
  if (import.name == "call-export") {
    return bound(type,
                 [this](values arguments, std::span<value>) { return call_zeros(export_at(index_of(arguments[0]))); });
  }
  if (import.name == "call-ref") {
    return bound(type, [this](values arguments, std::span<value>) {
      return call_zeros(reinterpret_cast<const wasm64::func_instance*>(arguments[0].bits));
    });
  }
  if (import.name == "call-export-catch" || import.name == "call-ref-catch") {
    const bool by_index = import.name == "call-export-catch";
    return bound(type, [this, by_index](values arguments, std::span<value> results) {
      const auto* f = by_index ? export_at(index_of(arguments[0]))
                               : reinterpret_cast<const wasm64::func_instance*>(arguments[0].bits);
      answer outcome = call_zeros(f);
      if (outcome.has_value() || outcome.assume_error().code != errc::trap_uncaught_exception) return outcome;
      results[0] = value::i32(1);
      return answer(wasm64::success());
    });
  }
  if (import.name == "table-get") {
    return bound(type, [this](values arguments, std::span<value> results) -> answer {
      const wasm64::table_instance* t = table_for(index_of(arguments[0]));
      if (t == nullptr) return raise();
      WASM64_TRY(results[0], session_.store().get(*t, index_of(arguments[0])));
      return wasm64::success();
    });
  }
  if (import.name == "table-set") {
    return bound(type, [this](values arguments, std::span<value>) {
      wasm64::table_instance* t = table_for(index_of(arguments[0]));
      return t == nullptr ? raise() : session_.store().set(*t, index_of(arguments[0]), arguments[1]);
    });
  }
  if (import.name == "sleep") {
    return bound(type, [](values arguments, std::span<value> results) {
      results[0] = arguments[1];
      return answer(wasm64::success());
    });
  }
  return {};
}

void fuzzing_support::offer(const wasm64::module& to) {
  session_.imports().otherwise(
      [this](const wasm64::import_desc& i, const wasm64::func_type& type) { return bind(i, type); });
  const auto add = [this](std::string_view text) {
    const auto binary = wasm64::text::parse_module(text);
    if (!binary.has_value()) throw std::runtime_error(to_string(binary.assume_error()));
    const session::number n = session_.instantiate(module_name, wasm64::view_of(binary.assume_value()));
    if (session_.at(n) == nullptr) throw std::runtime_error("no fuzzing-support");
    session_.register_instance(module_name, n, module_name);
    return session_.at(n);
  };
  support_ = add(scalar_module);
  std::size_t payload = 1;
  for (const wasm64::import_desc& i : to.imports) {
    if (i.module == module_name && i.name == "log-v128") add(vector_module);
    if (i.kind != wasm64::extern_kind::global) continue;
    wasm64::definition d;
    d.global = session_.store().make_global(i.global, wasm64::reference::from_host(host_handle(payload)));
    session_.imports().define(i.module, i.name, std::move(d));
    record_.step(module_name, "host_global",
                 json_object().text("module", i.module).text("name", i.name).number("payload", payload++));
  }
}

}  // namespace differential
