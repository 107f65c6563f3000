#pragma once

#include <string>
#include <type_traits>

#include "wasm64/aot/backends/llvm_options.hpp"
#include "wasm64/aot/concept.hpp"
#include "wasm64/module/module.hpp"
#include "wasm64/storage/id.hpp"

// What goes to and from a worker. All numbers are little-endian.
//
//   message   magic:8, length of the rest:u64
//   request   version:u32, kind:u32, engine (32 bytes), library (length:u32, bytes),
//             target (architecture:u16, platform:u16, features:u64), verify:u8;
//             of a compilation then metered:u8, effort:u8, threads:u32, milliseconds:u32, memory:u64,
//             operations:u32, functions (count:u32, u32 each), the module's bytes to the end
//   answer    version:u32, error code:u32; then of an error the detail's bytes, of a fingerprint 32 bytes, of a
//             compilation functions:u32, sites:u32, generator (32 bytes), entries and bodies (u32 a function), sites
//             (4 u32 each), code to the end

namespace wasm64::aot::detail {

inline constexpr std::uint64_t worker_magic = 0x0a6b'7277'3436'7761ull;  // "aw64wrk\n"
inline constexpr std::uint32_t worker_version = 2;
inline constexpr std::size_t worker_head_size = 16;
inline constexpr std::uint64_t max_worker_message = std::uint64_t{1} << 33;

enum class worker_task : std::uint32_t { fingerprint = 1, compile = 2 };

struct worker_request {
  worker_task task = worker_task::fingerprint;
  content_id engine;  ///< `engine_fingerprint` of who will run the code
  llvm_options options;
  compile_request request;
  vector<std::uint32_t> functions;  ///< that the request names
  bytes_view module_bytes;          ///< of a compilation; into the message
};

/// Appends to a message, whose head is written at the end.
class message_writer {
 public:
  message_writer() : bytes_(worker_head_size) {}

  template <class T>
    requires std::is_integral_v<T> || std::is_enum_v<T>
  void put(T value) {
    bytes_.resize(bytes_.size() + sizeof value);
    store_le(bytes_.data() + bytes_.size() - sizeof value, value);
  }
  void put_bytes(bytes_view b) { bytes_.insert(bytes_.end(), b.begin(), b.end()); }
  byte_vector finish() {
    store_le(bytes_.data(), worker_magic);
    store_le(bytes_.data() + 8, std::uint64_t{bytes_.size() - worker_head_size});
    return std::move(bytes_);
  }

 private:
  byte_vector bytes_;
};

/// Reads from a message. Once there is too little, everything is 0 and `failed`.
class message_reader {
 public:
  explicit message_reader(bytes_view b) noexcept : rest_(b) {}

  template <class T>
  T get() noexcept {
    if (rest_.size() < sizeof(T)) {
      fail();
      return T{};
    }
    const T value = load_le<T>(rest_.data());
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }
  bool get_flag() noexcept {
    const auto value = get<std::uint8_t>();
    if (value > 1) fail();
    return value == 1;
  }
  bytes_view get_bytes(std::uint64_t size) noexcept {
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const bytes_view part = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(part.size());
    return part;
  }
  content_id get_id() noexcept {
    content_id id;
    const bytes_view bytes = get_bytes(id.bytes.size());
    if (!failed_) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
    return id;
  }
  bytes_view rest() noexcept { return get_bytes(rest_.size()); }
  std::size_t left() const noexcept { return rest_.size(); }
  void fail() noexcept {
    failed_ = true;
    rest_ = {};
  }
  bool failed() const noexcept { return failed_; }

 private:
  bytes_view rest_;
  bool failed_ = false;
};

/// The length of what follows a message's head; fails for anything that is none.
inline result<std::uint64_t> read_head(std::span<const std::uint8_t, worker_head_size> head) {
  const auto length = load_le<std::uint64_t>(head.data() + 8);
  if (load_le<std::uint64_t>(head.data()) != worker_magic || length > max_worker_message) {
    return wasm64::fail(errc::aot_worker_failed, "no message of a worker");
  }
  return length;
}

inline byte_vector write_request(worker_task task, const content_id& engine, const llvm_options& options,
                                 const module* m, const compile_request& request) {
  message_writer out;
  out.put(worker_version);
  out.put(task);
  out.put_bytes(engine.bytes);
  out.put(static_cast<std::uint32_t>(options.library.size()));
  out.put_bytes(as_bytes(options.library));
  out.put(options.target.arch);
  out.put(options.target.system);
  out.put(options.target.features);
  out.put(static_cast<std::uint8_t>(options.verify));
  if (m != nullptr) {
    out.put(static_cast<std::uint8_t>(request.metered));
    out.put(request.effort);
    out.put(std::uint32_t{request.threads});
    out.put(request.budgets.milliseconds);
    out.put(request.budgets.memory);
    out.put(request.budgets.operations);
    out.put(static_cast<std::uint32_t>(request.functions.size()));
    for (const std::uint32_t function : request.functions) out.put(function);
    out.put_bytes(view_of(m->bytes));
  }
  return out.finish();
}

/// From what follows the head. The request's functions are in the vector beside it.
inline result<worker_request> read_request(bytes_view message) {
  message_reader in(message);
  worker_request r;
  if (in.get<std::uint32_t>() != worker_version) in.fail();
  r.task = in.get<worker_task>();
  r.engine = in.get_id();
  r.options.library = std::string(as_text(in.get_bytes(in.get<std::uint32_t>())));
  r.options.target.arch = in.get<architecture>();
  r.options.target.system = in.get<platform>();
  r.options.target.features = in.get<std::uint64_t>();
  r.options.verify = in.get_flag();
  if (r.task == worker_task::compile) {
    r.request.metered = in.get_flag();
    r.request.effort = in.get<effort>();
    if (r.request.effort > effort::most) in.fail();
    r.request.threads = in.get<std::uint32_t>();
    r.request.budgets.milliseconds = in.get<std::uint32_t>();
    r.request.budgets.memory = in.get<std::uint64_t>();
    r.request.budgets.operations = in.get<std::uint32_t>();
    const auto count = in.get<std::uint32_t>();
    if (count > in.left() / sizeof count) in.fail();
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i) r.functions.push_back(in.get<std::uint32_t>());
    r.module_bytes = in.rest();
  } else if (r.task != worker_task::fingerprint) {
    in.fail();
  }
  if (in.failed() || in.left() != 0) return wasm64::fail(errc::aot_worker_failed, "malformed request");
  return r;
}

