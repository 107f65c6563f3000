#pragma once

#include "wasm64/host/virtual_files_io_impl.hpp"
#include "wasm64/host/virtual_files_names_impl.hpp"
#include "wasm64/host/virtual_files_open_impl.hpp"
#include "wasm64/host/virtual_files_resolve_impl.hpp"

namespace wasm64 {

WASM64_INLINE void wasi_context::make_files() {
  if (files_ == nullptr) files_ = std::make_unique<virtual_files>(*this, limits);
  else if (provider_ == nullptr) files_->open_streams();
  has_files_ = true;
  if (provider_ != nullptr) {
    files_->reset(nullptr);
    return provider_->provide(*files_);
  }
  std::uint32_t fd = 0;
  if (preopen_root) (void)files_->preopen("/", "/", fd);
}

}  // namespace wasm64
