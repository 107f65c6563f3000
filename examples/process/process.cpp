#include "process.hpp"

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

/// What a checkpoint keeps of the message beside the instance: files.
constexpr const char* kept_keys[] = {"vfs", "vfs-attributes", "vfs-working-directory", "file-descriptors"};

}  // namespace

result<void> process::start(std::string_view image, std::string environment) {
  environment_ = std::move(environment);
  device_options with = ao_options();
  if (stub_) WASM64_CHECK(define_stubs(as_bytes(image), with.libraries));
  device_.emplace(images_, std::move(with));

  WASM64_TRY(const content_id image_id, hash(image));
  WASM64_TRY(const content_id environment_id, hash(environment_));
  root_ = "checkpoint-" + to_text(image_id) + "-" + to_text(environment_id);

  WASM64_TRY(message base, definition(image));
  WASM64_TRY(const bool resumed, resume(base));
  if (resumed) return success();
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

result<bool> process::resume(const message& base) {
  if (store_ == nullptr) return false;
  const result<content_id> id = store_->resolve(root_);
  if (!id.has_value() && id.error().code == errc::not_found) return false;
  if (!id.has_value()) return fail(id.error());
  WASM64_TRY(const shared_bytes stored, store_->get(id.value()));
  WASM64_TRY(const message record, decode_message(stored));
  message restored = base;
  for (const char* key : kept_keys) WASM64_CHECK(restored.set(key, record.get(key)));
  WASM64_TRY(restored, completed(device_->call(wasi_device::name, "init", std::move(restored), {})));
  WASM64_CHECK(restored.set("snapshot", record.get("snapshot")));
  WASM64_TRY(state_, device_->normalize(std::move(restored)));
  handled_ = record.get("handled").as_integer().bits;
  return true;
}

result<void> process::checkpoint() {
  if (store_ == nullptr) return success();
  WASM64_TRY(message taken, device_->snapshot(state_));
  message record = message::map({{"handled", handled_}, {"snapshot", std::move(taken)}});
  for (const char* key : kept_keys) WASM64_CHECK(record.set(key, state_.get(key)));
  WASM64_TRY(const byte_vector bytes, encode_message(record));
  WASM64_TRY(const content_id id, store_->put(view_of(bytes)));
  return store_->link(root_, id);
}

/// The request of the next message. What was printed before is nobody's any more.
result<process::message> process::next_request() {
  ++handled_;
  for (const char* stream : {"vfs/dev/stdout", "vfs/dev/stderr"}) {
    if (!state_.get(stream).as_bytes().empty()) WASM64_CHECK(state_.set(stream, ""));
  }
  return message::map({{"slot", handled_}});
}

result<std::string> process::handle(message one) {
  WASM64_TRY(message request, next_request());
  WASM64_CHECK(request.set("body", std::move(one)));
  const message before = state_;
  auto done = device_->call(stack_device::name, "compute", std::move(state_), request);
  state_ = before;
  if (!done.has_value()) return fail(done.error());
  const bool is_done = done.value().status == device_status::ok;
  message after = std::move(done).value().message;
  if (!is_done) after = after.get("info");  // the message as the device that failed has left it
  const message answer = after.get_private("wasm/answer");
  const message reason = after.get("results/reason");
  if (is_done) state_ = std::move(after);
  if (answer.is_null()) return fail(errc::trap_host, std::string(reason.as_text()));
  return std::string(answer.as_text());
}

result<std::string> process::pass(std::string_view text) {
  WASM64_TRY(const message request, next_request());
  const auto guest = device_->instance_of(state_);
  WASM64_TRY(const std::uint64_t message_at, guest->write(as_bytes(text)));
  WASM64_TRY(const std::uint64_t environment_at, guest->write(as_bytes(environment_)));
  vector<message> parameters;
  parameters.push_back(message_at);
  parameters.push_back(environment_at);
  WASM64_TRY(const message output, call("handle", std::move(parameters), request));
  if (output.elements().size() != 1) return fail(errc::malformed_message, "handle must answer one pointer");
  WASM64_TRY(const byte_vector answer, guest->read(output.elements()[0].as_integer()));
  return std::string(as_text(view_of(answer)));
}

result<process::message> process::call(std::string_view function, vector<message> parameters, const message& request) {
  const message before = state_;
  WASM64_CHECK(state_.set("function", function));
  WASM64_CHECK(state_.set("parameters", message::list(std::move(parameters)), set_mode::replace));
  result<message> after = device_->compute(std::move(state_), request);
  state_ = after.has_value() ? std::move(after).value() : before;
  if (!after.has_value()) return fail(after.error());
  const message output = state_.get("results/wasm/output");
  if (state_.get("results/wasm/type").as_text() != "ok") {
    return fail(errc::trap_host, std::string(output.as_text()));
  }
  return output;
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
