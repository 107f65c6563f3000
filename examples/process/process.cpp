#include "process.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

using namespace wasm64;

namespace {

result<content_id> hash(std::string_view text) { return sha256(as_bytes(text)); }

/// Defines every import but exceptions and longjmp, so that no device is asked.
result<void> define_stubs(bytes_view image, linker& imports) {
  WASM64_TRY(const std::shared_ptr<const module> m, compile(image));
  wasi_context host;
  emscripten_context context(host);
  linker offered;
  define_emscripten(offered, *m, context);
  for (const import_desc& i : m->imports) {
    const definition* const known = offered.find(i.module, i.name);
    if (i.kind != extern_kind::func || (known != nullptr && known->host->is_machinery)) continue;
    const auto fixed = [is_clock = i.name == "clock_time_get"](caller&, std::span<const value>,
                                                               std::span<value> results) -> result<void> {
      for (value& r : results) r.bits = is_clock ? 1 : r.bits;
      return success();
    };
    imports.define(i.module, i.name, untyped_host_func(m->types[i.func_type].func, fixed));
  }
  return success();
}

/// The message that a device has left; fails with what it says when it could not do its work.
result<process::message> completed(result<device_response<process::message>> done) {
  if (!done.has_value()) return fail(done.error());
  device_response<process::message> response = std::move(done).value();
  if (response.status == device_status::ok) return std::move(response.message);
  return fail(errc::device_failed, std::string(response.message.get("info").as_text()));
}

/// What stays of the message from one to the next, beside the instance: files.
constexpr const char* kept_keys[] = {"vfs", "vfs-attributes", "vfs-working-directory", "file-descriptors"};
/// What every process of an image and an environment has.
constexpr const char* definition_keys[] = {"device",       "device-stack",  "stack-keys", "passes",
                                           "input-prefix", "output-prefix", "process",    "module"};

bool is_definition(std::string_view key) {
  return std::find(std::begin(definition_keys), std::end(definition_keys), key) != std::end(definition_keys);
}

/// The members of a message that its definition does not have.
result<process::message> members_of(const process::message& from) {
  process::message members = process::message::map();
  for (const auto& entry : from.entries()) {
    if (is_definition(entry.name())) continue;
    WASM64_CHECK(members.set(entry.name(), entry.item, set_mode::replace));
  }
  return members;
}
result<process::message> kept_of(const process::message& from) {
  process::message kept = process::message::map();
  for (const char* key : kept_keys) WASM64_CHECK(kept.set(key, from.get(key)));
  return kept;
}

struct uncounted : ao_config {
  using engine = engine_config;
};

}  // namespace

process::process(std::optional<any_store> store, options with)
    : store_(store), objects_(store ? *store : any_store(none_)), with_(std::move(with)) {}

result<void> process::start(std::string_view image, std::string environment) {
  environment_ = std::move(environment);
  WASM64_TRY(const content_id image_id, hash(image));
  WASM64_TRY(const content_id environment_id, hash(environment_));
  root_ = "checkpoint-" + to_text(image_id) + "-" + to_text(environment_id);
  WASM64_TRY(const message found, last_record());
  slices_ = found.get("slices").as_integer().bits;

  device_options with = ao_options();
  with.fuel_slice = with_.fuel_slice;
  with.restoring.images = with_.images;
  with.compiler = with_.compiler;
  with.compiles_all = with_.compiler != nullptr;
  if (with_.stub) WASM64_CHECK(define_stubs(as_bytes(image), with.libraries));
  // Fuel is counted only where it makes breaks: nothing here limits what a message may cost.
  if (with_.fuel_slice != 0 || slices_ != 0) {
    device_ = std::make_shared<ao_device<any_store>>(objects_, std::move(with));
  } else {
    device_ = std::make_shared<ao_device<any_store, default_message_policy, uncounted>>(objects_, std::move(with));
  }
  WASM64_TRY(message base, definition(image));
  if (found.is_map()) return resume(std::move(base), found);
  WASM64_TRY(state_, completed(device_->call(stack_device::name, "init", std::move(base), {})));
  return success();
}

/// The process message of the canonical stack: messages become JSON in the guest's memory in a first pass, answers
/// become messages in a second one.
result<process::message> process::definition(std::string_view image) const {
  message environment;
  if (auto parsed = parse_json<default_message_policy>(environment_); parsed.has_value()) {
    environment = std::move(parsed).value();
  }
  message defined = environment.get("Process").is_map() ? environment.get("Process") : message::map();
  WASM64_CHECK(defined.set("image", as_bytes(image)));
  const auto list = [](std::initializer_list<const char*> names) {
    return message::list(vector<message>(names.begin(), names.end()));
  };
  return message::map({{"device", stack_device::name},
                       {"device-stack", list({"WASI@1.0", "JSON-Iface@1.0", "WASM-64@1.0", "Multipass@1.0"})},
                       {"stack-keys", list({"init", "compute", "snapshot", "normalize"})},
                       {"passes", 2},
                       {"input-prefix", "process"},
                       {"output-prefix", "wasm"},
                       {"process", std::move(defined)},
                       {"module", environment.get("Module")}});
}

/// What the latest checkpoint has kept; null without one.
result<process::message> process::last_record() {
  if (!store_) return message();
  const result<content_id> id = store_->resolve(root_);
  if (!id.has_value() && id.error().code == errc::not_found) return message();
  if (!id.has_value()) return fail(id.error());
  checkpoint_ = id.value();
  WASM64_TRY(const shared_bytes stored, store_->get(id.value()));
  return decode_message(stored);
}

