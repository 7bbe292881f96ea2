/*
 * ZUC, EEA3 and EIA3 written from TS 35.222 and TS 35.221, to check the library and our kernels by.
 * Test code: plain, slow, and NOT constant time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Ciphers `bits` bits in place; the bits behind the last one in its octet become zero. */
void ref_eea3(const uint8_t *key, uint32_t count, uint8_t bearer, uint8_t direction, uint8_t *data,
	      size_t bits);

uint32_t ref_eia3(const uint8_t *key, uint32_t count, uint8_t bearer, uint8_t direction,
		  const uint8_t *msg, size_t bits);
