/* How often something may happen: a steady rate, and so many at once before. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint64_t every_ns; /* one more is allowed after so long */
	uint64_t burst_ns; /* so many times every_ns as may happen at once */
	uint64_t spent_ns; /* when all that was taken has been earned back */
};

static inline struct bucket bucket_of(uint32_t per_second, uint32_t burst)
{
	uint64_t every_ns = UINT64_C(1000000000) / per_second;

	return (struct bucket){.every_ns = every_ns, .burst_ns = every_ns * burst};
}

/* Takes one; false: none is left now. The clock may start anywhere. */
static inline bool bucket_take(struct bucket *b, uint64_t now_ns)
{
	uint64_t spent = b->spent_ns > now_ns ? b->spent_ns : now_ns;

	if (spent + b->every_ns > now_ns + b->burst_ns)
		return false;
	b->spent_ns = spent + b->every_ns;
	return true;
}
