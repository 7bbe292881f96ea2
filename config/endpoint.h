/* An IPv4 or IPv6 address with a UDP port. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint {
	uint8_t family;   /* 0: none, 4 or 6 */
	uint16_t port;    /* host order */
	uint8_t addr[16]; /* network order; IPv4 in the first four octets, the rest zero */
};

enum { ENDPOINT_TEXT = 64 }; /* room for any endpoint as text */

/*
 * Reads `1.2.3.4:5` or `[2001:db8::1]:5`; endpoint_read_address the address alone, `1.2.3.4` or
 * `2001:db8::1`, port left 0. Both take zero-terminated text, change nothing and return false where
 * it is anything else. No names, no zones.
 */
bool endpoint_read(const char *s, struct endpoint *e);
bool endpoint_read_address(const char *s, struct endpoint *e);

/* Writes what endpoint_read takes (port 0: the address alone); returns out. */
const char *endpoint_write(const struct endpoint *e, char out[ENDPOINT_TEXT]);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
