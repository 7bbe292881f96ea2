/*
 * Key id -> SA and IMSI -> SA. A key id's low bits are its slot; one whose slot is taken lives in
 * any other slot and in an overflow hash, asked only where the slot holds another id. The slots are
 * a mapping of offsets, the hashes are private memory made from it.
 */
#pragma once

#include "config/sas.h"
#include "crypto/batch.h"
#include "dataplane/sa.h"

struct rte_hash;

struct sa_table {
	/* Constant once made. */
	struct sa_up *up; /* the lines of slot i are up[i], down[i], link[i], root[i] */
	struct sa_down *down;
	struct sa_link *link;
	struct sa_root *root;
	uint32_t slots;
	uint32_t mask; /* of the bits of a key id that are its slot: 2^n - 1 >= slots - 1 */
	struct rte_hash *by_imsi;
	struct rte_hash *overflow;

	/* Written by the installing thread alone. */
	uint32_t in_use;
	uint32_t oldest_free, newest_free; /* the free slots, linked through their sa_link */
	_Atomic uint32_t overflowed;       /* entries of `overflow`; workers ask it only if not 0 */
};

/*
 * Makes a table of `slots` (1 to 2^24) free slots in private memory, whose overflow hash takes
 * `overflow` key ids (at least 8). Needs EAL. Returns NULL and errno (ENOMEM, EINVAL).
 * sa_table_destroy wipes every key; NULL is allowed. Main thread, no worker running.
 */
struct sa_table *sa_table_create(uint32_t slots, uint32_t overflow);
void sa_table_destroy(struct sa_table *t);

/* Octets of EAL's memory that a table of this size takes: its hashes. */
size_t sa_table_octets(uint32_t slots, uint32_t overflow);

/*
 * Derives the keys of n rows and publishes them in order, the last one of an IMSI being the one
 * installed last. Returns how many were published; where that is less than n, errno says why row
 * [returned] could not be: ENOSPC (no free slot, or overflow hash full), EEXIST (key id in use).
 * Installing thread only. The rows stay the caller's.
 */
size_t sa_table_install(struct sa_table *t, struct batch *batch, const struct sa_row *row,
			size_t n);

/*
 * Takes the SA out, wipes it and appends its slot to the free ones. Workers must not be able to
 * hold the slot any more. Installing thread only. Returns 0 or -ENOENT.
 */
int sa_table_remove(struct sa_table *t, uint32_t key_id);

uint32_t sa_table_find_overflow(const struct sa_table *t, uint32_t key_id);

/* Slot of the SA with this key id, or SA_NONE. Any thread that workers' quiescence covers. */
static inline uint32_t sa_table_find(const struct sa_table *t, uint32_t key_id)
{
	uint32_t slot = key_id & t->mask;

	if (key_id == 0)
		return SA_NONE;
	if (slot < t->slots &&
	    atomic_load_explicit(&t->up[slot].key_id, memory_order_acquire) == key_id)
		return slot;
	if (atomic_load_explicit(&t->overflowed, memory_order_relaxed) == 0)
		return SA_NONE;
	return sa_table_find_overflow(t, key_id);
}

enum { IMSI_BULK = 64 };

/*
 * For n <= IMSI_BULK valid IMSIs: slot[i] of the SA installed last, or SA_NONE. The others of the
 * same IMSI follow through sa_link.next. Same threads as sa_table_find.
 */
void sa_table_find_imsi(const struct sa_table *t, const be64 *imsi, unsigned n, uint32_t *slot);

/*
 * Which of an IMSI's SAs serves downlink (sdt.md 6): the one installed last among those heard, else
 * the one installed last; expired ones are passed over as long as another is left.
 */
uint32_t sa_table_choose(const struct sa_table *t, uint32_t first, uint64_t now_ns);
