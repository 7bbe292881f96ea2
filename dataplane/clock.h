/*
 * Unix time that never goes back: CLOCK_MONOTONIC and an offset that the main thread moves forward
 * alone. Workers read it once a round.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

struct clock {
	_Atomic uint64_t offset_ns; /* Unix time at CLOCK_MONOTONIC's zero; main thread writes */
	uint64_t behind_ns;         /* how far the system's clock lies behind ours; main thread's */
};

/* Nanoseconds of CLOCK_MONOTONIC. Any thread; no system call where the kernel offers a vDSO. */
static inline uint64_t clock_monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Unix time in nanoseconds. Any thread. */
static inline uint64_t clock_now_ns(const struct clock *c)
{
	return clock_monotonic_ns() + atomic_load_explicit(&c->offset_ns, memory_order_relaxed);
}

/*
 * Follows the system's clock forward; where that went back, time goes on from where it was, and
 * behind_ns says how far apart the two are. At start, and then about once a second. Main thread.
 */
void clock_follow(struct clock *c);
