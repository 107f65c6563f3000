#pragma once

#include <string>
#include <string_view>

#include "wasm64/base/result.hpp"

namespace wasm64 {

struct redis_options {
  std::string host = "127.0.0.1";
  int port = 6379;
  std::string user;      ///< empty: the server's default user
  std::string password;  ///< empty: no AUTH
  unsigned database = 0;
  std::string prefix = "wasm64:";     ///< of all keys, so that one database may hold several stores
  unsigned connect_timeout = 5'000;   ///< milliseconds
  unsigned command_timeout = 10'000;  ///< milliseconds for an exchange, and a second more for each MiB in it
  std::uint64_t max_object_size = std::uint64_t{512} << 20;  ///< bytes; the server's own limit is 512 MiB as well
  std::uint64_t max_listed = std::uint64_t{1} << 26;         ///< objects, for `list`
  unsigned wait_replicas = 0;  ///< that must have a change before it counts as done; for them, the same time again
};

namespace detail {

/// Resolves the escapes of a URL: '%' and two hexadecimal digits.
inline result<std::string> percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
  };
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return fail(errc::storage_io, "Redis URL: escape");
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

/// Decimal digits, at most `limit`.
inline result<unsigned> parse_decimal(std::string_view text, unsigned limit, const char* what) {
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > limit / 10) return fail(errc::storage_io, what);
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (text.empty() || value > limit) return fail(errc::storage_io, what);
  return value;
}

}  // namespace detail

/// From `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`; an IPv6 address stands in brackets. Fails with storage_io.
inline result<redis_options> parse_redis_url(std::string_view url) {
  constexpr std::string_view scheme = "redis://";
  if (url.substr(0, scheme.size()) != scheme) return fail(errc::storage_io, "Redis URL: scheme");
  url.remove_prefix(scheme.size());
  redis_options options;
  if (const auto at = url.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = url.substr(0, at);
    const auto colon = who.find(':');
    if (colon == std::string_view::npos) return fail(errc::storage_io, "Redis URL: password");
    WASM64_TRY(options.user, detail::percent_decoded(who.substr(0, colon)));
    WASM64_TRY(options.password, detail::percent_decoded(who.substr(colon + 1)));
    url.remove_prefix(at + 1);
  }
  if (const auto slash = url.find('/'); slash != std::string_view::npos) {
    WASM64_TRY(options.database, detail::parse_decimal(url.substr(slash + 1), 1'000'000, "Redis URL: database"));
    url = url.substr(0, slash);
  }
  const auto bracket = url.rfind(']');
  const auto colon = url.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    WASM64_TRY(const unsigned port, detail::parse_decimal(url.substr(colon + 1), 65'535, "Redis URL: port"));
    if (port == 0) return fail(errc::storage_io, "Redis URL: port");
    options.port = static_cast<int>(port);
    url = url.substr(0, colon);
  }
  if (bracket != std::string_view::npos) {
    if (url.size() < 3 || url.front() != '[' || url.back() != ']') return fail(errc::storage_io, "Redis URL: host");
    url = url.substr(1, url.size() - 2);
  }
  if (url.empty() || url.find('\0') != std::string_view::npos) return fail(errc::storage_io, "Redis URL: host");
  options.host = std::string(url);
  return options;
}

}  // namespace wasm64
