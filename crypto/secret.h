/* What must not be seen: wiping, comparing in constant time, and drawing random octets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Overwrites n octets with zero; the compiler may not leave it out. Any thread. */
void secret_wipe(void *p, size_t n);

/* Whether n octets are equal, in time that depends on n alone. Any thread. */
bool ct_equal(const void *a, const void *b, size_t n);

/*
 * Fills p with n octets from the operating system's random source. Any thread; may block at boot.
 * Returns 0, or -errno where the source fails; p is then all zero and must not be used.
 */
int secret_random(void *p, size_t n);
