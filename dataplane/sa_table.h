/*
 * Key id -> SA, IMSI -> SA and reference -> SA. A key id's low bits are its slot; one whose slot is
 * taken lives in any other slot and in an overflow index, asked only where the slot holds another
 * id. The slots are a mapping of offsets (sa_map.h) that may outlive the process; the indexes are
 * private memory made from it.
 *
 * One thread installs and removes; workers read at the same time. A removed SA's slot is wiped and
 * used again only after every worker has passed a quiescent point.
 */
#pragma once

#include "config/sas.h"
#include "crypto/batch.h"
#include "dataplane/api/keymsg.h"
#include "dataplane/sa.h"
#include "dataplane/sa_index.h"

struct rte_rcu_qsbr;
struct sa_map;

struct sa_table {
	/* Constant once made. */
	struct sa_up *up; /* the lines of slot i are up[i], down[i], link[i], root[i], label[i] */
	struct sa_down *down;
	struct sa_link *link;
	struct sa_root *root;
	struct sa_label *label;
	uint32_t slots;
	uint32_t mask; /* of the bits of a key id that are its slot: 2^n - 1 >= slots - 1 */
	struct sa_map *map;
	struct rte_rcu_qsbr *readers; /* workers' quiescence; NULL: nobody reads beside us */

	/* Written by the installing thread; read by workers. */
	struct sa_index by_imsi;
	struct sa_index overflow;
	_Atomic uint32_t overflowed; /* entries of `overflow`; workers ask it only if not 0 */

	/* The installing thread's alone. */
	struct sa_index by_reference;
	uint32_t in_use;
	uint32_t newest_free; /* the last of the free slots, which begin in the map's header */
};

/*
 * Makes a table of `slots` (1 to 2^24) free slots in private memory. Returns NULL and errno
 * (ENOMEM, EINVAL). sa_table_destroy wipes every key, and frees; NULL is allowed. Main thread, no
 * worker running.
 */
struct sa_table *sa_table_create(uint32_t slots);
void sa_table_destroy(struct sa_table *t);

/* What a take-over found. */
struct sa_takeover {
	bool fresh;               /* a new mapping: nothing was there */
	uint32_t taken;           /* SAs that live on */
	uint32_t half_written;    /* slots wiped because a death had left them so */
	uint32_t first_wiped[16]; /* the first of them */
	uint64_t incarnation;     /* of this mapping, this process included */
};

/*
 * The same in the file at `path`, which is made (mode 0600, all memory allocated at once) or, where
 * it is there, taken over with every SA and counter in it (sdt.md 6). `renew`: what is there is
 * wiped first. Returns NULL after one line on `errors` that says what to do: not a regular file on
 * tmpfs or hugetlbfs, not ours (owner, mode), in use by another process, another layout, number of
 * slots or boot id, cut, no room. sa_table_close leaves the SAs in the file; sa_table_destroy would
 * wipe them.
 */
struct sa_table *sa_table_open(const char *path, uint32_t slots, bool renew,
			       struct sa_takeover *found, FILE *errors);
void sa_table_close(struct sa_table *t);

/* Whether the file still is what it was: not unlinked, not cut. Main thread. */
bool sa_table_intact(const struct sa_table *t);

struct sa_install_limits {
	uint32_t per_device; /* SAs of one IMSI; 0: no limit */
	bool given;    /* rows static:<key id> may bring key id and salt (sdt.md 8: lab, replay) */
	bool ciphered; /* rows with EEA0 are refused (sdt.md 2: by policy alone) */
	uint64_t now_ns; /* rows that have expired by now are refused; 0: none is */
};

/*
 * Derives the keys of n rows and publishes them in order, the last one of an IMSI being the one
 * installed last; outcome[i] says what became of row[i] and holds the key id and salt in force.
 * Idempotent by reference (sdt.md 3); a row without reference is always new. Returns how many are
 * installed or kept. The rows stay the caller's, to wipe. Installing thread only.
 */
size_t sa_table_install(struct sa_table *t, struct batch *batch,
			const struct sa_install_limits *limits, const struct sa_row *row, size_t n,
			struct key_outcome *outcome);

/*
 * Takes n SAs out by their references, waits until no worker can hold them, wipes them and frees
 * their slots. outcome[i]: KEY_REMOVED or KEY_NOT_FOUND. Returns how many are gone. Installing
 * thread only.
 */
size_t sa_table_remove(struct sa_table *t, const char (*reference)[SAS_REFERENCE_MAX + 1], size_t n,
		       struct key_outcome *outcome);

/*
 * The same by slot, for the installing thread's own reasons (expiry, retire-all); any number. Slots
 * that are free, or named twice, are passed over.
 */
void sa_table_remove_slots(struct sa_table *t, const uint32_t *slot, size_t n);

/* What an operator may know of the SA in a slot; false: the slot is free. Installing thread. */
bool sa_table_describe(const struct sa_table *t, uint32_t slot, struct key_row *row);

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
