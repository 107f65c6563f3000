#pragma once

#include <map>
#include <string>

#include "wasm64/storage/check.hpp"
#include "wasm64/storage/sha256.hpp"

/// A store of one's own: everything that was ever put, one after the other in one log, found by an index.
class log_store {
 public:
  wasm64::result<wasm64::bytes_view> get(const wasm64::content_id& id) const {
    const auto found = index_.find(id);
    if (found == index_.end()) return wasm64::fail(wasm64::errc::not_found, to_text(id));
    return wasm64::as_bytes(std::string_view(log_).substr(found->second.from, found->second.size));
  }

  wasm64::result<wasm64::content_id> put(wasm64::bytes_view bytes) {
    WASM64_TRY(const wasm64::content_id id, wasm64::sha256(bytes));
    if (index_.try_emplace(id, place{log_.size(), bytes.size()}).second) log_.append(wasm64::as_text(bytes));
    return id;
  }

  wasm64::result<bool> contains(const wasm64::content_id& id) const { return index_.count(id) != 0; }

  std::size_t size() const noexcept { return log_.size(); }

 private:
  struct place {
    std::size_t from, size;
  };

  std::string log_;
  std::map<wasm64::content_id, place> index_;
};

static_assert(wasm64::check_storage_policy<log_store>());
