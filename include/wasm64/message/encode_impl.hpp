#pragma once

#include <bit>

#include "wasm64/message/encode.hpp"
#include "wasm64/message/node.hpp"

namespace wasm64 {

namespace detail {

enum class value_tag : std::uint8_t {
  null = 0,
  unset = 1,
  no = 2,
  yes = 3,
  positive = 4,
  negative = 5,
  floating = 6,
  binary = 7,
  list = 8,
  map = 9,
};
inline constexpr std::uint8_t message_prefix[] = {'m', 's', 'g', 1};
/// The shortest encoding of a map entry: an empty key and a value without contents.
inline constexpr std::size_t min_entry_size = 9;

inline auto malformed_at(std::size_t offset, const char* what) { return fail(errc::malformed_message, offset, what); }

}  // namespace detail

class value_encoder {
 public:
  explicit value_encoder(byte_vector& out) : out_(out) {}

  /// The caller has checked the depth.
  result<void> put(const message_value& v) {
    using detail::value_tag;
    switch (v.kind()) {
      case value_kind::null: put_tag(value_tag::null); break;
      case value_kind::unset: put_tag(value_tag::unset); break;
      case value_kind::boolean: put_tag(v.as_bool() ? value_tag::yes : value_tag::no); break;
      case value_kind::integer:
        put_tag(v.as_integer().negative ? value_tag::negative : value_tag::positive);
        put_u64(v.as_integer().bits);
        break;
      case value_kind::floating:
        put_tag(value_tag::floating);
        put_u64(std::bit_cast<std::uint64_t>(v.as_float()));
        break;
      case value_kind::binary:
        put_tag(value_tag::binary);
        put_bytes(v.as_bytes());
        break;
      case value_kind::list:
        put_tag(value_tag::list);
        put_u64(v.elements().size());
        for (const message_value& element : v.elements()) WASM64_CHECK(put(element));
        break;
      case value_kind::map:
        put_tag(value_tag::map);
        put_u64(v.entries().size());
        for (const map_entry& entry : v.entries()) {
          put_bytes(entry.key);
          WASM64_CHECK(put(entry.item));
        }
        break;
      case value_kind::host: return fail(errc::malformed_message, "host object outside a private part");
    }
    return success();
  }

 private:
  void put_tag(detail::value_tag tag) { out_.push_back(static_cast<std::uint8_t>(tag)); }
  void put_u64(std::uint64_t n) {
    std::uint8_t raw[8];
    store_le(raw, n);
    out_.insert(out_.end(), raw, raw + 8);
  }
  void put_bytes(bytes_view bytes) {
    put_u64(bytes.size());
    out_.insert(out_.end(), bytes.data(), bytes.data() + bytes.size());
  }

  byte_vector& out_;
};

class value_decoder {
 public:
  explicit value_decoder(bytes_view bytes) : bytes_(bytes) {}

  result<message_value> message() {
    for (const std::uint8_t expected : detail::message_prefix) {
      if (at_ == bytes_.size() || bytes_[at_] != expected) return detail::malformed_at(at_, "message prefix");
      ++at_;
    }
    WASM64_TRY(message_value v, take(0));
    if (at_ != bytes_.size()) return detail::malformed_at(at_, "bytes after the message");
    return v;
  }

 private:
  std::size_t left() const noexcept { return bytes_.size() - at_; }

  result<std::uint64_t> take_u64() {
    if (left() < 8) return fail(errc::unexpected_end, at_);
    at_ += 8;
    return load_le<std::uint64_t>(bytes_.data() + at_ - 8);
  }
  /// A count of things that take at least `size` bytes each.
  result<std::size_t> take_count(std::size_t size) {
    WASM64_TRY(const std::uint64_t count, take_u64());
    if (count > left() / size) return fail(errc::length_out_of_bounds, at_ - 8);
    return static_cast<std::size_t>(count);
  }
  result<bytes_view> take_bytes() {
    WASM64_TRY(const std::size_t size, take_count(1));
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }

  result<message_value> take(std::size_t depth) {
    using detail::value_tag;
    if (left() == 0) return fail(errc::unexpected_end, at_);
    switch (static_cast<value_tag>(bytes_[at_++])) {
      case value_tag::null: return message_value();
      case value_tag::unset: return message_value::unset();
      case value_tag::no: return message_value(false);
      case value_tag::yes: return message_value(true);
      case value_tag::positive: {
        WASM64_TRY(const std::uint64_t bits, take_u64());
        return message_value(bits);
      }
      case value_tag::negative: {
        WASM64_TRY(const std::uint64_t bits, take_u64());
        if (bits >> 63 == 0) return detail::malformed_at(at_, "negative integer without its sign");
        return message_value(static_cast<std::int64_t>(bits));
      }
      case value_tag::floating: {
        WASM64_TRY(const std::uint64_t bits, take_u64());
        message_value number(std::bit_cast<double>(bits));
        if (std::bit_cast<std::uint64_t>(number.as_float()) != bits)
          return detail::malformed_at(at_, "NaN that is not canonical");
        return number;
      }
      case value_tag::binary: {
        WASM64_TRY(const bytes_view bytes, take_bytes());
        return message_value(bytes);
      }
      case value_tag::list: return take_list(depth + 1);
      case value_tag::map: return take_map(depth + 1);
    }
    return detail::malformed_at(at_, "unknown tag");
  }

  result<message_value> take_list(std::size_t depth) {
    if (depth > max_value_depth) return fail(errc::nesting_too_deep, at_);
    WASM64_TRY(const std::size_t count, take_count(1));
    vector<message_value> elements;
    for (std::size_t i = 0; i < count; ++i) {
      WASM64_TRY(message_value element, take(depth));
      elements.push_back(std::move(element));
    }
    return message_value::list(std::move(elements));
  }

  result<message_value> take_map(std::size_t depth) {
    if (depth > max_value_depth) return fail(errc::nesting_too_deep, at_);
    WASM64_TRY(const std::size_t count, take_count(detail::min_entry_size));
    vector<map_entry> entries;
    for (std::size_t i = 0; i < count; ++i) {
      WASM64_TRY(const bytes_view key, take_bytes());
      if (is_private_key(as_text(key))) return detail::malformed_at(at_, "private key");
      if (!entries.empty() && detail::order_keys(entries.back().name(), as_text(key)) >= 0)
        return detail::malformed_at(at_, "key order");
      WASM64_TRY(message_value item, take(depth));
      if (item.is_null()) return detail::malformed_at(at_, "key without a value");
      entries.push_back({shared_bytes(key), std::move(item)});
    }
    return message_value::map_of(std::move(entries));
  }

  bytes_view bytes_;
  std::size_t at_ = 0;
};

WASM64_INLINE result<byte_vector> encode_message(const message_value& message) {
  if (message.depth() > max_value_depth) return fail(errc::nesting_too_deep);
  byte_vector out(std::begin(detail::message_prefix), std::end(detail::message_prefix));
  WASM64_CHECK(value_encoder(out).put(message));
  return out;
}

WASM64_INLINE result<message_value> decode_message(bytes_view bytes) { return value_decoder(bytes).message(); }

}  // namespace wasm64
