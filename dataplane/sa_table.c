#include "dataplane/sa_table.h"

#include "crypto/secret.h"
#include "dataplane/sa_slot.h"

#include <errno.h>
#include <stdlib.h>

enum { SLOTS_MAX = 1 << 24 }; /* leaves 8 random bits of a key id */

static uint32_t mask_for(uint32_t slots)
{
	return slots == 1 ? 0 : UINT32_MAX >> __builtin_clz(slots - 1);
}

static void free_table(struct sa_table *t)
{
	sa_index_destroy(&t->by_imsi);
	sa_index_destroy(&t->by_reference);
	sa_index_destroy(&t->overflow);
	sa_map_close(t->map);
	free(t);
}

struct sa_table *sa_table_over(struct sa_map *map)
{
	uint32_t slots = map->header->slots;
	struct sa_table *t = calloc(1, sizeof(*t)); /* lint-ok: at start */
	int ret;

	if (!t) {
		sa_map_close(map);
		return NULL;
	}
	t->map = map;
	t->up = sa_map_lines(map);
	t->down = (void *)(t->up + slots);
	t->link = (void *)(t->down + slots);
	t->root = (void *)(t->link + slots);
	t->label = (void *)(t->root + slots);
	t->slots = slots;
	t->mask = mask_for(slots);
	t->newest_free = SA_NONE;
	ret = sa_index_create(&t->by_imsi, slots);
	if (ret == 0)
		ret = sa_index_create(&t->by_reference, slots);
	if (ret == 0)
		ret = sa_index_create(&t->overflow, slots);
	if (ret == 0)
		return t;
	free_table(t);
	errno = -ret;
	return NULL;
}

struct sa_table *sa_table_create(uint32_t slots)
{
	struct sa_map *map;

	if (slots == 0 || slots > SLOTS_MAX) {
		errno = EINVAL;
		return NULL;
	}
	map = sa_map_create(slots);
	return map ? sa_table_over(map) : NULL;
}

void sa_table_destroy(struct sa_table *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->map->header->never_used; i++) {
		if (sa_slot_free(t, i))
			continue;
		sa_slot_unpublish(t, i);
		sa_slot_wipe(t, i);
	}
	free_table(t);
}

void sa_table_close(struct sa_table *t)
{
	if (t)
		free_table(t);
}

bool sa_table_intact(const struct sa_table *t)
{
	return sa_map_intact(t->map);
}

static uint8_t row_flags(const struct sa_up *u, const struct sa_link *l)
{
	bool heard = atomic_load_explicit(&l->heard, memory_order_relaxed);

	return (uint8_t)((sa_is_group(l) ? KEY_ROW_GROUP : 0) |
			 (u->flags & SA_ONE_KEY ? KEY_ROW_ONE_KEY : 0) |
			 (u->flags & SA_CLOSED ? KEY_ROW_CLOSED : 0) | (heard ? KEY_ROW_HEARD : 0) |
			 (u->seen ? KEY_ROW_RECEIVED : 0));
}

bool sa_table_describe(const struct sa_table *t, uint32_t slot, struct key_row *row)
{
	const struct sa_up *u = &t->up[slot];
	const struct sa_down *d = &t->down[slot];
	const struct sa_link *l = &t->link[slot];
	const struct sa_root *r = &t->root[slot];

	if (sa_slot_free(t, slot))
		return false;
	*row = (struct key_row){
		.key_id = u->key_id,
		.imsi = l->imsi,
		.installed = u->installed,
		.algs = u->algs,
		.tag_len = sa_tag_len(u),
		.epoch = u->epoch,
		.flags = row_flags(u, l),
		.top = u->top,
		.count_down = d->count,
		.m = r->m,
		.failures = u->failures,
		.expires_ns = l->expires_ns,
		.address = {.family = l->family, .port = l->port},
		.up_packets = l->packets,
		.up_octets = l->octets,
		.down_packets = d->packets,
		.down_octets = d->octets,
		.bad_tags = d->bad_tags,
	};
	memcpy(row->address.addr, l->addr, sizeof(row->address.addr));
	memcpy(row->salt, r->salt, SALT_LEN);
	memcpy(row->reference, t->label[slot].reference, SAS_REFERENCE_MAX);
	return true;
}
