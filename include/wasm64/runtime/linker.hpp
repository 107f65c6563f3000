#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "wasm64/runtime/host.hpp"

namespace wasm64 {

class store_base;

/// Something an import can be bound to. Exactly one member is set.
struct definition {
  std::shared_ptr<const host_function> host;
  func_instance* func = nullptr;
  table_instance* table = nullptr;
  memory_instance* memory = nullptr;
  global_instance* global = nullptr;
  tag_instance* tag = nullptr;
};

/// Maps import names to definitions (specification 4.7.1 leaves this to the embedder). Holds nothing of a store except
/// what was defined from its instances; that can be imported in the same store only, which nobody checks.
class linker {
 public:
  void define(std::string module, std::string name, definition d) {
    const std::size_t at = position(module, name);
    if (at < entries_.size() && entries_[at].is(module, name)) {
      entries_[at].what = std::move(d);
    } else {
      entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(at),
                      entry{std::move(module), std::move(name), std::move(d)});
    }
  }
  void define(std::string module, std::string name, host_function f) {
    definition d;
    d.host = std::make_shared<const host_function>(std::move(f));
    define(std::move(module), std::move(name), std::move(d));
  }
  /// Offers a C++ callable, see `host_func`.
  template <class F>
  void func(std::string module, std::string name, F callable) {
    define(std::move(module), std::move(name), host_func(std::move(callable)));
  }
  /// Offers all exports of an instance under a module name. There may be very many: they are merged in together.
  void define_instance(const std::string& module, const instance& in) {
    vector<entry> added;
    added.reserve(in.source->exports.size());
    for (const export_desc& e : in.source->exports) {
      definition d;
      switch (e.kind) {
        case extern_kind::func: d.func = in.funcs[e.index]; break;
        case extern_kind::table: d.table = in.tables[e.index]; break;
        case extern_kind::memory: d.memory = in.memories[e.index]; break;
        case extern_kind::global: d.global = in.globals[e.index]; break;
        case extern_kind::tag: d.tag = in.tags[e.index]; break;
      }
      added.push_back({module, e.name, std::move(d)});
    }
    std::sort(added.begin(), added.end(), [](const entry& a, const entry& b) { return a.before(b.module, b.name); });
    vector<entry> merged;
    merged.reserve(entries_.size() + added.size());
    std::size_t next = 0;
    for (entry& known : entries_) {
      while (next < added.size() && added[next].before(known.module, known.name)) {
        merged.push_back(std::move(added[next++]));
      }
      if (next < added.size() && added[next].is(known.module, known.name)) continue;  // replaced
      merged.push_back(std::move(known));
    }
    while (next < added.size()) merged.push_back(std::move(added[next++]));
    entries_ = std::move(merged);
  }
  /// Asked for function imports nobody defined: `host_function(const import_desc&, const func_type&)`; one without an
  /// entry leaves the import unknown.
  template <class F>
  void otherwise(F resolver) {
    fallback_ = std::make_shared<F>(std::move(resolver));
    ask_ = [](void* f, const import_desc& i, const func_type& t) { return (*static_cast<F*>(f))(i, t); };
  }

  /// Called with every instance that is made with this linker, once it has its functions, memories and tables but
  /// before anything refers to them: `result<void>(store_base&, instance&)`. It may put what belongs to this instance
  /// in the place of the host functions that were defined here.
  template <class F>
  void when_made(F callable) {
    hooks_.push_back({std::make_shared<F>(std::move(callable)),
                      [](void* f, store_base& in, instance& made) { return (*static_cast<F*>(f))(in, made); }});
  }

  /// Has the hooks of another linker called, too.
  void take_hooks(const linker& other) { hooks_.insert(hooks_.end(), other.hooks_.begin(), other.hooks_.end()); }

  const definition* find(std::string_view module, std::string_view name) const {
    const std::size_t at = position(module, name);
    return at < entries_.size() && entries_[at].is(module, name) ? &entries_[at].what : nullptr;
  }
  host_function unresolved(const import_desc& i, const func_type& t) const {
    return ask_ == nullptr ? host_function() : ask_(fallback_.get(), i, t);
  }
  result<void> complete(store_base& in, instance& made) const {
    for (const hook& h : hooks_) WASM64_CHECK(h.call(h.environment.get(), in, made));
    return success();
  }

 private:
  struct entry {
    std::string module;
    std::string name;
    definition what;

    bool is(std::string_view m, std::string_view n) const noexcept { return module == m && name == n; }
    bool before(std::string_view m, std::string_view n) const noexcept { return module != m ? module < m : name < n; }
  };

  /// Where the entry of that name is, or would be.
  std::size_t position(std::string_view module, std::string_view name) const noexcept {
    std::size_t low = 0;
    for (std::size_t high = entries_.size(); low < high;) {
      const std::size_t middle = low + (high - low) / 2;
      if (entries_[middle].before(module, name)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  struct hook {
    std::shared_ptr<void> environment;
    result<void> (*call)(void*, store_base&, instance&);
  };

  vector<hook> hooks_;
  vector<entry> entries_;  ///< ascending by module and name
  std::shared_ptr<void> fallback_;
  host_function (*ask_)(void*, const import_desc&, const func_type&) = nullptr;
};

}  // namespace wasm64
