#pragma once

#include "text.h"

/// The length in bytes of the character at the start of `bytes`: 1 to 4, or 0 when that is no well-formed UTF-8.
size_t utf8_length(struct text bytes);

/// Writes a scalar value as 1 to 4 bytes and returns their number.
size_t utf8_encode(uint32_t scalar, char* to);
