#pragma once

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

#include "wasm64/base/result.hpp"

namespace wasm64 {

template <class M>
class guest;
template <class M>
class import_handler;

/// A call that a guest makes of an import.
template <class M>
struct import_call {
  typename M::value_type state;  ///< the message as the imports before have left it; private parts included
  std::string_view module;
  std::string_view func;
  std::string_view signature;    ///< see `signature_text`
  typename M::value_type args;   ///< a list
  guest<M>* instance = nullptr;  ///< who calls; read and write its memory, call its exports
  const import_handler<M>* bound = nullptr;  ///< what was found for it when the instance was made, if anything
};

/// What an import answers.
template <class M>
struct import_answer {
  typename M::value_type results;  ///< a list with one number for each result
  typename M::value_type state;    ///< what the next import and the caller see; null for the state of the call
};

/// A callable `result<import_answer<M>>(import_call<M>&)`. In the private part of a message, at
/// `<output-prefix>/stdlib/<module>` or `…/<module>/<func>`, it is an import library or one function of it; at
/// `<output-prefix>/import-resolver` it answers all imports. A failure becomes a trap with its text;
/// with `errc::pending` the handler answers later: the call is suspended, and `compute` says what it waits for.
///
/// The state that a handler sees is shared, so changing it copies what the change touches; when the handler fails, the
/// state is as before. A handler made with `in_place` is the only owner, so changes cost the same however large the
/// state is; when it fails, what it left in the call is the state.
template <class M>
class import_handler {
 public:
  import_handler() = default;
  template <class F>
    requires(!std::same_as<F, import_handler>)
  explicit import_handler(F callable)
      : environment_(std::make_shared<F>(std::move(callable))),
        call_([](void* f, import_call<M>& call) { return (*static_cast<F*>(f))(call); }) {}

  template <class F>
  static import_handler in_place(F callable) {
    import_handler made(std::move(callable));
    made.in_place_ = true;
    return made;
  }

  result<import_answer<M>> operator()(import_call<M>& call) const {
    if (in_place_) return call_(environment_.get(), call);
    typename M::value_type before = call.state;
    result<import_answer<M>> answer = call_(environment_.get(), call);
    if (!answer.has_value()) call.state = std::move(before);
    return answer;
  }
  explicit operator bool() const noexcept { return call_ != nullptr; }

 private:
  std::shared_ptr<void> environment_;
  result<import_answer<M>> (*call_)(void*, import_call<M>&) = nullptr;
  bool in_place_ = false;
};

}  // namespace wasm64
