/*
 * A gateway without ports and threads, for tests and fuzz targets: workers whose frames come from
 * and go to arrays, decided when the test says so, by a clock that the test sets. One thread.
 */
#pragma once

#include "config/sas.h"
#include "dataplane/worker.h"
#include "pcap/packet.h"

enum {
	RIG_WORKERS = 4,
	RIG_FRAMES = 4096, /* of one batch */
	RIG_SENT = 8192,
	RIG_FRAME_MAX = 1600,
	RIG_MBUFS = 8191
};

#define RIG_EPOCH_NS UINT64_C(1800000000000000000) /* where its clock begins, Unix time */

/* A frame that went out of a port. */
struct rig_sent {
	uint32_t index; /* of the frame that caused it, as rig_put returned it */
	uint16_t len;
	uint8_t octets[RIG_FRAME_MAX];
};

struct rig;

/* One worker's end of one side. */
struct rig_port {
	struct port port;
	struct rig *rig;
	enum side side;
	unsigned at, n; /* in[at..n) are still to come */
	struct rte_mbuf *in[RIG_FRAMES];
};

struct rig {
	struct config config;
	struct sa_table *sas;
	struct batch *crypto; /* of the installing thread */
	struct rte_mempool *pool;
	struct worker *worker[RIG_WORKERS];
	struct rig_port port[RIG_WORKERS][SIDES];
	unsigned workers;

	/* The test's to set, any time. */
	uint64_t now_ns;      /* the clock of frames put from now on, and of rig_run */
	unsigned room[SIDES]; /* frames that a side's ports still take; UINT_MAX: all */
	uint16_t segment;     /* octets of a frame that its first mbuf takes; 0: all that fit */
	/* Sees every frame as it leaves; NULL: nobody looks. */
	void (*watch)(struct rig *r, enum side side, const struct rig_sent *s);

	/* Of the batch in hand; the first rig_put after a rig_run begins a new one. */
	bool decided;
	unsigned frames;
	struct trace trace[RIG_FRAMES];
	unsigned sent_n[SIDES];
	struct rig_sent *sent[SIDES];

	struct rte_mbuf *hoard[RIG_MBUFS];
	unsigned hoarded;
};

/*
 * Starts EAL where it is not yet, and makes a table of `slots`, and c->workers workers with nothing
 * to do. `live`: as on ports; else as in a replay. Aborts where that cannot be.
 */
struct rig *rig_create(const struct config *c, uint32_t slots, bool live);
/* The same over a table, which becomes the rig's. */
struct rig *rig_create_over(const struct config *c, struct sa_table *t, bool live);
void rig_destroy(struct rig *r);

/* An SA that sdt.md 8 allows; its IMSI, keys and salt follow from the key id. */
struct sa_row rig_row(uint32_t key_id, unsigned eea, unsigned eia, unsigned tag_len);
void rig_install(struct rig *r, const struct sa_row *row, size_t n);
void rig_remove(struct rig *r, uint32_t key_id);

/* Queues a frame at a worker's port and returns its index in trace[]. */
unsigned rig_put(struct rig *r, unsigned worker, enum side side, const void *frame, size_t len);

/* The same for a datagram from `device`, or from the SCEF of that bearer. */
unsigned rig_up(struct rig *r, unsigned worker, const struct endpoint *device, const void *msg,
		size_t len);
unsigned rig_down(struct rig *r, unsigned worker, unsigned bearer, const void *msg, size_t len);

/*
 * Polls the workers in turn until none has anything left. Returns NULL, or what then is wrong with
 * the sums of sdt.md 10 or with the pool. rig_poll polls one worker once and checks nothing.
 */
const char *rig_run(struct rig *r);
unsigned rig_poll(struct rig *r, unsigned worker);

/* All workers' counters together, and one fate's or tally's. */
struct counts rig_counts(const struct rig *r);
uint64_t rig_fate(const struct rig *r, enum side side, enum fate f);
uint64_t rig_tally(const struct rig *r, enum side side, enum tally t);

/* Takes all but `left` mbufs out of the pool, and gives them back. */
void rig_hoard(struct rig *r, unsigned left);
void rig_release(struct rig *r);

/* Mbufs that are neither in the pool nor hoarded. */
unsigned rig_in_use(const struct rig *r);

/* The datagram in a frame that was sent; aborts where there is none. */
void rig_read(const struct rig_sent *s, struct packet *p);

/* An MT frame's header. */
struct core_hdr rig_mt(unsigned bearer, uint8_t flags, uint32_t key_id, const char *imsi);