inline byte_vector write_failure(const error& e) {
  message_writer out;
  out.put(worker_version);
  out.put(static_cast<std::uint32_t>(e.code));
  out.put_bytes(as_bytes(e.detail));
  return out.finish();
}

inline byte_vector write_fingerprint(const content_id& id) {
  message_writer out;
  out.put(worker_version);
  out.put(std::uint32_t{0});
  out.put_bytes(id.bytes);
  return out.finish();
}

inline byte_vector write_code(const native_code& code) {
  message_writer out;
  out.put(worker_version);
  out.put(std::uint32_t{0});
  out.put(static_cast<std::uint32_t>(code.entries.size()));
  out.put(static_cast<std::uint32_t>(code.sites.size()));
  out.put_bytes(code.generator.bytes);
  for (const std::uint32_t place : code.entries) out.put(place);
  for (const std::uint32_t place : code.bodies) out.put(place);
  for (const site& s : code.sites) {
    for (const std::uint32_t number : {s.function, s.offset, s.word, s.cell}) out.put(number);
  }
  out.put_bytes(view_of(code.code));
  return out.finish();
}

/// What follows the head of an answer, behind the error that it may be.
inline result<message_reader> read_answer(bytes_view message) {
  message_reader in(message);
  const auto version = in.get<std::uint32_t>();
  const auto code = in.get<std::uint32_t>();
  if (in.failed() || version != worker_version || code > UINT16_MAX) {
    return wasm64::fail(errc::aot_worker_failed, "malformed answer");
  }
  constexpr std::size_t longest_detail = 1000;
  if (code == 0) return in;
  // Other errors than those that compiling has are none of the caller's.
  const auto known = static_cast<errc>(code);
  const bool is_known = known == errc::aot_compiler_missing || known == errc::aot_compiler_failed ||
                        known == errc::aot_unsupported_object || known == errc::aot_undefined_symbol;
  return wasm64::fail(is_known ? known : errc::aot_worker_failed,
                      std::string(as_text(in.rest()).substr(0, longest_detail)));
}

inline result<content_id> read_fingerprint(bytes_view message) {
  WASM64_TRY(message_reader in, read_answer(message));
  const content_id id = in.get_id();
  if (in.failed() || in.left() != 0) return wasm64::fail(errc::aot_worker_failed, "malformed answer");
  return id;
}

/// Code for a module with that many defined functions, of which every place is inside.
inline result<native_code> read_code(bytes_view message, const module& m) {
  WASM64_TRY(message_reader in, read_answer(message));
  const auto malformed = [] { return wasm64::fail(errc::aot_worker_failed, "malformed answer"); };
  const auto functions = in.get<std::uint32_t>();
  const auto sites = in.get<std::uint32_t>();
  native_code code;
  code.generator = in.get_id();
  if (in.failed() || functions != m.funcs.size() || in.left() / (2 * sizeof functions) < functions) return malformed();
  for (vector<std::uint32_t>* const places : {&code.entries, &code.bodies}) {
    places->resize(functions);
    for (std::uint32_t& place : *places) place = in.get<std::uint32_t>();
  }
  if (in.left() / sizeof(site) < sites) return malformed();
  code.sites.resize(sites);
  for (site& s : code.sites) {
    s.function = in.get<std::uint32_t>();
    s.offset = in.get<std::uint32_t>();
    s.word = in.get<std::uint32_t>();
    s.cell = in.get<std::uint32_t>();
    if (s.function - m.imported_funcs >= functions || s.offset >= m.bytes.size()) return malformed();
  }
  const bytes_view bytes = in.rest();
  for (const vector<std::uint32_t>* const places : {&code.entries, &code.bodies}) {
    for (const std::uint32_t place : *places) {
      if (place > bytes.size()) return malformed();
    }
  }
  code.code.assign(bytes.begin(), bytes.end());
  return code;
}

}  // namespace wasm64::aot::detail
