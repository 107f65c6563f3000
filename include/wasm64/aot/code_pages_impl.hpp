#pragma once

#include <cerrno>
#include <cstring>

#include "wasm64/aot/code_pages.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace wasm64::aot {

#if defined(__unix__) || defined(__APPLE__)

WASM64_AOT_INLINE result<code_pages> code_pages::make(std::size_t size, std::size_t aligned) {
  code_pages pages;
  if (size == 0) return pages;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (size > SIZE_MAX / 2 || aligned > size) return fail(errc::out_of_memory, "compiled code");
  const std::size_t before = (page - aligned % page) % page;
  const std::size_t mapped = (before + size + page - 1) / page * page;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#if defined(MAP_POPULATE)
  flags |= MAP_POPULATE;  // everything is about to be written: once costs less than page by page
#endif
  void* const mapping = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (mapping == MAP_FAILED) return fail(errc::out_of_memory, "compiled code");
  pages.mapping_ = static_cast<std::uint8_t*>(mapping);
  pages.mapped_ = mapped;
  pages.base_ = pages.mapping_ + before;
  pages.size_ = size;
  return pages;
}

WASM64_AOT_INLINE result<void> code_pages::make_executable() const {
  if (mapping_ == nullptr) return success();
  if (::mprotect(mapping_, mapped_, PROT_READ | PROT_EXEC) != 0) {
    return fail(errno == ENOMEM ? errc::out_of_memory : errc::aot_not_executable, "compiled code");
  }
  // Processors other than x86 do not notice by themselves.
  char* const begin = reinterpret_cast<char*>(base_);
  __builtin___clear_cache(begin, begin + size_);
  return success();
}

WASM64_AOT_INLINE code_pages::~code_pages() {
  if (mapping_ != nullptr) ::munmap(mapping_, mapped_);
}

#else

WASM64_AOT_INLINE result<code_pages> code_pages::make(std::size_t size, std::size_t) {
  if (size == 0) return code_pages();
  return fail(errc::aot_not_executable, "compiled code");
}

WASM64_AOT_INLINE result<void> code_pages::make_executable() const { return success(); }

WASM64_AOT_INLINE code_pages::~code_pages() = default;

#endif

WASM64_AOT_INLINE result<code_pages> code_pages::copy(bytes_view code) {
  WASM64_TRY(code_pages pages, make(code.size(), 0));
  if (!code.empty()) std::memcpy(pages.base_, code.data(), code.size());
  WASM64_CHECK(pages.make_executable());
  return pages;
}

}  // namespace wasm64::aot
