#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "wasm64/base/containers.hpp"
#include "wasm64/text/token.hpp"

namespace wasm64::text {

/// The identifiers of one index space. Filled first, sealed, then searched.
class symbol_table {
 public:
  struct symbol {
    std::string name;
    std::uint32_t index = 0;
    position at;
  };

  static constexpr std::uint32_t not_found = ~std::uint32_t{0};

  void add(std::string name, std::uint32_t index, position at) {
    if (!symbols_.empty() && !(symbols_.back().name < name)) sorted_ = false;
    symbols_.push_back({std::move(name), index, at});
  }

  /// Sorts the table. Returns the later one of two symbols of the same name, or null.
  const symbol* seal() {
    if (!sorted_) {
      std::sort(symbols_.begin(), symbols_.end(), [](const symbol& a, const symbol& b) {
        return a.name != b.name ? a.name < b.name : a.index < b.index;
      });
      sorted_ = true;
    }
    for (std::size_t i = 1; i < symbols_.size(); ++i) {
      if (symbols_[i - 1].name == symbols_[i].name) return &symbols_[i];
    }
    return nullptr;
  }

  /// The index of a name, or `not_found`.
  std::uint32_t find(std::string_view name) const noexcept {
    const auto found = std::lower_bound(symbols_.begin(), symbols_.end(), name,
                                        [](const symbol& a, std::string_view b) { return a.name < b; });
    return found != symbols_.end() && found->name == name ? found->index : not_found;
  }

  const vector<symbol>& symbols() const noexcept { return symbols_; }
  bool empty() const noexcept { return symbols_.empty(); }
  void clear() {
    symbols_.clear();
    sorted_ = true;
  }

 private:
  vector<symbol> symbols_;
  bool sorted_ = true;
};

/// An index space of a module: how many entities there are, and the names of some.
struct index_space {
  const char* what;  ///< for messages: "func", "table", ...
  std::uint32_t count = 0;
  symbol_table names{};
};

}  // namespace wasm64::text
