#include "file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "wasm64/text/parse.hpp"

namespace cli {
namespace {

using file_handle = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

file_handle open(const std::string& path, const char* mode) {
  file_handle file(std::fopen(path.c_str(), mode), std::fclose);
  if (file == nullptr) throw failure(path + ": " + std::strerror(errno), misused);
  return file;
}

}  // namespace

wasm64::byte_vector read_file(const std::string& path) {
  constexpr std::size_t limit = std::size_t{1} << 30, first_chunk = std::size_t{64} << 10;
  const file_handle file = open(path, "rb");
  wasm64::byte_vector bytes;
  std::size_t size = 0;
  for (;;) {
    if (size == bytes.size()) bytes.resize(size == 0 ? first_chunk : size * 2, boost::container::default_init);
    const std::size_t got = std::fread(bytes.data() + size, 1, bytes.size() - size, file.get());
    if (std::ferror(file.get()) != 0) throw failure(path + ": " + std::strerror(errno), misused);
    size += got;
    if (size > limit) throw failure(path + ": larger than 1 GiB", misused);
    if (got == 0) break;
  }
  bytes.resize(size);
  return bytes;
}

void write_file(const std::string& path, wasm64::bytes_view bytes) {
  file_handle file = open(path, "wb");
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  if (std::fclose(file.release()) != 0 || !written) throw failure(path + ": " + std::strerror(errno), misused);
}

wasm64::byte_vector read_module(const std::string& path) {
  wasm64::byte_vector bytes = read_file(path);
  const wasm64::bytes_view view = wasm64::view_of(bytes);
  if (wasm64::text::looks_binary(view)) return bytes;
  return value_of(wasm64::text::parse_module(wasm64::as_text(view)), path);
}

}  // namespace cli
