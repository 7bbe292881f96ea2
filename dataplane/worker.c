#include "dataplane/worker.h"

#include "dataplane/stages.h"

#include <rte_cycles.h>
#include <rte_rcu_qsbr.h>

/* The way of a frame whose form is right; from the handover on it is its SA's owner's. */
static void decide_burst(struct worker *w, struct burst *b)
{
	lookup_burst(w, b);
	handover_burst(w, b);
	if (b->side == ACCESS)
		uplink_burst(w, b);
	else
		downlink_burst(w, b);
	egress_burst(w, b);
}

static uint16_t receive_burst(struct worker *w, enum side side, struct burst *b)
{
	struct port *p = w->set.port[side];
	struct rte_mbuf *m[BURST_MAX];
	uint16_t n = p->rx(p, m, (uint16_t)w->set.config->burst);

	b->n = n;
	b->side = (uint8_t)side;
	for (uint16_t i = 0; i < n; i++) {
		struct frame *f = &b->frame[i];

		*f = (struct frame){
			.mbuf = m[i], .now_ns = w->now_ns, .slot = SA_NONE, .side = b->side};
		if (p->stamped) {
			f->now_ns = frame_private(m[i])->now_ns;
			f->index = frame_private(m[i])->index;
			f->cut = frame_private(m[i])->cut;
		}
	}
	w->counts.tally[side][TALLY_RX] += n;
	return n;
}

unsigned worker_poll(struct worker *w)
{
	uint64_t began = rte_rdtsc();
	struct burst *b = &w->burst;
	unsigned seen = 0;

	for (unsigned from = 0; from < w->workers; from++) {
		seen += handover_fetch(w, from);
		while (handover_next(w, b) > 0)
			decide_burst(w, b);
	}
	for (unsigned side = 0; side < SIDES; side++) {
		if (receive_burst(w, (enum side)side, b) == 0)
			continue;
		seen += b->n;
		ingress_burst(w, b);
		decide_burst(w, b);
	}
	egress_expired(w);
	seen += egress_from_host(w);
	/* Nothing of this round is held on to: a slot removed meanwhile may be wiped. */
	if (w->set.sas->readers)
		rte_rcu_qsbr_quiescent(w->set.sas->readers, w->id);
	if (seen > 0)
		w->busy_cycles += rte_rdtsc() - began;
	return seen;
}
