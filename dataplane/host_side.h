/* What the slow path says on one of its links, and what it makes of what it is told there. */
#pragma once

#include "dataplane/bucket.h"
#include "dataplane/host.h"
#include "dataplane/resolver.h"

enum rate_of { RATE_ARP, RATE_ND, RATE_ECHO, RATE_ASK, RATES };

struct host_side {
	const struct config_side *config;
	struct rte_mempool *pool;
	uint64_t now_ns; /* of this round */
	struct neighbours *neighbours;
	struct resolver *resolver; /* NULL: nobody is asked */
	struct rte_ring *out;      /* to worker 0 */
	struct bucket bucket[RATES];
	uint64_t count[HOST_COUNTER_COUNT];
	uint64_t announce_ns;   /* when to announce ourselves again */
	unsigned announcements; /* still to come */
	uint64_t defended_ns;   /* when our address was defended last */
};

/* Sets the rates of what is answered and asked. Main thread, like all below. */
void host_side_init_rates(struct host_side *s);

/* Reads a frame that ingress has judged ours, and answers it if it wants an answer. */
void host_side_take(struct host_side *s, const uint8_t *frame, size_t n);

/* Tells the link who has our addresses. */
void host_side_announce(struct host_side *s);

/* A resolver_ask: `arg` is the side. */
bool host_side_ask(void *arg, const struct endpoint *who, const uint8_t *mac, bool kept);
