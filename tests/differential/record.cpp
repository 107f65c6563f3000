#include "record.hpp"

#include <fstream>
#include <stdexcept>

namespace differential {
namespace {

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream out(path, std::ios::binary);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace

std::string quote(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted.append({'\\', c});
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted.append("\\u00").append({digits[c >> 4], digits[c & 15]});
    } else {
      quoted.push_back(c);
    }
  }
  return quoted.append("\"");
}

void json_object::key(std::string_view name) {
  if (!body_.empty()) body_.append(", ");
  body_.append(quote(name)).append(": ");
}

json_object& json_object::text(std::string_view name, std::string_view value) { return raw(name, quote(value)); }

json_object& json_object::number(std::string_view name, std::size_t value) { return raw(name, std::to_string(value)); }

json_object& json_object::raw(std::string_view name, std::string_view value) {
  key(name);
  body_.append(value);
  return *this;
}

record::record(std::filesystem::path folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}

std::string record::add_module(wasm64::bytes_view binary) {
  std::string file = name_ + "." + std::to_string(modules_++) + ".wasm";
  write_file(folder_ / file, wasm64::as_text(binary));
  return file;
}

void record::step(std::string_view at, std::string_view action, json_object details) {
  at_ = at;
  ++count_;
  steps_.append(steps_.empty() ? "" : ",\n").append(details.text("at", at).text("do", action).done());
}

void record::line(std::string_view text) {
  lines_.append(std::to_string(count_ - 1)).append(" ").append(at_).append(": ").append(text).append("\n");
}

void record::write() const {
  write_file(folder_ / (name_ + ".json"), "[" + steps_ + "]\n");
  write_file(folder_ / (name_ + ".ours"), lines_);
}

}  // namespace differential
