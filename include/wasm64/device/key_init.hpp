#pragma once

#include "wasm64/device/bounds.hpp"
#include "wasm64/device/device_base.hpp"

namespace wasm64 {

template <class Message>
auto device_base<Message>::init(message base) -> result<message> {
  // A stack that makes several passes finds the instance that its first pass made.
  const message pass = Message::get_key(base, "pass");
  const bool is_later = Message::kind(pass) == value_kind::integer && !(Message::as_integer(pass) == integer(1));
  if (is_later && instance_of(base) != nullptr) return result<message>(std::move(base));
  return make_instance(std::move(base), start_function::run);
}

/// A restored instance has its start function behind it.
template <class Message>
auto device_base<Message>::make_instance(message base, start_function start) -> result<message> {
  const message mode = Message::get(base, join(text_at(base, "input-prefix"), "Mode"));
  bool compiles = options_.compiles_all;
  if (Message::kind(mode) != value_kind::null) {
    const std::string_view name = Message::kind(mode) == value_kind::binary ? as_text(Message::as_bytes(mode)) : "";
    if (name != "WASM" && name != "AOT") return fail(errc::unknown_mode, std::string(name));
    compiles |= name == "AOT";
  }
  WASM64_TRY(std::shared_ptr<const module> source, image_of(base));
  const std::string prefix = output_prefix(base);
  wasm64::limits limits = options_.limits;
  std::int64_t fuel = options_.fuel;
  WASM64_CHECK(detail::lower_bounds<Message>(limits, fuel, base, text_at(base, "input-prefix")));
  std::shared_ptr<store_base> store = policies_.make_store(limits);
  if (compiles) store->use(options_.compiler);
  auto made = std::make_shared<guest<Message>>(std::move(store), fuel, options_.fuel_slice);
  made->host().limits = options_.files;
  WASM64_TRY(message held, hold(std::move(base), prefix, made));
  const host_object resolver = resolver_at(held, prefix);
  linker imports = options_.libraries;
  add_libraries(*made, imports, *source, held, prefix);
  if (made->has_libraries()) made->set_moment(policies_.moment(held, message()));
  const message libraries = Message::get(held, join(prefix, "stdlib"));
  const auto bind = [&](const import_desc& i) {
    const std::string name = text_at(Message::get_key(libraries, i.module), "device");
    return name.empty() ? import_handler<Message>() : policies_.imports_of(*this, name);
  };
  auto linked = made->link(std::move(source), std::move(imports), std::move(held), handler_in(resolver), start, bind);
  if (!linked.output.has_value()) return fail(std::move(linked.output).assume_error());
  return hold(std::move(linked.state), prefix, made);
}

/// Puts the handles of an instance into the private part, where imports may have dropped them.
template <class Message>
auto device_base<Message>::hold(message base, std::string_view prefix, const std::shared_ptr<guest<Message>>& made)
    -> result<message> {
  const host_object held = object_at(base, detail::joined_path({prefix, "instance"}));
  const auto* const other = held.template get<std::shared_ptr<guest<Message>>>();
  if (other != nullptr && *other == made) return result<message>(std::move(base));
  const auto put = [&](std::string_view name, host_object object) -> result<void> {
    WASM64_TRY(base, Message::set_private(std::move(base), join(prefix, name), Message::make_host(std::move(object))));
    return success();
  };
  WASM64_CHECK(put("instance", host_object::make(made)));
  WASM64_CHECK(put("read", host_object::make(guest_reader<Message>{made})));
  WASM64_CHECK(put("write", host_object::make(guest_writer<Message>{made})));
  if (resolver_at(base, prefix).template get<import_handler<Message>>() == nullptr)
    WASM64_CHECK(put("import-resolver", host_object::make(default_resolver{this})));
  return result<message>(std::move(base));
}

}  // namespace wasm64
