#include "session.hpp"

#include <algorithm>
#include <stdexcept>

#include "adapter.hpp"
#include "exports.hpp"
#include "wasm64/storage/sha256.hpp"
#include "wasm64/valid/describe.hpp"
#include "wasm64/valid/matching.hpp"

namespace differential {
namespace {

using wasm64::extern_kind;
using wasm64::val_type;

bool is_nan(const value& v) { return describe(v).ends_with(" nan"); }

bool is_exception(val_type t) { return t.is_ref() && wasm64::top_of(t.heap) == wasm64::heap::exn; }

/// The file format's words for an argument.
std::string argument_text(const value& v) {
  switch (v.type.code) {
    case wasm64::type_code::v128: return hex(v.bits) + " " + hex(v.high);
    case wasm64::type_code::ref: return describe(v);
    default: return hex(v.bits);
  }
}

const char* lane_name(lane_type lanes) {
  switch (lanes) {
    case lane_type::f32: return "f32x4";
    case lane_type::f64: return "f64x2";
    default: return "v128";
  }
}

/// What a result's description depends on.
std::string result_type(val_type t, lane_type lanes) {
  if (t.is_vec()) return lane_name(lanes);
  if (!t.is_ref()) return describe(t);
  return is_exception(t) ? "exn" : "ref";
}

template <class List, class F>
std::string json_list(const List& list, F text_of) {
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) text.append(i == 0 ? "" : ", ").append(quote(text_of(i)));
  return "[" + text + "]";
}

std::string rejection(const wasm64::error& e) { return "rejected # " + to_string(e); }

std::string memory_text(std::size_t index, const wasm64::memory_instance& m) {
  constexpr std::uint64_t most = std::uint64_t{64} << 20;
  const auto id = wasm64::sha256({m.base, static_cast<std::size_t>(std::min(m.size, most))});
  if (!id.has_value()) throw std::runtime_error("no SHA-256");
  return "memory " + std::to_string(index) + ": " + std::to_string(m.size) + " bytes " + to_text(id.assume_value());
}

std::string table_text(std::size_t index, const wasm64::table_instance& t) {
  constexpr std::size_t most = 1000;
  std::string text = "table " + std::to_string(index) + ": " + std::to_string(t.elements.size()) + " elements ";
  if (is_exception(t.type.element)) return text;
  for (std::size_t i = 0; i < std::min(most, t.elements.size()); ++i) text.push_back(t.elements[i] == 0 ? '-' : '+');
  return text;
}

}  // namespace

session::session(record& to, const wasm64::limits& limits, std::int64_t fuel) : record_(to), store_(limits) {
  store_.set_fuel(fuel);
}

session::number session::instantiate(std::string_view at, wasm64::bytes_view binary) {
  const number n = instances_.size();
  instances_.push_back(nullptr);
  auto compiled = wasm64::compile(binary);
  json_object details;
  details.number("instance", n);
  if (!compiled.has_value()) {
    record_.step(at, "instantiate", details.text("module", record_.add_module(binary)));
    record_.line(rejection(compiled.assume_error()));
    return n;
  }
  const wasm64::byte_vector open = with_exports(*compiled.assume_value());
  record_.step(at, "instantiate", details.text("module", record_.add_module(wasm64::view_of(open))));
  compiled = wasm64::compile(wasm64::view_of(open));
  if (!compiled.has_value()) throw std::runtime_error("with_exports: " + to_string(compiled.assume_error()));
  const auto made = store_.instantiate(compiled.assume_value(), imports_);
  record_.line(made.has_value() ? "instantiated" : describe(made.assume_error()));
  if (made.has_value()) instances_.back() = made.assume_value();
  return n;
}

void session::validate(std::string_view at, wasm64::bytes_view binary) {
  record_.step(at, "validate", json_object().text("module", record_.add_module(binary)));
  const auto compiled = wasm64::compile(binary);
  record_.line(compiled.has_value() ? "valid" : rejection(compiled.assume_error()));
}

