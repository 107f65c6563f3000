# Optional parts of storage: wasm64::zstd exists where its library does, and brings wasm64::wasm64 with it.
# Used by the build, and installed for find_package(wasm64 COMPONENTS zstd).
find_package(Threads)

# wasm64_optional_store(<name> <header> <library> <Debian's package>)
function(wasm64_optional_store name header library package)
  string(TOUPPER ${library} prefix)
  find_path(WASM64_${prefix}_INCLUDE_DIR ${header})
  find_library(WASM64_${prefix}_LIBRARY ${library})
  mark_as_advanced(WASM64_${prefix}_INCLUDE_DIR WASM64_${prefix}_LIBRARY)
  set(wasm64_${name}_needs "wasm64::${name} needs ${header} and lib${library} (Debian: ${package})" PARENT_SCOPE)
  if(TARGET wasm64::${name} OR NOT WASM64_${prefix}_INCLUDE_DIR OR NOT WASM64_${prefix}_LIBRARY OR NOT Threads_FOUND)
    return()
  endif()
  add_library(wasm64::${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(wasm64::${name} INTERFACE ${WASM64_${prefix}_INCLUDE_DIR})
  target_link_libraries(wasm64::${name} INTERFACE wasm64::wasm64 ${WASM64_${prefix}_LIBRARY} Threads::Threads)
endfunction()

wasm64_optional_store(zstd zstd.h zstd libzstd-dev)
