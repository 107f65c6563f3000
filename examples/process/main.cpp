// ao_process: runs an AO process on a file of messages, with checkpoints that survive being killed.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "compact_json.hpp"
#include "options.hpp"
#include "process.hpp"
#include "stores.hpp"
#include "wasm64/aot/worker.hpp"
#include "wasm64/base/messages.hpp"

namespace {

using json = nlohmann::ordered_json;
using clock_type = std::chrono::steady_clock;

bool read_file(const std::string& path, std::string& out) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  out.assign(std::istreambuf_iterator<char>(in), {});
  return !in.bad();
}

int give_up(const std::string& what, const wasm64::error& e) {
  std::fprintf(stderr, "ao_process: %s: %s\n", what.c_str(), wasm64::to_string(e).c_str());
  return 1;
}

std::string failure(const std::string& why) { return one_line(json{{"ok", false}, {"error", why}}); }
std::string failure(const wasm64::error& e) {  // a trap comes with the device's text
  return failure(e.code == wasm64::errc::trap_host ? e.detail : wasm64::to_string(e));
}

/// Why a document is no AO message; empty when it is one.
std::string complaint(const nlohmann::json& message) {
  if (!message.is_object()) return "the line is not a JSON object";
  const auto tags = message.find("Tags");
  if (tags == message.end()) return {};
  if (!tags->is_array()) return "Tags is not a list";
  for (const auto& tag : *tags) {
    if (!tag.is_object() || !tag.contains("name") || !tag.contains("value")) return "a tag has no name or no value";
  }
  return {};
}

/// True for what is surely an AO message.
bool is_message(const wasm64::message_value& given) {
  const wasm64::message_value* tags = given.find_key("Tags");
  if (tags == nullptr || tags->kind() != wasm64::value_kind::list) return false;
  for (const wasm64::message_value& tag : tags->elements()) {
    if (tag.entries().size() != 2 || tag.entries()[0].name() != "name" || tag.entries()[1].name() != "value")
      return false;
  }
  return true;
}

std::string raw_answer(process& process, const std::string& line) {
  const wasm64::result<std::string> answer = process.pass(line);
  return answer.has_value() ? answer.value() : failure(answer.error());
}

std::string answer_to(process& process, const std::string& line) {
  wasm64::result<wasm64::message_value> message = wasm64::parse_json<wasm64::default_message_policy>(line);
  if (!message.has_value() || !is_message(message.value())) {
    const std::string why = complaint(nlohmann::json::parse(line, nullptr, false));
    if (!why.empty()) return process.skip(), failure(why);
    if (!message.has_value()) return process.skip(), failure(message.error());
  }
  const wasm64::result<std::string> answer = process.handle(std::move(message).value());
  if (!answer.has_value()) return failure(answer.error());
  const std::optional<std::string> compact = compact_json(answer.value());
  return compact.has_value() ? *compact : failure("the answer is not JSON");
}

/// A line on stderr now and then, so that long runs can be watched.
class progress {
 public:
  void step() {
    ++handled_;
    if (clock_type::now() - shown_ < std::chrono::seconds(2)) return;
    shown_ = clock_type::now();
    show();
  }
  void show() const {
    const double seconds = std::chrono::duration<double>(clock_type::now() - began_).count();
    std::fprintf(stderr, "ao_process: %llu messages in %.3f s, %.0f a second\n",
                 static_cast<unsigned long long>(handled_), seconds,
                 seconds > 0 ? static_cast<double>(handled_) / seconds : 0);
  }

 private:
  clock_type::time_point began_ = clock_type::now();
  clock_type::time_point shown_ = began_;
  std::uint64_t handled_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "compile-worker") {
    return wasm64::aot::compile_worker(STDIN_FILENO, STDOUT_FILENO);
  }
  const options with = read_options(argc, argv);
  std::string image, environment;
  if (!read_file(with.image, image)) return give_up(with.image, wasm64::errc::storage_io);
  if (!read_file(with.environment, environment)) return give_up(with.environment, wasm64::errc::storage_io);
  std::ifstream messages(with.messages, std::ios::binary);
  if (!messages) return give_up(with.messages, wasm64::errc::storage_io);

  std::optional<opened_store> store;
  if (!with.store.empty()) {
    auto opened = open_store(with.store);
    if (!opened.has_value()) return give_up(with.store, opened.error());
    store.emplace(std::move(opened).value());
  }
  std::optional<wasm64::image_directory> images;
  if (!with.images.empty()) {
    auto opened = wasm64::image_directory::open(with.images);
    if (!opened.has_value()) return give_up(with.images, opened.error());
    images.emplace(std::move(opened).value());
  }
  process::options how;
  if (with.tier != "interp") {
    auto opened = wasm64::aot::open_tier(with.compiler);
    if (!opened.has_value()) return give_up("--tier " + with.tier, opened.error());
    how.compiler = std::move(opened).value();
  }
  how.images = images ? &*images : nullptr;
  how.stub = with.stub;
  how.fuel_slice = with.fuel_slice;
  how.stop_message = with.stop_message;
  how.stop_slice = with.stop_slice;
  process process(store ? std::optional(store->store) : std::nullopt, how);
  if (const auto started = process.start(image, environment); !started.has_value()) {
    return give_up(with.image, started.error());
  }
  const std::uint64_t resumed_at = process.handled();
  if (resumed_at != 0) {
    std::fprintf(stderr, "ao_process: resumed behind message %llu\n", static_cast<unsigned long long>(resumed_at));
  }

  progress progress;
  std::string line;
  for (std::uint64_t number = 1; std::getline(messages, line); ++number) {
    if (number <= resumed_at) continue;
    const std::string answer = with.raw ? raw_answer(process, line) : answer_to(process, line);
    if (process.is_stopped()) break;
    std::fwrite(answer.data(), 1, answer.size(), stdout);
    std::fputc('\n', stdout);
    if (with.hash) {
      const auto hash = process.memory_hash();
      if (!hash.has_value()) return give_up("hash", hash.error());
      std::printf("memory sha256 %s\n", hash.value().c_str());
    }
    progress.step();
    if (number == with.stop_message) break;
    if (number % with.every == 0) {
      std::fflush(stdout);  // answers before a checkpoint are not given again
      if (const auto done = process.checkpoint(); !done.has_value()) return give_up(with.store, done.error());
    }
  }
  if (std::fflush(stdout) != 0) return 1;
  if (const auto done = process.checkpoint(); !done.has_value()) return give_up(with.store, done.error());
  if (with.state_id) {
    const auto id = process.state_id();
    if (!id.has_value()) return give_up("state", id.error());
    std::printf("state %s\n", wasm64::to_text(id.value()).c_str());
  }
  progress.show();
  return 0;
}
