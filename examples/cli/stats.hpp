#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace cli {

/// Time by phase.
class stopwatch {
 public:
  stopwatch() : since_(clock::now()) {}
  /// Ends a phase; the next begins.
  void lap(std::string phase);
  /// Prints the phases and the process's peak of resident memory to standard error.
  void print() const;

 private:
  using clock = std::chrono::steady_clock;
  clock::time_point since_;
  std::vector<std::pair<std::string, std::chrono::duration<double, std::milli>>> phases_;
};

}  // namespace cli
