#pragma once

#include <cstdlib>
#include <mutex>

#include <dlfcn.h>
#if defined(__linux__)
#include <elf.h>
#include <link.h>
#endif

#include "wasm64/aot/llvm_api.hpp"
#include "wasm64/storage/posix_file.hpp"
#include "wasm64/storage/sha256.hpp"

namespace wasm64::aot::llvm {

inline constexpr unsigned oldest_version = 14, newest_version = 22;

inline std::string last_dl_error() {
  const char* const text = ::dlerror();
  return text == nullptr ? "unknown error" : text;
}

/// Every version has had names of its own: libLLVM-16.so.1, libLLVM.so.19.1.
inline void* open_newest() {
  for (unsigned version = newest_version; version >= oldest_version; --version) {
    const std::string number = std::to_string(version);
    const std::string names[] = {"libLLVM.so." + number + ".1", "libLLVM-" + number + ".so.1",
                                 "libLLVM-" + number + ".so", "libLLVM.so." + number};
    for (const std::string& name : names) {
      if (void* const handle = ::dlopen(name.c_str(), RTLD_LAZY | RTLD_LOCAL)) return handle;
    }
  }
  return nullptr;
}

#if defined(__linux__)

/// Asks the loader for the notes of the library that contains an address.
struct build_id_search {
  std::uintptr_t address;
  std::string id;

  static int visit(dl_phdr_info* info, std::size_t, void* self) {
    auto& search = *static_cast<build_id_search*>(self);
    bool contains = false;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const auto& part = info->dlpi_phdr[i];
      contains |= part.p_type == PT_LOAD && search.address - (info->dlpi_addr + part.p_vaddr) < part.p_memsz;
    }
    if (!contains) return 0;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      if (info->dlpi_phdr[i].p_type == PT_NOTE) search.read_notes(*info, info->dlpi_phdr[i]);
    }
    return 1;
  }

  void read_notes(const dl_phdr_info& info, const ElfW(Phdr) & part) {
    const auto* at = reinterpret_cast<const std::uint8_t*>(info.dlpi_addr + part.p_vaddr);
    const auto* const end = at + part.p_memsz;
    while (static_cast<std::size_t>(end - at) >= 12) {
      const std::size_t name = (load_le<std::uint32_t>(at) + std::size_t{3}) & ~std::size_t{3};
      const std::size_t size = load_le<std::uint32_t>(at + 4);
      const std::uint32_t type = load_le<std::uint32_t>(at + 8);
      at += 12;
      if (name > static_cast<std::size_t>(end - at) || size > static_cast<std::size_t>(end - at) - name) return;
      if (type == NT_GNU_BUILD_ID && name == 4 && as_text({at, 4}) == std::string_view("GNU", 4)) {
        id = as_text({at + name, size});
      }
      at += name + std::min((size + 3) & ~std::size_t{3}, static_cast<std::size_t>(end - at) - name);
    }
  }
};

inline std::string build_id_around(const void* address) {
  build_id_search search{reinterpret_cast<std::uintptr_t>(address), {}};
  ::dl_iterate_phdr(&build_id_search::visit, &search);
  return std::move(search.id);
}

#else
inline std::string build_id_around(const void*) { return {}; }
#endif

/// From the library's build id, or all of its bytes where it has none.
inline result<content_id> identify(const library& of) {
  std::string name = "LLVM " + std::to_string(of.major) + ' ';
  const std::string id = build_id_around(reinterpret_cast<const void*>(of.ContextCreate));
  if (!id.empty()) {
    name += id;
    return sha256(as_bytes(name));
  }
  constexpr std::uint64_t largest = std::uint64_t{1} << 32;
  WASM64_TRY(const byte_vector file, wasm64::detail::read_file(AT_FDCWD, of.path, largest));
  WASM64_TRY(const content_id content, sha256(view_of(file)));
  name.append(reinterpret_cast<const char*>(content.bytes.data()), content.bytes.size());
  return sha256(as_bytes(name));
}

WASM64_AOT_INLINE result<std::shared_ptr<const library>> load(const std::string& path) {
  static std::mutex guard;  // what registers processors in LLVM may not run twice at a time
  const std::lock_guard lock(guard);
  const char* const from_environment = std::getenv("WASM64_LLVM");
  const std::string wanted = !path.empty() ? path : from_environment != nullptr ? from_environment : "";
  void* const handle = wanted.empty() ? open_newest() : ::dlopen(wanted.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr) {
    return fail(errc::aot_compiler_missing, wanted.empty() ? "no libLLVM of version " + std::to_string(oldest_version) +
                                                                 " to " + std::to_string(newest_version)
                                                           : last_dl_error());
  }
  auto found = std::make_shared<library>();
  const auto find = [&](const char* name, auto& function) {
    void* const symbol = ::dlsym(handle, name);
    if (symbol == nullptr) return false;
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(symbol);
    return true;
  };
#define WASM64_LLVM(result, name, parameters) \
  if (!find("LLVM" #name, found->name)) return fail(errc::aot_compiler_missing, "libLLVM without LLVM" #name);
#include "wasm64/aot/llvm_functions.def"
  find("LLVMSetTailCallKind", found->SetTailCallKind);

  void (*get_version)(unsigned*, unsigned*, unsigned*) = nullptr;  // since LLVM 16
  if (find("LLVMGetVersion", get_version)) {
    unsigned minor = 0, patch = 0;
    get_version(&found->major, &minor, &patch);
  }
  Dl_info file{};
  if (::dladdr(reinterpret_cast<const void*>(found->ContextCreate), &file) != 0 && file.dli_fname != nullptr) {
    found->path = file.dli_fname;
  }
  WASM64_TRY(found->build, identify(*found));
#if defined(__aarch64__)
  found->InitializeAArch64TargetInfo();
  found->InitializeAArch64Target();
  found->InitializeAArch64TargetMC();
  found->InitializeAArch64AsmPrinter();
#else
  found->InitializeX86TargetInfo();
  found->InitializeX86Target();
  found->InitializeX86TargetMC();
  found->InitializeX86AsmPrinter();
#endif
  return std::shared_ptr<const library>(std::move(found));
}

}  // namespace wasm64::aot::llvm
