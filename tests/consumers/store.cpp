#include STORE_HEADER

// An optional store links, and refuses what is no store.
int main() { return wasm64::STORE::open("").has_value() ? 1 : 0; }
