/* sdt.md 6, 8: where SAs live, how they are found, and what is left of them afterwards. */
#include "dataplane/sa_table.h"

#include "dataplane/eal.h"
#include "tests/unit/path_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
	struct batch *crypto;
	struct sa_table *t;
};

static struct fixture *make_table(uint32_t slots, uint32_t overflow)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->crypto = batch_create(BATCH_AUTO);
	f->t = sa_table_create(slots, overflow);
	assert_non_null(f->crypto);
	assert_non_null(f->t);
	return f;
}

static void free_table(struct fixture *f)
{
	sa_table_destroy(f->t);
	batch_destroy(f->crypto);
	free(f);
}

/* Returns 0 or the errno. */
static int install(struct fixture *f, const struct sa_row *row)
{
	return sa_table_install(f->t, f->crypto, row, 1) == 1 ? 0 : errno;
}

static int install_id(struct fixture *f, uint32_t key_id)
{
	struct sa_row row = rig_row(key_id, EEA2, EIA2, TAG_LONG);

	return install(f, &row);
}

/* An SA of IMSI number `imsi`. */
static struct sa_row row_of(uint32_t key_id, unsigned imsi)
{
	struct sa_row row = rig_row(key_id, EEA1, EIA1, TAG_SHORT);

	row.identity_len =
		(uint8_t)snprintf(row.identity, sizeof(row.identity), "99970%010u", imsi);
	return row;
}

static uint32_t find_imsi(const struct fixture *f, unsigned imsi)
{
	char digits[IMSI_MAX + 1];
	uint32_t slot;
	be64 key;

	snprintf(digits, sizeof(digits), "99970%010u", imsi);
	key = imsi_to_tbcd(digits, strlen(digits));
	sa_table_find_imsi(f->t, &key, 1, &slot);
	return slot;
}

/* Deterministic; any seed but 0. */
static uint32_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (uint32_t)(*x >> 16);
}

static void a_table_has_a_size(void **state)
{
	(void)state;
	errno = 0;
	assert_null(sa_table_create(0, 8));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(sa_table_create((1 << 24) + 1, 8));
	assert_int_equal(errno, EINVAL);
	sa_table_destroy(NULL);
}

static void a_key_id_that_is_in_no_slot_finds_nothing(void **state)
{
	struct fixture *f = make_table(6, 8);

	(void)state;
	for (uint32_t id = 0; id < 20; id++)
		assert_int_equal(sa_table_find(f->t, id), SA_NONE);
	assert_int_equal(install_id(f, 3), 0);
	assert_int_equal(sa_table_find(f->t, 0), SA_NONE);
	assert_int_equal(sa_table_find(f->t, 3), 3);
	assert_int_equal(sa_table_find(f->t, 3 + 8), SA_NONE);
	free_table(f);
}

static void any_combination_of_key_ids_finds_its_slots(void **state)
{
	static const uint32_t slots[] = {1, 2, 3, 5, 8, 33, 64};
	uint64_t seed = 77;

	(void)state;
	for (size_t s = 0; s < sizeof(slots) / sizeof(slots[0]); s++) {
		struct fixture *f = make_table(slots[s], slots[s]);
		uint32_t id[64], slot[64], n = slots[s];

		for (unsigned round = 0; round < 20; round++) {
			/* All in one slot, one above the other, or anywhere. */
			for (uint32_t i = 0; i < n; i++)
				id[i] = round % 3 == 0   ? (i + 1) << 24 | 5
					: round % 3 == 1 ? UINT32_MAX - i
							 : next_random(&seed) << 7 | (i + 1);
			for (uint32_t i = 0; i < n; i++) {
				assert_int_equal(install_id(f, id[i]), 0);
				slot[i] = sa_table_find(f->t, id[i]);
				assert_in_range(slot[i], 0, n - 1);
			}
			for (uint32_t i = 0; i < n; i++) {
				assert_int_equal(sa_table_find(f->t, id[i]), slot[i]);
				assert_int_equal(f->t->up[slot[i]].key_id, id[i]);
			}
			assert_int_equal(f->t->in_use, n);
			assert_int_equal(install_id(f, 12345678), ENOSPC);
			for (uint32_t i = 0; i < n; i++) {
				assert_int_equal(sa_table_remove(f->t, id[i]), 0);
				assert_int_equal(sa_table_find(f->t, id[i]), SA_NONE);
				assert_int_equal(sa_table_remove(f->t, id[i]), -ENOENT);
			}
			assert_int_equal(f->t->in_use, 0);
			assert_int_equal(f->t->overflowed, 0);
		}
		free_table(f);
	}
}

