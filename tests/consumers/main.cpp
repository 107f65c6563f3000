#include <wasm64/wasm64.hpp>

const char* sentence_for(wasm64::errc code);

int main() { return sentence_for(wasm64::errc::trap_unreachable)[0] == 'u' ? 0 : 1; }
