#include <wasm64/wasm64.hpp>

const char* sentence_for(wasm64::errc code) { return wasm64::message(code); }
