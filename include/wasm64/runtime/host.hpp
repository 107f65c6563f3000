#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "wasm64/runtime/rooted.hpp"

namespace wasm64 {

/// A function the host offers for import. Built with `host_func` or `untyped_host_func`.
struct host_function {
  func_type type;
  host_entry entry = nullptr;
  std::shared_ptr<void> environment;
  /// Part of how the program is compiled, like its exceptions, rather than something it is offered; so that those who
  /// may replace what is offered do not replace it.
  bool is_machinery = false;
};

namespace detail {

template <class T>
struct signature_of : signature_of<decltype(&T::operator())> {};
template <class R, class... A>
struct signature_of<R (*)(A...)> {
  using result_type = R;
  template <template <class, class...> class To>
  using apply = To<R, A...>;
};
template <class R, class... A>
struct signature_of<R (*)(A...) noexcept> : signature_of<R (*)(A...)> {};
template <class C, class R, class... A>
struct signature_of<R (C::*)(A...)> : signature_of<R (*)(A...)> {};
template <class C, class R, class... A>
struct signature_of<R (C::*)(A...) const> : signature_of<R (*)(A...)> {};
template <class C, class R, class... A>
struct signature_of<R (C::*)(A...) noexcept> : signature_of<R (*)(A...)> {};
template <class C, class R, class... A>
struct signature_of<R (C::*)(A...) const noexcept> : signature_of<R (*)(A...)> {};

template <class R>
struct host_result {
  using type = R;
};
template <class T>
struct host_result<result<T>> {
  using type = T;
};

template <class F, bool TakesCaller, class R, class... A>
struct typed_host {
  using plain = typename host_result<R>::type;

  static func_type type() {
    func_type t;
    (t.params.push_back(wasm_type<A>::type), ...);
    if constexpr (!std::is_void_v<plain>) t.results.push_back(wasm_type<plain>::type);
    return t;
  }
  static bool entry(void* environment, caller& from, word* slots) {
    return call(*static_cast<F*>(environment), from, slots, std::index_sequence_for<A...>());
  }

 private:
  template <std::size_t... I>
  static bool call(F& f, caller& from, [[maybe_unused]] word* slots, std::index_sequence<I...>) {
    const auto apply = [&]() -> R {
      if constexpr (TakesCaller) return f(from, wasm_type<A>::from(slots[I])...);
      else return f(wasm_type<A>::from(slots[I])...);
    };
    if constexpr (std::is_void_v<R>) {
      apply();
    } else if constexpr (std::is_same_v<R, plain>) {
      slots[0] = wasm_type<R>::to(apply());
    } else {
      R outcome = apply();
      if (WASM64_UNLIKELY(!outcome.has_value())) return from.fail(std::move(outcome).assume_error());
      if constexpr (!std::is_void_v<plain>) slots[0] = wasm_type<plain>::to(outcome.assume_value());
    }
    return true;
  }
};

template <class F>
struct bind_typed_host {
  template <class R, class... A>
  struct shape {
    using type = typed_host<F, false, R, A...>;
  };
  template <class R, class... A>
  struct shape<R, caller&, A...> {
    using type = typed_host<F, true, R, A...>;
  };
};

}  // namespace detail

/// Wraps a C++ callable. Its signature gives the function's type: integers of 4 and 8 bytes, float and double, an
/// optional leading `caller&`; it answers nothing, a value, or a `result` of either. One that answers later ends with
/// `caller::suspend`.
template <class F>
host_function host_func(F callable) {
  using bound = typename detail::signature_of<F>::template apply<detail::bind_typed_host<F>::template shape>::type;
  return {bound::type(), &bound::entry, std::make_shared<F>(std::move(callable))};
}

/// Wraps `result<void>(caller&, std::span<const value> arguments, std::span<value> results)` for a type only known at
/// run time. `results` come with their types, zeroed. References to objects that come up in the call are released when
/// it ends (runtime/rooted.hpp). The types may name abstract heap types only.
template <class F>
host_function untyped_host_func(func_type type, F callable) {
  struct untyped {
    func_type type;
    F callable;
    static bool entry(void* environment, caller& from, word* slots) {
      return from.end(static_cast<untyped*>(environment)->run(from, slots));
    }
    result<void> run(caller& from, word* slots) {
      reference_scope scope(from.vm());
      small_vector<value, 8> arguments, results;
      const word* in = slots;
      for (const val_type t : type.params) {
        arguments.push_back(to_value(from.vm(), t, in[0], t.is_vec() ? in[1] : 0));
        in += t.slots();
      }
      for (const val_type t : type.results) results.push_back({t, 0, 0});
      WASM64_CHECK(callable(from, std::span<const value>(arguments.data(), arguments.size()),
                            std::span<value>(results.data(), results.size())));
      word* out = slots;
      for (std::size_t i = 0; i < results.size(); ++i) {
        const auto put = put_value(from.vm(), results[i], type.results[i], out);
        if (!put.has_value()) return fail(put.assume_error().code, "result");
      }
      return success();
    }
  };
  host_function f;
  f.type = type;
  f.entry = &untyped::entry;
  f.environment = std::make_shared<untyped>(untyped{std::move(type), std::move(callable)});
  return f;
}

}  // namespace wasm64
