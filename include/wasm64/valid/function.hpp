#pragma once

#include <cstdint>

#include "wasm64/binary/reader.hpp"
#include "wasm64/binary/types.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/valid/declared.hpp"
#include "wasm64/valid/features.hpp"
#include "wasm64/valid/shapes.hpp"
#include "wasm64/valid/single_types.hpp"
#include "wasm64/valid/sink.hpp"
#include "wasm64/valid/stacks.hpp"

namespace wasm64 {

/// Validates function bodies (specification, appendix Validation Algorithm) and tells a sink about every instruction;
/// `null_sink` documents the calls. One object may validate any number of functions and keeps its memory. The module's
/// other sections have been validated.
template <class Sink = null_sink>
class function_validator {
 public:
  explicit function_validator(const module& m, const feature_set& features = {})
      : module_(m), features_(features), stacks_(m) {}

  /// Validates the body of a defined function. Fails with a code below 0x200 where the bytes are malformed, from 0x200
  /// where they are invalid; the offset is that of the instruction, or of the byte, in the module.
  result<body_facts> run(std::uint32_t defined_index, Sink& sink);

  /// Fails with `implementation_limit` once the bodies together take and give more values than that.
  void limit_values(std::uint64_t most) noexcept { stacks_.limit_values(most); }

  /// For sinks that want to know types. When the sink hears of an instruction its operands are off the
  /// stack and its results not yet on it; but of the conditional branches the stack is that behind them.
  const validation_stacks& stacks() const noexcept { return stacks_; }

 private:
  // Each answers false on failure, which `stacks_` or `in_` has recorded; then the sink was not called.
  bool declare_locals(const func_def& def, const func_type& type);
  bool body();
  template <class Step>
  bool from(reader& in, Step step);
  bool by_hand(op o);
  bool prefixed(std::uint8_t prefix);
  bool other(op o);

  // control.hpp
  bool read_block_signature(std::span<const val_type>& params, std::span<const val_type>& results);
  bool block(op kind);
  bool else_block();
  bool end();
  bool br();
  bool br_if();
  bool br_table();
  bool return_();
  bool call();
  bool call_indirect();
  bool return_call();
  bool return_call_indirect();
  bool read_func(const func_type*& type, std::uint32_t& index);
  bool read_indirect(const func_type*& type, std::uint32_t& type_index, std::uint32_t& table);
  bool same_results(const func_type& callee);
  control_frame* read_label(std::uint32_t& depth);

  // exceptions.hpp
  bool try_table();
  bool check_catch(const catch_clause& clause);
  bool catch_();
  bool catch_all();
  bool delegate();
  bool rethrow();
  bool throw_();
  bool throw_ref();
  const control_frame* leave_try_body(bool catches);
  bool read_tag(std::uint32_t& tag, const func_type*& type);

  // instructions.hpp
  bool numeric(const detail::shape& s);
  bool access(const detail::shape& s, reader& in);
  bool read_memory_access(op o, reader& in, memarg& arg);
  bool constant(const val_type& type, std::uint64_t bits);
  bool integer_constant(const detail::shape& s, reader& in);
  bool local_get(reader& in);
  bool local_set(const detail::shape& s, reader& in);
  bool read_local(reader& in, std::uint32_t& index);
  bool global_get();
  bool global_set();
  bool drop();
  bool select();
  bool select_typed();
  bool spelled(op o);
  bool pop_letters(op o, val_type address);
  void push_letters(op o);

  // references.hpp
  bool ref_null();
  bool ref_is_null();
  bool ref_func();
  bool ref_as_non_null();
  bool br_on_null();
  bool br_on_non_null();
  bool call_ref();
  bool return_call_ref();
  bool ref_operation(op o);
  bool ref_conversion(op o);
  bool pop_label_with_ref(const control_frame& target, val_type taken);
  bool read_call_ref(const func_type*& type, std::uint32_t& index);

  // casts.hpp
  bool cast(op o);
  bool br_on_cast(op o);
  bool read_ref_type(bool nullable, val_type& type);

  // aggregates.hpp
  bool gc_instruction(op o);
  bool struct_new(op o);
  bool struct_access(op o);
  bool array_new(op o);
  bool array_new_segment(op o);
  bool array_access(op o);
  bool array_len();
  bool array_fill();
  bool array_copy();
  bool array_init(op o);
  bool read_type(std::uint32_t& index, comp_kind kind);
  bool read_array(std::uint32_t& index, const field_type*& element);
  bool read_array_segment(bool of_data, const field_type& element, std::uint32_t& segment);
  bool check_packed(const field_type& field, bool extends);

  // bulk.hpp
  bool memory_instruction(op o);
  bool memory_copy();
  bool memory_init();
  bool data_drop();
  bool table_instruction(op o);
  bool table_copy();
  bool table_init();
  bool elem_drop();
  bool read_memory(std::uint32_t& index);
  bool read_table(std::uint32_t& index);
  bool read_data(std::uint32_t& index);
  bool read_elem(std::uint32_t& index);

  // vectors.hpp
  bool vector_instruction(op o);
  bool read_lane(unsigned count, std::uint8_t& lane);
  // atomics.hpp
  bool atomic(op o);
  bool atomic_fence();

  bool reachable() const noexcept { return stacks_.reachable(); }
  bool fail(errc code, const char* detail = "") { return stacks_.fail(code, detail); }
  bool supported(op o);
  bool supported(val_type type);
  error first_error() const;

  const module& module_;
  feature_set features_;
  validation_stacks stacks_;
  reader in_;
  small_vector<val_type, 32> locals_;
  small_vector<std::uint32_t, 8> depths_;
  vector<catch_clause> catches_;
  single_types single_types_;
  Sink* sink_ = nullptr;
  const func_type* type_ = nullptr;
  std::uint32_t repeat_from_ = 0;  ///< a loop the sink wants to hear of again
  std::uint32_t tables_ = 0;  ///< br_table instructions so far
  std::uint32_t at_ = 0;  ///< offset of the current instruction
};

/// Validates one function body, telling `sink` about it. The module itself has been validated.
template <class Sink>
result<body_facts> validate_function(const module& m, std::uint32_t defined_index, Sink& sink,
                                     const feature_set& features = {}) {
  return function_validator<Sink>(m, features).run(defined_index, sink);
}

}  // namespace wasm64

#include "wasm64/valid/aggregates.hpp"
#include "wasm64/valid/atomics.hpp"
#include "wasm64/valid/bulk.hpp"
#include "wasm64/valid/casts.hpp"
#include "wasm64/valid/control.hpp"
#include "wasm64/valid/exceptions.hpp"
#include "wasm64/valid/instructions.hpp"
#include "wasm64/valid/references.hpp"
#include "wasm64/valid/run.hpp"
#include "wasm64/valid/vectors.hpp"
