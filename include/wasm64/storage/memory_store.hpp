#pragma once

#include <map>
#include <string>

#include "wasm64/base/shared_bytes.hpp"
#include "wasm64/storage/check.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64 {

/// Keeps everything in memory, and is the model of a storage policy with every optional part. Like a container, it is
/// used by one thread at a time; the bytes it hands out outlive it.
class memory_store {
 public:
  result<shared_bytes> get(const content_id& id) const {
    const auto found = contents_.find(id);
    if (found == contents_.end()) return fail(errc::not_found, to_text(id));
    return found->second;
  }

  result<content_id> put(bytes_view bytes) { return put(shared_bytes(bytes)); }
  /// Without copying them.
  result<content_id> put(shared_bytes bytes) {
    WASM64_TRY(const content_id id, sha256(bytes));
    contents_.try_emplace(id, std::move(bytes));
    return id;
  }
  result<content_id> put(byte_vector bytes) { return put(shared_bytes(std::move(bytes))); }

  result<vector<content_id>> put_all(std::span<const bytes_view> items) {
    vector<content_id> ids;
    ids.reserve(items.size());
    for (const bytes_view bytes : items) {
      WASM64_TRY(const content_id id, put(bytes));
      ids.push_back(id);
    }
    return ids;
  }

  result<void> put_known(std::span<const content_id> ids, std::span<const bytes_view> items) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (const auto [at, is_new] = contents_.try_emplace(ids[i]); is_new) at->second = shared_bytes(items[i]);
    }
    return success();
  }

  result<bool> contains(const content_id& id) const { return contents_.find(id) != contents_.end(); }

  result<void> link(std::string_view name, const content_id& id) {
    if (name.empty()) return fail(errc::malformed_id, "empty root name");
    roots_.insert_or_assign(std::string(name), id);
    return success();
  }
  result<content_id> resolve(std::string_view name) const {
    const auto found = roots_.find(name);
    if (found == roots_.end()) return fail(errc::not_found, std::string(name));
    return found->second;
  }
  result<void> unlink(std::string_view name) {
    if (const auto found = roots_.find(name); found != roots_.end()) roots_.erase(found);
    return success();
  }
  result<void> compare_and_swap(std::string_view name, const content_id* expected, const content_id& desired) {
    const auto found = roots_.find(name);
    const bool holds = found == roots_.end() ? expected == nullptr : expected != nullptr && found->second == *expected;
    if (!holds) return fail(errc::conflict, std::string(name));
    return link(name, desired);
  }

  result<vector<std::pair<std::string, content_id>>> roots() const {
    vector<std::pair<std::string, content_id>> all;
    for (const auto& [name, id] : roots_) all.emplace_back(name, id);
    return all;
  }

  result<vector<content_id>> list() const {
    vector<content_id> ids;
    ids.reserve(contents_.size());
    for (const auto& [id, bytes] : contents_) ids.push_back(id);
    return ids;
  }
  result<void> erase(const content_id& id) {
    contents_.erase(id);
    return success();
  }

 private:
  std::map<content_id, shared_bytes> contents_;
  std::map<std::string, content_id, std::less<>> roots_;
};

static_assert(check_storage_policy<memory_store>());

}  // namespace wasm64
