#pragma once

// The only door to Boost.Container.
#include <boost/container/small_vector.hpp>
#include <boost/container/vector.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace wasm64 {

template <class T>
using vector = boost::container::vector<T>;

/// Keeps up to N elements without allocating.
template <class T, std::size_t N>
using small_vector = boost::container::small_vector<T, N>;

/// Owned bytes.
using byte_vector = vector<std::uint8_t>;

/// The elements of a vector; Boost's containers do not convert to spans by themselves.
template <class T>
std::span<const T> view_of(const vector<T>& list) noexcept {
  return {list.data(), list.size()};
}

template <class T, std::size_t N>
std::span<const T> view_of(const small_vector<T, N>& list) noexcept {
  return {list.data(), list.size()};
}

}  // namespace wasm64
