#pragma once

#include <string>
#include <utility>

#include "wasm64/base/containers.hpp"
#include "wasm64/module/module.hpp"

namespace wasm64 {

/// Names of what belongs to something that has an index itself: the locals of a function, the fields of a type.
struct indirect_names {
  std::uint32_t index = 0;
  vector<name_map_entry> names;
};

/// The custom section "name" (specification, appendix Custom Sections, with the subsections of the extended name
/// section proposal). Indices ascend; whether the module has such a thing is not known.
struct name_section {
  bool has_module = false;
  std::string module;
  vector<name_map_entry> funcs;
  vector<indirect_names> locals;  ///< by function; parameters first
  vector<indirect_names> labels;  ///< by function; blocks are numbered in the order they begin
  vector<name_map_entry> types;
  vector<name_map_entry> tables;
  vector<name_map_entry> memories;
  vector<name_map_entry> globals;
  vector<name_map_entry> elems;
  vector<name_map_entry> datas;
  vector<indirect_names> fields;  ///< by type
  vector<name_map_entry> tags;
};

/// A subsection: its number and one of the two maps, or neither for the module's name.
struct name_subsection {
  std::uint8_t id;
  vector<name_map_entry> name_section::* direct;
  vector<indirect_names> name_section::* indirect;
};

/// All of them, in the order of the binary.
inline constexpr name_subsection name_subsections[] = {
    {0, nullptr, nullptr},
    {1, &name_section::funcs, nullptr},
    {2, nullptr, &name_section::locals},
    {3, nullptr, &name_section::labels},
    {4, &name_section::types, nullptr},
    {5, &name_section::tables, nullptr},
    {6, &name_section::memories, nullptr},
    {7, &name_section::globals, nullptr},
    {8, &name_section::elems, nullptr},
    {9, &name_section::datas, nullptr},
    {10, nullptr, &name_section::fields},
    {11, &name_section::tags, nullptr},
};

}  // namespace wasm64
