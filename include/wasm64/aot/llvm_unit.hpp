#pragma once

#include <initializer_list>
#include <string_view>

#include "wasm64/aot/llvm_api.hpp"
#include "wasm64/aot/symbols.hpp"
#include "wasm64/base/containers.hpp"

namespace wasm64::aot::llvm {

/// One of LLVM's modules in a context of its own, with what writing instructions into it takes. Instructions go where
/// the builder `at` stands. For one thread at a time; others may work on other units.
class unit {
 public:
  explicit unit(const api& functions)
      : c(functions),
        context(c.ContextCreate()),
        module(c.ModuleCreateWithNameInContext("wasm64", context)),
        at(c.CreateBuilderInContext(context)),
        flag(c.IntTypeInContext(context, 1)),
        i8(c.IntTypeInContext(context, 8)),
        i16(c.IntTypeInContext(context, 16)),
        i32(c.IntTypeInContext(context, 32)),
        i64(c.IntTypeInContext(context, 64)),
        i128(c.IntTypeInContext(context, 128)),
        f32(c.FloatTypeInContext(context)),
        f64(c.DoubleTypeInContext(context)),
        v128(c.VectorType(i64, 2)),
        address(c.PointerType(i8, 0)) {
    c.ContextSetDiscardValueNames(context, 1);
    c.ContextSetDiagnosticHandler(context, &unit::on_diagnostic, this);
  }
  unit(const unit&) = delete;
  unit& operator=(const unit&) = delete;
  ~unit() {
    c.DisposeBuilder(at);
    c.DisposeModule(module);
    c.ContextDispose(context);
  }

  const api& c;
  const context_ref context;
  const module_ref module;
  const builder_ref at;
  const type_ref flag, i8, i16, i32, i64, i128, f32, f64, v128;
  const type_ref address;

  /// What LLVM complained about, if it did: it goes on nevertheless.
  const std::string& complaint() const noexcept { return complaint_; }

  /// Functions that would take too much of the native stack.
  std::span<const std::uint32_t> large_frames() const noexcept { return view_of(large_frames_); }

  type_ref type_of(value_ref v) const noexcept { return c.TypeOf(v); }
  type_ref vector_of(type_ref lane, unsigned count) const noexcept { return c.VectorType(lane, count); }

  value_ref integer(type_ref type, std::uint64_t value) const noexcept { return c.ConstInt(type, value, 0); }
  /// A vector of integers that are all the same.
  value_ref all(type_ref lane, unsigned count, std::uint64_t value) const {
    small_vector<value_ref, 16> lanes(count, integer(lane, value));
    return c.ConstVector(lanes.data(), count);
  }

  value_ref binary(opcode o, value_ref a, value_ref b) const noexcept { return c.BuildBinOp(at, o, a, b, ""); }
  value_ref cast(opcode o, value_ref v, type_ref to) const noexcept { return c.BuildCast(at, o, v, to, ""); }
  value_ref bits(value_ref v, type_ref to) const noexcept { return cast(bitcast, v, to); }
  value_ref compare(int_predicate p, value_ref a, value_ref b) const noexcept { return c.BuildICmp(at, p, a, b, ""); }
  value_ref compare(real_predicate p, value_ref a, value_ref b) const noexcept { return c.BuildFCmp(at, p, a, b, ""); }
  value_ref select(value_ref flags, value_ref a, value_ref b) const noexcept {
    return c.BuildSelect(at, flags, a, b, "");
  }
  value_ref lane(value_ref v, std::uint64_t number) const noexcept {
    return c.BuildExtractElement(at, v, integer(i32, number), "");
  }
  value_ref with_lane(value_ref v, std::uint64_t number, value_ref value) const noexcept {
    return c.BuildInsertElement(at, v, value, integer(i32, number), "");
  }
  value_ref shuffle(value_ref a, value_ref b, std::span<const std::uint32_t> numbers) const {
    small_vector<value_ref, 16> lanes;
    for (const std::uint32_t number : numbers) lanes.push_back(integer(i32, number));
    return c.BuildShuffleVector(at, a, b, c.ConstVector(lanes.data(), static_cast<unsigned>(lanes.size())), "");
  }
  /// Calls an intrinsic function, which is one of the types that it is overloaded for.
  value_ref intrinsic(std::string_view name, std::initializer_list<type_ref> overload,
                      std::initializer_list<value_ref> arguments) const {
    const unsigned id = c.LookupIntrinsicID(name.data(), name.size());
    auto* const types = const_cast<type_ref*>(overload.begin());  // none of these parameters is written to
    auto* const values = const_cast<value_ref*>(arguments.begin());
    return c.BuildCall2(at, c.IntrinsicGetType(context, id, types, overload.size()),
                        c.GetIntrinsicDeclaration(module, id, types, overload.size()), values,
                        static_cast<unsigned>(arguments.size()), "");
  }

 private:
  static void on_diagnostic(diagnostic_ref d, void* self) {
    auto& u = *static_cast<unit*>(self);
    const int severity = u.c.GetDiagInfoSeverity(d);
    if (severity != severity_error && severity != severity_warning) return;
    char* const message = u.c.GetDiagInfoDescription(d);
    const std::string text = message;
    u.c.DisposeMessage(message);
    if (severity == severity_error && u.complaint_.empty()) u.complaint_ = text.empty() ? "error" : text;
    // The only warnings are of functions whose frame is larger than the attribute says.
    constexpr std::string_view name = "wasm64_body_";
    const std::size_t at = text.find(name);
    if (severity == severity_warning && at != text.npos) {
      u.large_frames_.push_back(function_of_symbol(std::string_view(text).substr(at)));
    }
  }

  std::string complaint_;
  vector<std::uint32_t> large_frames_;
};

}  // namespace wasm64::aot::llvm
