#include <cstdio>

#include "commands.hpp"
#include "features.hpp"
#include "file.hpp"
#include "readable.hpp"
#include "values.hpp"
#include "wasm64/valid/describe.hpp"
#include "wasm64/wasm64.hpp"

namespace cli {
namespace {

using wasm64::extern_kind;

std::string text_of(const wasm64::limits_type& l) {
  return std::string(l.is_64 ? "i64 " : "i32 ") + std::to_string(l.min) +
         (l.has_max ? ".." + std::to_string(l.max) : "..") + (l.is_shared ? " shared" : "");
}
std::string text_of(const wasm64::memory_type& m) {
  return text_of(m.limits) + " pages of " + std::to_string(m.page_size()) + " bytes";
}
std::string text_of(const wasm64::table_type& t) { return text_of(t.limits) + " " + wasm64::describe(t.element); }
std::string text_of(const wasm64::global_type& g) {
  return std::string(g.is_mutable ? "mut " : "") + wasm64::describe(g.type);
}

/// Kind and type of an item, by its index.
std::string item(const wasm64::module& m, extern_kind kind, std::uint32_t index) {
  switch (kind) {
    case extern_kind::func: return "func " + to_text(m.type_of_func(index));
    case extern_kind::table: return "table " + text_of(m.tables[index].type);
    case extern_kind::memory: return "memory " + text_of(m.memories[index]);
    case extern_kind::global: return "global " + text_of(m.globals[index].type);
    case extern_kind::tag: return "tag " + to_text(m.types[m.tags[index].type].func);
  }
  return {};
}

void print_imports(const wasm64::module& m) {
  std::uint32_t next[5] = {};
  for (const wasm64::import_desc& i : m.imports) {
    const std::string type = item(m, i.kind, next[static_cast<std::size_t>(i.kind)]++);
    std::printf("import %s %s: %s\n", readable(i.module).c_str(), readable(i.name).c_str(), type.c_str());
  }
}

void print_counts(const wasm64::module& m) {
  std::size_t code = 0, data = 0;
  for (const wasm64::func_def& f : m.funcs) code += f.body.size;
  for (const wasm64::data_segment& d : m.datas) data += d.init.size;
  std::printf("types %zu\n", m.types.size());
  std::printf("functions %zu, imported %u, code %zu bytes\n", m.func_types.size(), m.imported_funcs, code);
  std::printf("tables %zu, imported %u\n", m.tables.size(), m.imported_tables);
  std::printf("memories %zu, imported %u\n", m.memories.size(), m.imported_memories);
  std::printf("globals %zu, imported %u\n", m.globals.size(), m.imported_globals);
  std::printf("tags %zu, imported %u\n", m.tags.size(), m.imported_tags);
  std::printf("element segments %zu\n", m.elems.size());
  std::printf("data segments %zu, %zu bytes\n", m.datas.size(), data);
}

}  // namespace

int inspect(const std::string& file) {
  const wasm64::byte_vector bytes = read_module(file);
  const auto compiled = value_of(wasm64::compile(wasm64::view_of(bytes)), file);
  const wasm64::module& m = *compiled;
  std::printf("size %zu bytes\n", bytes.size());
  if (!m.name.empty()) std::printf("name %s\n", readable(m.name).c_str());
  print_counts(m);
  print_imports(m);
  for (std::size_t i = 0; i < m.memories.size(); ++i)
    std::printf("memory %zu: %s\n", i, text_of(m.memories[i]).c_str());
  for (std::size_t i = 0; i < m.tables.size(); ++i)
    std::printf("table %zu: %s\n", i, text_of(m.tables[i].type).c_str());
  for (const wasm64::export_desc& e : m.exports) {
    std::printf("export %s: %s\n", readable(e.name).c_str(), item(m, e.kind, e.index).c_str());
  }
  if (m.has_start) std::printf("start %u\n", m.start);
  std::string features;
  for (const std::string& f : features_of(m)) features += " " + f;
  std::printf("features%s\n", features.empty() ? " none" : features.c_str());
  return ok;
}

}  // namespace cli
