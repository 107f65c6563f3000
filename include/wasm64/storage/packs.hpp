#pragma once

#include "wasm64/storage/concept.hpp"
#include "wasm64/storage/pack_format.hpp"
#include "wasm64/storage/pack_index.hpp"
#include "wasm64/storage/posix_file.hpp"

namespace wasm64 {

/// One thing that is wrong in a store, as `filesystem_store::verify` tells it.
struct storage_damage {
  std::string pack;  ///< a file's name
  error what;        ///< its offset is one in the file
};

namespace detail {

// The bytes of a pack that locks are on.
inline constexpr std::uint64_t writer_lock = 0;
inline constexpr std::uint64_t users_lock = 1;

/// The packs of a directory: what the objects of a `filesystem_store` are kept in. For one thread at a time.
///
/// Who appends to a pack holds a lock on it, so each writer has one of its own, and none waits for another. A batch is
/// appended only after the one before it has been made durable; so only the last batch of a pack can be incomplete, and
/// that one is checked before it counts. The lock's next owner cuts an incomplete one off.
///
/// A put that finds an object there holds a second, shared lock on its pack until a root has changed twice, and so does
/// the writer of a pack. Collectors need that lock alone, so what was put is not taken away before a root can lead to
/// it.
class pack_set {
 public:
  struct options {
    std::uint64_t max_object_size;
    std::uint64_t pack_size;
    const codec* compression;
  };

  static result<pack_set> open(posix_file directory, const options& with);

  result<byte_vector> get(const content_id& id);
  result<bool> contains(const content_id& id);
  /// Durable when it returns: all of them or none.
  result<void> put(std::span<const content_id> ids, std::span<const bytes_view> items);
  result<void> erase(const content_id& id);
  result<vector<content_id>> list();
  /// To be called when a root has changed.
  void root_changed() noexcept;

  /// Looks for what other stores have done to the directory. Costs little when that is nothing.
  result<void> refresh();

  /// Locks all packs that no store counts on, until `end_sweep`.
  result<void> begin_sweep();
  /// Removes the packs in which at most `live_percent` of the bytes are of objects that `keeps` is true of, after these
  /// have been written to another pack.
  using keep_function = bool (*)(const void* context, const content_id& id);
  result<sweep_totals> sweep(keep_function keeps, const void* context, unsigned live_percent);
  void end_sweep() noexcept;

  /// Reads everything. What a crash has left at the end of a pack is no damage.
  result<vector<storage_damage>> verify();
  /// Bytes of all packs.
  std::uint64_t file_size() const noexcept;

 private:
  struct pack {
    std::uint64_t name = 0;
    posix_file file;
    std::uint64_t scanned = 0;  ///< where the next batch will begin
    std::uint64_t durable = 0;  ///< up to here everything is known to be
    std::uint64_t size = 0;  ///< of the file, when it was looked at
    std::int64_t changed_ns = 0;  ///< of the file, at that time
    std::uint64_t rescanned = 0;  ///< size at which it was read again in search of what had changed
    std::uint32_t held = 0;  ///< generation in which the shared lock was needed last; 0: not held
    bool is_file = true;
    bool writable = false;
    bool sealed = false;  ///< nothing will be appended
    bool gone = false;
    bool is_doubtful = false;  ///< what follows the batches may be worth keeping
    bool avoided = false;  ///< not written to, after a failure
    bool swept = false;  ///< locked by the collector
    vector<std::uint64_t> damaged;  ///< begin and end of parts that are no batches, though batches follow

    void start_over() {
      scanned = durable = size = 0;
      sealed = false;
      damaged.clear();
    }
  };
  struct erasure {
    pack_erasure what;
    std::uint32_t in_pack;
    bool applied;
  };
  static constexpr std::uint32_t no_pack = ~std::uint32_t{0};

  explicit pack_set(std::uint64_t secret) noexcept : index_(secret) {}

  // packs_scan_impl.hpp
  posix_file open_name(const std::string& name, int flags);
  result<void> open_file(pack& p);
  result<void> add_new_packs();
  result<void> scan(std::uint32_t number);
  result<void> scan_again(std::uint32_t number);
  result<bool> read_table(pack& p, std::uint64_t position, batch_table& table);
  result<std::uint64_t> find_batch(pack& p, std::uint64_t from, batch_table& table);
  result<bool> is_complete(pack& p, std::uint64_t position, const batch_table& table);
  void enter(std::uint32_t number, std::uint64_t position, const batch_table& table);
  void apply_erasures();
  void drop(std::uint32_t number);
  void forget_dropped();
  void close_some() noexcept;

  // packs_read_impl.hpp
  result<byte_vector> load(const pack_index::copy& copy);
  result<byte_vector> load_verified(std::uint32_t number);
  result<byte_vector> load_any(const content_id& id);

  // packs_write_impl.hpp
  bool is_alive(pack& p);
  result<bool> hold(std::uint32_t number);
  result<bool> count_on(const content_id& id);
  result<void> make_durable(pack& p);
  result<void> prepare_writer();
  result<bool> adopt(std::uint32_t number);
  result<void> create_pack();
  void seal(pack& p) noexcept;
  void retire_writer() noexcept;
  void let_go(pack& p) noexcept;
  result<void> append(std::span<const content_id> ids, std::span<const bytes_view> items,
                      std::span<const pack_erasure> erasures);

  // packs_sweep_impl.hpp
  bool has_better_copy(const content_id& id);
  result<bool> move_out(std::uint32_t number, std::span<const std::uint32_t> live);

  posix_file directory_;
  options options_{};
  vector<pack> packs_;
  pack_index index_;
  vector<erasure> erasures_;
  std::uint32_t writer_ = no_pack;
  std::uint32_t generation_ = 1;
  std::uint32_t opened_ = 0;  ///< files, so far
  bool sweeping_ = false;
  bool has_dropped_ = false;
  std::int64_t listed_ns_ = 0;  ///< the directory's time of change when it was last listed; 0 if that says nothing
  std::uint32_t cached_group_ = pack_index::none;  ///< the group that was decompressed last
  byte_vector cached_;
};

}  // namespace detail

}  // namespace wasm64

#if WASM64_IMPLEMENTATION
#include "wasm64/storage/packs_read_impl.hpp"
#include "wasm64/storage/packs_scan_impl.hpp"
#include "wasm64/storage/packs_sweep_impl.hpp"
#include "wasm64/storage/packs_write_impl.hpp"
#endif
