#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace wasm64::bench {

/// Removed with all that is in it at the end. Unless told where, the variable TMPDIR says on which disk.
class temporary_folder {
 public:
  explicit temporary_folder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    path_ = (parent / "wasm64-bench-XXXXXX").string();
    if (mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  temporary_folder(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace wasm64::bench
