#include "tests/device/support.hpp"

#ifdef WASM64_TESTED_POLICY
template class wasm64::guest<device_tests::policy>;
template class wasm64::device_base<device_tests::policy>;
#endif
