#include "dataplane/sa_table.h"

#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "dataplane/traffic_keys.h"

#include <rte_hash.h>
#include <rte_hash_crc.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
	SLOTS_MAX = 1 << 24, /* leaves 8 random bits of a key id */
	HASH_MIN = 8,        /* entries rte_hash asks for */
	LINES = 4            /* of an SA: up, down, link, root */
};

static size_t lines_octets(uint32_t slots)
{
	return (size_t)slots * LINES * SA_LINE;
}

static struct rte_hash *make_hash(const char *name, uint32_t entries, uint32_t key_len)
{
	static unsigned made; /* names in EAL's memory are global */
	char unique[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters p = {
		.name = unique,
		.entries = entries < HASH_MIN ? HASH_MIN : entries,
		.key_len = key_len,
		.hash_func = rte_hash_crc,
		.socket_id = SOCKET_ID_ANY,
		/* Every entry fits, however unlucky; readers need no lock. */
		.extra_flag =
			RTE_HASH_EXTRA_FLAGS_EXT_TABLE | RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF,
	};

	snprintf(unique, sizeof(unique), "%s_%u", name, made++);
	return rte_hash_create(&p);
}

/* Takes a key out at once: no reader is left on it (sa_table_remove's contract). */
static void forget_key(struct rte_hash *h, const void *key)
{
	int32_t position = rte_hash_del_key(h, key);

	if (position >= 0)
		rte_hash_free_key_with_position(h, position);
}

static void append_free(struct sa_table *t, uint32_t slot)
{
	t->link[slot].next = SA_NONE;
	t->link[slot].previous = t->newest_free;
	if (t->newest_free == SA_NONE)
		t->oldest_free = slot;
	else
		t->link[t->newest_free].next = slot;
	t->newest_free = slot;
}

static void unlink_free(struct sa_table *t, uint32_t slot)
{
	uint32_t next = t->link[slot].next, previous = t->link[slot].previous;

	if (previous == SA_NONE)
		t->oldest_free = next;
	else
		t->link[previous].next = next;
	if (next == SA_NONE)
		t->newest_free = previous;
	else
		t->link[next].previous = previous;
}

static uint32_t mask_for(uint32_t slots)
{
	return slots == 1 ? 0 : UINT32_MAX >> __builtin_clz(slots - 1);
}

struct sa_table *sa_table_create(uint32_t slots, uint32_t overflow)
{
	struct sa_table *t;
	void *lines;

