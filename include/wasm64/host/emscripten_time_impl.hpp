#pragma once

#include "wasm64/host/emscripten_call.hpp"

// Clocks and calendars. There is one time zone, UTC.

namespace wasm64::detail {

/// emscripten_date_now() -> whole milliseconds since 1970
inline emscripten_answer emscripten_date_now(const emscripten_call& c) {
  return emscripten_double(static_cast<double>(c.context.time(wasi_clock::realtime) / 1'000'000));
}
/// emscripten_get_now() -> milliseconds
inline emscripten_answer emscripten_get_now(const emscripten_call& c) {
  return emscripten_double(static_cast<double>(c.context.time(wasi_clock::monotonic)) / 1e6);
}
/// emscripten_get_now_res() -> nanoseconds
inline emscripten_answer emscripten_get_now_res(const emscripten_call& c) {
  return emscripten_double(static_cast<double>(c.context.resolution(wasi_clock::monotonic)));
}

/// `struct tm`: nine i32, then the offset from UTC and the zone's name as long as pointers are.
struct emscripten_tm {
  static constexpr std::uint64_t fields = 9;
  std::int32_t second, minute, hour, day, month, year, weekday, yearday, dst;

  static std::uint64_t size(const emscripten_call& c) noexcept { return c.is_64() ? 56 : 44; }
};

inline constexpr std::int64_t seconds_of_day = 86400;
/// What JavaScript's dates reach, in seconds from 1970.
inline constexpr std::int64_t most_seconds = 8'640'000'000'000;

inline std::int64_t floor_div(std::int64_t a, std::int64_t b) noexcept { return a / b - (a % b < 0 ? 1 : 0); }

/// Days from 1970 to the first of a month; months count from 0 and may be any number.
inline std::int64_t days_to_month(std::int64_t year, std::int64_t month) noexcept {
  year += floor_div(month, 12);
  month -= floor_div(month, 12) * 12;
  // Years begin in March, so that the leap day is their last.
  const std::int64_t y = month < 2 ? year - 1 : year, m = (month + 10) % 12;
  return y * 365 + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400) + (153 * m + 2) / 5 - 719'468;
}

