#pragma once

/// Declarations of the main types, with their default arguments. Costs next to nothing to include.
namespace wasm64 {

enum class errc : unsigned short;
struct error;
struct value;
struct module;
struct instance;
struct limits;
struct feature_set;
class linker;
class caller;
class store_base;
struct engine_config;
template <class Config>
class store;

}  // namespace wasm64
