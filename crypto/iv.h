/* What COUNT, BEARER and DIRECTION become before a message is ciphered or tagged (TS 33.401 B). */
#pragma once

#include "crypto/bytes.h"
#include "crypto/suite.h"

#include <stdalign.h>

/* The start value of a message. Aligned, for the loads of ipsec-mb. */
struct iv {
	alignas(16) be64 half[2];
};

/* COUNT | BEARER | DIRECTION | 0^26: what every cipher starts from; EIA2's prefix (B.2.3). */
static inline be64 iv_prefix(uint32_t count, uint8_t bearer, uint8_t direction)
{
	return be64_of((uint64_t)count << 32 | (uint64_t)bearer << 27 | (uint64_t)direction << 26);
}

/* EEA2: the prefix is the upper half of the first counter block (B.1.3). */
static inline struct iv iv_eea2(uint32_t count, uint8_t bearer, uint8_t direction)
{
	return (struct iv){{iv_prefix(count, bearer, direction), {{0}}}};
}

/* EEA1 and EEA3: the prefix, twice (TS 35.215 3.4; TS 35.221 3.3). */
static inline struct iv iv_eea1_eea3(uint32_t count, uint8_t bearer, uint8_t direction)
{
	be64 prefix = iv_prefix(count, bearer, direction);

	return (struct iv){{prefix, prefix}};
}

/*
 * EIA1 and EIA3: COUNT | FRESH, twice, DIRECTION added to the first bits of COUNT and of FRESH's
 * lower half in the second; FRESH = BEARER | 0^27 (TS 33.401 B.2.2 and TS 35.215 4.4;
 * TS 35.221 4.3).
 */
static inline struct iv iv_eia1_eia3(uint32_t count, uint8_t bearer, uint8_t direction)
{
	uint64_t first = (uint64_t)count << 32 | (uint64_t)bearer << 27;
	uint64_t added = (uint64_t)direction << 63 | (uint64_t)direction << 15;

	return (struct iv){{be64_of(first), be64_of(first ^ added)}};
}
