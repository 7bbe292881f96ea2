/* How far long work has come, for a person at a terminal; silent where stderr is none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
	const char *what;
	bool shown;
	uint64_t total;  /* 0: not known; the count alone is shown */
	uint64_t frames; /* steps so far */
	struct timespec start;
	uint64_t drawn_ms; /* since start, when the line was last drawn */
};

void progress_begin(struct progress *p, const char *what, uint64_t total);

/*
 * Counts one more frame; true where it is time to draw. Looks at the clock every few hundred calls
 * only. progress_draw then says that `done` of `total` is behind us.
 */
bool progress_due(struct progress *p);
void progress_draw(const struct progress *p, uint64_t done);

/* Takes the line away. */
void progress_end(struct progress *p);
