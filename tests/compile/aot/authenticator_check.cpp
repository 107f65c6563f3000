// expect: artifact authenticator needs `check(bytes_view, const artifact_tag&) const -> bool`
#include "wasm64/aot/backend.hpp"

using namespace wasm64;

struct authenticator {
  result<aot::artifact_tag> tag(bytes_view) const;
#ifndef WASM64_REJECT
  bool check(bytes_view, const aot::artifact_tag&) const;
#else
  bool check(bytes_view, const aot::artifact_tag&);
#endif
};
static_assert(aot::check_authenticator<authenticator>());

int main() {}
