#include "utf8.h"

static bool is_continuation(struct text bytes, size_t i) {
  return i < bytes.size && ((unsigned char)bytes.data[i] & 0xc0) == 0x80;
}

size_t utf8_length(struct text bytes) {
  if (bytes.size == 0) return 0;
  const unsigned char lead = (unsigned char)bytes.data[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4 || !is_continuation(bytes, 1)) return 0;
  if (lead < 0xe0) return 2;

  const unsigned char second = (unsigned char)bytes.data[1];
  if (!is_continuation(bytes, 2)) return 0;
  if (lead == 0xe0 && second < 0xa0) return 0;   // longer than needed
  if (lead == 0xed && second >= 0xa0) return 0;  // a surrogate
  if (lead < 0xf0) return 3;

  if (!is_continuation(bytes, 3)) return 0;
  if (lead == 0xf0 && second < 0x90) return 0;   // longer than needed
  if (lead == 0xf4 && second >= 0x90) return 0;  // above U+10FFFF
  return 4;
}

size_t utf8_encode(uint32_t scalar, char* to) {
  if (scalar < 0x80) {
    to[0] = (char)scalar;
    return 1;
  }
  const size_t size = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;
  const uint32_t lead = size == 2 ? 0xc0 : size == 3 ? 0xe0 : 0xf0;
  for (size_t i = size - 1; i > 0; --i) {
    to[i] = (char)(0x80 | (scalar & 0x3f));
    scalar >>= 6;
  }
  to[0] = (char)(lead | scalar);
  return size;
}
