#include "stats.hpp"

#include <sys/resource.h>

#include <cstdio>

namespace cli {

void stopwatch::lap(std::string phase) {
  const clock::time_point now = clock::now();
  phases_.emplace_back(std::move(phase), now - since_);
  since_ = now;
}

void stopwatch::print() const {
  for (const auto& [phase, time] : phases_) std::fprintf(stderr, "%s: %.3f ms\n", phase.c_str(), time.count());
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) std::fprintf(stderr, "peak resident: %ld KiB\n", usage.ru_maxrss);
}

}  // namespace cli
