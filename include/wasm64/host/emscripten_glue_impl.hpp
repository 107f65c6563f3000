#pragma once

#include "wasm64/host/emscripten_exceptions_impl.hpp"
#include "wasm64/host/glue_module.hpp"

namespace wasm64::detail {

/// Writes the functions that catch, throw and call back, as WebAssembly.
class emscripten_glue {
 public:
  emscripten_glue(store_base& in, std::shared_ptr<const emscripten_binding> b)
      : store_(in), binding_(std::move(b)), pointer_(binding_->pointer()) {}

  /// Adds the function of that name. Fails with `unknown_export` when the instance lacks what it needs.
  result<void> add(std::string_view name, const func_type& t);
  /// Makes what was added, in its order.
  result<instance*> make() {
    for (tag_instance* const tag : tags_) module_.import(*tag);
    for (const function& f : functions_) module_.define(f.name, f.type, f.locals, pointer_, f.body);
    return module_.instantiate(store_);
  }

 private:
  struct function {
    func_type type;
    std::uint32_t locals;
    glue_code body;
    std::string_view name;
    /// The first local behind the parameters.
    std::uint32_t local() const { return static_cast<std::uint32_t>(type.params.size()); }
  };
  static constexpr std::uint32_t longjmp_tag = 0, exception_tag = 1;

  result<void> invoke(function& f);
  result<void> throw_longjmp(function& f);
  result<void> longjmp(function& f);
  result<void> throw_(function& f) { return raise(f, emscripten_throw, "ppp"); }
  result<void> rethrow(function& f) { return raise(f, emscripten_rethrow, ""); }
  result<void> resume(function& f) { return raise(f, emscripten_resume, "p"); }
  result<void> rethrow_primary(function& f);
  result<void> find_matching_catch(function& f);
  result<void> begin_catch(function& f);
  result<void> get_exception_pointer(function& f);
  result<void> end_catch(function& f);
  result<void> decrement(function& f);
  result<void> allocate(function& f);
  result<void> free(function& f);
  result<void> type_id(function& f);
  result<void> set_zone(function& f);
  result<void> increment(function& f) { return forward(f, emscripten_retain, "p"); }
  result<void> uncaught(function& f) { return forward(f, emscripten_uncaught, ">i"); }
  result<void> current(function& f) { return forward(f, emscripten_current, ">p"); }
  result<void> current_type(function& f) { return forward(f, emscripten_current_type, ">p"); }
  result<void> second_result(function& f) { return forward(f, emscripten_second_result, ">i"); }
  result<void> set_second_result(function& f) { return forward(f, emscripten_set_second_result, "i"); }

  /// Functions by name and type (`emscripten_type`).
  struct row {
    std::string_view name;
    const char* type;
    result<void> (emscripten_glue::*write)(function&);
  };
  static const row rows[];
  friend func_type emscripten_glue_type(std::string_view name, const func_type& imported, bool memory64);

  void make_tags();
  std::uint32_t host(emscripten_function f, const char* type);
  func_instance* exported(std::string_view name, const char* type) const {
    return binding_->exported(name, emscripten_type(type, binding_->memory64));
  }
  auto missing(const function& f, std::string_view name) const {
    return fail(errc::unknown_export, std::string(name).append(", which env.").append(f.name).append(" needs"));
  }
  /// Arguments on, host function called, results left.
  result<void> forward(function& f, emscripten_function to, const char* type);
  result<void> raise(function& f, emscripten_function first, const char* type);
  /// Takes two numbers as constants.
  result<void> set_threw(function& f, const glue_code& threw, const glue_code& value);
  result<void> save_stack(function& f, std::uint32_t to);
  result<void> restore_stack(function& f, std::uint32_t from);
  void release(function& f, std::uint32_t object);
  void free_object(function& f, std::uint32_t object);
  result<table_instance*> table(const function& f);

