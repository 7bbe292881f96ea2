/*
 * Removing SAs. A frame that a worker has found the SA of keeps it to the end of the worker's
 * round, so a slot is wiped only after every worker has begun a new one: once for the whole batch.
 * The rings between workers need no such care: a frame that crosses one is looked up again by the
 * owner.
 */
#include "dataplane/sa_slot.h"

#include <rte_rcu_qsbr.h>

static void take_out(struct sa_table *t, uint32_t slot)
{
	/* First, so that a death cannot bring back what it has forgotten to refuse. */
	if (sa_is_static(t->label[slot].reference))
		sa_map_retire(t->map, sa_fingerprint(t->root[slot].key, t->root[slot].salt));
	sa_leave(t, slot);
	sa_slot_unpublish(t, slot);
}

static void wipe_out(struct sa_table *t, const uint32_t *slot, size_t n)
{
	if (n > 0 && t->readers)
		rte_rcu_qsbr_synchronize(t->readers, RTE_QSBR_THRID_INVALID);
	for (size_t i = 0; i < n; i++) {
		if (!t->up[slot[i]].making)
			continue; /* named twice */
		sa_slot_wipe(t, slot[i]);
		sa_slot_append(t, slot[i]);
	}
}

void sa_table_remove_slots(struct sa_table *t, const uint32_t *slot, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!sa_slot_free(t, slot[i]))
			take_out(t, slot[i]);
	}
	wipe_out(t, slot, n);
}

size_t sa_table_remove(struct sa_table *t, const char (*reference)[SAS_REFERENCE_MAX + 1], size_t n,
		       struct key_outcome *outcome)
{
	uint32_t slot[KEYMSG_ROWS_MAX];
	size_t gone = 0;

	for (size_t done = 0; done < n; done += KEYMSG_ROWS_MAX) {
		size_t now = n - done < KEYMSG_ROWS_MAX ? n - done : KEYMSG_ROWS_MAX, found = 0;

		for (size_t i = done; i < done + now; i++) {
			struct key_outcome *o = &outcome[i];

			slot[found] =
				reference[i][0] ? sa_find_reference(t, reference[i]) : SA_NONE;
			*o = (struct key_outcome){.result = KEY_NOT_FOUND};
			memcpy(o->reference, reference[i], sizeof(o->reference));
			if (slot[found] == SA_NONE)
				continue;
			take_out(t, slot[found++]);
			o->result = KEY_REMOVED;
		}
		wipe_out(t, slot, found);
		gone += found;
	}
	return gone;
}
