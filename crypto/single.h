/*
 * The 3GPP algorithms for one message, apart from batch.h: OpenSSL where it has the algorithm
 * (AES), ipsec-mb's one-message functions where it has none (SNOW 3G, ZUC). The device side, tools
 * and tests use it, so that it checks batch.h. Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SINGLE_MAX_BITS = 65440 }; /* of one message: all that EIA3 can tag by ipsec-mb's ZUC */

/*
 * 128-EEA0 to 3 (TS 33.401 B.1): encrypts or decrypts `bits` bits in place. The bits behind the
 * last one in its octet are set to zero. Returns 0, -EINVAL for an unknown id or more than
 * SINGLE_MAX_BITS, -ENOMEM.
 */
int single_cipher(unsigned eea, const uint8_t *key, uint32_t count, uint8_t bearer,
		  uint8_t direction, uint8_t *data, size_t bits);

/*
 * 128-EIA1 to 3 (TS 33.401 B.2): the tag over `bits` bits; tag holds TAG_MAX octets, of which EIA2
 * fills 8 (the first 4 are its standard tag) and the others 4. Returns 0, -EINVAL, -ENOMEM.
 */
int single_tag(unsigned eia, const uint8_t *key, uint32_t count, uint8_t bearer, uint8_t direction,
	       const uint8_t *msg, size_t bits, uint8_t *tag);
