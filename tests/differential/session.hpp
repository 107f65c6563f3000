#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "describe.hpp"
#include "record.hpp"
#include "wasm64/wasm64.hpp"

namespace differential {

using wasm64::instance;
using wasm64::value;

/// Does every step with this engine and records it for the other one.
class session {
 public:
  /// `fuel` bounds what all steps together may execute.
  session(record& to, const wasm64::limits& limits, std::int64_t fuel);

  wasm64::store_base& store() noexcept { return store_; }
  /// Null for a parameter.
  value null_for(const wasm64::func_instance& f, std::size_t parameter) {
    return value::null(
        wasm64::val_type::ref(hierarchy_of(store_.vm(), canonical_in(store_.vm(), f, true, parameter).heap)));
  }
  wasm64::linker& imports() noexcept { return imports_; }

  /// A module by number; null when this engine did not instantiate it.
  using number = std::size_t;
  instance* at(number n) const { return n < instances_.size() ? instances_[n] : nullptr; }

  /// Numbers the instance even when there is none.
  number instantiate(std::string_view at, wasm64::bytes_view binary);
  void validate(std::string_view at, wasm64::bytes_view binary);
  void register_instance(std::string_view at, number n, const std::string& name);
  void call(std::string_view at, number n, const std::string& name, std::span<const value> arguments,
            std::span<const lane_type> lanes = {});
  void get(std::string_view at, number n, const std::string& name);
  /// Memories, tables and globals.
  void state(std::string_view at, number n);
  /// A step the engines cannot be compared at.
  void skip(std::string_view at, std::string_view reason);

 private:
  std::string adapter_file(const wasm64::byte_vector& binary);
  std::string global_text(const wasm64::global_instance& g);
  json_object global_step(const wasm64::global_type& type, number n, std::string_view name);

  record& record_;
  wasm64::store<wasm64::metered_engine_config> store_;
  wasm64::linker imports_;
  std::vector<instance*> instances_;
  std::map<std::string, std::string> adapters_;  ///< files by content
};

}  // namespace differential
