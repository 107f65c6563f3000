#include "features.hpp"

#include <array>

#include "wasm64/valid/function.hpp"

namespace cli {
namespace {

using wasm64::op_feature;
using wasm64::val_type;

constexpr std::size_t feature_count = static_cast<std::size_t>(op_feature::wide_arithmetic) + 1;

const char* name_of(op_feature f) {
  switch (f) {
    case op_feature::mvp: return "";
    case op_feature::sign_extension: return "sign-extension";
    case op_feature::saturating: return "saturating-conversions";
    case op_feature::bulk: return "bulk-memory";
    case op_feature::reference_types: return "reference-types";
    case op_feature::simd: return "simd";
    case op_feature::relaxed_simd: return "relaxed-simd";
    case op_feature::tail_calls: return "tail-calls";
    case op_feature::exceptions: return "exceptions";
    case op_feature::legacy_exceptions: return "legacy-exceptions";
    case op_feature::function_references: return "function-references";
    case op_feature::gc: return "gc";
    case op_feature::threads: return "threads";
    case op_feature::wide_arithmetic: return "wide-arithmetic";
  }
  return "";
}

/// Notes what the instructions of function bodies use.
struct feature_sink : wasm64::null_sink {
  std::array<bool, feature_count> used{};
  bool multi_value = false;

  void at(wasm64::op o, std::uint32_t) { used[static_cast<std::size_t>(wasm64::info(o).feature)] = true; }
  void on_block(wasm64::op, std::span<const val_type> params, std::span<const val_type> results, bool) {
    multi_value = multi_value || !params.empty() || results.size() > 1;
  }
};

class feature_scan {
 public:
  explicit feature_scan(const wasm64::module& m) : module_(m) {}

  std::set<std::string> run() {
    types();
    address_spaces();
    bodies();
    return std::move(found_);
  }

 private:
  void note(bool used, const char* name) {
    if (used) found_.insert(name);
  }
  void type(val_type t) {
    note(t.is_vec(), "simd");
    if (!t.is_ref()) return;
    note(t == wasm64::types::externref, "reference-types");
    note(t.heap == wasm64::heap::exn || t.heap == wasm64::heap::noexn, "exceptions");
    note(is_gc(t.heap), "gc");
    note(t.heap.is_index() || !t.nullable, "function-references");
  }
  static bool is_gc(wasm64::heap_type h) {
    using namespace wasm64;
    return !h.is_index() && h != heap::func && h != heap::extern_ && h != heap::exn && h != heap::noexn;
  }
  void types() {
    for (const wasm64::sub_type& t : module_.types) {
      note(t.kind != wasm64::comp_kind::func || t.group_size > 1 || !t.is_final, "gc");
      note(t.func.results.size() > 1, "multi-value");
      for (const val_type p : t.func.params) type(p);
      for (const val_type r : t.func.results) type(r);
      for (const wasm64::field_type& field : t.fields) type(field.type);
    }
    for (const wasm64::global_def& g : module_.globals) type(g.type.type);
    for (const wasm64::func_def& f : module_.funcs) {
      for (const wasm64::local_run& l : f.locals) type(l.type);
    }
  }
  void address_spaces() {
    for (const wasm64::memory_type& m : module_.memories) {
      note(m.limits.is_64, "memory64");
      note(m.limits.is_shared, "threads");
      note(m.page_size_log2 != 16, "custom-page-sizes");
    }
    for (const wasm64::table_def& t : module_.tables) {
      note(t.type.limits.is_64, "table64");
      note(t.has_init, "function-references");
      type(t.type.element);
    }
    note(module_.memories.size() > 1, "multi-memory");
    note(module_.tables.size() > 1, "reference-types");
    for (const wasm64::import_desc& i : module_.imports) {
      note(i.kind == wasm64::extern_kind::global && i.global.is_mutable, "mutable-globals");
    }
    for (const wasm64::export_desc& e : module_.exports) {
      note(e.kind == wasm64::extern_kind::global && module_.globals[e.index].type.is_mutable, "mutable-globals");
    }
    note(module_.has_data_count, "bulk-memory");
  }
  void bodies() {
    feature_sink sink;
    wasm64::function_validator<feature_sink> bodies(module_);
    for (std::uint32_t i = 0; i < module_.funcs.size(); ++i) {
      // The module is valid; nothing new can go wrong.
      static_cast<void>(bodies.run(i, sink));
    }
    note(sink.multi_value, "multi-value");
    for (std::size_t f = 1; f < feature_count; ++f) note(sink.used[f], name_of(static_cast<op_feature>(f)));
  }

  const wasm64::module& module_;
  std::set<std::string> found_;
};

}  // namespace

std::set<std::string> features_of(const wasm64::module& m) { return feature_scan(m).run(); }

}  // namespace cli
