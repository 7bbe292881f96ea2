/* The two ports of a worker that feeds itself: frames come out of memory, and end in it. */
#pragma once

#include "dataplane/bench_traffic.h"
#include "dataplane/worker.h"

struct bench_feed;

struct bench_port {
	struct port port;
	struct bench_feed *feed;
};

struct bench_feed {
	const struct bench_traffic *traffic;
	const struct worker *worker;
	uint32_t at;      /* the next frame of those in memory */
	uint32_t starved; /* times in a row that there was no buffer, or no room in a ring */
	struct bench_port port[SIDES];
};

/* Makes them the worker's ports. */
void bench_feed_connect(struct bench_feed *f, const struct bench_traffic *t, struct worker *w);

/* From the first frame on again. */
static inline void bench_feed_rewind(struct bench_feed *f)
{
	f->at = f->starved = 0;
}

/* Whether all frames were taken, or never will be. */
static inline bool bench_feed_ended(const struct bench_feed *f)
{
	enum { STARVED_MAX = 1 << 20 }; /* frames that are lost for good keep their buffers */

	return f->at == f->traffic->n || f->starved > STARVED_MAX;
}
