/*
 * Opening a table that outlives processes (sdt.md 6). Whatever the last one was doing when it died,
 * a slot is free, or whole, or marked; those marked are wiped. Order among free slots, and among
 * SAs of one IMSI, comes from the file; indexes are made anew.
 */
#include "dataplane/sa_slot.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static bool marked(const struct sa_table *t, uint32_t slot)
{
	return t->up[slot].changing || t->up[slot].making;
}

/*
 * Brings the pages of one column in, so that no packet waits for a fault; they are all there. Those
 * of slots that were never used follow when an SA is installed.
 */
static void populate(const void *column, size_t octets)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)column & ~(page - 1);

	madvise((void *)from, (uintptr_t)column + octets - from, MADV_POPULATE_READ);
}

static void populate_used(const struct sa_table *t)
{
	size_t n = t->map->header->never_used;

	populate(t->up, n * sizeof(t->up[0]));
	populate(t->down, n * sizeof(t->down[0]));
	populate(t->link, n * sizeof(t->link[0]));
	populate(t->root, n * sizeof(t->root[0]));
	populate(t->label, n * sizeof(t->label[0]));
}

/* The slots that a process left half-written become free ones that are in no list. */
static void wipe_marked(struct sa_table *t, struct sa_takeover *found)
{
	enum { NAMED = sizeof(found->first_wiped) / sizeof(found->first_wiped[0]) };

	for (uint32_t i = 0; i < t->map->header->never_used; i++) {
		if (!marked(t, i))
			continue;
		if (found->half_written < NAMED)
			found->first_wiped[found->half_written] = i;
		found->half_written++;
		sa_slot_wipe(t, i);
	}
}

enum { PREFETCH = 16 }; /* SAs ahead: their places in the indexes are anywhere */

static void enter_all(struct sa_table *t, struct sa_takeover *found)
{
	uint32_t n = t->map->header->never_used;

	for (uint32_t i = 0; i < n; i++) {
		if (i + PREFETCH < n && !sa_slot_free(t, i + PREFETCH))
			sa_prefetch(t, i + PREFETCH);
		if (sa_slot_free(t, i))
			continue;
		sa_enter_again(t, i);
		t->in_use++;
	}
	found->taken = t->in_use;
}

static struct sa_table *take_over(struct sa_table *t, struct sa_takeover *found, FILE *errors)
{
	int ret;

	populate_used(t);
	wipe_marked(t, found);
	ret = sa_slot_restore(t);
	if (ret) {
		fprintf(errors, "the SA table cannot be taken over: %s\n", strerrordesc_np(-ret));
		sa_table_close(t);
		return NULL;
	}
	enter_all(t, found);
	found->incarnation = t->map->header->incarnation;
	return t;
}

struct sa_table *sa_table_open(const char *path, uint32_t slots, bool renew,
			       struct sa_takeover *found, FILE *errors)
{
	struct sa_map *map;
	struct sa_table *t;

	*found = (struct sa_takeover){0};
	map = sa_map_open(path, slots, renew, &found->fresh, errors);
	if (!map)
		return NULL;
	t = sa_table_over(map);
	if (t)
		return take_over(t, found, errors);
	fprintf(errors, "no memory for the indexes of %u slots: %s\n", slots,
		strerrordesc_np(errno));
	return NULL;
}