inline emscripten_tm calendar_of(std::int64_t time) noexcept {
  const std::int64_t days = floor_div(time, seconds_of_day), rest = time - days * seconds_of_day;
  // 400 years have 146,097 days; the guess is at most one year too late.
  std::int64_t year = 1970 + floor_div(days * 400, 146'097);
  while (days_to_month(year, 0) > days) --year;
  while (days_to_month(year + 1, 0) <= days) ++year;
  std::int64_t month = 11;
  while (days_to_month(year, month) > days) --month;
  const auto narrow = [](std::int64_t v) { return static_cast<std::int32_t>(v); };
  return {narrow(rest % 60),
          narrow(rest / 60 % 60),
          narrow(rest / 3600),
          narrow(days - days_to_month(year, month) + 1),
          narrow(month),
          narrow(year - 1900),
          narrow((days + 4) - floor_div(days + 4, 7) * 7),
          narrow(days - days_to_month(year, 0)),
          0};
}

/// Seconds since 1970; false outside of what dates reach.
inline bool time_of(const emscripten_tm& t, std::int64_t& time) noexcept {
  const std::int64_t days = days_to_month(std::int64_t{1900} + t.year, t.month) + t.day - 1;
  time = days * seconds_of_day + std::int64_t{t.hour} * 3600 + std::int64_t{t.minute} * 60 + t.second;
  return time >= -most_seconds && time <= most_seconds;
}

inline bool load_tm(const emscripten_call& c, std::uint64_t from, emscripten_tm& t) noexcept {
  static_assert(sizeof t == emscripten_tm::fields * sizeof(std::int32_t));
  if (!c.in_bounds(from, emscripten_tm::size(c))) return false;
  std::memcpy(&t, c.at(from), sizeof t);
  return true;
}
/// The offset is stored where `local`; the zone's name is the program's own.
inline void store_tm(const emscripten_call& c, std::uint64_t to, const emscripten_tm& t, bool local) noexcept {
  std::memcpy(c.at(to), &t, sizeof t - (local ? 0 : sizeof t.dst));
  if (local) c.store_address(to + (c.is_64() ? 40 : 36), 0);
}

inline emscripten_answer store_calendar(const emscripten_call& c, std::int64_t time, bool local) {
  if (!c.in_bounds(c.u64(1), emscripten_tm::size(c))) return emscripten_out_of_bounds();
  const bool fits = time >= -most_seconds && time <= most_seconds;
  store_tm(c, c.u64(1), fits ? calendar_of(time) : emscripten_tm{}, local);
  return 0;
}

/// _gmtime_js(time, tm), _localtime_js(time, tm)
template <bool Local>
emscripten_answer emscripten_calendar(const emscripten_call& c) {
  return store_calendar(c, c.i64(0), Local);
}
/// The same before 3.1.43: the time is in memory.
template <bool Local>
emscripten_answer emscripten_calendar_at(const emscripten_call& c) {
  if (!c.in_bounds(c.u64(0), sizeof(std::int64_t))) return emscripten_out_of_bounds();
  return store_calendar(c, load_le<std::int64_t>(c.at(c.u64(0))), Local);
}

/// _mktime_js(tm), _timegm_js(tm) -> time; all fields are brought into their ranges.
template <bool Local>
emscripten_answer emscripten_make_time(const emscripten_call& c) {
  emscripten_tm t{};
  if (!load_tm(c, c.u64(0), t)) return emscripten_out_of_bounds();
  std::int64_t time = 0;
  if (!time_of(t, time)) return -1;
  const emscripten_tm normal = calendar_of(time);
  if (Local) {
    store_tm(c, c.u64(0), normal, true);
  } else {
    t.weekday = normal.weekday;
    t.yearday = normal.yearday;
    store_tm(c, c.u64(0), t, false);
  }
  // A 32-bit program without 64-bit results reads the rest there.
  c.library.second_result = static_cast<std::uint32_t>(static_cast<std::uint64_t>(time) >> 32);
  return time;
}

/// _tzset_js(seconds west, has summer time, name, name of summer time); names have room for 7 bytes.
inline emscripten_answer emscripten_set_zone(const emscripten_call& c) {
  constexpr char name[] = "UTC";
  if (!c.in_bounds(c.u64(0), c.address_size()) || !c.in_bounds(c.u64(1), 4)) return emscripten_out_of_bounds();
  if (!c.in_bounds(c.u64(2), sizeof name) || !c.in_bounds(c.u64(3), sizeof name)) return emscripten_out_of_bounds();
  c.store_address(c.u64(0), 0);
  store_le(c.at(c.u64(1)), 0);
  std::memcpy(c.at(c.u64(2)), name, sizeof name);
  std::memcpy(c.at(c.u64(3)), name, sizeof name);
  return 0;
}

/// The number of the week in its year by ISO 8601, and that year.
inline void iso_week(const emscripten_tm& t, std::int64_t& year, std::int64_t& week) noexcept {
  year = std::int64_t{1900} + t.year;
  const std::int64_t weekday = (std::int64_t{t.weekday} + 6) % 7;  // from Monday
  const auto weeks_of = [](std::int64_t y) {
    const std::int64_t first = days_to_month(y, 0) + 3;
    const std::int64_t day = first - floor_div(first, 7) * 7;  // from Monday; 1970 began on a Thursday
    const bool leap = days_to_month(y + 1, 0) - days_to_month(y, 0) == 366;
    return day == 3 || (leap && day == 2) ? 53 : 52;
  };
  week = floor_div(t.yearday - weekday + 10, 7);
  if (week < 1) week = weeks_of(--year);
  else if (week > weeks_of(year)) week = 1, ++year;
}

inline void append_number(std::string& to, std::int64_t v, std::size_t width, char fill = '0') {
  const std::string digits = std::to_string(v < 0 ? -v : v);
  if (v < 0) to.push_back('-');
  if (digits.size() < width) to.append(width - digits.size(), fill);
  to.append(digits);
}

/// Appends what one conversion of strftime gives in the C locale; an unknown one stands for itself.
inline void append_time(std::string& to, const emscripten_tm& t, char conversion) {
  constexpr std::string_view days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  constexpr std::string_view months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
  const auto name = [](const auto& names, std::int32_t at, std::size_t length) {
    const bool fits = at >= 0 && at < static_cast<std::int32_t>(std::size(names));
    return fits ? names[at].substr(0, length) : std::string_view("?");
  };
  const auto all = [&](std::string_view conversions) {
    for (const char c : conversions) {
      if (c >= 'A') append_time(to, t, c);
      else to.push_back(c);
    }
  };
  const std::int64_t year = std::int64_t{1900} + t.year;
  const std::int64_t century = floor_div(year, 100);
  std::int64_t week_year = 0, week = 0, time = 0;
  switch (conversion) {
    case 'a': to.append(name(days, t.weekday, 3)); break;
    case 'A': to.append(name(days, t.weekday, 9)); break;
    case 'b':
    case 'h': to.append(name(months, t.month, 3)); break;
    case 'B': to.append(name(months, t.month, 9)); break;
    case 'c': all("a b e T Y"); break;
    case 'C': append_number(to, century, 2); break;
    case 'd': append_number(to, t.day, 2); break;
    case 'D':
    case 'x': all("m/d/y"); break;
    case 'e': append_number(to, t.day, 2, ' '); break;
    case 'F': all("Y-m-d"); break;
    case 'g':
    case 'G':
    case 'V':
      iso_week(t, week_year, week);
      if (conversion == 'V') append_number(to, week, 2);
      else if (conversion == 'G') append_number(to, week_year, 4);
      else append_number(to, week_year - floor_div(week_year, 100) * 100, 2);
      break;
    case 'H': append_number(to, t.hour, 2); break;
    case 'I': append_number(to, t.hour % 12 == 0 ? 12 : t.hour % 12, 2); break;
    case 'j': append_number(to, std::int64_t{t.yearday} + 1, 3); break;
    case 'm': append_number(to, std::int64_t{t.month} + 1, 2); break;
    case 'M': append_number(to, t.minute, 2); break;
    case 'n': to.push_back('\n'); break;
    case 'p': to.append(t.hour >= 12 ? "PM" : "AM"); break;
    case 'r': all("I:M:S p"); break;
    case 'R': all("H:M"); break;
    case 's':
      (void)time_of(t, time);
      append_number(to, time, 1);
      break;
    case 'S': append_number(to, t.second, 2); break;
    case 't': to.push_back('\t'); break;
    case 'T':
    case 'X': all("H:M:S"); break;
    case 'u': append_number(to, t.weekday == 0 ? 7 : t.weekday, 1); break;
    case 'U': append_number(to, (std::int64_t{t.yearday} + 7 - t.weekday) / 7, 2); break;
    case 'w': append_number(to, t.weekday, 1); break;
    case 'W': append_number(to, (std::int64_t{t.yearday} + 7 - (std::int64_t{t.weekday} + 6) % 7) / 7, 2); break;
    case 'y': append_number(to, year - century * 100, 2); break;
    case 'Y': append_number(to, year, 4); break;
    case 'z': to.append("+0000"); break;
    case 'Z': to.append("UTC"); break;
    case '%': to.push_back('%'); break;
    default: to.append({'%', conversion}); break;
  }
}

/// strftime(buffer, size, format, tm), strftime_l(.., locale) -> bytes without the NUL; 0 if they do not fit
inline emscripten_answer emscripten_strftime(const emscripten_call& c) {
  std::string_view format;
  emscripten_tm t{};
  const std::uint64_t buffer = c.u64(0), size = c.u64(1);
  if (!c.text(c.u64(2), format) || !load_tm(c, c.u64(3), t)) return emscripten_out_of_bounds();
  const std::uint64_t room = c.in_bounds(buffer, 0) ? c.memory->size - buffer : 0;
  std::string text;
  for (std::size_t i = 0; i < format.size() && text.size() < std::min(size, room); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      text.push_back(format[i]);
      continue;
    }
    ++i;
    if ((format[i] == 'E' || format[i] == 'O') && i + 1 < format.size()) ++i;  // of other locales
    append_time(text, t, format[i]);
  }
  c.context.work += text.size();
  if (text.size() >= size) return 0;
  if (!c.in_bounds(buffer, text.size() + 1)) return emscripten_out_of_bounds();
  std::memcpy(c.at(buffer), text.c_str(), text.size() + 1);
  return static_cast<std::int64_t>(text.size());
}

}  // namespace wasm64::detail
