// What the crash tests run, kill and disturb:
//
//   crash_writer write URL ROOT ROUNDS   moves the root to that many new states, each after its objects have been put
//   crash_writer check URL ROOT [ID...]  reads the state of the root, and these, wholly; each must be as it was put
//   crash_writer collect URL             forgets what no root leads to
//
// `write` prints "begin" when the store is open, and "acknowledged ROUND ID" after each state; when the store fails it
// says how and tries the round again. `check` prints "state ROUND ID". URL is fs:DIRECTORY.

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <string>
#include <vector>

#include "wasm64/base/messages.hpp"
#include "wasm64/storage/filesystem_store.hpp"
#include "wasm64/storage/garbage.hpp"

namespace {

using namespace wasm64;

constexpr int failed = 1;   ///< something is not as it must be
constexpr int misused = 2;
constexpr int refused = 3;  ///< the store failed, again and again, with errors that it reported

/// At once, and in one piece.
void say(std::string line) {
  line += '\n';
  static_cast<void>(!::write(STDOUT_FILENO, line.data(), line.size()));
}

/// Every byte of a state follows from the root's name and the round.
std::string object(const std::string& root, std::uint64_t round, std::size_t number) {
  // The last one is the same in every round, and each round's second is the next one's first.
  if (number == 5) return "common to all";
  const std::string seed = root + " " + std::to_string(round + number) + " " + std::to_string(number > 1 ? number : 0);
  std::string text;
  const std::size_t size = 100 + (round + number) % 5 * 700;
  while (text.size() < size) text += seed + ";";
  return text;
}

std::vector<std::string> objects(const std::string& root, std::uint64_t round) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < 6; ++i) all.push_back(object(root, round, i));
  return all;
}

std::string manifest(const std::string& root, std::uint64_t round) {
  std::string text = "round " + std::to_string(round) + " of " + root + "\n";
  for (const std::string& bytes : objects(root, round)) text += to_text(sha256(as_bytes(bytes)).assume_value()) + "\n";
  return text;
}

/// The state an id stands for, after all of it was read; nothing if it is not wholly there.
template <class Store>
result<std::uint64_t> read_state(Store& store, const std::string& root, const content_id& id) {
  WASM64_TRY(const auto bytes, store.get(id));
  const std::string_view text = as_text(bytes_view(bytes));
  std::uint64_t round = 0;
  constexpr std::size_t at = sizeof "round " - 1;
  if (text.size() > at) std::from_chars(text.data() + at, text.data() + text.size(), round);
  if (text != manifest(root, round)) return fail(errc::hash_mismatch, "not a state: " + to_text(id));
  for (const std::string& expected : objects(root, round)) {
    WASM64_TRY(const content_id object_id, sha256(as_bytes(expected)));
    WASM64_TRY(const auto object_bytes, store.get(object_id));
    if (as_text(bytes_view(object_bytes)) != expected) return fail(errc::hash_mismatch, "object of " + to_text(id));
  }
  return round;
}

template <class Store>
result<content_id> write_round(Store& store, const std::string& root, std::uint64_t round, const content_id* before) {
  std::vector<std::string> texts = objects(root, round);
  texts.push_back(manifest(root, round));
  std::vector<bytes_view> items;
  for (const std::string& text : texts) items.push_back(as_bytes(text));
  WASM64_TRY(const auto ids, put_all(store, std::span<const bytes_view>(items)));
  const result<void> moved = store.compare_and_swap(root, before, ids.back());
  if (moved.has_value()) return ids.back();
  // The root may have moved although its durability could not be made sure of.
  const result<content_id> now = store.resolve(root);
  if (!now.has_value() || now.assume_value() != ids.back()) return fail(moved.assume_error());
  WASM64_CHECK(store.link(root, ids.back()));
  return ids.back();
}

template <class Store>
int write(Store& store, const std::string& root, int rounds) {
  say("begin");
  constexpr int attempts = 4;
  std::uint64_t round = 0;
  content_id state;
  for (int done = 0, attempt = 0; done < rounds;) {
    const auto failed_with = [&](const error& e) {
      say("error " + to_string(e));
      return ++attempt == attempts;
    };
    if (done == 0) {
      const result<content_id> now = store.resolve(root);
      if (!now.has_value() && now.assume_error().code != errc::not_found) {
        if (failed_with(now.assume_error())) return refused;
        continue;
      }
      if (now.has_value()) {
        const result<std::uint64_t> read = read_state(store, root, state = now.assume_value());
        if (!read.has_value()) {
          if (failed_with(read.assume_error())) return refused;
          continue;
        }
        round = read.assume_value();
      }
    }
    const result<content_id> written = write_round(store, root, round + 1, round == 0 ? nullptr : &state);
    if (!written.has_value()) {
      if (failed_with(written.assume_error())) return refused;
      continue;
    }
    state = written.assume_value();
    ++round;
    ++done;
    attempt = 0;
    say("acknowledged " + std::to_string(round) + " " + to_text(state));
  }
  return 0;
}

template <class Store>
int check(Store& store, const std::string& root, const std::vector<std::string>& acknowledged) {
  const result<content_id> now = store.resolve(root);
  if (now.has_value()) {
    const result<std::uint64_t> round = read_state(store, root, now.assume_value());
    if (!round.has_value()) {
      say("the root: " + to_string(round.assume_error()));
      return failed;
    }
    say("state " + std::to_string(round.assume_value()) + " " + to_text(now.assume_value()));
  } else if (now.assume_error().code == errc::not_found) {
    say("state 0 none");
  } else {
    say("the root: " + to_string(now.assume_error()));
    return failed;
  }
  for (const std::string& text : acknowledged) {
    const result<content_id> id = parse_id(text);
    if (!id.has_value()) return misused;
    if (const auto round = read_state(store, root, id.assume_value()); !round.has_value()) {
      say(text + ": " + to_string(round.assume_error()));
      return failed;
    }
  }
  return 0;
}

template <class Store>
int collect(Store& store) {
  const result<garbage_totals> totals = collect_garbage(store);
  if (totals.has_value()) {
    say("forgot " + std::to_string(totals.assume_value().swept.objects));
    return 0;
  }
  say("error " + to_string(totals.assume_error()));
  return refused;
}

template <class Store>
int run(result<Store> opened, const std::vector<std::string>& arguments) {
  if (!opened.has_value()) {
    say("error " + to_string(opened.assume_error()));
    return refused;
  }
  Store& store = opened.assume_value();
  if (arguments[0] == "write" && arguments.size() == 4) return write(store, arguments[2], std::stoi(arguments[3]));
  if (arguments[0] == "check" && arguments.size() >= 3) {
    return check(store, arguments[2], {arguments.begin() + 3, arguments.end()});
  }
  if (arguments[0] == "collect") return collect(store);
  return misused;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 2) return misused;
  const std::string& url = arguments[1];
  if (url.rfind("fs:", 0) == 0) {
    filesystem_store::options options;
    options.pack_size = 20'000;  // so that packs are left and begun
    return run(filesystem_store::open(url.substr(3), options), arguments);
  }
  return misused;
}
