// expect: artifact authenticator needs `tag(bytes_view) const -> result<artifact_tag>`
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct authenticator {
#ifndef WASM64_REJECT
  result<aot::artifact_tag> tag(bytes_view) const;
#else
  byte_vector tag(bytes_view) const;
#endif
  bool check(bytes_view, const aot::artifact_tag&) const;
};
static_assert(aot::check_authenticator<authenticator>());

int main() {}
