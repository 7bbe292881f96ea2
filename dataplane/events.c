#include "dataplane/events.h"

#include <rte_malloc.h>
#include <rte_ring_elem.h>

static_assert(sizeof(struct key_event) % 4 == 0, "rte_ring counts elements in words");

struct rte_ring *events_create(void)
{
	ssize_t octets = rte_ring_get_memsize_elem(sizeof(struct key_event), EVENTS_ROOM);
	struct rte_ring *r = rte_zmalloc("events", (size_t)octets, RTE_CACHE_LINE_SIZE);

	if (r && rte_ring_init(r, "", EVENTS_ROOM, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) {
		rte_free(r);
		r = NULL;
	}
	return r;
}

void event_tell(struct worker *w, enum event_type type, uint32_t slot, uint32_t value,
		uint64_t now_ns)
{
	const struct sa_table *t = w->set.sas;
	struct key_event e = {.time_ns = now_ns,
			      .imsi = t->link[slot].imsi,
			      .key_id = t->up[slot].key_id,
			      .value = value,
			      .type = (uint8_t)type};

	if (w->events && rte_ring_sp_enqueue_elem(w->events, &e, sizeof(e)) != 0)
		w->events_lost++;
}

unsigned events_take(struct rte_ring *events, struct key_event *e, unsigned n)
{
	return rte_ring_sc_dequeue_burst_elem(events, e, sizeof(*e), n, NULL);
}
