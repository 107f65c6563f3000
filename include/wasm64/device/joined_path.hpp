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
    for (const std::string_view part : parts) append(part);
  }
  joined_path(const joined_path&) = delete;
  joined_path& operator=(const joined_path&) = delete;

  operator std::string_view() const noexcept { return text_; }  // NOLINT(google-explicit-constructor)

 private:
  void append(std::string_view part) {
    if (part.empty()) return;
    if (text_.empty()) {
      text_ = part;
      return;
    }
    const std::size_t size = text_.size() + 1 + part.size();
    if (size > sizeof near_) {
      far_ = std::string(text_).append("/").append(part);
      text_ = far_;
      return;
    }
    if (text_.data() != near_) std::memcpy(near_, text_.data(), text_.size());
    near_[text_.size()] = '/';
    std::memcpy(near_ + text_.size() + 1, part.data(), part.size());
    text_ = {near_, size};
  }

  std::string_view text_;
  std::string far_;
  char near_[48];
};

}  // namespace wasm64::detail
