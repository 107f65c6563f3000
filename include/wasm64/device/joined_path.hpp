#pragma once

#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

namespace wasm64::detail {

/// The parts of a path that are not empty, joined by '/'; without storage of its own when it is short.
class joined_path {
 public:
  joined_path(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts) {
      size += part.size() + 1;
      if (!part.empty()) text_ = part;
    }
    if (size == text_.size() + parts.size()) return;  // there is but one
    if (size > sizeof near_) far_.resize(size);
    char* const begin = far_.empty() ? near_ : far_.data();
    char* end = begin;
    for (const std::string_view part : parts) {
      if (part.empty()) continue;
      if (end != begin) *end++ = '/';
      std::memcpy(end, part.data(), part.size());
      end += part.size();
    }
    text_ = {begin, static_cast<std::size_t>(end - begin)};
  }
  joined_path(const joined_path&) = delete;
  joined_path& operator=(const joined_path&) = delete;

  operator std::string_view() const noexcept { return text_; }  // NOLINT(google-explicit-constructor)

 private:
  std::string_view text_;
  std::string far_;
  char near_[48];
};

}  // namespace wasm64::detail
