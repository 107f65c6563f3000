#pragma once

#include "tests/device/support.hpp"

namespace device_tests {

/// What devices have in common that answer imports or make libraries, but no keys.
struct keyless_device {
  static constexpr bool has_key(std::string_view) noexcept { return false; }
  template <class M>
  static result<device_response<message_value_t<M>>> call(device_base<M>&, std::string_view, message_value_t<M>,
                                                          const message_value_t<M>&) {
    return fail(errc::unknown_key);
  }
};

}  // namespace device_tests
