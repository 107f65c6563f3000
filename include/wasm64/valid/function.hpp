#pragma once

#include <cstdint>

#include "wasm64/binary/reader.hpp"
#include "wasm64/binary/types.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/valid/declared.hpp"
#include "wasm64/valid/features.hpp"
#include "wasm64/valid/shapes.hpp"
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

 private:
  // Each answers false on failure, which `stacks_` or `in_` has recorded; then the sink was not called.
  bool declare_locals(const func_def& def, const func_type& type);
  bool body();
  bool by_hand(op o);
  bool prefixed(std::uint8_t prefix);

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
  bool leave_try_body(control_frame& closed, bool catches);
  bool read_tag(std::uint32_t& tag, const func_type*& type);

  // instructions.hpp
  bool unary(const detail::shape& s);
  bool binary(const detail::shape& s);
  bool load(const detail::shape& s, reader& in);
  bool store(const detail::shape& s, reader& in);
  bool read_memory_access(op o, reader& in, memarg& arg);
  bool constant(val_type type, std::uint64_t bits);
  bool local_get(reader& in);
  bool local_set(reader& in);
  bool local_tee(reader& in);
  bool read_local(reader& in, std::uint32_t& index);
  bool global_get();
  bool global_set();
  bool drop();
  bool select();
  bool select_typed();
  bool ref_null();
  bool ref_is_null();
  bool ref_func();

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

  bool reachable() const noexcept { return stacks_.reachable(); }
  bool fail(errc code, const char* detail = "") { return stacks_.fail(code, detail); }
  bool supported(op o);
  bool supported(val_type type);
  error first_error() const;

  const module& module_;
  feature_set features_;
  validation_stacks stacks_;
  reader in_;
  vector<val_type> locals_;
  vector<std::uint32_t> depths_;
  vector<catch_clause> catches_;
  Sink* sink_ = nullptr;
  const func_type* type_ = nullptr;
  std::uint32_t at_ = 0;  ///< offset of the current instruction
};

/// Validates one function body, telling `sink` about it. The module itself has been validated.
template <class Sink>
result<body_facts> validate_function(const module& m, std::uint32_t defined_index, Sink& sink,
                                     const feature_set& features = {}) {
  return function_validator<Sink>(m, features).run(defined_index, sink);
}

}  // namespace wasm64

#include "wasm64/valid/bulk.hpp"
#include "wasm64/valid/control.hpp"
#include "wasm64/valid/exceptions.hpp"
#include "wasm64/valid/instructions.hpp"
#include "wasm64/valid/run.hpp"
