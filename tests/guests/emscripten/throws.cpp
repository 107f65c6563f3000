// C++ exceptions: across frames, with destructors, by base class, thrown again, and none at all.
#include <cstdio>
#include <new>
#include <stdexcept>

namespace {

struct traced {
  const char* name;
  explicit traced(const char* n) : name(n) { std::printf("enter %s\n", name); }
  ~traced() { std::printf("leave %s\n", name); }
};

struct base {
  virtual ~base() = default;
  virtual const char* who() const { return "base"; }
};
struct other {
  virtual ~other() = default;
  int padding = 3;
};
struct derived : other, base {
  const char* who() const override { return "derived"; }
};

__attribute__((noinline)) void raise(int kind) {
  switch (kind) {
    case 1: throw 42;
    case 2: throw std::runtime_error("runtime error");
    case 3: throw derived();
    case 4: throw "text";
    case 5: throw 2.5;
    case 6: throw std::bad_alloc();
    default: break;
  }
}

__attribute__((noinline)) void middle(int kind) {
  const traced frame("middle");
  raise(kind);
  std::printf("no throw\n");
}

__attribute__((noinline)) void again(int kind) {
  try {
    middle(kind);
  } catch (const base& b) {
    std::printf("rethrow %s\n", b.who());
    throw;
  } catch (double d) {
    throw std::out_of_range(d > 2 ? "more than two" : "less");
  }
}

/// One digit for what was caught.
int attempt(int kind) {
  try {
    again(kind);
  } catch (int value) {
    std::printf("int %d\n", value);
    return 1;
  } catch (const std::runtime_error& e) {
    std::printf("runtime_error %s\n", e.what());
    return 2;
  } catch (const base& b) {
    std::printf("base %s\n", b.who());
    return 3;
  } catch (const std::logic_error& e) {
    std::printf("logic_error %s\n", e.what());
    return 5;
  } catch (const char* text) {
    std::printf("pointer %s\n", text);
    return 4;
  } catch (...) {
    std::printf("something\n");
    return 9;
  }
  return 0;
}

int nested() {
  int sum = 0;
  for (int i = 0; i < 1000; ++i) {
    try {
      try {
        throw i;
      } catch (int value) {
        if (value % 2 == 0) throw value / 2.0;
        sum += value;
      }
    } catch (double half) {
      sum += static_cast<int>(half);
    }
  }
  return sum;
}

struct from_destructor {
  int& seen;
  ~from_destructor() {
    try {
      throw 7;
    } catch (int value) {
      seen = value;
    }
  }
};

}  // namespace

/// For hosts that call in: what `attempt` finds.
extern "C" int run(int kind) { return attempt(kind); }

int main() {
  for (int kind = 0; kind <= 6; ++kind) std::printf("=> %d\n", attempt(kind));
  std::printf("nested: %d\n", nested());
  int seen = 0;
  try {
    const from_destructor inner{seen};
    throw 1L;
  } catch (long value) {
    std::printf("long %ld, seen %d\n", value, seen);
  }
  return 0;
}
