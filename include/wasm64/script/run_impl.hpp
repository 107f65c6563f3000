#pragma once

#include <map>

#include "wasm64/exec/engine.hpp"
#include "wasm64/script/run.hpp"
#include "wasm64/script/spectest.hpp"
#include "wasm64/script/values.hpp"
#include "wasm64/text/script.hpp"
#include "wasm64/valid/custom_sections.hpp"

namespace wasm64 {

namespace detail {

/// True when the suite's text stands for this error: it may say more than ours or less, and it names the kind of a null
/// reference.
inline bool same_message(std::string_view wanted, errc code) {
  const std::string_view ours = message(code);
  if (code == errc::trap_null_reference && wanted.starts_with("null ") && wanted.ends_with(" reference")) return true;
  return ours.starts_with(wanted) || wanted.starts_with(ours);
}

class script_runner {
 public:
  script_runner(store_base& in, const script_options& options) : store_(in), options_(options) {}

  script_report run(std::string_view source);

 private:
  using module_ptr = std::shared_ptr<const module>;
  using command = text::script_command;
  using kind = text::script_command_kind;

  void run(const command& c);
  void define_module(const text::script_module& m);
  void instantiate(const module_ptr& m, const std::string& name);
  void register_instance(const command& c);
  void assert_return(const command& c);
  void assert_stop(const command& c);
  void assert_rejected(const command& c);
  void assert_unlinkable(const command& c);
  result<vector<value>> act(const text::script_action& action);
  result<void> instantiate_only(const text::script_module& m);

  result<module_ptr> compile_module(const text::script_module& m) const {
    WASM64_TRY(const byte_vector binary, m.to_binary(options_.features));
    WASM64_TRY(const module_ptr compiled, compile(view_of(binary), options_.features, options_.limits));
    WASM64_CHECK(validate_custom_sections(*compiled));
    return compiled;
  }
  instance* find_instance(const std::string& name) const {
    if (name.empty()) return current_;
    const auto found = instances_.find(name);
    return found == instances_.end() ? nullptr : found->second;
  }
  void check(bool holds, std::string message) {
    if (holds) ++report_.passed;
    else fail_command(std::move(message));
  }
  void fail_command(std::string message) { report_.failures.push_back({at_, std::move(message)}); }