  store_base& store_;
  std::shared_ptr<const emscripten_binding> binding_;
  val_type pointer_;
  glue_module module_;
  vector<tag_instance*> tags_;
  vector<function> functions_;
  bool has_table_ = false;
  std::int64_t stack_pointer_ = -1;  ///< the imported global's index
};

inline const emscripten_glue::row emscripten_glue::rows[] = {
    {"_emscripten_throw_longjmp", "", &emscripten_glue::throw_longjmp},
    {"emscripten_longjmp", "pi", &emscripten_glue::longjmp},
    {"emscripten_longjmp_jmpbuf", "pi", &emscripten_glue::longjmp},
    {"longjmp", "pi", &emscripten_glue::longjmp},
    {"__cxa_throw", "ppp", &emscripten_glue::throw_},
    {"__cxa_rethrow", "", &emscripten_glue::rethrow},
    {"__cxa_rethrow_primary_exception", "p", &emscripten_glue::rethrow_primary},
    {"__resumeException", "p", &emscripten_glue::resume},
    {"_Unwind_Resume", "p", &emscripten_glue::resume},
    {"_Unwind_RaiseException", "p>i", &emscripten_glue::resume},
    {"__cxa_begin_catch", "p>p", &emscripten_glue::begin_catch},
    {"__cxa_end_catch", "", &emscripten_glue::end_catch},
    {"__cxa_get_exception_ptr", "p>p", &emscripten_glue::get_exception_pointer},
    {"__cxa_allocate_exception", "p>p", &emscripten_glue::allocate},
    {"__cxa_free_exception", "p", &emscripten_glue::free},
    {"__cxa_increment_exception_refcount", "p", &emscripten_glue::increment},
    {"__cxa_decrement_exception_refcount", "p", &emscripten_glue::decrement},
    {"__cxa_uncaught_exceptions", ">i", &emscripten_glue::uncaught},
    {"__cxa_current_primary_exception", ">p", &emscripten_glue::current},
    {"__cxa_current_exception_type", ">p", &emscripten_glue::current_type},
    {"llvm_eh_typeid_for", "p>i", &emscripten_glue::type_id},
    {"getTempRet0", ">i", &emscripten_glue::second_result},
    {"setTempRet0", "i", &emscripten_glue::set_second_result},
    {"_tzset_js", "ppp", &emscripten_glue::set_zone},
};

inline constexpr std::string_view emscripten_invoke = "invoke_", emscripten_match = "__cxa_find_matching_catch_";

/// The type that the function of that name has, given the imported one; not the imported one where that cannot be. A
/// name that the glue has nothing for gives an empty type with a bottom result.
inline func_type emscripten_glue_type(std::string_view name, const func_type& imported, bool memory64) {
  func_type none;
  none.results.push_back(types::bottom);
  if (name.starts_with(emscripten_invoke)) {
    bool fits = !imported.params.empty() && imported.params[0] == (memory64 ? types::i64 : types::i32);
    for (const val_type t : imported.params) fits = fits && t.is_num();
    for (const val_type t : imported.results) fits = fits && t.is_num();
    return fits ? imported : none;
  }
  if (name.starts_with(emscripten_match)) {
    func_type made = emscripten_type(">p", memory64);
    made.params.resize(imported.params.size(), memory64 ? types::i64 : types::i32);
    return made;
  }
  for (const emscripten_glue::row& r : emscripten_glue::rows) {
    if (r.name == name) return emscripten_type(r.type, memory64);
  }
  return none;
}

WASM64_INLINE result<void> emscripten_glue::add(std::string_view name, const func_type& t) {
  function f{t, 0, {}, name};
  if (name.starts_with(emscripten_invoke)) {
    WASM64_CHECK(invoke(f));
  } else if (name.starts_with(emscripten_match)) {
    WASM64_CHECK(find_matching_catch(f));
  } else {
    for (const row& r : rows) {
      if (r.name == name) WASM64_CHECK((this->*r.write)(f));
    }
  }
  functions_.push_back(std::move(f));
  return success();
}

inline void emscripten_glue::make_tags() {
  if (!tags_.empty()) return;
  tags_.push_back(store_.make_tag({}, "longjmp"));
  tags_.push_back(store_.make_tag({}, "C++ exception"));
}

inline std::uint32_t emscripten_glue::host(emscripten_function f, const char* type) {
  struct bound {
    std::shared_ptr<const emscripten_binding> binding;
    emscripten_function function;

    static bool entry(void* environment, caller& from, word* slots) {
      const bound& self = *static_cast<const bound*>(environment);
      return from.end(self.function(*self.binding, slots));
    }
  };
  return module_.import(host_function{emscripten_type(type, binding_->memory64), bound::entry,
                                      std::make_shared<bound>(bound{binding_, f})});
}

inline result<void> emscripten_glue::forward(function& f, emscripten_function to, const char* type) {
  for (std::uint32_t i = 0; i < f.local(); ++i) f.body.local_get(i);
  f.body.call(host(to, type));
  return success();
}

inline result<void> emscripten_glue::raise(function& f, emscripten_function first, const char* type) {
  make_tags();
  WASM64_CHECK(forward(f, first, type));
  f.body.throw_(exception_tag);
  return success();
}

inline result<void> emscripten_glue::set_threw(function& f, const glue_code& threw, const glue_code& value) {
  func_instance* const set = exported("setThrew", "pi");
  if (set == nullptr) return missing(f, "setThrew");
  f.body.append(threw.bytes);
  f.body.append(value.bytes);
  f.body.call(module_.import(*set));
  return success();
}

/// Where the stack pointer is not exported, programs offer functions for it.
inline result<void> emscripten_glue::save_stack(function& f, std::uint32_t to) {
  func_instance* get = exported("stackSave", ">p");
  if (get == nullptr) get = exported("emscripten_stack_get_current", ">p");
  if (get != nullptr) {
    f.body.call(module_.import(*get));
  } else {
    global_instance* const sp = binding_->program.exported_global("__stack_pointer");
    if (sp == nullptr || sp->type.type != pointer_ || !sp->type.is_mutable) return missing(f, "stackSave");
    if (stack_pointer_ < 0) {
      module_.import(*sp);
      stack_pointer_ = 0;
    }
    f.body.op(0x23, 0);
  }
  f.body.local_set(to);
  return success();
}

inline result<void> emscripten_glue::restore_stack(function& f, std::uint32_t from) {
  f.body.local_get(from);
  for (const std::string_view name : {"stackRestore", "_emscripten_stack_restore", "emscripten_stack_restore"}) {
    if (func_instance* const set = exported(name, "p")) {
      f.body.call(module_.import(*set));
      return success();
    }
  }
  if (stack_pointer_ < 0) return missing(f, "stackRestore");
  f.body.op(0x24, 0);
  return success();
}

inline result<table_instance*> emscripten_glue::table(const function& f) {
  constexpr std::string_view name = "__indirect_function_table";
  table_instance* t = binding_->program.exported_table(name);
  if (t == nullptr && !binding_->program.tables.empty()) t = binding_->program.tables[0];
  if (t == nullptr || t->type.element != types::funcref) return missing(f, name);
  if (!has_table_) module_.import(*t);
  has_table_ = true;
  return t;
}

/// invoke_*(function, arguments...): what is thrown is told by `setThrew`, and zero is answered.
WASM64_INLINE result<void> emscripten_glue::invoke(function& f) {
  make_tags();
  WASM64_TRY(const table_instance* const functions, table(f));
  const std::uint32_t saved = f.local();
  f.locals = 1;
  WASM64_CHECK(save_stack(f, saved));
  func_type callee = f.type;
  callee.params.erase(callee.params.begin());

  f.body.begin_block();
  f.body.op(0x1f, 0x40);  // try_table: both tags leave the block
  f.body.number(2);
  for (const std::uint32_t tag : {longjmp_tag, exception_tag}) {
    f.body.op(0x00, tag);
    f.body.number(0);
  }
  for (std::uint32_t i = 1; i < f.local(); ++i) f.body.local_get(i);
  f.body.local_get(0);
  f.body.convert(f.type.params[0], functions->type.limits.is_64 ? types::i64 : types::i32);
  f.body.call_indirect(module_.type(callee));
  f.body.ret();
  f.body.end();
  f.body.unreachable();
  f.body.end();

  WASM64_CHECK(restore_stack(f, saved));
  glue_code threw, zero;
  threw.constant(pointer_, 1);
  zero.constant(types::i32, 0);
  WASM64_CHECK(set_threw(f, threw, zero));
  for (const val_type t : f.type.results) f.body.constant(t, 0);
  return success();
}

inline result<void> emscripten_glue::throw_longjmp(function& f) {
  make_tags();
  f.body.throw_(longjmp_tag);
  return success();
}

/// longjmp(buffer, value): the value 0 means 1.
inline result<void> emscripten_glue::longjmp(function& f) {
  make_tags();
  glue_code buffer, value;
  buffer.local_get(0);
  value.local_get(1);
  value.constant(types::i32, 1);
  value.local_get(1);
  value.op(0x1b);  // select
  WASM64_CHECK(set_threw(f, buffer, value));
  f.body.throw_(longjmp_tag);
  return success();
}

inline result<void> emscripten_glue::rethrow_primary(function& f) {
  f.body.local_get(0);
  f.body.is_zero(pointer_);
  f.body.begin_if();
  f.body.ret();
  f.body.end();
  return raise(f, emscripten_rethrow_primary, "p");
}

/// (types of handlers...) -> object; `setTempRet0` is told the type of the handler, or the object's where none fits.
WASM64_INLINE result<void> emscripten_glue::find_matching_catch(function& f) {
  const std::uint32_t object = f.local(), type = object + 1;
  f.locals = 2;
  func_instance* set = exported("_emscripten_tempret_set", "i");
  if (set == nullptr) set = exported("setTempRet0", "i");
  const std::uint32_t set_result = set != nullptr ? module_.import(*set) : host(emscripten_set_second_result, "i");
  f.body.call(host(emscripten_begin_match, ">p"));
  f.body.local_set(object);
  f.body.begin_block();
  f.body.local_get(object);
  f.body.is_zero(pointer_);
  f.body.br_if(0);
  f.body.local_get(object);
  f.body.call(host(emscripten_type_of, "p>p"));
  f.body.local_set(type);
  f.body.local_get(type);
  f.body.is_zero(pointer_);
  f.body.br_if(0);
  if (f.local() != 0) {
    func_instance* const can_catch = exported("__cxa_can_catch", "ppp>i");
    if (can_catch == nullptr) return missing(f, "__cxa_can_catch");
    const std::uint32_t asks = module_.import(*can_catch);
    for (std::uint32_t i = 0; i < f.local(); ++i) {
      f.body.local_get(i);
      f.body.is_zero(pointer_);
      f.body.br_if(0);
      f.body.local_get(i);
      f.body.local_get(type);
      f.body.equal(pointer_);
      f.body.br_if(0);
      f.body.local_get(i);
      f.body.local_get(type);
      f.body.local_get(object);
      f.body.constant(pointer_, static_cast<std::uint8_t>(2 * binding_->pointer_size()));
      f.body.subtract(pointer_);  // where it may put the address of the part it fits
      f.body.call(asks);
      f.body.begin_if();
      f.body.local_get(i);
      f.body.local_set(type);
      f.body.br(1);
      f.body.end();
    }
  }
  f.body.end();
  f.body.local_get(type);
  f.body.convert(pointer_, types::i32);
  f.body.call(set_result);
  f.body.local_get(object);
  return success();
}

inline result<void> emscripten_glue::begin_catch(function& f) {
  f.body.local_get(0);
  f.body.call(host(emscripten_begin_catch, "p"));
  return get_exception_pointer(f);
}

inline result<void> emscripten_glue::get_exception_pointer(function& f) {
  f.body.local_get(0);
  if (func_instance* const is_pointer = exported("__cxa_is_pointer_type", "p>i")) {
    f.body.local_get(0);
    f.body.call(host(emscripten_type_of, "p>p"));
    f.body.call(module_.import(*is_pointer));
  } else {
    f.body.constant(types::i32, 0);
  }
  f.body.call(host(emscripten_caught_pointer, "pi>p"));
  return success();
}

/// Gives a thrown object's memory back, header included.
inline void emscripten_glue::free_object(function& f, std::uint32_t object) {
  func_instance* free = exported("__cxa_free_exception", "p");
  const bool whole = free == nullptr;
  if (whole) free = exported("free", "p");
  if (free == nullptr) return;
  f.body.local_get(object);
  if (whole) {
    f.body.constant(pointer_, static_cast<std::uint8_t>(emscripten_exception::size(*binding_)));
    f.body.subtract(pointer_);
  }
  f.body.call(module_.import(*free));
}

/// Gives a reference up; with the last one the object is destroyed, by a destructor that answers its address.
inline void emscripten_glue::release(function& f, std::uint32_t object) {
  if (func_instance* const decrement = exported("__cxa_decrement_exception_refcount", "p")) {
    f.body.local_get(object);
    f.body.call(module_.import(*decrement));
    return;
  }
  f.body.local_get(object);
  f.body.call(host(emscripten_release, "p>i"));
  f.body.begin_if();
  if (const result<table_instance*> functions = table(f); functions.has_value()) {
    const std::uint32_t destructor = host(emscripten_destructor, "p>p");
    f.body.local_get(object);
    f.body.call(destructor);
    f.body.is_zero(pointer_);
    f.body.op(0x45);  // i32.eqz
    f.body.begin_if();
    f.body.local_get(object);
    f.body.local_get(object);
    f.body.call(destructor);
    f.body.convert(pointer_, functions.assume_value()->type.limits.is_64 ? types::i64 : types::i32);
    f.body.call_indirect(module_.type(emscripten_type("p>p", binding_->memory64)));
    f.body.drop();
    f.body.end();
  }
  free_object(f, object);
  f.body.end();
}

inline result<void> emscripten_glue::end_catch(function& f) {
  f.locals = 1;
  glue_code zero_pointer, zero;
  zero_pointer.constant(pointer_, 0);
  zero.constant(types::i32, 0);
  WASM64_CHECK(set_threw(f, zero_pointer, zero));
  f.body.call(host(emscripten_end_catch, ">p"));
  f.body.local_set(0);
  release(f, 0);
  return success();
}

inline result<void> emscripten_glue::decrement(function& f) {
  f.body.local_get(0);
  f.body.is_zero(pointer_);
  f.body.begin_if();
  f.body.ret();
  f.body.end();
  release(f, 0);
  return success();
}

/// (size) -> object behind a header of zeros
inline result<void> emscripten_glue::allocate(function& f) {
  func_instance* const malloc = exported("malloc", "p>p");
  if (malloc == nullptr) return missing(f, "malloc");
  const auto header = static_cast<std::uint8_t>(emscripten_exception::size(*binding_));
  f.locals = 1;
  f.body.local_get(0);
  f.body.constant(pointer_, header);
  f.body.add(pointer_);
  f.body.call(module_.import(*malloc));
  f.body.constant(pointer_, header);
  f.body.add(pointer_);
  f.body.local_set(1);
  f.body.local_get(1);
  f.body.call(host(emscripten_clear_header, "p"));
  f.body.local_get(1);
  return success();
}

inline result<void> emscripten_glue::free(function& f) {
  free_object(f, 0);
  return success();
}

/// _tzset_js(seconds west, has summer time, names) before 3.1.48: the names are in memory of `malloc`.
inline result<void> emscripten_glue::set_zone(function& f) {
  func_instance* const malloc = exported("malloc", "p>p");
  if (malloc == nullptr) return missing(f, "malloc");
  for (std::uint32_t i = 0; i < f.local(); ++i) f.body.local_get(i);
  f.body.constant(pointer_, 4);
  f.body.call(module_.import(*malloc));
  f.body.call(host(emscripten_set_old_zone, "pppp"));
  return success();
}

/// A type is its own number.
inline result<void> emscripten_glue::type_id(function& f) {
  f.body.local_get(0);
  f.body.convert(pointer_, types::i32);
  return success();
}

}  // namespace wasm64::detail
