#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "wasm64/binary/opcode.hpp"

namespace wasm64::text {

namespace detail {

struct op_name {
  std::string_view text;
  op code = op::count_;
};

/// Every instruction, sorted by name; equal names (`select`, `ref.test`, `ref.cast`) in the order of opcode.def, so
/// that the form without types or nullability comes first.
constexpr std::array<op_name, op_count> sort_op_names() {
  std::array<op_name, op_count> names{};
  for (std::size_t i = 0; i < op_count; ++i) names[i] = {info(static_cast<op>(i)).text, static_cast<op>(i)};
  std::sort(names.begin(), names.end(), [](const op_name& a, const op_name& b) {
    const int order = a.text.compare(b.text);
    return order != 0 ? order < 0 : a.code < b.code;
  });
  return names;
}

inline constexpr auto op_names = sort_op_names();

}  // namespace detail

/// The instruction of that text name, `op::count_` when there is none.
constexpr op find_op(std::string_view text) noexcept {
  const auto found = std::lower_bound(detail::op_names.begin(), detail::op_names.end(), text,
                                      [](const detail::op_name& a, std::string_view b) { return a.text < b; });
  return found != detail::op_names.end() && found->text == text ? found->code : op::count_;
}

}  // namespace wasm64::text
