/*
 * The worker threads of a benchmark and the laps they run together: over the path, over the kernels
 * alone, and over the copying alone, in turn, all on the same frames. The clock stands while SAs
 * are set back and frames made.
 */
#pragma once

#include "dataplane/bench_crypto.h"
#include "dataplane/bench_feed.h"
#include "dataplane/clock.h"

struct bench_laps;

/* Nanoseconds of a lap: by the clock, and those in which the thread had its CPU. */
struct bench_span {
	uint64_t wall_ns, cpu_ns;
};

struct bench_thread {
	struct bench_laps *laps;
	unsigned id;
	struct worker *worker;
	struct bench_traffic traffic;
	struct bench_feed feed;
	struct bench_crypto *crypto;
	struct bench_span span; /* of the lap in hand */
	uint64_t kernels;       /* TSC cycles of them, of a lap of LAP_CRYPTO */
};

struct bench_laps {
	/* Set before the threads start, then constant. */
	const struct bench_plan *plan;
	struct sa_table *sas;
	struct clock clock;
	unsigned n;
	struct bench_thread thread[CONFIG_WORKERS_MAX];
	double *cycles[LAP_KINDS]; /* for one frame: of each lap */
	uint32_t *next;            /* bench_traffic.next of all */

	/* Any thread. */
	_Atomic bool stop;      /* set by the main thread */
	_Atomic unsigned ended; /* threads that have returned */
	_Atomic unsigned arrived, meetings;
	_Atomic uint64_t measured_ns; /* of all laps so far; the first thread writes */

	/* Of the first thread, while the others wait for it. */
	struct counts before;
	uint64_t due;            /* what `settled` of all workers comes to at the end of the lap */
	uint64_t frames;         /* in all laps over the path */
	struct bench_span spans; /* of all laps and threads */
	unsigned rounds;         /* of one lap of each kind; the first is not counted */
	bool over;
	char why[BENCH_WHY]; /* not empty: something went wrong */
};

/*
 * Makes traffic and room for l->n threads, whose member `worker` is set, like everything that is
 * constant but the arrays. Returns 0 or -ENOMEM. bench_laps_destroy takes zeros
 * too. Main thread.
 */
int bench_laps_create(struct bench_laps *l);
void bench_laps_destroy(struct bench_laps *l);

/* What each thread does, on the lcore of its number + 1; arg: struct bench_laps. */
int bench_laps_run(void *arg);
