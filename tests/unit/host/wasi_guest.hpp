#pragma once

#include <initializer_list>
#include <string>

#include "tests/support/catch.hpp"
#include "wasm64/host/wasi.hpp"
#include "wasm64/text/parse.hpp"
#include "wasm64/wasm64.hpp"

namespace wasm64 {

/// A module of four pages that passes its arguments on to one WASI function.
class wasi_guest {
 public:
  static constexpr std::uint64_t memory_size = 4 * 65536;

  /// `params` by letters: i for i32, l for i64, p for a pointer or size.
  wasi_guest(bool memory64, const std::string& function, const std::string& params, wasi_context& context)
      : memory64_(memory64) {
    const std::string address = memory64 ? "i64" : "i32";
    std::string types, gets;
    for (std::size_t i = 0; i < params.size(); ++i) {
      types += params[i] == 'i' ? " i32" : params[i] == 'l' ? " i64" : " " + address;
      gets += " local.get " + std::to_string(i);
      types_.push_back(params[i] == 'l' || (params[i] == 'p' && memory64) ? wasm64::types::i64 : wasm64::types::i32);
    }
    const std::string type = "(param" + types + ") (result i32)";
    const std::string source = "(module (import \"wasi_snapshot_preview1\" \"" + function + "\" (func $f " + type +
                               ")) (memory " + address + " 4) (func (export \"call\") " + type + gets + " call $f))";
    const auto compiled = compile(view_of(text::parse_module(source).value()));
    REQUIRE(compiled.has_value());
    linker imports;
    define_wasi(imports, *compiled.value(), context);
    instance_ = store_.instantiate(compiled.value(), imports).value();
  }

  /// The errno that the function answers.
  std::int32_t operator()(std::initializer_list<std::uint64_t> arguments) {
    vector<value> values, results;
    for (const std::uint64_t a : arguments) values.push_back({types_[values.size()], a, 0});
    REQUIRE(store_.call(*instance_->exported_func("call"), view_of(values), results).has_value());
    return results[0].as_i32();
  }

  std::uint64_t width() const { return memory64_ ? 8 : 4; }
  std::uint8_t* at(std::uint64_t address) { return instance_->memory(0)->base + address; }
  std::uint64_t load(std::uint64_t address) {
    return memory64_ ? load_le<std::uint64_t>(at(address)) : load_le<std::uint32_t>(at(address));
  }
  void store(std::uint64_t address, std::uint64_t v) { std::memcpy(at(address), &v, width()); }
  void store(std::uint64_t address, std::string_view text) { std::memcpy(at(address), text.data(), text.size()); }
  /// Writes a vector of buffers: addresses and sizes in turn.
  void store_buffers(std::uint64_t address, std::initializer_list<std::uint64_t> fields) {
    for (const std::uint64_t f : fields) {
      store(address, f);
      address += width();
    }
  }
  std::string text(std::uint64_t address, std::size_t size) {
    return {reinterpret_cast<const char*>(at(address)), size};
  }

 private:
  bool memory64_;
  vector<val_type> types_;
  wasm64::store<> store_;
  instance* instance_ = nullptr;
};

}  // namespace wasm64
