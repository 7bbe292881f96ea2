/*
 * The frames that one worker is fed in a benchmark: made and protected in memory before the clock
 * runs. A round visits every SA equally often, in a random order, each with rising COUNTs. A lap
 * takes a part of it; where a whole round does not fit into the memory allowed, each part is made
 * again when its turn comes.
 */
#pragma once

#include "crypto/batch.h"
#include "dataplane/bench.h"
#include "dataplane/sa_table.h"

/* What all workers' traffic has in common. */
struct bench_plan {
	const struct bench_options *options;
	const struct config *config;
	const struct sa_table *sas; /* SA i lies in slot i */
	uint32_t per_sa;            /* frames of each SA in a round */
	uint32_t parts;             /* of a round, a lap each */
	bool whole;                 /* a round fits into memory */
	uint32_t stride;            /* octets from one frame to the next */
};

struct bench_traffic {
	const struct bench_plan *plan;
	uint32_t *slot; /* of each frame of a round */
	uint32_t total; /* frames of a round */
	uint32_t *next; /* by slot: frames made of it so far in this round */
	uint8_t *frame; /* those in memory: the whole round, or one part of it */
	uint16_t *len;
	uint32_t part;     /* whose turn it is */
	uint32_t first, n; /* its first frame's place in the round, and how many frames */
	uint32_t made;     /* parts made so far, at most all */
};

/* Settles the members behind `sas` of a plan, for its options. */
void bench_plan_settle(struct bench_plan *p);

/* Octets of memory for all workers' traffic. */
size_t bench_plan_octets(const struct bench_plan *p);

/*
 * The round of one worker. `next` has an entry for each SA, all zero, and is shared by the workers.
 * Returns 0 or -ENOMEM; bench_traffic_destroy takes what was made, or zeros. Any thread.
 */
int bench_traffic_create(struct bench_traffic *t, const struct bench_plan *plan, unsigned worker,
			 uint32_t *next);
void bench_traffic_destroy(struct bench_traffic *t);

/*
 * Goes on to the next part of the round, behind the last one to the first: then SAs are to be set
 * back. Makes and protects it under the SAs' keys where it is not in memory. The thread that owns
 * the batch.
 */
void bench_traffic_advance(struct bench_traffic *t, struct batch *batch);

/* Frame i of the part: where in memory it stands, its octets, its SA. */
static inline size_t bench_place(const struct bench_traffic *t, uint32_t i)
{
	return t->plan->whole ? t->first + i : i;
}

static inline uint8_t *bench_frame(const struct bench_traffic *t, uint32_t i)
{
	return t->frame + bench_place(t, i) * t->plan->stride;
}

static inline uint16_t bench_len(const struct bench_traffic *t, uint32_t i)
{
	return t->len[bench_place(t, i)];
}

static inline uint32_t bench_slot(const struct bench_traffic *t, uint32_t i)
{
	return t->slot[t->first + i];
}

/* Octets before the SDT message or core frame: all frames are untagged IPv4. */
enum { BENCH_HEAD = 14 + 20 + 8 };
