#include "dataplane/sa_index.h"

#include "crypto/secret.h"

#include <errno.h>
#include <sys/mman.h>

static uint64_t entry_of(uint64_t hash, uint32_t slot)
{
	return (hash & ~UINT64_C(0xffffffff)) | (slot + 1);
}

static size_t octets_of(const struct sa_index *x)
{
	return ((size_t)x->mask + 1) * sizeof(x->bucket[0]);
}

int sa_index_create(struct sa_index *x, uint32_t entries)
{
	int ret = secret_random(&x->seed, sizeof(x->seed));

	if (ret)
		return ret;
	/* A power of two, at most four entries to a bucket on average: few go on to another. */
	x->mask = entries <= 4 ? 0 : UINT32_MAX >> __builtin_clz((entries - 1) / 4);
	x->bucket = mmap(NULL, octets_of(x), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (x->bucket == MAP_FAILED) {
		x->bucket = NULL;
		return -ENOMEM;
	}
	madvise(x->bucket, octets_of(x), MADV_HUGEPAGE); /* where the host gives them */
	return 0;
}

void sa_index_destroy(struct sa_index *x)
{
	if (x->bucket)
		munmap(x->bucket, octets_of(x));
	*x = (struct sa_index){0};
}

/* Release: whoever finds the entry finds the slot's lines as they were written before. */
static void store(_Atomic uint64_t *at, uint64_t value)
{
	atomic_store_explicit(at, value, memory_order_release);
}

/* Where the first of these entries is, from the hash's bucket on; it is there. */
static _Atomic uint64_t *find_entry(struct sa_index *x, uint64_t hash, uint64_t entry,
				    uint64_t *bucket)
{
	for (*bucket = hash;; ++*bucket) {
		struct sa_bucket *b = &x->bucket[*bucket & x->mask];

		for (unsigned i = 0; i < SA_BUCKET; i++) {
			if (atomic_load_explicit(&b->entry[i], memory_order_relaxed) == entry)
				return &b->entry[i];
		}
	}
}

/* Counts an entry in or out of all that it has passed on its way to its bucket. */
static void count_passed(struct sa_index *x, uint64_t from, uint64_t to, uint64_t by)
{
	for (; from != to; from++) {
		struct sa_bucket *b = &x->bucket[from & x->mask];

		store(&b->passed, b->passed + by);
	}
}

void sa_index_insert(struct sa_index *x, uint64_t hash, uint32_t slot)
{
	uint64_t bucket;
	_Atomic uint64_t *place = find_entry(x, hash, 0, &bucket);

	/* First the way there: a reader goes no further than the counts say. */
	count_passed(x, hash, bucket, 1);
	store(place, entry_of(hash, slot));
}

void sa_index_remove(struct sa_index *x, uint64_t hash, uint32_t slot)
{
	uint64_t bucket;

	store(find_entry(x, hash, entry_of(hash, slot), &bucket), 0);
	count_passed(x, hash, bucket, -UINT64_C(1));
}

void sa_index_replace(struct sa_index *x, uint64_t hash, uint32_t slot, uint32_t by)
{
	uint64_t bucket;

	store(find_entry(x, hash, entry_of(hash, slot), &bucket), entry_of(hash, by));
}