	if (slots == 0 || slots > SLOTS_MAX) {
		errno = EINVAL;
		return NULL;
	}
	t = calloc(1, sizeof(*t)); /* lint-ok: at start */
	if (!t)
		return NULL;
	lines = mmap(NULL, lines_octets(slots), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (lines == MAP_FAILED)
		goto err_free_table;
	madvise(lines, lines_octets(slots), MADV_DONTDUMP); /* keys stay out of core dumps */
	madvise(lines, lines_octets(slots), MADV_HUGEPAGE); /* where the host gives them */

	t->by_imsi = make_hash("sa_imsi", slots, sizeof(be64));
	t->overflow = make_hash("sa_overflow", overflow, sizeof(uint32_t));
	if (!t->by_imsi || !t->overflow)
		goto err_free_hashes;

	t->up = lines;
	t->down = (void *)(t->up + slots);
	t->link = (void *)(t->down + slots);
	t->root = (void *)(t->link + slots);
	t->slots = slots;
	t->mask = mask_for(slots);
	t->oldest_free = t->newest_free = SA_NONE;
	for (uint32_t i = 0; i < slots; i++)
		append_free(t, i);
	return t;

err_free_hashes:
	rte_hash_free(t->overflow);
	rte_hash_free(t->by_imsi);
	munmap(lines, lines_octets(slots));
	errno = ENOMEM;
err_free_table:
	free(t);
	return NULL;
}

void sa_table_destroy(struct sa_table *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->slots; i++) {
		if (!t->up[i].key_id)
			continue;
		secret_wipe(&t->up[i], sizeof(t->up[i]));
		secret_wipe(&t->down[i], sizeof(t->down[i]));
		secret_wipe(&t->root[i], sizeof(t->root[i]));
	}
	munmap(t->up, lines_octets(t->slots));
	rte_hash_free(t->overflow);
	rte_hash_free(t->by_imsi);
	free(t);
}

size_t sa_table_octets(uint32_t slots, uint32_t overflow)
{
	enum { HASH_ENTRY = 64 }; /* key, bucket and extension table of rte_hash, rounded up */

	return ((size_t)slots + overflow + 2 * 1024) * HASH_ENTRY;
}

/* A free slot for this key id, its own if that is free, or SA_NONE. */
static uint32_t pick_slot(const struct sa_table *t, uint32_t key_id)
{
	uint32_t own = key_id & t->mask;

	return own < t->slots && t->up[own].key_id == 0 ? own : t->oldest_free;
}

static void fill_lines(struct sa_table *t, uint32_t slot, const struct sa_row *row,
		       const struct traffic_keys *keys)
{
	struct sa_up *u = &t->up[slot];
	struct sa_down *d = &t->down[slot];
	struct sa_link *l = &t->link[slot];
	struct sa_root *r = &t->root[slot];
	uint8_t algs = (uint8_t)(row->eea << 4 | row->eia);
	uint8_t epoch = row->has_resume_rand ? (uint8_t)(row->resume_count - 1) : 0;

	*u = (struct sa_up){.algs = algs, .installed = algs, .epoch = epoch};
	u->flags = (uint8_t)((row->tag_len == TAG_LONG ? SA_T : 0) |
			     (row->one_key_per_transmission ? SA_ONE_KEY : 0));
	if (row->has_count_up) {
		u->top = row->count_up;
		u->seen = UINT64_MAX;
	} else if (row->has_resume_rand) {
		u->seen = 1; /* uplink COUNT 0 was the RESUME's */
	}
	memcpy(u->enc_key, keys->enc[UPLINK], KEY_LEN);
	memcpy(u->int_key, keys->integrity[UPLINK], KEY_LEN);

	*d = (struct sa_down){.algs = algs, .epoch = epoch};
	d->count = row->has_count_down ? row->count_down : row->has_resume_rand;
	d->flags = u->seen && u->top >= COUNT_REKEY_FROM ? SA_DOWN_REKEY : 0;
	memcpy(d->enc_key, keys->enc[DOWNLINK], KEY_LEN);
	memcpy(d->int_key, keys->integrity[DOWNLINK], KEY_LEN);

	*l = (struct sa_link){.next = SA_NONE, .port = row->address.port};
	l->family = row->address.family;
	memcpy(l->addr, row->address.addr, sizeof(l->addr));
	if (!row->group)
		l->imsi = imsi_to_tbcd(row->identity, row->identity_len);
	l->heard = row->has_count_up || row->has_resume_rand;
	l->expires_ns = row->expires_ns;

	*r = (struct sa_root){.m = row->resume_count};
	memcpy(r->key, row->root_key, ROOT_KEY_LEN);
	memcpy(r->salt, row->salt, SALT_LEN);
}

/* Makes the SA the first of its IMSI's. */
static int index_imsi(struct sa_table *t, uint32_t slot)
{
	struct sa_link *l = &t->link[slot];

	sa_table_find_imsi(t, &l->imsi, 1, &l->next);
	return rte_hash_add_key_data(t->by_imsi, l->imsi.b, (void *)(uintptr_t)slot);
}

/* Takes back what was not published, or is not any more. */
static void clear_slot(struct sa_table *t, uint32_t slot)
{
	secret_wipe(&t->up[slot], sizeof(t->up[slot]));
	secret_wipe(&t->down[slot], sizeof(t->down[slot]));
	secret_wipe(&t->link[slot], sizeof(t->link[slot]));
	secret_wipe(&t->root[slot], sizeof(t->root[slot]));
	append_free(t, slot);
}

static int install_row(struct sa_table *t, const struct sa_row *row,
		       const struct traffic_keys *keys)
{
	uint32_t slot = pick_slot(t, row->key_id);
	bool elsewhere = slot != (row->key_id & t->mask);

	if (sa_table_find(t, row->key_id) != SA_NONE)
		return -EEXIST;
	if (slot == SA_NONE)
		return -ENOSPC;

	/* The slot is whole before its key id says so, and said so before any hash leads to it. */
	unlink_free(t, slot);
	fill_lines(t, slot, row, keys);
	atomic_store_explicit(&t->up[slot].key_id, row->key_id, memory_order_release);
	if (elsewhere &&
	    rte_hash_add_key_data(t->overflow, &row->key_id, (void *)(uintptr_t)slot) < 0)
		goto err_clear;
	if (!row->group && index_imsi(t, slot) < 0)
		goto err_forget;
	atomic_fetch_add_explicit(&t->overflowed, elsewhere, memory_order_relaxed);
	t->in_use++;
	return 0;

err_forget:
	if (elsewhere)
		forget_key(t->overflow, &row->key_id);
err_clear:
	atomic_store_explicit(&t->up[slot].key_id, 0, memory_order_release);
	clear_slot(t, slot);
	return -ENOSPC;
}

/* The root of the epoch in force: K, or K' where the row says that a RESUME was accepted. */
static void current_root(const struct sa_row *row, uint8_t *root)
{
	struct kdf_input s;

	memcpy(root, row->root_key, ROOT_KEY_LEN);
	if (!row->has_resume_rand)
		return;
	kdf_resume_root_input(&s, row->resume_rand, row->resume_count - 1);
	kdf(row->root_key, ROOT_KEY_LEN, &s, root);
}

size_t sa_table_install(struct sa_table *t, struct batch *batch, const struct sa_row *row, size_t n)
{
	uint8_t root[TRAFFIC_KEYS_MAX][ROOT_KEY_LEN];
	struct traffic_seed seed[TRAFFIC_KEYS_MAX];
	struct traffic_keys keys[TRAFFIC_KEYS_MAX];
	size_t done = 0;
	int ret = 0;

	while (done < n && ret == 0) {
		unsigned now =
			n - done < TRAFFIC_KEYS_MAX ? (unsigned)(n - done) : TRAFFIC_KEYS_MAX;

		for (unsigned i = 0; i < now; i++) {
			const struct sa_row *r = &row[done + i];

			current_root(r, root[i]);
			seed[i] = (struct traffic_seed){root[i], r->identity, r->identity_len,
							r->salt, (uint8_t)(r->eea << 4 | r->eia)};
		}
		traffic_keys_derive(batch, seed, now, keys);
		for (unsigned i = 0; i < now && ret == 0; i++) {
			ret = install_row(t, &row[done], &keys[i]);
			done += ret == 0;
		}
	}
	secret_wipe(root, sizeof(root));
	secret_wipe(keys, sizeof(keys));
	errno = -ret;
	return done;
}

/* Takes the slot out of the chain of its IMSI's SAs. */
static void unindex_imsi(struct sa_table *t, uint32_t slot)
{
	struct sa_link *l = &t->link[slot];
	uint32_t first;

	sa_table_find_imsi(t, &l->imsi, 1, &first);
	if (first == slot && l->next == SA_NONE) {
		forget_key(t->by_imsi, l->imsi.b);
	} else if (first == slot) {
		rte_hash_add_key_data(t->by_imsi, l->imsi.b, (void *)(uintptr_t)l->next);
	} else {
		while (t->link[first].next != slot)
			first = t->link[first].next;
		t->link[first].next = l->next;
	}
}

int sa_table_remove(struct sa_table *t, uint32_t key_id)
{
	uint32_t slot = sa_table_find(t, key_id);

	if (slot == SA_NONE)
		return -ENOENT;
	if (!sa_is_group(&t->link[slot]))
		unindex_imsi(t, slot);
	if (slot != (key_id & t->mask)) {
		forget_key(t->overflow, &key_id);
		atomic_fetch_sub_explicit(&t->overflowed, 1, memory_order_relaxed);
	}
	atomic_store_explicit(&t->up[slot].key_id, 0, memory_order_release);
	clear_slot(t, slot);
	t->in_use--;
	return 0;
}

uint32_t sa_table_find_overflow(const struct sa_table *t, uint32_t key_id)
{
	uint32_t slot;
	void *data;

	if (rte_hash_lookup_data(t->overflow, &key_id, &data) < 0)
		return SA_NONE;
	slot = (uint32_t)(uintptr_t)data;
	/* The slot may have changed hands since: it is verified like every other. */
	return atomic_load_explicit(&t->up[slot].key_id, memory_order_acquire) == key_id ? slot
											 : SA_NONE;
}

void sa_table_find_imsi(const struct sa_table *t, const be64 *imsi, unsigned n, uint32_t *slot)
{
	const void *key[IMSI_BULK];
	void *data[IMSI_BULK];
	uint64_t found = 0;

	for (unsigned i = 0; i < n; i++)
		key[i] = imsi[i].b;
	rte_hash_lookup_bulk_data(t->by_imsi, key, n, &found, data);
	for (unsigned i = 0; i < n; i++)
		slot[i] = found >> i & 1 ? (uint32_t)(uintptr_t)data[i] : SA_NONE;
}

uint32_t sa_table_choose(const struct sa_table *t, uint32_t first, uint64_t now_ns)
{
	uint32_t best = first;
	bool best_lives = false, best_heard = false;

	if (first == SA_NONE || t->link[first].next == SA_NONE)
		return first;
	for (uint32_t i = first; i != SA_NONE; i = t->link[i].next) {
		const struct sa_link *l = &t->link[i];
		bool lives = now_ns <= l->expires_ns;
		bool heard = atomic_load_explicit(&l->heard, memory_order_relaxed);

		if (lives > best_lives || (lives == best_lives && heard > best_heard)) {
			best = i;
			best_lives = lives;
			best_heard = heard;
		}
	}
	return best;
}
