#pragma once

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "wasm64/aot/backend.hpp"
#include "wasm64/aot/cache.hpp"
#include "wasm64/aot/runtime.hpp"

namespace wasm64::aot {

struct tier_options {
  /// How modules are compiled. Whether for stores that count fuel is as the store has it.
  compile_request request;
  /// Stores interpret while a module is compiled, and go over to its code at calls.
  bool in_background = false;
  /// A module of which no function can be compiled is not instantiated instead of interpreted.
  bool is_required = false;
};

/// Compiles modules for stores, each once, and lets them share the code. One tier serves any number of stores and
/// threads, and code lives as long as a store runs it. Code of modules that nobody has any more is kept for the latest
/// few.
template <class Backend, class Cache = no_cache>
class tier final : public code_provider {
  static_assert(check_backend<Backend>());
  static_assert(check_code_cache<Cache>());
  static_assert(has_generator<Backend> && has_code<Backend>, "an AOT tier needs a backend with generator and loader");
  using generator = typename Backend::generator;
  using loader = typename Backend::loader;
  using image = typename loader::image;

 public:
  explicit tier(generator compiler, tier_options options = {}, Cache cache = {}, loader code_loader = {})
      : generator_(std::move(compiler)),
        loader_(std::move(code_loader)),
        cache_(std::move(cache)),
        options_(std::move(options)) {}
  ~tier() override {
    for (const auto& j : jobs_) j->join();
  }

  /// Fails where code is required: as the generator and the loader do, and with `aot_nothing_compiled`.
  result<void> provide(store_base& to, const std::shared_ptr<const module>& m) override {
    if (m->funcs.empty()) return success();
    const std::shared_ptr<job> found = job_of(m, to.metered());
    if (!found->is_done.load(std::memory_order_acquire)) {
      to.expect(std::make_unique<arrival>(to, found));
      return success();
    }
    if (found->code.code == nullptr && options_.is_required) return fail(found->failure);
    if (found->code.code == nullptr) return success();
    return attach(to, m, found->code);
  }

 private:
  /// A module that is being compiled, or was.
  struct job {
    tier* by = nullptr;
    std::shared_ptr<const module> source;
    bool metered = false;
    std::atomic<bool> is_done = false;
    code_view code;  ///< once it is done, as `failure`
    error failure{};
    pthread_t thread{};
    bool has_thread = false;

    void run() {
      result<code_view> made = by->compile(*source, metered);
      if (made.has_value()) code = std::move(made).assume_value();
      else failure = made.assume_error();
      is_done.store(true, std::memory_order_release);
    }
    void join() {
      if (std::exchange(has_thread, false)) pthread_join(thread, nullptr);
    }
  };

  class arrival final : public code_to_come {
   public:
    arrival(store_base& to, std::shared_ptr<job> of) : to_(to), of_(std::move(of)) {}
    bool arrive() override {
      if (!of_->is_done.load(std::memory_order_acquire)) return false;
      if (of_->code.code != nullptr) static_cast<void>(attach_running(to_, of_->source, of_->code));
      return true;
    }

   private:
    store_base& to_;
    std::shared_ptr<job> of_;
  };

  std::shared_ptr<job> job_of(const std::shared_ptr<const module>& m, bool metered) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& j : jobs_) {
      if (j->source == m && j->metered == metered) return j;
    }
    auto made = std::make_shared<job>();
    made->by = this;
    made->source = m;
    made->metered = metered;
    const auto start = [](void* j) -> void* { return static_cast<job*>(j)->run(), nullptr; };
    forget_idle();
    made->has_thread = options_.in_background && pthread_create(&made->thread, nullptr, start, made.get()) == 0;
    if (!made->has_thread) made->run();
    jobs_.push_back(made);
    return made;
  }

  /// Drops the code that was made first of modules that nobody else has, but for the latest of them.
  void forget_idle() {
    const auto is_idle = [](const auto& j) { return j->is_done.load() && j->source.use_count() == 1; };
    auto idle = std::count_if(jobs_.begin(), jobs_.end(), is_idle);
    for (auto j = jobs_.begin(); j != jobs_.end() && idle > kept_idle;) {
      if (!is_idle(*j)) {
        ++j;
        continue;
      }
      (*j)->join();
      j = jobs_.erase(j);
      --idle;
    }
  }

  static constexpr std::ptrdiff_t kept_idle = 16;

  result<code_view> compile(const module& m, bool metered) {
    WASM64_TRY(const content_id engine, engine_fingerprint(layout::all));
    compile_request request = options_.request;
    request.metered = metered;
    const std::lock_guard<std::mutex> lock(compiling_);
    WASM64_TRY(const verified_artifact artifact, compile_cached(generator_, cache_, m, request, engine));
    WASM64_TRY(image loaded, loader_.load(artifact));
    const auto kept = std::make_shared<const image>(std::move(loaded));
    code_view view{kept->code().data(), kept->entries(), kept->bodies(), kept->sites(), kept};
    for (const std::uint32_t place : view.entries) {
      if (place != 0) return view;
    }
    return fail(errc::aot_nothing_compiled);
  }

  generator generator_;
  loader loader_;
  Cache cache_;
  tier_options options_;
  std::mutex mutex_, compiling_;
  vector<std::shared_ptr<job>> jobs_;
};

template <class Backend>
std::shared_ptr<code_provider> default_tier() {
  static const std::shared_ptr<code_provider> shared =
      std::make_shared<tier<Backend>>(typename Backend::generator(), tier_options());
  return shared;
}

}  // namespace wasm64::aot
