#pragma once

#include "wasm64/host/emscripten.hpp"
#include "wasm64/host/emscripten_glue_impl.hpp"
#include "wasm64/host/emscripten_rows_impl.hpp"

namespace wasm64::detail {

/// Stands for a function of the glue until the instance is there. The environment is the context.
inline bool emscripten_placeholder(void*, caller& from, word*) {
  return from.fail({errc::trap_undefined_import, "not bound to an instance"});
}

/// Puts the glue in the place of the imports of an instance that are to be it.
inline result<void> bind_emscripten(emscripten_context& context, store_base& in, instance& made) {
  context.is_metered = in.metered();
  const memory_instance* const memory = made.memory();
  const bool memory64 = memory != nullptr && memory->type.limits.is_64;
  emscripten_glue glue(in, std::make_shared<const emscripten_binding>(emscripten_binding{context, made, memory64}));
  vector<func_instance*> bound;
  std::uint32_t index = 0;
  for (const import_desc& i : made.source->imports) {
    if (i.kind != extern_kind::func) continue;
    func_instance* const f = made.funcs[index++];
    if (f->host != emscripten_placeholder || f->environment != &context) continue;
    WASM64_CHECK(glue.add(i.name, *f->type));
    bound.push_back(f);
  }
  if (bound.empty()) return success();
  WASM64_TRY(const instance* const with, glue.make());
  std::size_t next = with->funcs.size() - bound.size();
  for (func_instance* const f : bound) {
    std::string name = std::move(f->name);
    *f = *with->funcs[next++];
    f->name = std::move(name);
  }
  return success();
}

}  // namespace wasm64::detail

namespace wasm64 {

WASM64_INLINE void define_emscripten(linker& to, const module& m, emscripten_context& context) {
  const bool memory64 = !m.memories.empty() && m.memories[0].limits.is_64;
  const std::shared_ptr<void> unowned(std::shared_ptr<void>(), &context);
  const bool old = detail::is_old_emscripten(m, memory64);
  bool is_used = false;
  for (const import_desc& i : m.imports) {
    if (i.kind != extern_kind::func || i.module != "env" || to.find(i.module, i.name) != nullptr) continue;
    const func_type& imported = m.types[i.func_type].func;
    func_type glue = detail::emscripten_glue_type(i.name, imported, memory64);
    if (glue == imported) {
      to.define(i.module, i.name, host_function{std::move(glue), detail::emscripten_placeholder, unowned, true});
      is_used = true;
    } else if (host_function plain = detail::find_emscripten(i.name, imported, memory64, old, context);
               plain.entry != nullptr) {
      to.define(i.module, i.name, std::move(plain));
      is_used = true;
    }
  }
  if (!is_used) return;
  to.when_made([&context](store_base& in, instance& made) { return detail::bind_emscripten(context, in, made); });
}

WASM64_INLINE result<void> emscripten_start(store_base& in, const instance& of) {
  for (const std::string_view name : {"emscripten_stack_init", "__wasm_call_ctors"}) {
    const func_instance* const f = of.exported_func(name);
    if (f != nullptr && *f->type == func_type()) WASM64_CHECK(in.call(*f));
  }
  return success();
}

}  // namespace wasm64
