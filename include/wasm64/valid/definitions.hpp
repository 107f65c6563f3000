#pragma once

#include "wasm64/base/result.hpp"
#include "wasm64/module/features.hpp"
#include "wasm64/module/module.hpp"

namespace wasm64::detail {

/// The checks of a module's sections, in the order in which each may rely on those before it.
class definition_validator {
 public:
  definition_validator(module& m, const feature_set& features) : module_(m), features_(features) {}

  result<void> run();
  /// What `ref.func` may name, in any order and with duplicates.
  vector<std::uint32_t>& referenced() noexcept { return referenced_; }

 private:
  // types_impl.hpp
  result<void> all_types();
  result<void> defined_type(std::size_t index) const;
  result<void> super_type(std::size_t index) const;
  result<void> value_type(val_type type, std::size_t known) const;
  result<void> value_type(val_type type) const;
  result<void> func_type_index(std::uint32_t index) const;
  result<void> table(const table_type& type) const;
  result<void> memory(const memory_type& type) const;
  result<void> tag(const tag_type& type) const;

  // definitions_impl.hpp
  result<void> functions() const;
  result<void> tables();
  result<void> memories() const;
  result<void> globals();
  result<void> tags() const;
  result<void> exports();
  result<void> start() const;
  result<void> element_segments();
  result<void> data_segments();
  result<void> expression(const_expr expression, val_type expected, std::size_t visible_globals);

  module& module_;
  const feature_set& features_;
  vector<std::uint32_t> referenced_;
};

}  // namespace wasm64::detail
