#include "dataplane/stages.h"

#include <rte_prefetch.h>

/* The key id may be anything: its slot is a guess that sa_table_find() verifies. */
static void prefetch_guess(const struct sa_table *t, uint32_t key_id)
{
	uint32_t slot = key_id & t->mask;

	if (slot >= t->slots)
		return;
	rte_prefetch0(&t->up[slot]);
	rte_prefetch0(&t->link[slot]);
}

static void find_device(const struct sa_table *t, struct frame *f)
{
	f->slot = sa_table_find(t, f->key_id);
	if (f->slot == SA_NONE || sa_is_group(&t->link[f->slot])) {
		f->slot = SA_NONE;
		f->fate = FATE_UNKNOWN_KEY;
		return;
	}
	f->known |= KNOWN_IMSI;
}

/* MT with a key id, or group data: the id and what it stands for must fit the frame (sdt.md 7). */
static void find_by_hint(const struct sa_table *t, struct frame *f)
{
	const struct core_hdr *h = (const struct core_hdr *)f->msg;
	uint32_t slot = sa_table_find(t, be32_get(h->key_id));
	bool group = slot != SA_NONE && sa_is_group(&t->link[slot]);

	if (group != (f->type == CORE_MT_GROUP))
		f->fate = FATE_BAD_FRAME;
	else if (slot == SA_NONE || be64_get(t->link[slot].imsi) != be64_get(h->imsi))
		f->fate = FATE_UNKNOWN_DEVICE;
	else
		f->slot = slot;
}

/* The frames of a burst that name their device by IMSI alone, looked up many at a time. */
static void find_by_imsi(const struct sa_table *t, struct burst *b, const uint16_t *pick,
			 unsigned n)
{
	be64 imsi[IMSI_BULK];
	uint32_t slot[IMSI_BULK];

	for (unsigned i = 0; i < n; i++)
		imsi[i] = ((const struct core_hdr *)b->frame[pick[i]].msg)->imsi;
	sa_table_find_imsi(t, imsi, n, slot);
	for (unsigned i = 0; i < n; i++) {
		if (slot[i] != SA_NONE) {
			rte_prefetch0(&t->link[slot[i]]);
			rte_prefetch0(&t->up[slot[i]]);
		}
	}
	for (unsigned i = 0; i < n; i++) {
		struct frame *f = &b->frame[pick[i]];

		f->slot = sa_table_choose(t, slot[i], f->now_ns);
		if (f->slot == SA_NONE)
			f->fate = FATE_UNKNOWN_DEVICE;
	}
}

static void lookup_core(const struct sa_table *t, struct burst *b)
{
	uint16_t pick[IMSI_BULK];
	unsigned n = 0;

	for (uint16_t i = 0; i < b->n; i++) {
		struct frame *f = &b->frame[i];

		if (f->fate != FATE_ALIVE)
			continue;
		/* The frame's own hint: key_id may be what another worker found for it. */
		f->slot = SA_NONE;
		if (be32_get(((const struct core_hdr *)f->msg)->key_id) != 0) {
			find_by_hint(t, f);
			continue;
		}
		pick[n++] = i;
		if (n == IMSI_BULK) {
			find_by_imsi(t, b, pick, n);
			n = 0;
		}
	}
	if (n > 0)
		find_by_imsi(t, b, pick, n);
	for (uint16_t i = 0; i < b->n; i++) {
		struct frame *f = &b->frame[i];

		if (f->fate != FATE_ALIVE)
			continue;
		f->key_id = atomic_load_explicit(&t->up[f->slot].key_id, memory_order_relaxed);
		if (f->key_id == 0) { /* removed since its IMSI was looked up */
			f->fate = FATE_UNKNOWN_DEVICE;
			continue;
		}
		f->known |= KNOWN_KEY_ID;
		rte_prefetch0(&t->down[f->slot]);
	}
}

void lookup_burst(struct worker *w, struct burst *b)
{
	const struct sa_table *t = w->set.sas;

	for (uint16_t i = 0; i < b->n; i++) {
		if (b->frame[i].fate == FATE_ALIVE && b->frame[i].key_id != 0)
			prefetch_guess(t, b->frame[i].key_id);
	}
	if (b->side == CORE) {
		lookup_core(t, b);
	} else {
		for (uint16_t i = 0; i < b->n; i++) {
			if (b->frame[i].fate == FATE_ALIVE)
				find_device(t, &b->frame[i]);
		}
	}
}
