#pragma once

#include "wasm64/device/fields.hpp"

namespace wasm64::detail {

/// True when all of the text is a number that the type has; of the floating ones, a finite one.
bool read_number(std::string_view text, std::uint64_t& n) noexcept;
bool read_number(std::string_view text, std::int64_t& n) noexcept;
bool read_number(std::string_view text, double& n) noexcept;

/// Null when the text is no integer that a message can hold.
template <class M>
message_value_t<M> integer_from(std::string_view text) {
  std::uint64_t bits = 0;
  std::int64_t negative = 0;
  if (read_number(text, bits)) return M::make_integer(integer(bits));
  return read_number(text, negative) ? M::make_integer(integer(negative)) : message_value_t<M>();
}

/// Null when the text is no finite number.
template <class M>
message_value_t<M> float_from(std::string_view text) {
  double number = 0;
  return read_number(text, number) ? M::make_float(number) : message_value_t<M>();
}

/// An element that is no string: ?1, ?0, a number, else a word.
template <class M>
message_value_t<M> bare_from(std::string_view text) {
  if (text == "?1" || text == "?0") return M::make_bool(text == "?1");
  message_value_t<M> number = integer_from<M>(text);
  if (M::kind(number) == value_kind::null) number = float_from<M>(text);
  return M::kind(number) != value_kind::null ? std::move(number) : make_text<M>(text);
}

/// A list of RFC 9651, such as `"a", 2, word`; null when it is malformed. A string may begin with its type, as in
/// `"(ao-type-integer) 3"`.
template <class M>
message_value_t<M> list_from(std::string_view text) {
  const auto skip_spaces = [&] {
    while (text.starts_with(' ')) text.remove_prefix(1);
  };
  vector<message_value_t<M>> elements;
  for (skip_spaces(); !text.empty(); skip_spaces()) {
    if (!elements.empty()) {
      if (!text.starts_with(',')) return {};
      text.remove_prefix(1);
      skip_spaces();
    }
    if (text.starts_with('"')) {
      std::string string;
      std::size_t i = 1;
      for (; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\') ++i;
        if (i < text.size()) string.push_back(text[i]);
      }
      if (i >= text.size()) return {};
      text.remove_prefix(i + 1);
      constexpr std::string_view as_integer = "(ao-type-integer) ";
      const bool is_integer = string.starts_with(as_integer);
      elements.push_back(is_integer ? integer_from<M>(std::string_view(string).substr(as_integer.size()))
                                    : make_text<M>(string));
    } else {
      std::string_view word = text.substr(0, text.find(','));
      text.remove_prefix(word.size());
      while (word.ends_with(' ')) word.remove_suffix(1);
      if (word.empty() || word.find_first_of(" \"") != word.npos) return {};
      elements.push_back(bare_from<M>(word));
    }
    if (M::kind(elements.back()) == value_kind::null) return {};
  }
  return M::make_list(std::move(elements));
}

/// The value that a text stands for as a type of the URL form; null when it does not.
template <class M>
message_value_t<M> typed_value(std::string_view type, std::string_view text) {
  if (type.empty() || same_key(type, "binary")) return make_text<M>(text);
  if (same_key(type, "integer") || same_key(type, "int")) return integer_from<M>(text);
  if (same_key(type, "float")) return float_from<M>(text);
  if (same_key(type, "list")) return list_from<M>(text);
  const bool is_atom = same_key(type, "atom");
  if (is_atom || same_key(type, "boolean")) {
    if (text == "true" || text == "false") return M::make_bool(text == "true");
    if (is_atom) return make_text<M>(text);
  }
  return {};
}

}  // namespace wasm64::detail

#if WASM64_IMPLEMENTATION
#include "wasm64/device/typed_value_impl.hpp"
#endif
