/*
 * Retirement: SAs that have expired are removed and their keys wiped (sdt.md 6), and control is
 * told of those that soon will. Workers ask for the expiry themselves; this is about what lies in
 * memory.
 */
#pragma once

#include "dataplane/live.h"

struct retire;

enum {
	RETIRE_NEAR_S = 300, /* how long before its expiry an SA is told of */
	RETIRE_TICK_MS = 100,
	RETIRE_TICKS = 100 /* that see the whole table, whatever its size: in 10 s */
};

/*
 * Begins to sweep l->sas from l->events, a slice each tick, telling l->keys where there is one.
 * NULL after a line on `errors`; NULL may be destroyed. Main thread, as the rest.
 */
struct retire *retire_create(struct live *l, FILE *errors);
void retire_destroy(struct retire *r);

/* One tick, at this time: for whoever cannot wait for the next. */
void retire_sweep(struct retire *r, uint64_t now_ns);
