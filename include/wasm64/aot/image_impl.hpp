#pragma once

#include <cerrno>

#include "wasm64/aot/image.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace wasm64::aot {

#if defined(__unix__) || defined(__APPLE__)

WASM64_AOT_INLINE result<code_pages> code_pages::copy(bytes_view code) {
  code_pages pages;
  if (code.empty()) return pages;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (code.size() > SIZE_MAX - page) return fail(errc::out_of_memory, "compiled code");
  const std::size_t size = (code.size() + page - 1) / page * page;
  void* const base = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return fail(errc::out_of_memory, "compiled code");
  pages.base_ = static_cast<std::uint8_t*>(base);
  pages.size_ = size;
  std::memcpy(pages.base_, code.data(), code.size());
  if (::mprotect(base, size, PROT_READ | PROT_EXEC) != 0) {
    return fail(errno == ENOMEM ? errc::out_of_memory : errc::aot_not_executable, "compiled code");
  }
  // Processors other than x86 do not notice by themselves.
  char* const begin = static_cast<char*>(base);
  __builtin___clear_cache(begin, begin + code.size());
  return pages;
}

WASM64_AOT_INLINE code_pages::~code_pages() {
  if (base_ != nullptr) ::munmap(base_, size_);
}

#else

WASM64_AOT_INLINE result<code_pages> code_pages::copy(bytes_view code) {
  if (code.empty()) return code_pages();
  return fail(errc::aot_not_executable, "compiled code");
}

WASM64_AOT_INLINE code_pages::~code_pages() = default;

#endif

WASM64_AOT_INLINE result<native_image> native_loader::load(const verified_artifact& artifact) {
  native_image made;
  WASM64_TRY(made.pages_, code_pages::copy(artifact.code()));
  made.size_ = artifact.code().size();
  made.entries_.assign(artifact.entries().begin(), artifact.entries().end());
  made.bodies_.assign(artifact.bodies().begin(), artifact.bodies().end());
  made.sites_.assign(artifact.sites().begin(), artifact.sites().end());
  return made;
}

}  // namespace wasm64::aot
