/* Points in time as RFC 3339 writes them, 1970 to 9999, in Unix time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { RFC3339_TEXT = 48 };

/*
 * Reads a date and time with zone into seconds and nanoseconds, finer fractions cut off. A leap
 * second is the second that follows it. False: anything else; *t and *ns are unchanged.
 */
bool rfc3339_read(const char *s, int64_t *t, uint32_t *ns);

/* Writes it in UTC, with nine decimals unless ns is 0; returns out. */
const char *rfc3339_write(int64_t t, uint32_t ns, char out[RFC3339_TEXT]);
