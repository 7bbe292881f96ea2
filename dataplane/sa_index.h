/*
 * A hash index of slots. A bucket is one cache line: seven entries of 64 bits, each a tag of the
 * hash and a slot, and how many entries found it full and went on to a bucket behind it. Keys are
 * not stored: what is found is a candidate, and the caller asks the slot itself.
 *
 * One thread writes; any others read at the same time, without locks or retries: an entry never
 * moves, so a reader misses only what is entered or taken out while it looks. Nothing is left where
 * an entry was, so no number of changes makes it slower.
 */
#pragma once

#include "dataplane/sa.h"

enum { SA_BUCKET = 7 }; /* entries */

struct sa_bucket {
	_Atomic uint64_t entry[SA_BUCKET]; /* tag in the high 32 bits, slot + 1; 0: empty */
	_Atomic uint64_t passed;
};

static_assert(sizeof(struct sa_bucket) == SA_LINE, "a look takes one line");

struct sa_index {
	struct sa_bucket *bucket; /* mask + 1 of them */
	uint64_t seed;            /* so that nobody can choose keys that collide */
	uint32_t mask;
};

/*
 * Room for `entries` (1 to 2^24), in private memory that is taken as it is used. Returns 0,
 * -ENOMEM, or the error of the system's random source. destroy: no reader is left; a zeroed index
 * is allowed.
 */
int sa_index_create(struct sa_index *x, uint32_t entries);
void sa_index_destroy(struct sa_index *x);

/* The writer's: enters a slot; takes out, or exchanges, one that is there. */
void sa_index_insert(struct sa_index *x, uint64_t hash, uint32_t slot);
void sa_index_remove(struct sa_index *x, uint64_t hash, uint32_t slot);
void sa_index_replace(struct sa_index *x, uint64_t hash, uint32_t slot, uint32_t by);

/* The hash of n words. The low bits name the bucket, the high 32 are the tag. */
static inline uint64_t sa_index_hash(const struct sa_index *x, const uint64_t *word, unsigned n)
{
	uint64_t h = x->seed;

	/* Rounds of MurmurHash3's finalizer. */
	for (unsigned i = 0; i < n; i++) {
		h ^= word[i];
		h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
		h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
		h ^= h >> 33;
	}
	return h;
}

static inline void sa_index_prefetch(const struct sa_index *x, uint64_t hash)
{
	__builtin_prefetch(&x->bucket[hash & x->mask]);
}

/*
 * The next slot that may be the one: `step` is 0 at first, and the call's to advance. SA_NONE:
 * there are no more. Any thread.
 */
static inline uint32_t sa_index_next(const struct sa_index *x, uint64_t hash, uint32_t *step)
{
	enum { PLACES = SA_BUCKET + 1 };

	for (uint32_t gone = *step / PLACES; gone <= x->mask; gone++) {
		const struct sa_bucket *b = &x->bucket[(hash + gone) & x->mask];

		while (*step % PLACES < SA_BUCKET) {
			uint64_t e = atomic_load_explicit(&b->entry[(*step)++ % PLACES],
							  memory_order_acquire);

			if (e >> 32 == hash >> 32 && (uint32_t)e != 0)
				return (uint32_t)e - 1;
		}
		if (atomic_load_explicit(&b->passed, memory_order_acquire) == 0)
			break;
		++*step;
	}
	return SA_NONE;
}
