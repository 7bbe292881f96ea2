/* What a run counted, as a table for people and as JSON. */
#pragma once

#include "dataplane/api/fate.h"

#include <stdbool.h>
#include <stdio.h>

struct report {
	bool ran; /* false: nothing was counted, for a reason that has been said */
	struct counts counts;
	double tsc_cycles_per_packet; /* in workers, mean over all frames; 0: none */
	double mpps;                  /* of one worker at that cost */
};

/* The fates that occurred, most frequent first, and the sums of sdt.md 10. */
void report_table(const struct report *r, FILE *out);

/* The JSON of replay.md, every fate of a side included. Returns 0 or -errno; the file is whole or
 * gone. */
int report_json(const struct report *r, const char *path);
