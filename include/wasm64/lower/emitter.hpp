#pragma once

#include <algorithm>
#include <cstdint>

#include "wasm64/lower/code.hpp"
#include "wasm64/lower/ops.hpp"

namespace wasm64 {

/// Where an instruction or a leader is: a word index and the WebAssembly offset it came from.
struct code_position {
  std::uint32_t word = 0;
  std::uint32_t offset = 0;
};

/// Writes cells. Branch targets, leaders' costs and code addresses are only known later, so their words are recorded
/// and filled in by `finish`.
class emitter {
 public:
  using label_id = std::uint32_t;
  using leader_id = std::uint32_t;
  static constexpr std::uint32_t unbound = ~std::uint32_t{0};

  /// `handlers` maps handler numbers to addresses; null only positions (for maps) are wanted.
  emitter(const word* handlers, bool metered) : handlers_(handlers), metered_(metered) {}

  bool metered() const noexcept { return metered_; }
  std::uint32_t here() const noexcept { return used_; }

  /// Appends a cell and returns its word index.
  std::uint32_t emit(ir o, kind_pair kinds, std::int32_t d, std::int32_t a, std::uint32_t imm) {
    const std::uint32_t at = here();
    if (positions_ != nullptr) positions_->push_back({at, offset});
    word* const cell = room(cell_size::plain);
    const std::size_t id = handler_id(o, kinds);
    cells_.push_back({at, static_cast<std::uint16_t>(id)});
    cell[0] = handler(id);
    cell[1] = pack(d, a, imm);
    return at;
  }
  std::uint32_t emit_wide(ir o, kind_pair kinds, std::int32_t d, std::int32_t a, std::uint32_t imm, word extra) {
    const std::uint32_t at = emit(o, kinds, d, a, imm);
    append(extra);
    return at;
  }

  /// Appends a move of one slot, or widens a move that is the last cell to two.
  void emit_move(std::int32_t d, std::int32_t a) {
    if (last_move_ != unbound && last_move_ >= fixed_ && last_move_ + cell_size::plain == here()) {
      replace_handler(last_move_, ir::mov2, {});
      words_[last_move_ + 1] |= word{static_cast<std::uint16_t>(a)} << 32 | word{static_cast<std::uint16_t>(d)} << 48;
      last_move_ = unbound;
      return;
    }
    last_move_ = emit(ir::mov, {}, d, a, 0);
  }

  /// Drops everything from a cell on; the caller knows that nothing refers to it.
  void truncate(std::uint32_t at) {
    used_ = at;
    while (!cells_.empty() && cells_.back().at >= at) cells_.pop_back();
    if (positions_ != nullptr) {
      while (!positions_->empty() && positions_->back().word >= at) positions_->pop_back();
    }
  }

  void set_destination(std::uint32_t at, std::int32_t d) noexcept {
    words_[at + 1] = (words_[at + 1] & ~word{0xffff}) | static_cast<std::uint16_t>(d);
  }

  void replace_handler(std::uint32_t at, ir o, kind_pair kinds) noexcept {
    std::size_t i = cells_.size() - 1;
    while (cells_[i].at != at) --i;
    const std::size_t id = handler_id(o, kinds);
    cells_[i].handler = static_cast<std::uint16_t>(id);
    words_[at] = handler(id);
  }
  void append(word extra) { *room(1) = extra; }
  word at_word(std::uint32_t index) const noexcept { return words_[index]; }

  label_id new_label() {
    labels_.push_back(unbound);
    return static_cast<label_id>(labels_.size() - 1);
  }
  void bind(label_id label) {
    labels_[label] = here();
    fix();
  }
  /// What was emitted so far stays as it is: something refers to the end of it.
  void fix() noexcept { fixed_ = here(); }
  std::uint32_t fixed() const noexcept { return fixed_; }
  std::uint32_t position(label_id label) const noexcept { return labels_[label]; }
  /// Appends a word that will hold the label's address.
  void target(label_id label) {
    targets_.push_back({here(), label});
    append(0);
  }

  /// Appends a word that will hold the handler of the cell at the label.
  void first_handler(label_id label) {
    first_handlers_.push_back({here(), label});
    append(0);
  }

  /// Starts a block of the fuel contract; instructions add their cost to it until the next one.
  leader_id new_leader() {
    costs_.push_back(0);
    return static_cast<leader_id>(costs_.size() - 1);
  }
  void set_leader(leader_id leader) noexcept { current_ = leader; }
  leader_id current_leader() const noexcept { return current_; }
  void add_cost(std::uint32_t cost) noexcept { costs_[current_] += cost; }
  /// Makes two leaders one: edges into either enter the same block.
  void same_leader(leader_id name, leader_id of) { aliases_.push_back({name, of}); }
  /// Appends a word with the costs of the leaders that the taken and the fall-through edge enter.
  void fuel(leader_id taken, leader_id fall_through) {
    fuels_.push_back({here(), taken, fall_through});
    append(0);
  }
  static constexpr leader_id no_leader = ~std::uint32_t{0};

