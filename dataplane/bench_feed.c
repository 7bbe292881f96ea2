#include "dataplane/bench_feed.h"

#include <rte_memcpy.h>

/* Whether what this burst may hand over finds room: a benchmark waits where a port would drop. */
static bool rings_have_room(const struct worker *w, uint16_t n)
{
	for (unsigned to = 0; to < w->workers; to++) {
		if (w->outbox[to] && rte_ring_free_count(w->outbox[to]) < n)
			return false;
	}
	return true;
}

static uint16_t copy_in(struct port *p, struct rte_mbuf **m, uint16_t n)
{
	struct bench_feed *f = ((struct bench_port *)p)->feed;
	const struct bench_traffic *t = f->traffic;
	uint32_t left = t->n - f->at;

	if (left == 0)
		return 0;
	n = (uint16_t)RTE_MIN(left, (uint32_t)n);
	if (!rings_have_room(f->worker, n) ||
	    rte_pktmbuf_alloc_bulk(f->worker->set.pool, m, n) != 0) {
		f->starved++;
		return 0;
	}
	f->starved = 0;
	for (uint16_t i = 0; i < n; i++) {
		uint16_t len = bench_len(t, f->at + i);

		rte_memcpy(rte_pktmbuf_mtod(m[i], void *), bench_frame(t, f->at + i), len);
		m[i]->data_len = len;
		m[i]->pkt_len = len;
	}
	f->at += n;
	return n;
}

static uint16_t nothing_in(struct port *p, struct rte_mbuf **m, uint16_t n)
{
	(void)p;
	(void)m;
	(void)n;
	return 0;
}

static uint16_t free_all(struct port *p, struct rte_mbuf **m, uint16_t n)
{
	(void)p;
	rte_pktmbuf_free_bulk(m, n);
	return n;
}

void bench_feed_connect(struct bench_feed *f, const struct bench_traffic *t, struct worker *w)
{
	enum side from = t->plan->options->direction == BENCH_UP ? ACCESS : CORE;

	*f = (struct bench_feed){.traffic = t, .worker = w};
	for (unsigned side = 0; side < SIDES; side++) {
		f->port[side] = (struct bench_port){
			.port = {.rx = side == from ? copy_in : nothing_in, .tx = free_all},
			.feed = f};
		w->set.port[side] = &f->port[side].port;
	}
}
