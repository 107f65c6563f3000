#pragma once

#include <string>
#include <utility>

#include "wasm64/aot/concept.hpp"
#include "wasm64/aot/llvm_unit.hpp"

namespace wasm64::aot::llvm {

/// What LLVM is asked for.
struct settings {
  std::string triple;
  std::string cpu;
  std::string features;
  std::string passes;
  std::string loop_passes;  ///< `looping_of`
  int level = optimize_default;
  bool can_swizzle = false;
};

inline constexpr std::string_view light_passes = "sroa,early-cse<memssa>,simplifycfg";

/// For functions with too many conditions.
inline settings plain_of(settings s) {
  s.passes = "function(" + std::string(light_passes) + ")";
  return s;
}

/// For functions with loops that ask nothing (translator_loops.hpp).
inline settings looping_of(settings s) {
  s.passes = s.loop_passes;
  return s;
}

/// For functions that would take LLVM too long: what time grows with their size only.
inline settings least_of(settings s) {
  s.passes.clear();
  s.level = optimize_none;
  return s;
}

inline result<settings> settings_for(unsigned version, const code_target& target, effort how) {
  settings s;
  if (target.arch != baseline_target().arch) return fail(errc::aot_compiler_failed, "target is another processor");
  const bool is_x86 = target.arch == architecture::x86_64;
  // Objects are ELF everywhere; what is called and calls has the same convention on all systems.
  s.triple = is_x86 ? "x86_64-unknown-linux-gnu" : "aarch64-unknown-linux-gnu";
  s.cpu = is_x86 ? "x86-64" : "generic";
  if (target.system == platform::darwin_abi && !is_x86) s.features = "+reserve-x18";
  const std::span<const std::string_view> known = features_of(target.arch);
  for (std::size_t i = 0; i < known.size(); ++i) {
    if ((target.features >> i & 1) == 0) continue;
    if (!s.features.empty()) s.features += ',';
    s.features += '+';
    s.features += known[i];
    s.can_swizzle = s.can_swizzle || known[i] == "ssse3";
  }
  s.can_swizzle = s.can_swizzle || !is_x86;
  // WebAssembly has been optimized before: more passes take twice the time and gain nothing that can be measured.
  const std::string combine = version >= 18 ? "instcombine<no-verify-fixpoint>" : "instcombine";
  const std::string normal = std::string(light_passes) + ',' + combine;
  switch (how) {
    case effort::least: s.passes = "function(sroa,early-cse,simplifycfg)"; break;
    case effort::normal:
      s.passes = "function(" + normal + ")";
      s.loop_passes = "function(" + normal +
                      ",loop-simplify,lcssa,loop-mssa(loop-rotate,licm),loop(indvars),loop-vectorize,slp-vectorizer," +
                      combine + ",simplifycfg)";
      break;
    case effort::most: s.passes = "default<O2>"; break;
  }
  if (s.loop_passes.empty()) s.loop_passes = s.passes;
  return s;
}

/// What writes code for a processor; for one thread at a time.
class code_writer {
 public:
  static result<code_writer> make(const library& with, const settings& s) {
    target_ref target = nullptr;
    char* message = nullptr;
    if (with.GetTargetFromTriple(s.triple.c_str(), &target, &message) != 0) {
      const std::string text = message;
      with.DisposeMessage(message);
      return fail(errc::aot_compiler_failed, text);
    }
    const target_machine_ref made = with.CreateTargetMachine(
        target, s.triple.c_str(), s.cpu.c_str(), s.features.c_str(), s.level, position_independent, small_code);
    if (made == nullptr) return fail(errc::aot_compiler_failed, "no code for " + s.triple);
    return code_writer(with, s, made);
  }
  code_writer(code_writer&& other) noexcept
      : with_(other.with_), settings_(other.settings_), machine_(std::exchange(other.machine_, nullptr)) {}
  code_writer& operator=(code_writer&&) = delete;
  ~code_writer() {
    if (machine_ != nullptr) with_.DisposeTargetMachine(machine_);
  }

  /// To be called before anything is written into a unit.
  void prepare(unit& u) const {
    const target_data_ref layout = with_.CreateTargetDataLayout(machine_);
    with_.SetModuleDataLayout(u.module, layout);
    with_.DisposeTargetData(layout);
    with_.SetTarget(u.module, settings_.triple.c_str());
  }
  /// The object of what the unit has, which has changed then.
  result<byte_vector> write(unit& u, bool verify) const;

 private:
  code_writer(const library& with, const settings& s, target_machine_ref machine)
      : with_(with), settings_(s), machine_(machine) {}

  const library& with_;
  const settings& settings_;
  target_machine_ref machine_;
};

inline result<byte_vector> code_writer::write(unit& u, bool verify) const {
  const auto failed = [&](char* message, void (*dispose)(char*)) {
    const std::string text = message == nullptr ? u.complaint() : message;
    if (message != nullptr) dispose(message);
    return fail(errc::aot_compiler_failed, text);
  };
  char* message = nullptr;
  if (verify && with_.VerifyModule(u.module, return_status, &message) != 0) {
    return failed(message, with_.DisposeMessage);
  }
  if (message != nullptr) with_.DisposeMessage(message);
  if (!settings_.passes.empty()) {
    const pass_options_ref passes = with_.CreatePassBuilderOptions();
    const error_ref wrong = with_.RunPasses(u.module, settings_.passes.c_str(), machine_, passes);
    with_.DisposePassBuilderOptions(passes);
    if (wrong != nullptr) return failed(with_.GetErrorMessage(wrong), with_.DisposeErrorMessage);
  }
  memory_buffer_ref buffer = nullptr;
  message = nullptr;
  if (with_.TargetMachineEmitToMemoryBuffer(machine_, u.module, object_file, &message, &buffer) != 0) {
    return failed(message, with_.DisposeMessage);
  }
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(with_.GetBufferStart(buffer));
  byte_vector object(begin, begin + with_.GetBufferSize(buffer));
  with_.DisposeMemoryBuffer(buffer);
  if (!u.complaint().empty()) return failed(nullptr, nullptr);
  return object;
}

}  // namespace wasm64::aot::llvm
