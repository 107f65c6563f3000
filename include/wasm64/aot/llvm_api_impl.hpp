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

/// Names of the library, of which the first one that is there is meant. Every version has had names of its own:
/// libLLVM-16.so.1, libLLVM.so.19.1.
inline vector<std::string> names_of(const std::string& path) {
  vector<std::string> names;
  const char* const from_environment = std::getenv("WASM64_LLVM");
  if (!path.empty()) {
    names.push_back(path);
  } else if (from_environment != nullptr && *from_environment != '\0') {
    names.emplace_back(from_environment);
  }
  if (!names.empty()) return names;
  for (unsigned version = newest_version; version >= oldest_version; --version) {
    const std::string number = std::to_string(version);
    names.push_back("libLLVM.so." + number + ".1");
    names.push_back("libLLVM-" + number + ".so.1");
    names.push_back("libLLVM-" + number + ".so");
    names.push_back("libLLVM.so." + number);
  }
  return names;
}

WASM64_AOT_INLINE result<compiler_file> locate(const std::string& path) {
  const vector<std::string> names = names_of(path);
  const std::string found = find_library(view_of(names));
  if (found.empty()) return fail(errc::aot_compiler_missing, names.front());
  return identify(found);
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
      if (info->dlpi_phdr[i].p_type == PT_NOTE) {
        const auto* const notes = reinterpret_cast<const std::uint8_t*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        const std::string found = aot::detail::build_id_in({notes, info->dlpi_phdr[i].p_memsz});
        if (!found.empty()) search.id = found;
      }
    }
    return 1;
  }
};

inline std::string build_id_around(const void* address) {
  build_id_search search{reinterpret_cast<std::uintptr_t>(address), {}};
  ::dl_iterate_phdr(&build_id_search::visit, &search);
  return std::move(search.id);
}

#endif

/// What was loaded is the file that is there now, or else nobody knows what it is.
inline result<content_id> identify_loaded(const library& of) {
  WASM64_TRY(const compiler_file file, identify(of.path));
#if defined(__linux__)
  if (build_id_around(reinterpret_cast<const void*>(of.ContextCreate)) != file.build_id) {
    return fail(errc::aot_compiler_missing, of.path + " has changed since it was loaded");
  }
#endif
  return file.id;
}

WASM64_AOT_INLINE result<std::shared_ptr<const library>> load(const std::string& path) {
  static std::mutex guard;  // what registers processors in LLVM may not run twice at a time
  const std::lock_guard lock(guard);
  struct loaded {
    void* handle;
    std::shared_ptr<const library> as;
  };
  static vector<loaded> before;
  vector<std::string> names = names_of(path);
  // As `locate` does, so that what is loaded is what was identified.
  const std::string known = find_library(view_of(names));
  if (!known.empty()) names.assign(1, known);
  void* handle = nullptr;
  for (std::size_t i = 0; i < names.size() && handle == nullptr; ++i) {
    handle = ::dlopen(names[i].c_str(), RTLD_LAZY | RTLD_LOCAL);
  }
  if (handle == nullptr) {
    return fail(errc::aot_compiler_missing, names.size() > 1
                                                ? "no libLLVM of version " + std::to_string(oldest_version) + " to " +
                                                      std::to_string(newest_version)
                                                : last_dl_error());
  }
  for (const loaded& l : before) {
    if (l.handle == handle) return l.as;
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
  WASM64_TRY(found->build, identify_loaded(*found));
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
  before.push_back({handle, std::move(found)});
  return before.back().as;
}

}  // namespace wasm64::aot::llvm
