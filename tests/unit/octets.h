/* Octets as tests write them: hexadecimal digits, with blanks where they help the eye. */
#pragma once

#include "crypto/bytes.h"

#include <stdlib.h>

/* Writes the octets and returns how many. */
static inline size_t octets(const char *text, uint8_t *out)
{
	size_t n = 0;

	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		if (!hex_read(text, 2, &out[n++], 1))
			abort();
		text += 2;
	}
	return n;
}
