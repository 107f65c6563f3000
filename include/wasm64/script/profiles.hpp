#pragma once

#include <string_view>

#include "wasm64/module/features.hpp"

namespace wasm64 {

/// The features that scripts in a folder are written for.
struct script_profile {
  std::string_view folder;  ///< the last components of the folder's path
  feature_set features;
};

namespace detail {

/// The first version of WebAssembly, with threads. Of what came later, bulk memory and what has no member are on.
constexpr feature_set threads_profile() noexcept {
  feature_set f;
  f.memory64 = f.multi_memory = f.reference_types = false;
  f.exceptions = f.legacy_exceptions = f.tail_calls = f.extended_const = false;
  f.custom_page_sizes = f.wide_arithmetic = false;
  return f;
}

}  // namespace detail

/// Scripts of a proposal test the version of the specification that the proposal changes: they want its limits to be
/// enforced, also those that later versions have lifted. Folders that are not listed test the current version.
inline constexpr script_profile script_profiles[] = {{"proposals/threads", detail::threads_profile()}};

/// The features for a script: those of the profile whose folder it lies in or below, otherwise all.
constexpr feature_set features_for_script(std::string_view path) noexcept {
  for (const script_profile& profile : script_profiles) {
    for (std::size_t at = 0; (at = path.find(profile.folder, at)) != std::string_view::npos; ++at) {
      const std::size_t end = at + profile.folder.size();
      if ((at == 0 || path[at - 1] == '/') && end < path.size() && path[end] == '/') return profile.features;
    }
  }
  return {};
}

}  // namespace wasm64
