#include "script_steps.hpp"

#include <map>
#include <stdexcept>

#include "wasm64/script/spectest.hpp"
#include "wasm64/script/values.hpp"
#include "wasm64/text/script.hpp"

namespace differential {
namespace {

using wasm64::text::script_command;
using kind = wasm64::text::script_command_kind;
using form = wasm64::text::script_module::form_type;

lane_type lanes_of(const wasm64::text::expected_value& wanted) {
  return wanted.lanes == 4 ? lane_type::f32 : wanted.lanes == 2 ? lane_type::f64 : lane_type::bits;
}

class script_session {
 public:
  explicit script_session(session& in) : session_(in) {}

  void run(std::string_view source) {
    const auto commands = wasm64::text::parse_script(source);
    if (!commands.has_value()) throw std::runtime_error("script: " + to_string(commands.assume_error()));
    if (!define_spectest(session_.imports(), session_.store()).has_value()) throw std::runtime_error("spectest");
    for (const script_command& c : commands.assume_value()) {
      at_ = std::to_string(c.at.line);
      run(c);
    }
    for (session::number n = 0; n < count_; ++n) {
      if (session_.at(n) != nullptr) session_.state("end, instance " + std::to_string(n), n);
    }
  }

 private:
  void run(const script_command& c) {
    switch (c.kind) {
      case kind::module: return define(c.module);
      case kind::instance: {
        const auto found = definitions_.find(c.definition);
        return instantiate(found == definitions_.end() ? last_definition_ : found->second, c.name);
      }
      case kind::register_: return session_.register_instance(at_, instance_of(c.name), c.text);
      case kind::action:
      case kind::assert_return: return act(c);
      case kind::assert_trap:
      case kind::assert_exhaustion:
      case kind::assert_exception: return c.has_module ? instantiate_only(c.module) : act(c);
      case kind::assert_unlinkable: return instantiate_only(c.module);
      case kind::assert_malformed:
      case kind::assert_invalid:
        if (const auto binary = c.module.to_binary(); binary.has_value()) {
          return session_.validate(at_, wasm64::view_of(binary.assume_value()));
        }
        return session_.skip(at_, "text format");
      case kind::assert_malformed_custom:
      case kind::assert_invalid_custom: return session_.skip(at_, "custom sections");
      case kind::unsupported: return session_.skip(at_, "threads");
    }
  }

  void define(const wasm64::text::script_module& m) {
    auto binary = m.to_binary();
    if (!binary.has_value()) return session_.skip(at_, "text format");
    last_definition_ = std::move(binary).assume_value();
    if (!m.name.empty()) definitions_[m.name] = last_definition_;
    if (m.is_definition) return session_.validate(at_, wasm64::view_of(last_definition_));
    instantiate(last_definition_, m.name);
  }
  void instantiate(const wasm64::byte_vector& binary, const std::string& name) {
    current_ = session_.instantiate(at_, wasm64::view_of(binary));
    count_ = current_ + 1;
    if (!name.empty()) instances_[name] = current_;
  }
  void instantiate_only(const wasm64::text::script_module& m) {
    const auto binary = m.to_binary();
    if (!binary.has_value()) return session_.skip(at_, "text format");
    count_ = session_.instantiate(at_, wasm64::view_of(binary.assume_value())) + 1;
  }

  session::number instance_of(const std::string& name) const {
    const auto found = instances_.find(name);
    return found == instances_.end() ? current_ : found->second;
  }

  void act(const script_command& c) {
    const session::number n = instance_of(c.action.module);
    if (c.action.is_get) return session_.get(at_, n, c.action.name);
    const wasm64::instance* in = session_.at(n);
    const wasm64::func_instance* f = in == nullptr ? nullptr : in->exported_func(c.action.name);
    std::vector<value> arguments;
    for (std::size_t i = 0; f != nullptr && i < c.action.args.size() && i < f->type->params.size(); ++i) {
      arguments.push_back(wasm64::detail::argument(c.action.args[i], canonical_in(session_.store().vm(), *f, true, i),
                                                   session_.store().vm()));
    }
    std::vector<lane_type> lanes;
    for (const wasm64::text::expected_value& e : c.expected) {
      if (!e.either.empty()) return session_.skip(at_, "results the specification leaves open");
      lanes.push_back(lanes_of(e));
    }
    session_.call(at_, n, c.action.name, arguments, lanes);
  }

  session& session_;
  std::string at_;
  session::number current_ = ~session::number{0};
  session::number count_ = 0;
  std::map<std::string, session::number> instances_;
  wasm64::byte_vector last_definition_;
  std::map<std::string, wasm64::byte_vector> definitions_;
};

}  // namespace

void run_script_steps(session& in, std::string_view source) { script_session(in).run(source); }

}  // namespace differential
