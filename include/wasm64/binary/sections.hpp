#pragma once

#include <cstdint>
#include <string>

#include "wasm64/binary/limits.hpp"
#include "wasm64/binary/reader.hpp"
#include "wasm64/module/features.hpp"
#include "wasm64/module/module.hpp"

namespace wasm64 {

/// The sections' numbers in the binary format (specification 5.5.2).
enum class section_id : std::uint8_t {
  custom = 0,
  type = 1,
  import = 2,
  function = 3,
  table = 4,
  memory = 5,
  global = 6,
  export_ = 7,
  start = 8,
  element = 9,
  code = 10,
  data = 11,
  data_count = 12,
  tag = 13,
};

namespace detail {

/// Fills a module from the contents of its sections. Failures stick to the reader; `what` then names the limit or the
/// feature concerned.
class section_decoder {
 public:
  section_decoder(module& m, const feature_set& features, const decode_limits& limits)
      : module_(m), features_(features), limits_(limits) {}

  void section(section_id id, reader& in);
  /// What can only be compared when all sections are read.
  void finish(reader& in);
  const char* what() const noexcept { return what_; }

 private:
  // sections_types_impl.hpp
  void type_section(reader& in);
  void recursive_type(reader& in);
  void sub_type_entry(reader& in, std::uint8_t form);
  void composite_type(reader& in, std::uint8_t form, sub_type& out);
  void result_types(reader& in, vector<val_type>& out);
  field_type field(reader& in);
  limits_type limits(reader& in, bool of_memory, bool& has_page_size);
  table_type table(reader& in);
  memory_type memory(reader& in);
  global_type global(reader& in);
  tag_type tag(reader& in);

  // sections_impl.hpp
  void import_section(reader& in);
  void function_section(reader& in);
  void table_section(reader& in);
  void memory_section(reader& in);
  void tag_section(reader& in);
  void global_section(reader& in);
  void export_section(reader& in);
  void element_section(reader& in);
  void element_segment(reader& in);
  void code_section(reader& in);
  void code_entry(reader& in, func_def& def);
  void data_section(reader& in);

  /// The length of a list, of which each item takes a byte or more.
  std::uint32_t count(reader& in, std::uint64_t max, const char* what);
  bool over_limit(reader& in, std::uint64_t wanted, std::uint64_t max, const char* what);
  void unsupported(reader& in, const char* feature);
  std::string name(reader& in);
  const_expr expression(reader& in);

  module& module_;
  const feature_set& features_;
  const decode_limits& limits_;
  const char* what_ = "";
  std::uint32_t code_entries_ = 0;
  std::uint64_t all_locals_ = 0;
};

/// Reads the custom section `name`: module and function names (specification, appendix Custom Sections). A malformed
/// one is as good as none.
void read_names(reader in, module& m);

}  // namespace detail

}  // namespace wasm64
