#include "dataplane/stages.h"

/* Keeps the frames that stay with this worker, in order, and sends off the others. */
void handover_burst(struct worker *w, struct burst *b)
{
	uint16_t kept = 0;

	if (w->workers == 1)
		return;
	for (uint16_t i = 0; i < b->n; i++) {
		struct frame *f = &b->frame[i];
		bool stranger = f->fate == FATE_ALIVE && worker_owning(w, f->slot) != w->id;

		if (stranger) {
			*frame_private(f->mbuf) = *f;
			if (rte_ring_sp_enqueue(w->outbox[worker_owning(w, f->slot)], f->mbuf) == 0)
				continue;
			f->fate = FATE_HANDOVER_FULL;
		}
		if (kept != i)
			b->frame[kept] = *f;
		kept++;
	}
	b->n = kept;
}

unsigned handover_fetch(struct worker *w, unsigned from)
{
	w->handed_at = w->handed_n = 0;
	if (from != w->id)
		w->handed_n = rte_ring_sc_dequeue_burst(w->inbox[from], (void **)w->handed,
							w->set.config->burst, NULL);
	return w->handed_n;
}

uint16_t handover_next(struct worker *w, struct burst *b)
{
	b->n = 0;
	while (w->handed_at < w->handed_n) {
		const struct frame *f = frame_private(w->handed[w->handed_at]);

		if (b->n == 0)
			b->side = f->side;
		else if (f->side != b->side)
			break;
		b->frame[b->n++] = *f;
		w->handed_at++;
	}
	return b->n;
}