static void the_overflow_hash_has_an_end_and_gets_room_again(void **state)
{
	enum { OVERFLOW = 8 };
	struct fixture *f = make_table(64, OVERFLOW);

	(void)state;
	assert_int_equal(install_id(f, 5), 0);
	for (unsigned round = 0; round < 50; round++) {
		for (uint32_t i = 1; i <= OVERFLOW; i++)
			assert_int_equal(install_id(f, (i + round) << 8 | 5), 0);
		assert_int_equal(install_id(f, 0xaa000005), ENOSPC);
		assert_int_equal(sa_table_find(f->t, 0xaa000005), SA_NONE);
		assert_int_equal(f->t->in_use, OVERFLOW + 1);
		for (uint32_t i = 1; i <= OVERFLOW; i++)
			assert_int_equal(sa_table_remove(f->t, (i + round) << 8 | 5), 0);
	}
	free_table(f);
}

static void a_key_id_in_use_is_refused_and_stays_what_it_was(void **state)
{
	struct fixture *f = make_table(4, 8);
	struct sa_row row = row_of(6, 1), other = row_of(6, 2);
	uint32_t slot;

	(void)state;
	assert_int_equal(install(f, &row), 0);
	slot = sa_table_find(f->t, 6);
	other.root_key[0] ^= 1;
	assert_int_equal(install(f, &other), EEXIST);
	assert_int_equal(sa_table_find(f->t, 6), slot);
	assert_memory_equal(f->t->root[slot].key, row.root_key, ROOT_KEY_LEN);
	assert_int_equal(find_imsi(f, 2), SA_NONE);
	/* The same in the overflow hash. */
	assert_int_equal(install_id(f, 6 + 4), 0);
	assert_int_equal(install_id(f, 6 + 4), EEXIST);
	/* A full table says of an id in use that it is in use. */
	assert_int_equal(install_id(f, 1), 0);
	assert_int_equal(install_id(f, 3), 0);
	assert_int_equal(install_id(f, 6), EEXIST);
	assert_int_equal(install_id(f, 7), ENOSPC);
	free_table(f);
}

static void rows_are_published_up_to_the_first_that_cannot_be(void **state)
{
	struct fixture *f = make_table(300, 300);
	static struct sa_row row[200];

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		row[i] = rig_row(i + 1, EEA2, EIA2, TAG_LONG);
	row[150].key_id = 7;
	assert_int_equal(sa_table_install(f->t, f->crypto, row, 200), 150);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(f->t->in_use, 150);
	assert_int_not_equal(sa_table_find(f->t, 150), SA_NONE);
	assert_int_equal(sa_table_find(f->t, 152), SA_NONE);
	assert_int_equal(sa_table_install(f->t, f->crypto, row, 0), 0);
	assert_int_equal(errno, 0);
	free_table(f);
}

static void free_slots_are_reused_oldest_first(void **state)
{
	enum { SLOTS = 8 };
	static const uint32_t removed[] = {3, 6, 0, 5};
	struct fixture *f = make_table(SLOTS, 64);

	(void)state;
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(install_id(f, i + SLOTS), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(sa_table_remove(f->t, removed[i] + SLOTS), 0);
	/* Slot 1 is taken: key ids that belong there get what is free. */
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(install_id(f, (uint32_t)(i + 2) * SLOTS + 1), 0);
		assert_int_equal(sa_table_find(f->t, (uint32_t)(i + 2) * SLOTS + 1), removed[i]);
	}
	/* A key id gets its own slot out of the middle of the free ones, and they keep their order.
	 */
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(sa_table_remove(f->t, (uint32_t)(i + 2) * SLOTS + 1), 0);
	assert_int_equal(install_id(f, 6 * SLOTS + 6), 0);
	assert_int_equal(sa_table_find(f->t, 6 * SLOTS + 6), 6);
	assert_int_equal(install_id(f, 7 * SLOTS + 1), 0);
	assert_int_equal(sa_table_find(f->t, 7 * SLOTS + 1), 3);
	assert_int_equal(install_id(f, 8 * SLOTS + 1), 0);
	assert_int_equal(sa_table_find(f->t, 8 * SLOTS + 1), 0);
	assert_int_equal(install_id(f, 9 * SLOTS + 1), 0);
	assert_int_equal(sa_table_find(f->t, 9 * SLOTS + 1), 5);
	free_table(f);
}

