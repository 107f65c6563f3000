#pragma once

/// Declarations of the main types, with their default arguments. Costs next to nothing to include.
namespace wasm64 {

enum class errc : unsigned short;
struct error;

struct module;
struct feature_set;
struct limits;
struct value;
struct instance;
class linker;
class caller;
class store_base;
class code_provider;
namespace aot {
struct no_backend;
}
struct engine_config;
struct metered_engine_config;
template <class Config = engine_config>
class store;

class message_value;
struct default_message_policy;
class memory_store;
class filesystem_store;
struct default_device_config;
struct device_options;
template <class Message, class Storage, class Config = default_device_config>
class device;

}  // namespace wasm64
