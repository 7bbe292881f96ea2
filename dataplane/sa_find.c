#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "dataplane/sa_slot.h"

#include <rte_prefetch.h>

/* A group has no IMSI. It is entered under its salt instead, so that a second one with its key is
 * found. */
static uint64_t hash_device(const struct sa_table *t, be64 imsi)
{
	uint64_t word;

	memcpy(&word, imsi.b, sizeof(word));
	return sa_index_hash(&t->by_imsi, &word, 1);
}

static uint64_t hash_salt(const struct sa_table *t, const uint8_t *salt)
{
	uint64_t word;

	static_assert(SALT_LEN == sizeof(word), "a salt is one word");
	memcpy(&word, salt, sizeof(word));
	return sa_index_hash(&t->by_imsi, &word, 1);
}

static uint64_t hash_of(const struct sa_table *t, uint32_t slot)
{
	return sa_is_group(&t->link[slot]) ? hash_salt(t, t->root[slot].salt)
					   : hash_device(t, t->link[slot].imsi);
}

static uint64_t hash_key_id(const struct sa_table *t, uint32_t key_id)
{
	uint64_t word = key_id;

	return sa_index_hash(&t->overflow, &word, 1);
}

static uint64_t hash_reference(const struct sa_table *t, const char *reference)
{
	uint64_t word[SAS_REFERENCE_MAX / sizeof(uint64_t)];

	memcpy(word, reference, sizeof(word));
	return sa_index_hash(&t->by_reference, word, sizeof(word) / sizeof(word[0]));
}

/* The first of an IMSI's SAs among the candidates of a hash. */
static uint32_t first_of(const struct sa_table *t, be64 imsi, uint64_t hash)
{
	uint32_t slot, step = 0;

	do {
		slot = sa_index_next(&t->by_imsi, hash, &step);
	} while (slot != SA_NONE && be64_get(t->link[slot].imsi) != be64_get(imsi));
	return slot;
}

static bool has_reference(const struct sa_table *t, uint32_t slot, const char *padded)
{
	const char *reference = t->label[slot].reference;

	return memcmp(reference, padded, SAS_REFERENCE_MAX) == 0; /* lint-ok: public */
}

uint32_t sa_find_reference(const struct sa_table *t, const char *reference)
{
	char padded[SAS_REFERENCE_MAX] = {0};
	uint32_t slot, step = 0;
	uint64_t hash;

	memcpy(padded, reference, strnlen(reference, sizeof(padded)));
	hash = hash_reference(t, padded);
	do {
		slot = sa_index_next(&t->by_reference, hash, &step);
	} while (slot != SA_NONE && !has_reference(t, slot, padded));
	return slot;
}

bool sa_has_key(const struct sa_table *t, uint32_t slot, const uint8_t *root_key,
		const uint8_t *salt)
{
	const struct sa_root *r = &t->root[slot];

	return memcmp(r->salt, salt, SALT_LEN) == 0 && /* lint-ok: public */
	       ct_equal(r->key, root_key, ROOT_KEY_LEN);
}

uint32_t sa_fingerprint(const uint8_t *root_key, const uint8_t *salt)
{
	uint8_t out[KDF_OUT];
	struct kdf_input s;
	be32 first;

	kdf_resume_mac_input(&s, "", 0, salt); /* K_r of nobody */
	kdf(root_key, ROOT_KEY_LEN, &s, out);
	memcpy(first.b, out, sizeof(first.b));
	secret_wipe(out, sizeof(out));
	return be32_get(first);
}

uint32_t sa_find_group(const struct sa_table *t, const uint8_t *root_key, const uint8_t *salt)
{
	uint64_t hash = hash_salt(t, salt);
	uint32_t slot, step = 0;

	do {
		slot = sa_index_next(&t->by_imsi, hash, &step);
	} while (slot != SA_NONE &&
		 !(sa_is_group(&t->link[slot]) && sa_has_key(t, slot, root_key, salt)));
	return slot;
}

/* What every SA is entered under: reference, and key id where that does not lead to its slot. */
static void enter_names(struct sa_table *t, uint32_t slot)
{
	uint32_t key_id = t->up[slot].key_id;

	if (t->label[slot].reference[0])
		sa_index_insert(&t->by_reference, hash_reference(t, t->label[slot].reference),
				slot);
	if ((key_id & t->mask) == slot)
		return;
	sa_index_insert(&t->overflow, hash_key_id(t, key_id), slot);
	atomic_fetch_add_explicit(&t->overflowed, 1, memory_order_relaxed);
}

void sa_prefetch(const struct sa_table *t, uint32_t slot)
{
	sa_index_prefetch(&t->by_imsi, hash_of(t, slot));
	if (t->label[slot].reference[0])
		sa_index_prefetch(&t->by_reference, hash_reference(t, t->label[slot].reference));
}