/* All six orders in which three SAs of one IMSI can go. */
static void sas_of_one_imsi_go_in_any_order(void **state)
{
	static const uint8_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct fixture *f = make_table(16, 16);

	(void)state;
	for (size_t o = 0; o < sizeof(orders) / sizeof(orders[0]); o++) {
		bool here[3] = {true, true, true};

		for (uint32_t i = 0; i < 3; i++) {
			struct sa_row row = row_of(10 + i, 1);

			assert_int_equal(install(f, &row), 0);
		}
		for (size_t step = 0; step <= 3; step++) {
			uint32_t slot = find_imsi(f, 1);

			/* The chain holds those that are left, the one installed last first. */
			for (int i = 2; i >= 0; i--) {
				if (!here[i])
					continue;
				assert_int_not_equal(slot, SA_NONE);
				assert_int_equal(f->t->up[slot].key_id, 10 + i);
				slot = f->t->link[slot].next;
			}
			assert_int_equal(slot, SA_NONE);
			if (step == 3)
				break;
			assert_int_equal(sa_table_remove(f->t, 10U + orders[o][step]), 0);
			here[orders[o][step]] = false;
		}
	}
	free_table(f);
}

static void a_full_table_still_takes_a_second_sa_of_an_imsi(void **state)
{
	struct fixture *f = make_table(8, 8);

	(void)state;
	for (unsigned round = 0; round < 30; round++) {
		for (uint32_t i = 0; i < 7; i++) {
			struct sa_row row = row_of(1 + i, round * 10 + i);

			assert_int_equal(install(f, &row), 0);
		}
		for (unsigned k = 0; k < 20; k++) {
			struct sa_row row = row_of(8 + k, round * 10 + 3);

			assert_int_equal(install(f, &row), 0);
			assert_int_equal(sa_table_remove(f->t, 8 + k), 0);
		}
		for (uint32_t i = 0; i < 7; i++) {
			assert_int_not_equal(find_imsi(f, round * 10 + i), SA_NONE);
			assert_int_equal(sa_table_remove(f->t, 1 + i), 0);
			assert_int_equal(find_imsi(f, round * 10 + i), SA_NONE);
		}
	}
	free_table(f);
}

static void downlink_goes_to_the_sa_that_sdt_6_says(void **state)
{
	static const struct {
		const char *what;
		struct {
			bool heard, expired;
		} sa[3]; /* in the order of installs */
		uint32_t want;
	} cases[] = {
		/* clang-format off */
		{"none heard: the last one", {{0, 0}, {0, 0}, {0, 0}}, 2},
		{"one heard", {{0, 0}, {1, 0}, {0, 0}}, 1},
		{"two heard: the last of them", {{1, 0}, {1, 0}, {0, 0}}, 1},
		{"the one heard has expired", {{0, 0}, {1, 1}, {0, 0}}, 2},
		{"the last one has expired", {{0, 0}, {0, 0}, {0, 1}}, 1},
		{"an unheard one lives, the heard ones do not", {{0, 0}, {1, 1}, {1, 1}}, 0},
		{"all expired: the last one heard", {{1, 1}, {1, 1}, {0, 1}}, 1},
		{"all expired, none heard", {{0, 1}, {0, 1}, {0, 1}}, 2},
		/* clang-format on */
	};
	const uint64_t now_s = 1000;

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct fixture *f = make_table(4, 8);
		uint32_t slot;

		for (uint32_t i = 0; i < 3; i++) {
			struct sa_row row = row_of(1 + i, 5);

			row.has_count_up = cases[c].sa[i].heard;
			row.expires_ns = (now_s - cases[c].sa[i].expired) * UINT64_C(1000000000);
			assert_int_equal(install(f, &row), 0);
		}
		slot = sa_table_choose(f->t, find_imsi(f, 5), now_s * 1000000000);
		if (slot == SA_NONE || f->t->up[slot].key_id != 1 + cases[c].want)
			fail_msg("%s", cases[c].what);
		free_table(f);
	}
}

static bool all_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && b[n - 1] == 0)
		n--;
	return n == 0;
}

