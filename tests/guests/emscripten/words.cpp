// Strings, maps, vectors, and the exceptions of the library.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

int main() {
  const std::string text = "the quick brown fox jumps over the lazy dog and the quick cat";
  std::map<std::string, int> counts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    ++counts[text.substr(at, end - at)];
    at = end + 1;
  }
  for (const auto& [word, count] : counts) {
    if (count > 1) std::printf("%s: %d\n", word.c_str(), count);
  }
  std::vector<std::pair<int, std::string>> sorted;
  for (const auto& [word, count] : counts) sorted.emplace_back(-count, word);
  std::sort(sorted.begin(), sorted.end());
  std::printf("%zu words, most often %s\n", sorted.size(), sorted.front().second.c_str());

  try {
    std::printf("%d\n", counts.at("elephant"));
  } catch (const std::out_of_range&) {
    std::printf("no elephant\n");
  }
  try {
    const std::string tail = text.substr(1000);
    std::printf("%s\n", tail.c_str());
  } catch (const std::exception& e) {
    std::printf("exception: %s\n", e.what());
  }
  try {
    std::vector<int> numbers(3);
    numbers.at(3) = 1;
  } catch (const std::out_of_range& e) {
    std::printf("exception: %s\n", e.what());
  }
  try {
    const int number = std::stoi("none");
    std::printf("%d\n", number);
  } catch (const std::invalid_argument& e) {
    std::printf("exception: %s\n", e.what());
  }
  std::string big;
  for (int i = 0; i < 1000; ++i) big += std::to_string(i);
  std::printf("%zu %s\n", big.size(), big.substr(big.size() - 6).c_str());
  try {
    auto owned = std::make_unique<std::string>("kept");
    throw std::move(owned);
  } catch (const std::unique_ptr<std::string>& got) {
    std::printf("moved %s\n", got->c_str());
  }
  return 0;
}
