#pragma once

#include "wasm64/binary/instruction.hpp"
#include "wasm64/lower/liveness.hpp"

namespace wasm64 {

namespace detail {

/// What of a function matters for its locals: reads, writes, places to stop and branches, in the order of the text.
class local_events {
 public:
  enum class kind : std::uint8_t {
    get,     ///< of local `which`
    set,     ///< of local `which`
    note,    ///< the function may stop here; `which` is the offset
    branch,  ///< perhaps to label `which`
    stop,    ///< what comes next in the text is not reached from here
    loop,    ///< label `which` is here
    end,     ///< label `which` is here
    if_,     ///< perhaps to the `else` of label `which`
    else_,   ///< of label `which`, whose `then` goes to its end
  };
  struct event {
    kind what;
    std::uint32_t which;
  };

  local_events(const module& m, const func_def& def) {
    add(kind::note, def.entry);
    open(false);
    reader in(view_of(m.bytes), def.body.offset, def.body.size);
    while (!controls_.empty() && fits) record(read_instruction(in));
  }

  vector<event> all;
  std::uint32_t labels = 0;
  bool fits = true;

 private:
  static constexpr std::size_t most = std::size_t{1} << 20;

  struct control {
    std::uint32_t label;
    bool is_loop;
    vector<std::uint32_t> handlers;  ///< labels that an exception may go to
  };

  void add(kind what, std::uint32_t which) {
    fits = fits && all.size() < most;
    if (fits) all.push_back({what, which});
  }
  void open(bool is_loop) { controls_.push_back({labels++, is_loop, {}}); }
  void branch(std::uint32_t depth) { add(kind::branch, controls_[controls_.size() - 1 - depth].label); }
  void throws() {
    for (const control& c : controls_) {
      for (const std::uint32_t handler : c.handlers) add(kind::branch, handler);
    }
  }
  void record(const instruction& i);

  vector<control> controls_;
};

WASM64_INLINE void local_events::record(const instruction& i) {
  const auto offset = static_cast<std::uint32_t>(i.offset);
  switch (i.code) {
    case op::local_get: return add(kind::get, i.first);
    case op::local_set:
    case op::local_tee: return add(kind::set, i.first);
    case op::block: return open(false);
    case op::loop:
      add(kind::loop, labels);
      open(true);
      break;
    case op::if_:
      add(kind::if_, labels);
      open(false);
      break;
    case op::try_table: {
      vector<std::uint32_t> caught;
      reader clauses = i.items;
      for (std::uint32_t n = 0; n < i.count; ++n) {
        caught.push_back(controls_[controls_.size() - 1 - read_catch_clause(clauses).depth].label);
      }
      open(false);
      controls_.back().handlers = std::move(caught);
      return;
    }
    case op::else_: add(kind::else_, controls_.back().label); break;
    case op::end:
      if (!controls_.back().is_loop) add(kind::end, controls_.back().label);
      controls_.pop_back();
      break;
    case op::br: branch(i.first); return add(kind::stop, 0);
    case op::br_table: {
      reader targets = i.items;
      for (std::uint32_t n = 0; n < i.count; ++n) branch(targets.u32());
      branch(i.first);
      return add(kind::stop, 0);
    }
    case op::br_if:
    case op::br_on_null:
    case op::br_on_non_null:
    case op::br_on_cast:
    case op::br_on_cast_fail: branch(i.first); break;
    case op::throw_:
    case op::throw_ref: throws(); return add(kind::stop, 0);
    case op::unreachable:
    case op::return_:
    case op::return_call:
    case op::return_call_indirect:
    case op::return_call_ref: return add(kind::stop, 0);
    case op::call:
    case op::call_indirect:
    case op::call_ref: add(kind::note, offset); return throws();
    case op::try_:
    case op::catch_:
    case op::catch_all:
    case op::delegate:
    case op::rethrow: fits = false; return;
    default:
      // Others stop, if at all, as they pay for what they do, or where they allocate.
      if (info(i.code).prefix == 0 || info(i.code).prefix == 0xFD) return;
      break;
  }
  add(kind::note, offset);
}

}  // namespace detail

WASM64_INLINE local_liveness::local_liveness(const module& m, std::uint32_t defined) {
  using event_kind = detail::local_events::kind;
  constexpr std::size_t most_words = std::size_t{1} << 20, most_work = std::size_t{1} << 24;
  constexpr int most_rounds = 16;

  const func_def& def = m.funcs[defined];
  const detail::local_events events(m, def);
  if (!events.fits) return;
  vector<std::uint64_t> always;
  std::uint32_t locals = 0;
  const auto declare = [&](val_type type, std::uint32_t count) {
    always.resize((std::size_t{locals} + count + 63) / 64, 0);
    for (; count-- > 0; ++locals) {
      if (type.is_ref()) always[locals / 64] |= std::uint64_t{1} << locals % 64;
    }
  };
  for (const val_type type : m.types[def.type].func.params) declare(type, 1);
  for (const local_run& run : def.locals) declare(run.type, run.count);

  const std::size_t words = always.size();
  const auto notes = static_cast<std::size_t>(
      std::count_if(events.all.begin(), events.all.end(), [](const auto& e) { return e.what == event_kind::note; }));
  if (words == 0 || words * events.all.size() > most_work) return;
  if (words * (notes + 2 * std::size_t{events.labels}) > most_words) return;
  vector<std::uint64_t> at_label(words * events.labels), at_else(words * events.labels), live;
  const auto copy = [words](const std::uint64_t* from, std::uint64_t* to) { std::copy(from, from + words, to); };
  const auto add = [words](const std::uint64_t* from, std::uint64_t* to) {
    for (std::size_t w = 0; w < words; ++w) to[w] |= from[w];
  };
  bool is_last = false;
  for (int round = 0; round < most_rounds; ++round) {
    bool changed = false;
    live = always;
    for (std::size_t i = events.all.size(); i-- > 0;) {
      const auto [what, which] = events.all[i];
      const std::size_t label = words * which;
      switch (what) {
        case event_kind::get: live[which / 64] |= std::uint64_t{1} << which % 64; break;
        case event_kind::set: live[which / 64] &= ~(std::uint64_t{1} << which % 64) | always[which / 64]; break;
        case event_kind::branch: add(&at_label[label], live.data()); break;
        case event_kind::stop: live = always; break;
        case event_kind::end:
          copy(live.data(), &at_label[label]);
          copy(live.data(), &at_else[label]);  // where there is none
          break;
        case event_kind::loop:
          changed = changed || !std::equal(live.begin(), live.end(), &at_label[label]);
          copy(live.data(), &at_label[label]);
          break;
        case event_kind::else_:
          copy(live.data(), &at_else[label]);
          copy(&at_label[label], live.data());
          break;
        case event_kind::if_: add(&at_else[label], live.data()); break;
        case event_kind::note:
          if (!is_last) break;
          points_.push_back({which, live_.size()});
          live_.insert(live_.end(), live.begin(), live.end());
          break;
      }
    }
    if (is_last) break;
    is_last = !changed;
  }
  std::reverse(points_.begin(), points_.end());
}

}  // namespace wasm64