  /// Whether the result of a cell is a temporary that the next cell takes from a register: nobody reads the slot then.
  bool is_chain(std::size_t cell, std::int32_t temporaries) const noexcept {
    const word from = words_[cells_[cell].at + 1], to = words_[cells_[cell + 1].at + 1];
    const auto d = static_cast<std::int16_t>(from);
    const handler_key next = key_of_handler(cells_[cell + 1].handler);
    const auto in_register = [](kind k) { return k == kind::accumulator || k == kind::sum; };
    const auto is_in = [to, d](unsigned field) { return static_cast<std::int16_t>(to >> 16 * field) == d; };
    if (d < temporaries || is_select(next.operation)) return false;
    return (in_register(next.kinds.a) && is_in(1)) ||
           (in_register(next.kinds.b) && is_in(is_any_store(shape_of(next.operation)) ? 0 : 2));
  }
  /// Lets one handler do the work of two cells, or more, where there is one.
  void pair_cells(std::int32_t temporaries) noexcept {
    for (std::size_t i = 0; i + 1 < cells_.size();) {
      const std::size_t first = i;
      std::size_t id = cells_[first].handler;
      while (++i < cells_.size() && begins_pair(id)) {
        const std::size_t both = pair_handler(id, cells_[i].handler, is_chain(i - 1, temporaries));
        if (both == handler_count) break;
        id = both;
      }
      if (id != cells_[first].handler) words_[cells_[first].at] = handler(id);
    }
  }

  /// Resolves all references and copies the words out. Addresses are those of the returned buffer.
  vector<word> finish(std::int32_t temporaries) {
    pair_cells(temporaries);
    for (const alias& a : aliases_) costs_[a.name] = costs_[a.of];
    for (const fuel_word& f : fuels_) words_[f.at] = cost(f.taken) | word{cost(f.fall_through)} << 32;
    vector<word> out(words_.data(), words_.data() + used_);
    for (const target_word& t : targets_) out[t.at] = reinterpret_cast<word>(out.data() + labels_[t.label]);
    for (const target_word& t : first_handlers_) out[t.at] = out[labels_[t.label]];
    return out;
  }

  /// The WebAssembly offset of the instruction being lowered.
  std::uint32_t offset = 0;

 protected:
  void record_positions(vector<code_position>* positions) noexcept { positions_ = positions; }

 private:
  struct written_cell {
    std::uint32_t at;
    std::uint16_t handler;
  };
  struct target_word {
    std::uint32_t at;
    label_id label;
  };
  struct alias {
    leader_id name;
    leader_id of;
  };
  struct fuel_word {
    std::uint32_t at;
    leader_id taken;
    leader_id fall_through;
  };

  /// Cells take turns in where they enter handlers.
  word handler(std::size_t id) noexcept {
    entry_ = (entry_ + 1) % handler_entries;
    return handlers_[id + entry_ * handler_count];
  }
  static word pack(std::int32_t d, std::int32_t a, std::uint32_t imm) noexcept {
    return word{static_cast<std::uint16_t>(d)} | word{static_cast<std::uint16_t>(a)} << 16 | word{imm} << 32;
  }
  std::uint32_t cost(leader_id leader) const noexcept { return leader == no_leader ? 0 : costs_[leader]; }

  word* room(std::uint32_t count) {
    if (WASM64_UNLIKELY(words_.size() - used_ < count)) words_.resize(std::max(words_.capacity(), words_.size() * 2));
    word* const at = words_.data() + used_;
    used_ += count;
    return at;
  }

  const word* handlers_;
  bool metered_;
  leader_id current_ = 0;
  std::uint32_t last_move_ = unbound;
  std::uint32_t fixed_ = 0;
  std::size_t entry_ = 0;
  // Most functions are lowered without an allocation but that of their words.
  small_vector<word, 256> words_;  ///< room for more than there are
  std::uint32_t used_ = 0;
  small_vector<written_cell, 128> cells_;
  small_vector<std::uint32_t, 32> labels_;
  small_vector<std::uint32_t, 32> costs_;
  small_vector<target_word, 32> targets_;
  small_vector<target_word, 32> first_handlers_;
  small_vector<alias, 8> aliases_;
  small_vector<fuel_word, 32> fuels_;
  vector<code_position>* positions_ = nullptr;
};

}  // namespace wasm64
