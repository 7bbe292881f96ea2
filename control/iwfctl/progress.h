/* How far a long command has come, for a person at a terminal; silent where stderr is none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;
	bool shown;
	uint64_t total, start_ms, drawn_ms;
};

void progress_begin(struct progress *p, const char *what, uint64_t total);

/* Says that `done` of the total is behind us, a few times a second. */
void progress_step(struct progress *p, uint64_t done);

/* Takes the line away. */
void progress_end(struct progress *p);

/* Milliseconds of a clock that never goes back. */
uint64_t progress_now_ms(void);
