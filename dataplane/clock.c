#include "dataplane/clock.h"

static uint64_t unix_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void clock_follow(struct clock *c)
{
	uint64_t system = unix_ns(), ours = clock_now_ns(c);

	c->behind_ns = ours > system ? ours - system : 0;
	if (system > ours)
		atomic_fetch_add_explicit(&c->offset_ns, system - ours, memory_order_relaxed);
}
