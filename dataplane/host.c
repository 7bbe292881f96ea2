#include "dataplane/host.h"

#include "dataplane/host_side.h"
#include "dataplane/workers.h"

#include <rte_malloc.h>

#include <errno.h>
#include <stdlib.h>

#define SECOND_NS UINT64_C(1000000000)

enum {
	TO_HOST_RING = 1024, /* frames that wait, of one worker */
	FROM_HOST_RING = 512,
	AT_ONCE = 512, /* frames of one worker in a round: half a million a second */
	MISSES_AT_ONCE = 64,
	ANNOUNCEMENTS = 2 /* RFC 5227 2.3: ANNOUNCE_NUM */
};

#define RUN_EVERY_NS      (SECOND_NS / 10)
#define ANNOUNCE_EVERY_NS (2 * SECOND_NS) /* RFC 5227 2.3: ANNOUNCE_INTERVAL */

struct host {
	const struct config *config;
	struct worker *const *workers;
	unsigned worker_count;
	struct rte_mempool *pool;
	uint64_t run_ns; /* when the neighbours' timers are looked at next */
	struct host_side side[SIDES];
};

#define X(sym, name, meaning) name,
static const char *const names[HOST_COUNTER_COUNT] = {HOST_COUNTERS(X)};
#undef X

const char *host_counter_name(enum host_counter c)
{
	return c < HOST_COUNTER_COUNT ? names[c] : "?";
}

static void take_mbuf(struct host *h, struct rte_mbuf *m)
{
	struct host_side *s = &h->side[frame_private(m)->side];

	if (rte_pktmbuf_linearize(m) == 0)
		host_side_take(s, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
	else
		s->count[HOST_BAD]++; /* longer than any buffer */
	rte_pktmbuf_free(m);
}

static unsigned take_frames(struct host *h)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < h->worker_count; i++) {
		struct rte_ring *ring = h->workers[i]->to_host;
		struct rte_mbuf *m;

		for (unsigned n = 0; n < AT_ONCE && rte_ring_sc_dequeue(ring, (void **)&m) == 0;
		     n++) {
			take_mbuf(h, m);
			taken++;
		}
	}
	return taken;
}

static void take_misses(struct host *h, struct host_side *s)
{
	struct endpoint who;

	for (unsigned i = 0; i < h->worker_count; i++) {
		for (unsigned n = 0;
		     n < MISSES_AT_ONCE && neighbours_missed(s->neighbours, i, &who); n++)
			resolver_miss(s->resolver, &who, s->now_ns);
	}
}

static void run_timers(struct host_side *s)
{
	if (s->announcements > 0 && s->now_ns >= s->announce_ns) {
		host_side_announce(s);
		s->announcements--;
		s->announce_ns = s->now_ns + ANNOUNCE_EVERY_NS;
	}
	if (s->resolver)
		s->count[HOST_LOST] += resolver_run(s->resolver, s->now_ns);
}

unsigned host_run(struct host *h, uint64_t now_ns)
{
	unsigned taken;

	for (unsigned i = 0; i < SIDES; i++)
		h->side[i].now_ns = now_ns;
	taken = take_frames(h);
	for (unsigned i = 0; i < SIDES; i++) {
		if (h->side[i].resolver)
			take_misses(h, &h->side[i]);
	}
	if (now_ns < h->run_ns)
		return taken;
	h->run_ns = now_ns + RUN_EVERY_NS;
	for (unsigned i = 0; i < SIDES; i++)
		run_timers(&h->side[i]);
	return taken;
}

void host_link(struct host *h, enum side side, bool up, uint64_t now_ns)
{
	struct host_side *s = &h->side[side];

	s->now_ns = now_ns;
	if (up) {
		s->announcements = ANNOUNCEMENTS;
		s->announce_ns = now_ns;
		if (s->resolver)
			resolver_doubt(s->resolver, now_ns);
		h->run_ns = now_ns;
	} else {
		s->count[HOST_LINK_DOWN]++;
	}
}

uint64_t host_count(const struct host *h, enum side side, enum host_counter c)
{
	uint64_t sum = h->side[side].count[c];

	for (unsigned i = 0; i < h->worker_count; i++) {
		const struct host_counts *w = &h->workers[i]->host_counts[side];

		if (c == HOST_SENT)
			sum += w->sent;
		else if (c == HOST_NOT_SENT)
			sum += w->not_sent;
		else if (c == HOST_DROPPED)
			sum += w->dropped;
	}
	return sum;
}

/* Who must always be reachable: the routers, and SCEFs on the link. */
static void keep_known(const struct host *h, struct host_side *s)
{
	const struct config_scef *scef = &h->config->scef;

	resolver_keep(s->resolver, &s->config->ipv4_router, s->now_ns);
	resolver_keep(s->resolver, &s->config->ipv6_router, s->now_ns);
	if (s->config != &h->config->core)
		return;
	resolver_keep(s->resolver, &scef->fallback, s->now_ns);
	for (unsigned i = 0; i < BEARER_COUNT; i++)
		resolver_keep(s->resolver, &scef->endpoint[i], s->now_ns);
}

static int open_side(struct host *h, enum side side, struct neighbours *n, uint64_t now_ns)
{
	struct host_side *s = &h->side[side];

	s->config = side == ACCESS ? &h->config->access : &h->config->core;
	s->neighbours = n;
	s->pool = h->pool;
	s->now_ns = now_ns;
	host_side_init_rates(s);
	s->announcements = ANNOUNCEMENTS;
	s->out = spsc_create(FROM_HOST_RING);
	if (!s->out)
		return -ENOMEM;
	if (!n || !neighbours_asks(n))
		return 0;
	s->resolver = resolver_create(n, host_side_ask, s);
	if (!s->resolver)
		return -ENOMEM;
	keep_known(h, s);
	return 0;
}

/* Frames that wait in a ring go with it. */
static void destroy_ring(struct rte_ring *ring)
{
	struct rte_mbuf *m;

	while (ring && rte_ring_sc_dequeue(ring, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	rte_free(ring);
}

void host_destroy(struct host *h)
{
	if (!h)
		return;
	for (unsigned i = 0; i < h->worker_count; i++) {
		destroy_ring(h->workers[i]->to_host);
		h->workers[i]->to_host = NULL;
	}
	for (unsigned i = 0; i < SIDES; i++) {
		h->workers[0]->from_host[i] = NULL;
		destroy_ring(h->side[i].out);
		resolver_destroy(h->side[i].resolver);
	}
	free(h);
}

struct host *host_create(const struct config *c, struct neighbours *const n[SIDES],
			 struct worker *const *workers, unsigned worker_count,
			 struct rte_mempool *pool, uint64_t now_ns)
{
	struct host *h = calloc(1, sizeof(*h));

	if (!h)
		goto err;
	h->config = c;
	h->workers = workers;
	h->worker_count = worker_count;
	h->pool = pool;
	for (unsigned i = 0; i < worker_count; i++) {
		workers[i]->to_host = spsc_create(TO_HOST_RING);
		if (!workers[i]->to_host)
			goto err_destroy;
	}
	for (unsigned i = 0; i < SIDES; i++) {
		if (open_side(h, (enum side)i, n[i], now_ns) != 0)
			goto err_destroy;
		workers[0]->from_host[i] = h->side[i].out;
	}
	return h;

err_destroy:
	host_destroy(h);
err:
	errno = ENOMEM;
	return NULL;
}
