/*
 * Numbers for made traffic: the same from the same seed on any machine (splitmix64). Nothing here
 * is secret: whoever makes test traffic writes its keys into a file beside it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t x = r->state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* From 0 to n - 1, n at least 1. */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

static inline void rng_fill(struct rng *r, uint8_t *p, size_t n)
{
	for (uint64_t x = 0, i = 0; i < n; i++, x >>= 8) {
		if (i % 8 == 0)
			x = rng_next(r);
		p[i] = (uint8_t)x;
	}
}
