#pragma once

#include "session.hpp"

namespace differential {

/// What modules of Binaryen's generator import as "fuzzing-support", with one meaning in both engines: a function that
/// cannot be called with zeros throws `jstag`, as does everything else JavaScript would throw at. v8.mjs has the same.
class fuzzing_support {
 public:
  fuzzing_support(session& in, record& to) : session_(in), record_(to) {}

  /// Offers the imports of a module. Both must outlive its instance.
  void offer(const wasm64::module& to);
  /// From now on exports can be called by their index; before, as in the start function, there are none.
  void use(const instance& in) { main_ = &in; }

 private:
  using answer = wasm64::result<void>;
  using values = std::span<const value>;

  wasm64::host_function bind(const wasm64::import_desc& import, const wasm64::func_type& type);
  answer raise();
  answer call_zeros(const wasm64::func_instance* f);
  const wasm64::func_instance* export_at(std::uint32_t index) const;
  /// The exported table, when it has such an element.
  wasm64::table_instance* table_for(std::uint32_t index) const;
  void log(values arguments);

  session& session_;
  record& record_;
  const instance* main_ = nullptr;
  const instance* support_ = nullptr;
};

}  // namespace differential
