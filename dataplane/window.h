/*
 * The replay window of sdt.md 4 step 4: 64 COUNTs, the highest at bit 0. A question that changes
 * nothing, and the marking, which asks again (two copies may lie in one burst).
 */
#pragma once

#include "dataplane/api/fate.h"
#include "dataplane/sa.h"

#include <stdatomic.h>
#include <stdint.h>

enum {
	WINDOW = 64,
	FORWARD_MAX = 65536 /* how far COUNT may lie above the highest */
};

/* FATE_ALIVE, FATE_TOO_OLD, FATE_REPLAYED or FATE_TOO_FAR. */
static inline enum fate window_ask(const struct sa_up *u, uint32_t count)
{
	uint32_t behind = u->top - count;

	if (u->seen == 0)
		return count < FORWARD_MAX ? FATE_ALIVE : FATE_TOO_FAR;
	if (count <= u->top) {
		if (behind >= WINDOW)
			return FATE_TOO_OLD;
		return u->seen >> behind & 1 ? FATE_REPLAYED : FATE_ALIVE;
	}
	return count - u->top > FORWARD_MAX || count >= COUNT_USED_UP ? FATE_TOO_FAR : FATE_ALIVE;
}

/* Whether accepting this COUNT raises the highest. */
static inline bool window_raises(const struct sa_up *u, uint32_t count)
{
	return u->seen == 0 || count > u->top;
}

/* Marks a COUNT for which window_ask() has just said FATE_ALIVE. */
static inline void window_mark(struct sa_up *u, uint32_t count)
{
	uint32_t ahead = count - u->top;
	uint64_t seen;

	if (!window_raises(u, count)) {
		u->seen |= UINT64_C(1) << (u->top - count);
		return;
	}
	seen = u->seen == 0 || ahead >= WINDOW ? 1 : u->seen << ahead | 1;
	/* A death between two stores may lose COUNTs that were not received, never the others. */
	u->seen = UINT64_MAX;
	atomic_signal_fence(memory_order_release);
	u->top = count;
	atomic_signal_fence(memory_order_release);
	u->seen = seen;
}