result<void> process::resume(message base, const message& found) {
  const message kept = found.get("kept");
  for (const char* key : kept_keys) WASM64_CHECK(base.set(key, kept.get(key)));
  WASM64_TRY(base, completed(device_->call(wasi_device::name, "init", std::move(base), {})));
  WASM64_CHECK(base.set("snapshot/body", found.get("snapshot")));
  WASM64_TRY(state_, device_->normalize(std::move(base)));
  handled_ = found.get("handled").as_integer().bits;
  if (slices_ == 0) return success();
  before_ = state_;
  for (const char* key : kept_keys) state_.remove(key);
  for (const auto& entry : found.get("state").entries()) {
    WASM64_CHECK(state_.set(entry.name(), entry.item, set_mode::replace));
  }
  return success();
}

/// What a checkpoint keeps of the process. In the middle of a message that is all of the state, and what the message
/// found.
result<process::message> process::record() {
  WASM64_TRY(const message taken, device_->snapshot(state_));
  WASM64_TRY(const content_id snapshot, sha256(taken.get("body").as_bytes()));
  message record = message::map({{"handled", handled_}, {"slices", slices_}, {"snapshot", to_text(snapshot)}});
  WASM64_TRY(message kept, kept_of(slices_ == 0 ? state_ : before_));
  WASM64_CHECK(record.set("kept", std::move(kept)));
  if (slices_ != 0) {
    WASM64_TRY(message members, members_of(state_));
    WASM64_CHECK(record.set("state", std::move(members)));
  }
  return record;
}

result<void> process::checkpoint() {
  if (!store_) return success();
  WASM64_TRY(const message kept, record());
  WASM64_TRY(const byte_vector bytes, encode_message(kept));
  WASM64_TRY(const content_id id, store_->put(view_of(bytes)));
  if (checkpoint_ == id) return success();
  WASM64_CHECK(store_->compare_and_swap(root_, checkpoint_ ? &*checkpoint_ : nullptr, id));
  checkpoint_ = id;
  return success();
}

result<content_id> process::state_id() {
  WASM64_TRY(const message kept, record());
  WASM64_TRY(const byte_vector bytes, encode_message(kept));
  return sha256(view_of(bytes));
}

/// The request of a message. What was printed before it is nobody's any more.
result<process::message> process::begin_message() {
  if (slices_ == 0) {
    for (const char* stream : {"vfs/dev/stdout", "vfs/dev/stderr"}) {
      if (!state_.get(stream).as_bytes().empty()) WASM64_CHECK(state_.set(stream, ""));
    }
  }
  return message::map({{"slot", handled_ + 1}});
}

template <class Step>
result<device_response<process::message>> process::run(message request, Step&& step) {
  if (slices_ == 0) before_ = state_;
  for (;;) {
    if (slices_ != 0) WASM64_CHECK(request.set("resume", true));
    result<device_response<message>> done = step(std::move(state_), request);
    if (!done.has_value() || done.value().status != device_status::pending) {
      slices_ = 0;
      ++handled_;
      state_ = before_;  // unless the caller has something better
      return done;
    }
    state_ = std::move(done).value().message;
    ++slices_;
    is_stopped_ = handled_ + 1 == with_.stop_message && slices_ == with_.stop_slice;
    if (!checkpoint().has_value()) is_stopped_ = true;
    if (is_stopped_) return fail(errc::pending);
  }
}

result<std::string> process::handle(message one) {
  WASM64_TRY(message request, begin_message());
  WASM64_CHECK(request.set("body", std::move(one)));
  WASM64_TRY(auto done, run(std::move(request), [&](message base, const message& with) {
               return device_->call(stack_device::name, "compute", std::move(base), with);
             }));
  const bool is_done = done.status == device_status::ok;
  message after = std::move(done.message);
  if (!is_done) after = after.get("info");  // the message as the device that failed has left it
  const message answer = after.get_private("wasm/answer");
  const message reason = after.get("results/reason");
  if (is_done) state_ = std::move(after);
  if (answer.is_null()) return fail(errc::trap_host, std::string(reason.as_text()));
  return std::string(answer.as_text());
}

result<std::string> process::pass(std::string_view text) {
  WASM64_TRY(message request, begin_message());
  const auto guest = device_->instance_of(state_);
  if (slices_ == 0) {
    WASM64_TRY(const std::uint64_t message_at, guest->write(as_bytes(text)));
    WASM64_TRY(const std::uint64_t environment_at, guest->write(as_bytes(environment_)));
    const vector<message> parameters{message_at, environment_at};
    WASM64_CHECK(request.set("function", "handle"));
    WASM64_CHECK(request.set("parameters", message::list(parameters)));
  }
  WASM64_TRY(auto done, run(std::move(request), [&](message base, const message& with) {
               return device_->call("compute", std::move(base), with);
             }));
  state_ = std::move(done.message);
  const message output = state_.get("results/wasm/output");
  if (state_.get("results/wasm/type").as_text() != "ok") {
    return fail(errc::trap_host, std::string(output.as_text()));
  }
  if (output.elements().size() != 1) return fail(errc::malformed_message, "handle must answer one pointer");
  WASM64_TRY(const byte_vector answer, guest->read(output.elements()[0].as_integer()));
  return std::string(as_text(view_of(answer)));
}

result<std::string> process::memory_hash() const {
  const memory_instance* memory = device_->instance_of(state_)->module_instance()->memory(0);
  WASM64_TRY(const content_id id, sha256(memory == nullptr ? bytes_view() : bytes_view(memory->base, memory->size)));
  std::string digits;
  for (const std::uint8_t byte : id.bytes) {
    digits += "0123456789abcdef"[byte >> 4];
    digits += "0123456789abcdef"[byte & 15];
  }
  return digits;
}