void session::register_instance(std::string_view at, number n, const std::string& name) {
  record_.step(at, "register", json_object().number("instance", n).text("name", name));
  if (const instance* in = this->at(n); in != nullptr) imports_.define_instance(name, *in);
}

std::string session::adapter_file(const wasm64::byte_vector& binary) {
  std::string& file = adapters_[std::string(wasm64::as_text(wasm64::view_of(binary)))];
  if (file.empty()) file = record_.add_module(wasm64::view_of(binary));
  return file;
}

void session::call(std::string_view at, number n, const std::string& name, std::span<const value> arguments,
                   std::span<const lane_type> lanes) {
  const instance* in = this->at(n);
  const wasm64::func_instance* f = in == nullptr ? nullptr : in->exported_func(name);
  if (f == nullptr) return skip(at, "no instance");
  const wasm64::func_type& type = *f->type;
  json_object details;
  details.number("instance", n).text("name", name);
  details.raw("params", json_list(type.params, [&](std::size_t i) { return result_type(type.params[i], {}); }));
  details.raw("arguments", json_list(arguments, [&](std::size_t i) { return argument_text(arguments[i]); }));
  const auto lanes_of = [&](std::size_t i) { return i < lanes.size() ? lanes[i] : lane_type::bits; };
  details.raw("results",
              json_list(type.results, [&](std::size_t i) { return result_type(type.results[i], lanes_of(i)); }));
  if (needs_adapter(type) || std::any_of(arguments.begin(), arguments.end(), is_nan)) {
    const wasm64::module& m = *in->source;
    const auto adapter = call_adapter(m, m.func_types[m.find_export(name)->index]);
    if (!adapter.has_value()) return skip(at, "signature");
    details.text("adapter", adapter_file(*adapter));
  }
  record_.step(at, "call", details);
  wasm64::vector<value> results;
  const auto outcome = store_.call(*f, arguments, results);
  if (!outcome.has_value()) return record_.line(describe(outcome.assume_error()));
  std::string text = "returned";
  for (std::size_t i = 0; i < results.size(); ++i) text.append(" ").append(describe(results[i], lanes_of(i)));
  record_.line(text);
}

json_object session::global_step(const wasm64::global_type& type, number n, std::string_view name) {
  json_object details;
  details.number("instance", n).text("name", name).text("type", result_type(type.type, lane_type::bits));
  if (type.type.is_vec()) details.text("adapter", adapter_file(vector_global_adapter(type.is_mutable)));
  return details;
}

std::string session::global_text(const wasm64::global_instance& g) {
  return is_exception(g.type.type) ? "hidden" : describe(store_.get(g));
}

void session::get(std::string_view at, number n, const std::string& name) {
  const instance* in = this->at(n);
  const wasm64::global_instance* g = in == nullptr ? nullptr : in->exported_global(name);
  if (g == nullptr) return skip(at, "no instance");
  record_.step(at, "get", global_step(g->type, n, name));
  record_.line(global_text(*g));
}

void session::state(std::string_view at, number n) {
  const instance* in = this->at(n);
  if (in == nullptr) return skip(at, "no instance");
  record_.step(at, "state", json_object().number("instance", n).number("memories", in->memories.size()));
  for (std::size_t i = 0; i < in->memories.size(); ++i) record_.line(memory_text(i, *in->memories[i]));
  for (std::size_t i = 0; i < in->tables.size(); ++i) {
    const bool hidden = is_exception(in->tables[i]->type.element);
    record_.step(at, "table",
                 json_object().number("instance", n).number("index", i).raw("hidden", hidden ? "true" : "false"));
    record_.line(table_text(i, *in->tables[i]));
  }
  for (std::size_t i = 0; i < in->globals.size(); ++i) {
    record_.step(at, "get", global_step(in->globals[i]->type, n, hidden_name(extern_kind::global, i)));
    record_.line(global_text(*in->globals[i]));
  }
}

void session::skip(std::string_view at, std::string_view reason) {
  record_.step(at, "skip", json_object().text("reason", reason));
  record_.line(std::string("skipped # ").append(reason));
}

}  // namespace differential
