/* The index against a plain list, under any order of changes, and under readers' eyes. */
#include "dataplane/sa_index.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ENTRIES = 1024, KEYS = 4000 }; /* as full as it can be */

/* Deterministic; any seed but 0. */
static uint32_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (uint32_t)(*x >> 16);
}

static uint64_t hash_of(const struct sa_index *x, uint64_t key)
{
	return sa_index_hash(x, &key, 1);
}

/* Whether the slot is among the candidates of the hash. */
static bool has(const struct sa_index *x, uint64_t hash, uint32_t slot)
{
	uint32_t found, step = 0;

	do {
		found = sa_index_next(x, hash, &step);
	} while (found != SA_NONE && found != slot);
	return found == slot;
}

static uint32_t candidates(const struct sa_index *x, uint64_t hash)
{
	uint32_t step = 0, n = 0;

	while (sa_index_next(x, hash, &step) != SA_NONE)
		n++;
	return n;
}

static void it_holds_what_was_entered_and_not_taken_out(void **state)
{
	static bool in[KEYS];
	struct sa_index x;
	uint64_t seed = 99;
	uint32_t n = 0;

	(void)state;
	assert_int_equal(sa_index_create(&x, ENTRIES), 0);
	memset(in, 0, sizeof(in));
	for (unsigned step = 0; step < 300000; step++) {
		uint32_t key = next_random(&seed) % KEYS;

		if (in[key])
			sa_index_remove(&x, hash_of(&x, key), key);
		else if (n < ENTRIES)
			sa_index_insert(&x, hash_of(&x, key), key);
		else
			continue;
		n += in[key] ? -1U : 1U;
		in[key] = !in[key];
		assert_int_equal(has(&x, hash_of(&x, key), key), in[key]);
		if (step % 5000 != 0)
			continue;
		for (uint32_t k = 0; k < KEYS; k++)
			assert_int_equal(has(&x, hash_of(&x, k), k), in[k]);
	}
	sa_index_destroy(&x);
}

static void an_entry_can_change_its_slot_in_place(void **state)
{
	struct sa_index x;
	uint64_t hash;

	(void)state;
	assert_int_equal(sa_index_create(&x, 4), 0);
	hash = hash_of(&x, 7);
	sa_index_insert(&x, hash, 1);
	sa_index_replace(&x, hash, 1, 3);
	assert_false(has(&x, hash, 1));
	assert_true(has(&x, hash, 3));
	assert_int_equal(candidates(&x, hash), 1);
	sa_index_remove(&x, hash, 3);
	assert_int_equal(candidates(&x, hash), 0);
	sa_index_destroy(&x);
}

static void keys_of_one_hash_are_all_candidates(void **state)
{
	enum { SAME = 64 };
	struct sa_index x;

	(void)state;
	assert_int_equal(sa_index_create(&x, SAME), 0);
	for (uint32_t i = 0; i < SAME; i++)
		sa_index_insert(&x, 12345, i);
	assert_int_equal(candidates(&x, 12345), SAME);
	for (uint32_t i = 0; i < SAME; i += 2)
		sa_index_remove(&x, 12345, i);
	for (uint32_t i = 0; i < SAME; i++)
		assert_int_equal(has(&x, 12345, i), i % 2);
	for (uint32_t i = 1; i < SAME; i += 2)
		sa_index_remove(&x, 12345, i);
	for (uint32_t i = 0; i <= x.mask; i++)
		assert_true(x.bucket[i].passed == 0);
	sa_index_destroy(&x);
}

/* Full, and every entry exchanged many times: what was taken out must not choke it. */
static void years_of_changes_leave_it_as_quick_as_it_was(void **state)
{
	static uint64_t key[ENTRIES];
	struct sa_index x;
	uint64_t seed = 5, fresh = ENTRIES, passed = 0;

	(void)state;
	assert_int_equal(sa_index_create(&x, ENTRIES), 0);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		key[i] = i;
		sa_index_insert(&x, hash_of(&x, key[i]), i);
	}
	for (unsigned step = 0; step < 3000000; step++) {
		uint32_t i = next_random(&seed) % ENTRIES;

		sa_index_remove(&x, hash_of(&x, key[i]), i);
		key[i] = fresh++;
		sa_index_insert(&x, hash_of(&x, key[i]), i);
	}
	for (uint32_t i = 0; i <= x.mask; i++)
		passed += x.bucket[i].passed;
	print_message("%lu of %u entries beside their bucket\n", passed, (unsigned)ENTRIES);
	assert_true(passed < ENTRIES / 4); /* 1 in 8 is usual, the seed is random */
	sa_index_destroy(&x);
}

struct shared {
	struct sa_index x;
	_Atomic bool stop;
	_Atomic uint64_t looks;
};

enum { STAYS = 300, COMES_AND_GOES = 700 };

static void *read_on(void *arg)
{
	struct shared *s = arg;
	uint64_t missed = 0;

	while (!s->stop) {
		for (uint32_t key = 0; key < STAYS; key++)
			missed += !has(&s->x, hash_of(&s->x, key), key);
		s->looks++;
	}
	return (void *)(uintptr_t)missed;
}

static void readers_find_what_stays_while_others_come_and_go(void **state)
{
	static struct shared s;
	bool in[COMES_AND_GOES] = {false};
	uint64_t seed = 3;
	pthread_t reader;
	void *missed;

	(void)state;
	assert_int_equal(sa_index_create(&s.x, STAYS + COMES_AND_GOES), 0);
	for (uint32_t key = 0; key < STAYS; key++)
		sa_index_insert(&s.x, hash_of(&s.x, key), key);
	assert_int_equal(pthread_create(&reader, NULL, read_on, &s), 0);
	for (unsigned step = 0; step < 2000000 || s.looks < 1000; step++) {
		uint32_t i = next_random(&seed) % COMES_AND_GOES;
		uint64_t hash = hash_of(&s.x, STAYS + i);

		if (in[i])
			sa_index_remove(&s.x, hash, STAYS + i);
		else
			sa_index_insert(&s.x, hash, STAYS + i);
		in[i] = !in[i];
	}
	s.stop = true;
	assert_int_equal(pthread_join(reader, &missed), 0);
	assert_int_equal((uintptr_t)missed, 0);
	sa_index_destroy(&s.x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_holds_what_was_entered_and_not_taken_out),
		cmocka_unit_test(an_entry_can_change_its_slot_in_place),
		cmocka_unit_test(keys_of_one_hash_are_all_candidates),
		cmocka_unit_test(years_of_changes_leave_it_as_quick_as_it_was),
		cmocka_unit_test(readers_find_what_stays_while_others_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
