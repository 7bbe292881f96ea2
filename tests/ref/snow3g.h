/*
 * SNOW 3G, UEA2 and UIA2 written from TS 35.216 and TS 35.215, to check the library and our kernels
 * by. Test code: plain, slow, and NOT constant time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Ciphers `bits` bits in place; the bits behind the last one in its octet become zero. */
void ref_uea2(const uint8_t *key, uint32_t count, uint8_t bearer, uint8_t direction, uint8_t *data,
	      size_t bits);

/* EIA1 is UIA2 with fresh = bearer << 27. */
uint32_t ref_uia2(const uint8_t *key, uint32_t count, uint32_t fresh, uint8_t direction,
		  const uint8_t *msg, size_t bits);
