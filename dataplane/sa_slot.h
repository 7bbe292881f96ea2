/*
 * Inside the SA table: how a slot is taken, filled, published, found and wiped. A process may die
 * at any store: it leaves a slot free with its lines zero, or marked (sa_up.making), or whole.
 * Installing thread only.
 */
#pragma once

#include "dataplane/sa_map.h"
#include "dataplane/sa_table.h"

/* sa_slot.c. The slot that has been free longest, or SA_NONE. */
uint32_t sa_slot_oldest(const struct sa_table *t);
bool sa_slot_free(const struct sa_table *t, uint32_t slot);

/* Takes a free slot out of the free ones, and marks it. */
void sa_slot_take(struct sa_table *t, uint32_t slot);

/* Makes a slot that was taken, and filled since, the SA of this key id, and takes its mark off. */
void sa_slot_publish(struct sa_table *t, uint32_t slot, uint32_t key_id);

/* Marks an SA's slot, and takes its key id away: no frame finds it any more by that. */
void sa_slot_unpublish(struct sa_table *t, uint32_t slot);

/* Wipes a marked slot that nobody can hold any more, its mark last. */
void sa_slot_wipe(struct sa_table *t, uint32_t slot);

/* Appends a wiped slot to the free ones. */
void sa_slot_append(struct sa_table *t, uint32_t slot);

/*
 * At a take-over, when no slot is marked: makes the list of free slots right again. In its order,
 * as far as it holds; a slot is taken out of it before it is marked and joins it after it is wiped,
 * so a death may have lost some, which are appended. Returns 0 or -ENOMEM.
 */
int sa_slot_restore(struct sa_table *t);

/* sa_table.c: a table over a mapping, which becomes its own; indexes empty. NULL and errno. */
struct sa_table *sa_table_over(struct sa_map *map);

/*
 * sa_find.c. Enters a filled slot into the indexes of its IMSI (as the one installed last) or
 * group, reference, and key id where the slot is not its own; takes it out of them again.
 */
void sa_enter(struct sa_table *t, uint32_t slot);
void sa_leave(struct sa_table *t, uint32_t slot);

/* The same at a take-over: among SAs of one IMSI, the order of installs (sa_label.order) counts. */
void sa_enter_again(struct sa_table *t, uint32_t slot);

/* For who is going to enter the SA in this slot. */
void sa_prefetch(const struct sa_table *t, uint32_t slot);

/* The SA with this reference (of at most SAS_REFERENCE_MAX octets, not empty), or SA_NONE. */
uint32_t sa_find_reference(const struct sa_table *t, const char *reference);

/* The group's SA with this key and salt, or SA_NONE. */
uint32_t sa_find_group(const struct sa_table *t, const uint8_t *root_key, const uint8_t *salt);

/* Whether the SA has this key, compared in constant time, and this salt. */
bool sa_has_key(const struct sa_table *t, uint32_t slot, const uint8_t *root_key,
		const uint8_t *salt);

/*
 * sa_find.c. What is remembered of a row from a file when its SA goes (sdt.md 8): not its key id,
 * since the same key and salt under another would begin the same COUNTs again.
 */
uint32_t sa_fingerprint(const uint8_t *root_key, const uint8_t *salt);

/* Whether a reference is that of a row from a file (sdt.md 8). */
static inline bool sa_is_static(const char *reference)
{
	static const char prefix[] = "static:";

	return strncmp(reference, prefix, sizeof(prefix) - 1) == 0;
}

static inline uint32_t sa_next(const struct sa_table *t, uint32_t slot)
{
	return atomic_load_explicit(&t->link[slot].next, memory_order_acquire);
}
