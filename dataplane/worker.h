/*
 * A worker: one thread that takes frames of both sides from its queues, decides them and sends what
 * comes of them. START READING HERE, then in worker.c, which is a packet's way as a list of calls.
 */
#pragma once

#include "config/config.h"
#include "crypto/batch.h"
#include "dataplane/burst.h"
#include "dataplane/sa_table.h"

#include <rte_ring.h>

/*
 * Where a worker's frames come from and go to, one for each side: an Ethernet queue, a replay's
 * rings, a test's arrays. Called by the worker's own thread alone.
 */
struct port {
	/* Fills at most n mbufs, returns how many; with `stamped`, struct frame holds now_ns,
	 * index and cut of each. A frame that goes on in a second mbuf has at least 1,500 octets in
	 * its first: any message that can go through lies whole in one. */
	uint16_t (*rx)(struct port *p, struct rte_mbuf **m, uint16_t n);
	/* Takes m[0..n) over, or a first part of it; returns how many. The rest stays the caller's.
	 */
	uint16_t (*tx)(struct port *p, struct rte_mbuf **m, uint16_t n);
	bool stamped;
};

/* What became of one frame, for whoever follows frames one by one (a replay's --frames). */
struct trace {
	uint32_t key_id, count;
	be64 imsi;
	uint8_t fate;  /* enum fate */
	uint8_t known; /* enum known */
};

/* A frame of the same SA may have to wait for the next pass of its burst: see uplink.c. */
struct pass_mark {
	uint32_t pass;
	bool barrier;
};

enum { PASS_MARKS = 1024 };

/* A second's worth of something rare: how much of it is left. */
struct rate {
	uint64_t until_ns;
	uint32_t left;
};

static_assert((int)CONFIG_BURST_MAX <= (int)BURST_MAX && (int)BURST_MAX <= (int)BATCH_MAX,
	      "any burst fits its arrays");

struct neighbours;

struct worker_setup {
	const struct config *config;
	struct sa_table *sas;
	struct rte_mempool *pool; /* with room for struct frame in each mbuf's private octets */
	struct port *port[SIDES];
	/* Next hops, by side; NULL: all goes to next_hop_mac, as in a replay. */
	struct neighbours *neighbours[SIDES];
	bool replay;         /* any core-side source, no limit on RESUME, no held frames */
	struct trace *trace; /* by frame.index; NULL: nobody follows */
};

struct worker {
	/* Set before the thread starts, then constant. */
	uint16_t id, workers;
	struct worker_setup set;
	struct batch *crypto;
	struct rte_ring *inbox[CONFIG_WORKERS_MAX];  /* from each other worker; NULL for itself */
	struct rte_ring *outbox[CONFIG_WORKERS_MAX]; /* to each other worker */
	struct rte_ring *to_host;          /* frames for the slow path; NULL: they die here */
	struct rte_ring *from_host[SIDES]; /* what the slow path sends; NULL: not this worker's */
	struct rte_ring *events; /* of struct key_event, to the main thread; NULL: nobody listens */

	/* Written by this worker; others may read, and tolerate a stale value. */
	struct counts counts __rte_cache_aligned;
	struct host_counts {
		uint64_t dropped;        /* for the slow path, whose ring was full */
		uint64_t sent, not_sent; /* for the slow path: what the port took, and did not */
	} host_counts[SIDES];
	_Atomic uint64_t settled; /* frames whose end is decided and handed on */
	uint64_t busy_cycles;     /* TSC cycles in rounds that had frames */
	uint64_t events_lost;     /* that found no room in `events` */

	/*
	 * Unix time of this round, where frames carry none. Set before each worker_poll by the
	 * worker's own thread, from a clock that never goes back.
	 */
	uint64_t now_ns;

	/* Private. */
	struct rate resume_rate;
	uint64_t limit_told_ns; /* when RESUME_LIMIT was told last */
	uint32_t pass; /* number of the current pass; a wrap costs a frame at most one more */
	struct pass_mark mark[PASS_MARKS];
	struct resume_scratch *resume;
	struct held_pool *held;
	struct rte_mbuf *handed[BURST_MAX]; /* fetched from an inbox, not given out */
	unsigned handed_at, handed_n;
	struct burst burst __rte_cache_aligned;
} __rte_cache_aligned;

/*
 * One round: frames handed over by other workers first, then one burst of each side. Returns how
 * many frames it saw. The worker's own thread.
 */
unsigned worker_poll(struct worker *w);

/* The worker that owns a slot: for both directions, RESUME, address and budget. */
static inline unsigned worker_owning(const struct worker *w, uint32_t slot)
{
	return w->workers == 1 ? 0 : slot % w->workers;
}
