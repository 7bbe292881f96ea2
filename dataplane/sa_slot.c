#include "dataplane/sa_slot.h"

#include "crypto/secret.h"

#include <errno.h>
#include <stdlib.h>

/* For the process that comes after: stores before this are in memory before stores behind it. */
static void settle(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

static void set_next(struct sa_table *t, uint32_t slot, uint32_t next)
{
	atomic_store_explicit(&t->link[slot].next, next, memory_order_release);
}

uint32_t sa_slot_oldest(const struct sa_table *t)
{
	const struct sa_map_header *h = t->map->header;

	return h->never_used < t->slots ? h->never_used : h->oldest_free;
}

bool sa_slot_free(const struct sa_table *t, uint32_t slot)
{
	return atomic_load_explicit(&t->up[slot].key_id, memory_order_relaxed) == 0;
}

void sa_slot_append(struct sa_table *t, uint32_t slot)
{
	struct sa_map_header *h = t->map->header;

	set_next(t, slot, SA_NONE);
	t->link[slot].previous = t->newest_free;
	settle();
	if (t->newest_free == SA_NONE)
		h->oldest_free = slot;
	else
		set_next(t, t->newest_free, slot);
	t->newest_free = slot;
}

/* Before those that were used once: it has been free longer. */
static void prepend(struct sa_table *t, uint32_t slot)
{
	struct sa_map_header *h = t->map->header;

	set_next(t, slot, h->oldest_free);
	t->link[slot].previous = SA_NONE;
	settle();
	if (h->oldest_free == SA_NONE)
		t->newest_free = slot;
	else
		t->link[h->oldest_free].previous = slot;
	h->oldest_free = slot;
}

static void unlink_free(struct sa_table *t, uint32_t slot)
{
	uint32_t next = sa_next(t, slot), previous = t->link[slot].previous;

	if (previous == SA_NONE)
		t->map->header->oldest_free = next;
	else
		set_next(t, previous, next);
	if (next == SA_NONE)
		t->newest_free = previous;
	else
		t->link[next].previous = previous;
}

/* One that was never used: those that are passed over join the others. */
static void leave_never_used(struct sa_table *t, uint32_t slot)
{
	uint32_t from = t->map->header->never_used;

	t->map->header->never_used = slot + 1;
	settle();
	for (uint32_t i = slot; i > from; i--)
		prepend(t, i - 1);
}

void sa_slot_take(struct sa_table *t, uint32_t slot)
{
	if (slot >= t->map->header->never_used)
		leave_never_used(t, slot);
	else
		unlink_free(t, slot);
	settle();
	atomic_store_explicit(&t->up[slot].making, 1, memory_order_relaxed);
	settle();
}

void sa_slot_publish(struct sa_table *t, uint32_t slot, uint32_t key_id)
{
	/* The slot is whole before its key id says so. */
	atomic_store_explicit(&t->up[slot].key_id, key_id, memory_order_release);
	atomic_store_explicit(&t->up[slot].making, 0, memory_order_release);
	t->in_use++;
}

void sa_slot_unpublish(struct sa_table *t, uint32_t slot)
{
	atomic_store_explicit(&t->up[slot].making, 1, memory_order_relaxed);
	settle();
	atomic_store_explicit(&t->up[slot].key_id, 0, memory_order_release);
	t->in_use--;
}

void sa_slot_wipe(struct sa_table *t, uint32_t slot)
{
	struct sa_up *u = &t->up[slot];

	static_assert(offsetof(struct sa_up, making) + sizeof(u->making) == sizeof(*u),
		      "the mark is what is wiped last");
	secret_wipe(&t->root[slot], sizeof(t->root[slot]));
	secret_wipe(&t->down[slot], sizeof(t->down[slot]));
	secret_wipe(&t->link[slot], sizeof(t->link[slot]));
	secret_wipe(&t->label[slot], sizeof(t->label[slot]));
	secret_wipe(u, offsetof(struct sa_up, making));
	settle();
	atomic_store_explicit(&u->making, 0, memory_order_release);
}

static bool listed(const uint8_t *set, uint32_t slot)
{
	return set[slot / 8] >> slot % 8 & 1;
}

int sa_slot_restore(struct sa_table *t)
{
	struct sa_map_header *h = t->map->header;
	uint32_t n = h->never_used, last = SA_NONE, slot;
	uint8_t *set = calloc(n / 8 + 1, 1); /* lint-ok: at start */

	if (!set)
		return -ENOMEM;
	/* As far as it can be right. */
	for (slot = h->oldest_free; slot < n && sa_slot_free(t, slot) && !listed(set, slot);
	     slot = sa_next(t, slot)) {
		set[slot / 8] |= (uint8_t)(1 << slot % 8);
		t->link[slot].previous = last;
		last = slot;
	}
	if (last == SA_NONE)
		h->oldest_free = SA_NONE;
	else
		set_next(t, last, SA_NONE);
	t->newest_free = last;
	for (slot = 0; slot < n; slot++) {
		if (sa_slot_free(t, slot) && !listed(set, slot))
			sa_slot_append(t, slot);
	}
	free(set);
	return 0;
}
