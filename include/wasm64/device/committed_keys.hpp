#pragma once

#include <algorithm>

#include "wasm64/device/fields.hpp"

namespace wasm64::detail {

/// The keys of a message that its `commitments` cover, to see whether a change breaks them. A commitment that does not
/// list them as `committed` covers all.
template <class M>
class committed_keys {
  using value = message_value_t<M>;

 public:
  explicit committed_keys(const value& message) {
    const value commitments = M::get_key(message, "commitments");
    for (const std::string& id : M::keys(commitments)) {
      const value listed = M::get_key(M::get_key(commitments, id), "committed");
      if (M::kind(listed) == value_kind::null) covers_all_ = true;
      for (const std::string& position : M::keys(listed)) {
        names_.emplace_back(text_of<M>(M::get_key(listed, position)));
      }
    }
    std::sort(names_.begin(), names_.end(), is_before);
  }

  /// To be told what is about to be set; null for a removal.
  void touch(const value& message, std::string_view path, const value& item) {
    if (is_touched_ || (names_.empty() && !covers_all_)) return;
    const std::string key(path.substr(0, path.find('/')));
    const bool is_covered = covers_all_ || std::binary_search(names_.begin(), names_.end(), key, is_before);
    is_touched_ = is_covered && !is_same(M::get(message, path), item);
  }

  value drop_if_touched(value message) const {
    return is_touched_ ? M::remove(std::move(message), "commitments") : std::move(message);
  }

 private:
  static bool is_before(const std::string& a, const std::string& b) noexcept { return compare_keys(a, b) < 0; }
  /// For what is compared at no cost; other values count as changed.
  static bool is_same(const value& a, const value& b) {
    if (M::kind(a) != M::kind(b)) return false;
    if (M::kind(a) == value_kind::integer) return M::as_integer(a) == M::as_integer(b);
    return M::kind(a) == value_kind::binary && text_of<M>(a) == text_of<M>(b);
  }

  vector<std::string> names_;
  bool covers_all_ = false;
  bool is_touched_ = false;
};

}  // namespace wasm64::detail