static void set_next(struct sa_table *t, uint32_t slot, uint32_t next)
{
	atomic_store_explicit(&t->link[slot].next, next, memory_order_release);
}

void sa_enter(struct sa_table *t, uint32_t slot)
{
	uint64_t hash = hash_of(t, slot);
	uint32_t first = SA_NONE;

	enter_names(t, slot);
	if (!sa_is_group(&t->link[slot]))
		first = first_of(t, t->link[slot].imsi, hash);
	set_next(t, slot, first);
	if (first == SA_NONE)
		sa_index_insert(&t->by_imsi, hash, slot);
	else
		sa_index_replace(&t->by_imsi, hash, first, slot);
}

void sa_enter_again(struct sa_table *t, uint32_t slot)
{
	uint64_t order = t->label[slot].order, hash;
	uint32_t later;

	if (sa_is_group(&t->link[slot])) {
		sa_enter(t, slot);
		return;
	}
	hash = hash_of(t, slot);
	later = first_of(t, t->link[slot].imsi, hash);
	if (later == SA_NONE || t->label[later].order < order) {
		sa_enter(t, slot);
		return;
	}
	while (sa_next(t, later) != SA_NONE && t->label[sa_next(t, later)].order > order)
		later = sa_next(t, later);
	enter_names(t, slot);
	set_next(t, slot, sa_next(t, later));
	set_next(t, later, slot);
}

/* Out of the chain of its IMSI's SAs. Its own link stays: a worker may be looking at it. */
static void leave_chain(struct sa_table *t, uint32_t slot)
{
	uint64_t hash = hash_of(t, slot);
	uint32_t next = sa_next(t, slot), first = slot;

	if (!sa_is_group(&t->link[slot]))
		first = first_of(t, t->link[slot].imsi, hash);
	if (first == slot && next == SA_NONE) {
		sa_index_remove(&t->by_imsi, hash, slot);
	} else if (first == slot) {
		sa_index_replace(&t->by_imsi, hash, slot, next);
	} else {
		while (sa_next(t, first) != slot)
			first = sa_next(t, first);
		set_next(t, first, next);
	}
}

void sa_leave(struct sa_table *t, uint32_t slot)
{
	uint32_t key_id = t->up[slot].key_id;

	leave_chain(t, slot);
	if (t->label[slot].reference[0])
		sa_index_remove(&t->by_reference, hash_reference(t, t->label[slot].reference),
				slot);
	if ((key_id & t->mask) == slot)
		return;
	sa_index_remove(&t->overflow, hash_key_id(t, key_id), slot);
	atomic_fetch_sub_explicit(&t->overflowed, 1, memory_order_relaxed);
}

uint32_t sa_table_find_overflow(const struct sa_table *t, uint32_t key_id)
{
	uint64_t hash = hash_key_id(t, key_id);
	uint32_t slot, step = 0;

	do {
		slot = sa_index_next(&t->overflow, hash, &step);
	} while (slot != SA_NONE &&
		 atomic_load_explicit(&t->up[slot].key_id, memory_order_acquire) != key_id);
	return slot;
}

void sa_table_find_imsi(const struct sa_table *t, const be64 *imsi, unsigned n, uint32_t *slot)
{
	uint64_t hash[IMSI_BULK];

	for (unsigned i = 0; i < n; i++) {
		hash[i] = hash_device(t, imsi[i]);
		sa_index_prefetch(&t->by_imsi, hash[i]);
	}
	for (unsigned i = 0; i < n; i++) {
		uint32_t step = 0;

		slot[i] = sa_index_next(&t->by_imsi, hash[i], &step);
		if (slot[i] != SA_NONE)
			rte_prefetch0(&t->link[slot[i]]);
	}
	for (unsigned i = 0; i < n; i++) {
		if (slot[i] != SA_NONE && be64_get(t->link[slot[i]].imsi) != be64_get(imsi[i]))
			slot[i] = first_of(t, imsi[i], hash[i]);
	}
}

uint32_t sa_table_choose(const struct sa_table *t, uint32_t first, uint64_t now_ns)
{
	uint32_t best = first, steps = 0;
	bool best_lives = false, best_heard = false;

	if (first == SA_NONE || sa_next(t, first) == SA_NONE)
		return first;
	/* No SA leaves its chain for good while a worker walks it; still the walk has an end. */
	for (uint32_t i = first; i < t->slots && steps < t->slots; i = sa_next(t, i), steps++) {
		const struct sa_link *l = &t->link[i];
		bool lives = now_ns <= l->expires_ns;
		bool heard = atomic_load_explicit(&l->heard, memory_order_relaxed);

		if (sa_slot_free(t, i))
			continue; /* just removed */
		if (lives > best_lives || (lives == best_lives && heard > best_heard)) {
			best = i;
			best_lives = lives;
			best_heard = heard;
		}
	}
	return best;
}
