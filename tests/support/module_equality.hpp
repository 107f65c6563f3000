#pragma once

#include <algorithm>
#include <string>

#include "wasm64/binary/custom_sections.hpp"
#include "wasm64/binary/instruction.hpp"
#include "wasm64/module/module.hpp"

/// Whether two decoded modules are the same, however their bytes are written.
namespace wasm64::test {

inline bool same(const limits_type& a, const limits_type& b) {
  return a.min == b.min && a.has_max == b.has_max && (!a.has_max || a.max == b.max) && a.is_64 == b.is_64 &&
         a.is_shared == b.is_shared;
}
inline bool same(const memory_type& a, const memory_type& b) {
  return same(a.limits, b.limits) && a.page_size_log2 == b.page_size_log2;
}
inline bool same(const table_type& a, const table_type& b) {
  return a.element == b.element && same(a.limits, b.limits);
}
inline bool same(const sub_type& a, const sub_type& b) {
  return a.is_final == b.is_final && a.kind == b.kind && a.supers == b.supers && a.func == b.func &&
         a.fields == b.fields && a.group_begin == b.group_begin && a.group_size == b.group_size;
}
inline bool same(const import_desc& a, const import_desc& b) {
  return a.module == b.module && a.name == b.name && a.kind == b.kind && a.func_type == b.func_type &&
         same(a.table, b.table) && same(a.memory, b.memory) && a.global == b.global && a.tag.type == b.tag.type;
}
inline bool same(const export_desc& a, const export_desc& b) {
  return a.name == b.name && a.kind == b.kind && a.index == b.index;
}

/// Instructions one by one: code, immediates, items of lists.
inline bool same_code(const module& m, byte_range x, const module& n, byte_range y) {
  reader a(view_of(m.bytes), x.offset, x.size);
  reader b(view_of(n.bytes), y.offset, y.size);
  while (!a.at_end() && !b.at_end()) {
    const instruction i = read_instruction(a);
    const instruction k = read_instruction(b);
    const bool equal = i.code == k.code && i.first == k.first && i.second == k.second && i.count == k.count &&
                       i.block.kind == k.block.kind && i.block.result == k.block.result &&
                       i.block.type == k.block.type && i.memory.align_log2 == k.memory.align_log2 &&
                       i.memory.memory == k.memory.memory && i.memory.offset == k.memory.offset && i.bits == k.bits &&
                       i.high_bits == k.high_bits && i.heap == k.heap && i.from == k.from && i.to == k.to;
    if (!equal || a.failed() || b.failed()) return false;
    reader p = i.items;
    reader q = k.items;
    for (std::uint32_t item = 0; item < i.count; ++item) {
      if (i.code == op::try_table) {
        const catch_clause c = read_catch_clause(p);
        const catch_clause d = read_catch_clause(q);
        if (c.what != d.what || c.tag != d.tag || c.depth != d.depth) return false;
      } else if (i.code == op::select_t) {
        if (read_val_type(p) != read_val_type(q)) return false;
      } else if (p.u32() != q.u32()) {
        return false;
      }
    }
  }
  return a.at_end() && b.at_end();
}

inline bool same_exprs(const module& m, const vector<const_expr>& x, const module& n, const vector<const_expr>& y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [&](const_expr a, const_expr b) { return same_code(m, a, n, b); });
}

inline bool same_bytes(const module& m, byte_range x, const module& n, byte_range y) {
  const bytes_view a = m.view(x);
  const bytes_view b = n.view(y);
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// The types of all locals, one by one.
inline vector<val_type> locals_of(const func_def& def) {
  vector<val_type> types;
  for (const local_run& run : def.locals) types.insert(types.end(), run.count, run.type);
  return types;
}

/// Which part differs, empty when none does. Names and custom sections are not looked at.
inline std::string difference(const module& m, const module& n) {
  const auto all = [](const auto& x, const auto& y, auto equal) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), equal);
  };
  const auto by_same = [](const auto& a, const auto& b) { return same(a, b); };
  if (!all(m.types, n.types, by_same)) return "types";
  if (!all(m.imports, n.imports, by_same)) return "imports";
  if (m.func_types != n.func_types) return "function types";
  if (!all(m.memories, n.memories, by_same)) return "memories";
  if (!all(m.exports, n.exports, by_same)) return "exports";
  if (m.has_start != n.has_start || m.start != n.start) return "start";
  const auto table = [&](const table_def& a, const table_def& b) {
    return same(a.type, b.type) && a.has_init == b.has_init && same_code(m, a.init, n, b.init);
  };
  if (!all(m.tables, n.tables, table)) return "tables";
  if (!all(m.tags, n.tags, [](tag_type a, tag_type b) { return a.type == b.type; })) return "tags";
  const auto global = [&](const global_def& a, const global_def& b) {
    return a.type == b.type && same_code(m, a.init, n, b.init);
  };
  if (!all(m.globals, n.globals, global)) return "globals";
  const auto elem = [&](const elem_segment& a, const elem_segment& b) {
    return a.mode == b.mode && a.table == b.table && a.type == b.type && a.is_indices == b.is_indices &&
           a.indices == b.indices && same_code(m, a.offset, n, b.offset) && same_exprs(m, a.exprs, n, b.exprs);
  };
  if (!all(m.elems, n.elems, elem)) return "element segments";
  const auto func = [&](const func_def& a, const func_def& b) {
    return a.type == b.type && locals_of(a) == locals_of(b) && same_code(m, a.body, n, b.body);
  };
  if (!all(m.funcs, n.funcs, func)) return "functions";
  const auto data = [&](const data_segment& a, const data_segment& b) {
    return a.mode == b.mode && a.memory == b.memory && same_code(m, a.offset, n, b.offset) &&
           same_bytes(m, a.init, n, b.init);
  };
  if (!all(m.datas, n.datas, data)) return "data segments";
  if (m.has_data_count != n.has_data_count) return "data count";
  return {};
}

}  // namespace wasm64::test