static void removing_wipes_keys_and_state(void **state)
{
	struct fixture *f = make_table(4, 8);
	struct sa_row row = row_of(2, 1);

	(void)state;
	row.has_count_up = true;
	row.count_up = 77;
	assert_int_equal(install(f, &row), 0);
	assert_false(all_zero(f->t->up[2].enc_key, KEY_LEN));
	assert_false(all_zero(f->t->up[2].int_key, KEY_LEN));
	assert_false(all_zero(f->t->down[2].enc_key, KEY_LEN));
	assert_false(all_zero(f->t->down[2].int_key, KEY_LEN));
	assert_false(all_zero(f->t->root[2].key, ROOT_KEY_LEN));
	assert_int_equal(sa_table_remove(f->t, 2), 0);
	assert_true(all_zero(&f->t->up[2], sizeof(f->t->up[2])));
	assert_true(all_zero(&f->t->down[2], sizeof(f->t->down[2])));
	assert_true(all_zero(&f->t->root[2], sizeof(f->t->root[2])));
	free_table(f);
}

static void a_slot_used_again_remembers_nothing(void **state)
{
	struct fixture *f = make_table(1, 8);
	struct sa_row old = row_of(9, 1), fresh = row_of(8, 2);

	(void)state;
	old.has_count_up = old.has_count_down = old.one_key_per_transmission = true;
	old.count_up = 5000;
	old.count_down = 6000;
	endpoint_read("10.1.2.3:4", &old.address);
	assert_int_equal(install(f, &old), 0);
	f->t->up[0].failures = 9;
	f->t->link[0].checked_ns = f->t->link[0].closed_ns = 9;
	f->t->root[0].has_last = true;
	assert_int_equal(sa_table_remove(f->t, 9), 0);
	assert_int_equal(install(f, &fresh), 0);
	assert_int_equal(f->t->up[0].seen, 0);
	assert_int_equal(f->t->up[0].top, 0);
	assert_int_equal(f->t->up[0].failures, 0);
	assert_int_equal(f->t->up[0].flags, 0);
	assert_int_equal(f->t->down[0].count, 0);
	assert_int_equal(f->t->link[0].family, 0);
	assert_int_equal(f->t->link[0].heard, 0);
	assert_int_equal(f->t->link[0].checked_ns, 0);
	assert_int_equal(f->t->root[0].m, 1);
	assert_false(f->t->root[0].has_last);
	assert_int_equal(find_imsi(f, 1), SA_NONE);
	free_table(f);
}

static void a_group_has_no_imsi(void **state)
{
	struct fixture *f = make_table(4, 8);
	struct sa_row row = row_of(2, 1);
	be64 none = {{0}};
	uint32_t slot;

	(void)state;
	row.group = true;
	row.identity_len = (uint8_t)snprintf(row.identity, sizeof(row.identity), "group-17");
	assert_int_equal(install(f, &row), 0);
	sa_table_find_imsi(f->t, &none, 1, &slot);
	assert_int_equal(slot, SA_NONE);
	assert_int_equal(sa_table_find(f->t, 2), 2);
	assert_int_equal(sa_table_remove(f->t, 2), 0);
	free_table(f);
}

static int start_eal(void **state)
{
	(void)state;
	return eal_start_offline(0, 64 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_has_a_size),
		cmocka_unit_test(a_key_id_that_is_in_no_slot_finds_nothing),
		cmocka_unit_test(any_combination_of_key_ids_finds_its_slots),
		cmocka_unit_test(the_overflow_hash_has_an_end_and_gets_room_again),
		cmocka_unit_test(a_key_id_in_use_is_refused_and_stays_what_it_was),
		cmocka_unit_test(rows_are_published_up_to_the_first_that_cannot_be),
		cmocka_unit_test(free_slots_are_reused_oldest_first),
		cmocka_unit_test(sas_of_one_imsi_go_in_any_order),
		cmocka_unit_test(a_full_table_still_takes_a_second_sa_of_an_imsi),
		cmocka_unit_test(downlink_goes_to_the_sa_that_sdt_6_says),
		cmocka_unit_test(removing_wipes_keys_and_state),
		cmocka_unit_test(a_slot_used_again_remembers_nothing),
		cmocka_unit_test(a_group_has_no_imsi),
	};

	return cmocka_run_group_tests(tests, start_eal, NULL);
}
