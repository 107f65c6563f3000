#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "wasm64/lower/liveness.hpp"
#include "wasm64/lower/lower.hpp"

namespace wasm64::detail {

/// The points that frames are at. Every function is lowered again once, however many frames it has.
class frame_maps {
 public:
  struct entry {
    code_map map;
    point_filter filter;
    func_code code;  ///< lowered again; its words count for nothing
    local_liveness live;  ///< by words only
  };

  explicit frame_maps(bool by_offset) : by_offset_(by_offset) {}

  /// Before `find`: a frame of this function is at that word, or offset with so many operands.
  void want(const func_code& f, std::uint32_t at, std::uint32_t height) {
    wanted_.push_back({&f, {at, by_offset_ ? height : 0}});
  }

  result<void> lower(const word* addresses) {
    std::sort(wanted_.begin(), wanted_.end(), [](const wish& a, const wish& b) {
      return a.code != b.code ? number(a.code) < number(b.code) : a.key < b.key;
    });
    for (const wish& w : wanted_) {
      if (entries_.empty() || entries_.back().first != w.code) {
        entries_.push_back({w.code, std::make_unique<entry>()});
        entries_.back().second->filter.by_offset = by_offset_;
      }
      vector<point_filter::key>& keys = entries_.back().second->filter.wanted;
      if (keys.empty() || keys.back() != w.key) keys.push_back(w.key);
    }
    for (auto& [f, e] : entries_) {
      e->map.filter = &e->filter;
      e->code.index = f->index;
      e->code.charge = f->charge;
      WASM64_CHECK(lower_function(addresses, *f->owner, e->code, &e->map));
      if (by_offset_) continue;
      const module& m = *f->owner->source;
      e->live = local_liveness(m, f->index - m.imported_funcs);
    }
    return success();
  }

  const entry& of(const func_code& f) const noexcept {
    const auto less = [](const auto& e, const func_code* code) { return number(e.first) < number(code); };
    return *std::lower_bound(entries_.begin(), entries_.end(), &f, less)->second;
  }

  /// The point of a function at a word or offset, of a call or of something else; null where there is none.
  static const map_point* find(const entry& in, bool by_offset, std::uint32_t at, std::size_t height,
                               bool is_call) noexcept {
    for (auto p = first(in.map.points, by_offset, at); p != in.map.points.end(); ++p) {
      if ((by_offset ? p->at.offset : p->at.word) != at) break;
      const bool fits = (p->kind == map_point::place::call) == is_call && !p->superseded;
      if (fits && (!by_offset || p->stack.size() == height)) return &*p;
    }
    return nullptr;
  }

 private:
  static word number(const func_code* f) noexcept { return reinterpret_cast<word>(f); }

  struct wish {
    const func_code* code;
    point_filter::key key;
  };

  /// Points are in the order of both.
  static vector<map_point>::const_iterator first(const vector<map_point>& points, bool by_offset, std::uint32_t at) {
    return std::lower_bound(points.begin(), points.end(), at, [by_offset](const map_point& p, std::uint32_t key) {
      return (by_offset ? p.at.offset : p.at.word) < key;
    });
  }

  bool by_offset_;
  vector<wish> wanted_;
  vector<std::pair<const func_code*, std::unique_ptr<entry>>> entries_;
};

}  // namespace wasm64::detail