  store_base& store_;
  const script_options& options_;
  script_report report_;
  text::position at_;
  linker imports_;
  instance* current_ = nullptr;  ///< defined last; null when that failed
  module_ptr last_definition_;
  std::map<std::string, instance*> instances_;
  std::map<std::string, module_ptr> definitions_;
};

WASM64_INLINE script_report script_runner::run(std::string_view source) {
  const auto commands = text::parse_script(source);
  if (!commands.has_value()) {
    const std::uint64_t offset = commands.assume_error().offset;
    at_ = {static_cast<std::uint32_t>(offset >> 32), static_cast<std::uint32_t>(offset)};
    fail_command("script: " + to_string(commands.assume_error()));
    return std::move(report_);
  }
  if (const auto defined = define_spectest(imports_, store_); !defined.has_value()) {
    fail_command("spectest: " + to_string(defined.assume_error()));
  }
  for (const command& c : commands.assume_value()) {
    const reference_scope scope(store_.vm());
    at_ = c.at;
    run(c);
  }
  return std::move(report_);
}

WASM64_INLINE void script_runner::run(const command& c) {
  switch (c.kind) {
    case kind::module: return define_module(c.module);
    case kind::instance: {
      if (c.definition.empty()) return instantiate(last_definition_, c.name);
      const auto found = definitions_.find(c.definition);
      return instantiate(found == definitions_.end() ? nullptr : found->second, c.name);
    }
    case kind::register_: return register_instance(c);
    case kind::action:
      if (const auto outcome = act(c.action); !outcome.has_value()) {
        fail_command("action: " + to_string(outcome.assume_error()));
      }
      return;
    case kind::assert_return: return assert_return(c);
    case kind::assert_trap:
    case kind::assert_exhaustion:
    case kind::assert_exception: return assert_stop(c);
    case kind::assert_malformed:
    case kind::assert_invalid:
    case kind::assert_malformed_custom:
    case kind::assert_invalid_custom: return assert_rejected(c);
    case kind::assert_unlinkable: return assert_unlinkable(c);
    case kind::unsupported: break;
  }
  fail_command("command not supported");
}

WASM64_INLINE void script_runner::define_module(const text::script_module& m) {
  auto compiled = compile_module(m);
  last_definition_ = compiled.has_value() ? compiled.assume_value() : nullptr;
  if (!m.name.empty()) definitions_[m.name] = last_definition_;
  if (!compiled.has_value()) {
    fail_command("module: " + to_string(compiled.assume_error()));
    if (!m.is_definition) {
      current_ = nullptr;
      if (!m.name.empty()) instances_[m.name] = nullptr;
    }
  } else if (!m.is_definition) {
    instantiate(last_definition_, m.name);
  }
}

WASM64_INLINE void script_runner::instantiate(const module_ptr& m, const std::string& name) {
  current_ = nullptr;
  if (m == nullptr) {
    fail_command("instance: no such definition");
  } else if (const auto made = store_.instantiate(m, imports_); made.has_value()) {
    current_ = made.assume_value();
  } else {
    fail_command("instance: " + to_string(made.assume_error()));
  }
  if (!name.empty()) instances_[name] = current_;
}

WASM64_INLINE void script_runner::register_instance(const command& c) {
  if (const instance* in = find_instance(c.name); in != nullptr) return imports_.define_instance(c.text, *in);
  fail_command("register: no such instance");
}

WASM64_INLINE result<vector<value>> script_runner::act(const text::script_action& action) {
  const instance* in = find_instance(action.module);
  if (in == nullptr) return fail(errc::unknown_export, action.name + " of no instance");
  vector<value> results;
  if (action.is_get) {
    const global_instance* g = in->exported_global(action.name);
    if (g == nullptr) return fail(errc::unknown_export, action.name);
    results.push_back(store_.get(*g));
    return results;
  }
  const func_instance* f = in->exported_func(action.name);
  if (f == nullptr) return fail(errc::unknown_export, action.name);
  if (action.args.size() != f->type->params.size()) return fail(errc::arity_mismatch);
  vector<value> arguments;
  for (std::size_t i = 0; i < action.args.size(); ++i) {
    arguments.push_back(argument(action.args[i], canonical_in(store_.vm(), *f, true, i), store_.vm()));
  }
  WASM64_CHECK(store_.call(*f, view_of(arguments), results));
  return results;
}

WASM64_INLINE void script_runner::assert_return(const command& c) {
  const auto outcome = act(c.action);
  if (!outcome.has_value()) return fail_command("assert_return: " + to_string(outcome.assume_error()));
  const vector<value>& got = outcome.assume_value();
  bool equal = got.size() == c.expected.size();
  for (std::size_t i = 0; equal && i < got.size(); ++i) equal = matches(c.expected[i], got[i], store_.vm());
  std::string text = "assert_return " + c.action.name + ": got";
  if (!equal) {
    for (const value& v : got) text.append(" ").append(describe(v));
  }
  check(equal, std::move(text));
}

WASM64_INLINE result<void> script_runner::instantiate_only(const text::script_module& m) {
  WASM64_TRY(const module_ptr compiled, compile_module(m));
  WASM64_CHECK(store_.instantiate(compiled, imports_));
  return success();
}

WASM64_INLINE void script_runner::assert_stop(const command& c) {
  error stopped;
  if (c.has_module) {
    auto outcome = instantiate_only(c.module);
    if (outcome.has_value()) return fail_command("expected \"" + c.text + "\", but the module was instantiated");
    stopped = std::move(outcome).assume_error();
  } else {
    auto outcome = act(c.action);
    if (outcome.has_value()) return fail_command("expected \"" + c.text + "\", but the call returned");
    stopped = std::move(outcome).assume_error();
  }
  const bool exhausted = stopped.code == errc::trap_call_stack_exhausted;
  const bool thrown = stopped.code == errc::trap_uncaught_exception;
  bool holds = false;
  switch (c.kind) {
    case kind::assert_exhaustion: holds = exhausted && same_message(c.text, stopped.code); break;
    case kind::assert_exception: holds = thrown; break;
    default: holds = is_trap(stopped.code) && !exhausted && !thrown && same_message(c.text, stopped.code); break;
  }
  check(holds, "expected \"" + c.text + "\": " + to_string(stopped));
}

WASM64_INLINE void script_runner::assert_rejected(const command& c) {
  const auto compiled = compile_module(c.module);
  if (compiled.has_value()) return fail_command("expected \"" + c.text + "\", but the module was accepted");
  const error& rejected = compiled.assume_error();
  const unsigned area = static_cast<unsigned>(rejected.code) >> 8;
  const bool malformed = c.kind == kind::assert_malformed || c.kind == kind::assert_malformed_custom;
  check(area == (malformed ? 1u : 2u) && rejected.code != errc::unsupported_feature,
        "expected \"" + c.text + "\": " + to_string(rejected));
}

WASM64_INLINE void script_runner::assert_unlinkable(const command& c) {
  const auto outcome = instantiate_only(c.module);
  if (outcome.has_value()) return fail_command("expected \"" + c.text + "\", but the module was instantiated");
  const error& refused = outcome.assume_error();
  check((refused.code == errc::unknown_import || refused.code == errc::incompatible_import) &&
            same_message(c.text, refused.code),
        "expected \"" + c.text + "\": " + to_string(refused));
}

}  // namespace detail

WASM64_INLINE script_report run_script(std::string_view source, store_base& in, const script_options& options) {
  return detail::script_runner(in, options).run(source);
}

}  // namespace wasm64
