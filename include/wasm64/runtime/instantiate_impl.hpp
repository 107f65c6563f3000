#pragma once

#include <algorithm>

#include "wasm64/runtime/const_expr.hpp"
#include "wasm64/runtime/store.hpp"
#include "wasm64/valid/matching.hpp"

namespace wasm64 {

namespace detail {

/// Limits of what is imported against what the module declares (specification 3.3.10).
inline bool limits_match(const limits_type& actual, std::uint64_t size, const limits_type& declared) noexcept {
  if (actual.is_64 != declared.is_64 || size < declared.min) return false;
  return !declared.has_max || (actual.has_max && actual.max <= declared.max);
}

/// What can be written must have the very type (specification 3.3.10).
inline bool global_matches(const type_registry& defined, const global_type& actual, val_type declared) noexcept {
  return actual.is_mutable ? actual.type == declared : is_subtype(defined, actual.type, declared);
}

/// The host has no way to say which type an index means.
inline bool names_defined_types(const func_type& type) noexcept {
  for (const val_type t : type.params) {
    if (t.is_ref() && t.heap.is_index()) return true;
  }
  for (const val_type t : type.results) {
    if (t.is_ref() && t.heap.is_index()) return true;
  }
  return false;
}

inline error import_error(errc code, const import_desc& i) { return {code, i.module + "." + i.name}; }

}  // namespace detail

WASM64_INLINE result<void> store_base::bind_imports(instance& in, const linker& imports) {
  for (const import_desc& i : in.source->imports) {
    const definition* d = imports.find(i.module, i.name);
    const auto incompatible = [&] { return fail(detail::import_error(errc::incompatible_import, i)); };
    const auto unknown = [&] { return fail(detail::import_error(errc::unknown_import, i)); };
    if (d == nullptr && i.kind != extern_kind::func) return unknown();
    switch (i.kind) {
      case extern_kind::func: {
        const func_type& wanted = in.source->types[i.func_type].func;
        const std::uint32_t wanted_id = in.type_ids[i.func_type];
        if (d == nullptr) {
          const host_function f = imports.unresolved(i, wanted);
          if (f.entry == nullptr) return unknown();
          if (f.type != wanted || detail::names_defined_types(f.type)) return incompatible();
          in.funcs.push_back(make_func(f, i.module + "." + i.name, wanted_id));
        } else if (d->host != nullptr) {
          if (detail::names_defined_types(d->host->type)) return incompatible();
          const std::uint32_t id = machine_.types.add(d->host->type);
          if (!machine_.types.is_subtype(id, wanted_id)) return incompatible();
          in.funcs.push_back(make_func(*d->host, i.module + "." + i.name, id));
        } else {
          if (d->func == nullptr || !machine_.types.is_subtype(d->func->type_id, wanted_id)) return incompatible();
          in.funcs.push_back(d->func);
        }
        break;
      }
      case extern_kind::table:
        if (d->table == nullptr || d->table->type.element != canonical(i.table.element, in.type_ids) ||
            !detail::limits_match(d->table->type.limits, d->table->elements.size(), i.table.limits)) {
          return incompatible();
        }
        in.tables.push_back(d->table);
        break;
      case extern_kind::memory:
        if (d->memory == nullptr || d->memory->type.page_size_log2 != i.memory.page_size_log2 ||
            d->memory->type.limits.is_shared != i.memory.limits.is_shared ||
            !detail::limits_match(d->memory->type.limits, d->memory->pages(), i.memory.limits)) {
          return incompatible();
        }
        in.memories.push_back(d->memory);
        break;
      case extern_kind::global:
        if (d->global == nullptr || d->global->type.is_mutable != i.global.is_mutable ||
            !detail::global_matches(machine_.types, d->global->type, canonical(i.global.type, in.type_ids))) {
          return incompatible();
        }
        in.globals.push_back(d->global);
        break;
      case extern_kind::tag:
        if (d->tag == nullptr || d->tag->type_id != in.type_ids[i.tag.type]) return incompatible();
        in.tags.push_back(d->tag);
        break;
    }
  }
  return success();
}

WASM64_INLINE result<instance*> store_base::instantiate(std::shared_ptr<const module> m, const linker& imports,
                                                        start_function start) {
  if (suspended_) return fail(errc::instance_busy);
  auto made = std::make_unique<instance>();
  instance& in = *made;
  in.source = m;
  in.vm = &machine_;
  in.type_ids = machine_.types.add(m->types);
  machine_.lay_out_types();
  WASM64_CHECK(bind_imports(in, imports));

  // From here on references to the instance may leave it, so the store keeps it whatever happens.
  instances_.push_back(std::move(made));
  in.number = static_cast<std::uint32_t>(machine_.all_instances.size());
  machine_.all_instances.push_back(&in);
  in.code = &code_of(m, in.type_ids);
  if (code_provider_ != nullptr && in.code->native_image == nullptr && machine_.nesting == 0) {
    WASM64_CHECK(code_provider_->provide(*this, m));
  }
  auto block = std::make_unique<vector<func_instance>>(m->funcs.size());
  for (std::uint32_t i = 0; i < m->funcs.size(); ++i) {
    func_instance& f = (*block)[i];
    f.code = &in.code->funcs[i];
    f.owner = &in;
    f.type = &m->types[m->funcs[i].type].func;
    f.type_id = in.type_ids[m->funcs[i].type];
    f.index = m->imported_funcs + i;
    f.area = f.code->area;
    in.funcs.push_back(&f);
  }
  func_blocks_.push_back(std::move(block));
  for (std::size_t i = m->imported_memories; i < m->memories.size(); ++i) {
    WASM64_TRY(memory_instance* const memory, make_memory(m->memories[i]));
    in.memories.push_back(memory);
  }
  for (std::size_t i = m->imported_tags; i < m->tags.size(); ++i) {
    const std::uint32_t type = m->tags[i].type;
    in.tags.push_back(make_tag(m->types[type].func, in.type_ids[type]));
  }
  for (std::size_t i = m->imported_globals; i < m->globals.size(); ++i) {
    global_type type = m->globals[i].type;
    type.type = canonical(type.type, in.type_ids);
    WASM64_TRY(const constant initial, evaluate(in, m->globals[i].init));
    in.globals.push_back(make_global(type, initial.bits, initial.high));
  }
  for (std::size_t i = m->imported_tables; i < m->tables.size(); ++i) {
    const table_def& t = m->tables[i];
    table_type type = t.type;
    type.element = canonical(type.element, in.type_ids);
    constant initial;
    if (t.has_init) {
      WASM64_TRY(initial, evaluate(in, t.init));
    }
    WASM64_TRY(table_instance* const table, make_table(type, initial.bits));
    in.tables.push_back(table);
  }
  if (in.code->bind_native != nullptr) in.code->bind_native(in);
  WASM64_CHECK(imports.complete(*this, in));
  WASM64_CHECK(initialize(in));
  if (m->has_start && start == start_function::run) {
    const result<void> started = call_slots(*in.funcs[m->start]);
    if (suspended_) starting_ = &in;
    WASM64_CHECK(started);
  }
  return &in;
}

WASM64_INLINE result<void> store_base::initialize(instance& in) {
  const module& m = *in.source;
  in.dropped_elems.resize(m.elems.size(), 0);
  in.dropped_datas.resize(m.datas.size(), 0);
  in.elems.resize(m.elems.size());
  for (std::size_t i = 0; i < m.elems.size(); ++i) {
    for (const const_expr expr : m.elems[i].exprs) {
      WASM64_TRY(const constant element, evaluate(in, expr));
      in.elems[i].push_back(element.bits);
    }
  }
  for (std::size_t i = 0; i < m.elems.size(); ++i) {
    const elem_segment& s = m.elems[i];
    if (s.mode == segment_mode::passive) continue;
    if (s.mode == segment_mode::active) {
      table_instance& t = *in.tables[s.table];
      WASM64_TRY(const constant at, evaluate(in, s.offset));
      if (!t.in_bounds(at.bits, s.size())) return fail(errc::trap_table_out_of_bounds);
      for (std::uint32_t e = 0; e < s.size(); ++e) {
        t.elements[at.bits + e] = element_of(in, static_cast<std::uint32_t>(i), e);
      }
    }
    in.dropped_elems[i] = 1;
    in.elems[i].clear();
  }
  for (std::size_t i = 0; i < m.datas.size(); ++i) {
    const data_segment& s = m.datas[i];
    if (s.mode != segment_mode::active) continue;
    const memory_instance& memory = *in.memories[s.memory];
    WASM64_TRY(const constant at, evaluate(in, s.offset));
    if (!memory.in_bounds(at.bits, s.init.size)) return fail(errc::trap_memory_out_of_bounds);
    if (s.init.size != 0) std::memcpy(memory.base + at.bits, m.bytes.data() + s.init.offset, s.init.size);
    in.dropped_datas[i] = 1;
  }
  return success();
}

}  // namespace wasm64
