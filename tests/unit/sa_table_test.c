/* sdt.md 6, 8: where SAs live, how they are found, and what is left of them afterwards. */
#include "tests/unit/sa_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

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
	assert_null(sa_table_create(0));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(sa_table_create((1 << 24) + 1));
	assert_int_equal(errno, EINVAL);
	sa_table_destroy(NULL);
}

static void a_key_id_that_is_in_no_slot_finds_nothing(void **state)
{
	struct fixture *f = make_table(6);

	(void)state;
	for (uint32_t id = 0; id < 20; id++)
		assert_int_equal(sa_table_find(f->t, id), SA_NONE);
	assert_int_equal(install_id(f, 3), KEY_INSTALLED);
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
		struct fixture *f = make_table(slots[s]);
		uint32_t id[64], slot[64], n = slots[s];

		for (unsigned round = 0; round < 20; round++) {
			/* All in one slot, one above the other, or anywhere. */
			for (uint32_t i = 0; i < n; i++)
				id[i] = round % 3 == 0   ? (i + 1) << 24 | 5
					: round % 3 == 1 ? UINT32_MAX - i
							 : next_random(&seed) << 7 | (i + 1);
			for (uint32_t i = 0; i < n; i++) {
				assert_int_equal(install_id(f, id[i]), KEY_INSTALLED);
				slot[i] = sa_table_find(f->t, id[i]);
				assert_in_range(slot[i], 0, n - 1);
			}
			for (uint32_t i = 0; i < n; i++) {
				assert_int_equal(sa_table_find(f->t, id[i]), slot[i]);
				assert_int_equal(f->t->up[slot[i]].key_id, id[i]);
			}
			assert_int_equal(f->t->in_use, n);
			assert_int_equal(install_id(f, 12345678), KEY_TABLE_FULL);
			for (uint32_t i = 0; i < n; i++) {
				remove_id(f, id[i]);
			}
			assert_int_equal(f->t->in_use, 0);
			assert_int_equal(f->t->overflowed, 0);
		}
		free_table(f);
	}
}

static void a_key_id_in_use_is_refused_and_stays_what_it_was(void **state)
{
	struct fixture *f = make_table(4);
	struct sa_row row = row_of(6, 1), other = row_of(6, 2);
	uint32_t slot;

	(void)state;
	assert_int_equal(install(f, &row), KEY_INSTALLED);
	slot = sa_table_find(f->t, 6);
	other.root_key[0] ^= 1;
	assert_int_equal(install(f, &other), KEY_KEY_ID_TAKEN);
	assert_int_equal(sa_table_find(f->t, 6), slot);
	assert_memory_equal(f->t->root[slot].key, row.root_key, ROOT_KEY_LEN);
	assert_int_equal(find_imsi(f, 2), SA_NONE);
	/* The same in the overflow hash. */
	assert_int_equal(install_id(f, 6 + 4), KEY_INSTALLED);
	assert_int_equal(install_id(f, 6 + 4), KEY_KEY_ID_TAKEN);
	/* A full table says of an id in use that it is in use. */
	assert_int_equal(install_id(f, 1), KEY_INSTALLED);
	assert_int_equal(install_id(f, 3), KEY_INSTALLED);
	assert_int_equal(install_id(f, 6), KEY_KEY_ID_TAKEN);
	assert_int_equal(install_id(f, 7), KEY_TABLE_FULL);
	free_table(f);
}

static void a_row_that_is_refused_stops_no_other(void **state)
{
	struct fixture *f = make_table(300);
	static struct key_outcome outcome[200];
	static struct sa_row row[200];

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		row[i] = rig_row(i + 1, EEA2, EIA2, TAG_LONG);
	row[150].key_id = 7;
	assert_int_equal(sa_table_install(f->t, f->crypto, &any_row, row, 200, outcome), 199);
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(outcome[i].result, i == 150 ? KEY_KEY_ID_TAKEN : KEY_INSTALLED);
	assert_int_equal(f->t->in_use, 199);
	assert_int_equal(sa_table_find(f->t, 151), SA_NONE);
	assert_int_not_equal(sa_table_find(f->t, 152), SA_NONE);
	assert_int_equal(sa_table_install(f->t, f->crypto, &any_row, row, 0, outcome), 0);
	free_table(f);
}

static void free_slots_are_reused_oldest_first(void **state)
{
	enum { SLOTS = 8 };
	static const uint32_t removed[] = {3, 6, 0, 5};
	struct fixture *f = make_table(SLOTS);

	(void)state;
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(install_id(f, i + SLOTS), KEY_INSTALLED);
	for (size_t i = 0; i < 4; i++)
		remove_id(f, removed[i] + SLOTS);
	/* Slot 1 is taken: key ids that belong there get what is free. */
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(install_id(f, (uint32_t)(i + 2) * SLOTS + 1), KEY_INSTALLED);
		assert_int_equal(sa_table_find(f->t, (uint32_t)(i + 2) * SLOTS + 1), removed[i]);
	}
	/* A key id gets its own slot out of the middle of the free ones, and they keep their order.
	 */
	for (size_t i = 0; i < 4; i++)
		remove_id(f, (uint32_t)(i + 2) * SLOTS + 1);
	assert_int_equal(install_id(f, 6 * SLOTS + 6), KEY_INSTALLED);
	assert_int_equal(sa_table_find(f->t, 6 * SLOTS + 6), 6);
	assert_int_equal(install_id(f, 7 * SLOTS + 1), KEY_INSTALLED);
	assert_int_equal(sa_table_find(f->t, 7 * SLOTS + 1), 3);
	assert_int_equal(install_id(f, 8 * SLOTS + 1), KEY_INSTALLED);
	assert_int_equal(sa_table_find(f->t, 8 * SLOTS + 1), 0);
	assert_int_equal(install_id(f, 9 * SLOTS + 1), KEY_INSTALLED);
	assert_int_equal(sa_table_find(f->t, 9 * SLOTS + 1), 5);
	free_table(f);
}

/* All six orders in which three SAs of one IMSI can go. */
static void sas_of_one_imsi_go_in_any_order(void **state)
{
	static const uint8_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct fixture *f = make_table(16);

	(void)state;
	for (size_t o = 0; o < sizeof(orders) / sizeof(orders[0]); o++) {
		bool here[3] = {true, true, true};

		for (uint32_t i = 0; i < 3; i++) {
			struct sa_row row = row_of(10 + i, 1);

			assert_int_equal(install(f, &row), KEY_INSTALLED);
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
			remove_id(f, 10U + orders[o][step]);
			here[orders[o][step]] = false;
		}
	}
	free_table(f);
}

static void a_full_table_still_takes_a_second_sa_of_an_imsi(void **state)
{
	struct fixture *f = make_table(8);

	(void)state;
	for (unsigned round = 0; round < 30; round++) {
		for (uint32_t i = 0; i < 7; i++) {
			struct sa_row row = row_of(1 + i, round * 10 + i);

			assert_int_equal(install(f, &row), KEY_INSTALLED);
		}
		for (unsigned k = 0; k < 20; k++) {
			struct sa_row row = row_of(8 + k, round * 10 + 3);

			assert_int_equal(install(f, &row), KEY_INSTALLED);
			remove_id(f, 8 + k);
		}
		for (uint32_t i = 0; i < 7; i++) {
			assert_int_not_equal(find_imsi(f, round * 10 + i), SA_NONE);
			remove_id(f, 1 + i);
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
		struct fixture *f = make_table(4);
		uint32_t slot;

		for (uint32_t i = 0; i < 3; i++) {
			struct sa_row row = row_of(1 + i, 5);

			row.has_count_up = cases[c].sa[i].heard;
			row.expires_ns = (now_s - cases[c].sa[i].expired) * UINT64_C(1000000000);
			assert_int_equal(install(f, &row), KEY_INSTALLED);
		}
		slot = sa_table_choose(f->t, find_imsi(f, 5), now_s * 1000000000);
		if (slot == SA_NONE || f->t->up[slot].key_id != 1 + cases[c].want)
			fail_msg("%s", cases[c].what);
		free_table(f);
	}
}

static void removing_wipes_keys_and_state(void **state)
{
	struct fixture *f = make_table(4);
	struct sa_row row = row_of(2, 1);

	(void)state;
	row.has_count_up = true;
	row.count_up = 77;
	assert_int_equal(install(f, &row), KEY_INSTALLED);
	assert_false(all_zero(f->t->up[2].enc_key, KEY_LEN));
	assert_false(all_zero(f->t->up[2].int_key, KEY_LEN));
	assert_false(all_zero(f->t->down[2].enc_key, KEY_LEN));
	assert_false(all_zero(f->t->down[2].int_key, KEY_LEN));
	assert_false(all_zero(f->t->root[2].key, ROOT_KEY_LEN));
	remove_id(f, 2);
	assert_true(all_zero(&f->t->up[2], sizeof(f->t->up[2])));
	assert_true(all_zero(&f->t->down[2], sizeof(f->t->down[2])));
	assert_true(all_zero(&f->t->root[2], sizeof(f->t->root[2])));
	free_table(f);
}

static void a_slot_used_again_remembers_nothing(void **state)
{
	struct fixture *f = make_table(1);
	struct sa_row old = row_of(9, 1), fresh = row_of(8, 2);

	(void)state;
	old.has_count_up = old.has_count_down = old.one_key_per_transmission = true;
	old.count_up = 5000;
	old.count_down = 6000;
	endpoint_read("10.1.2.3:4", &old.address);
	assert_int_equal(install(f, &old), KEY_INSTALLED);
	f->t->up[0].failures = 9;
	f->t->link[0].checked_ns = f->t->down[0].closed_ns = 9;
	f->t->root[0].has_last = true;
	remove_id(f, 9);
	assert_int_equal(install(f, &fresh), KEY_INSTALLED);
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
	struct fixture *f = make_table(4);
	struct sa_row row = row_of(2, 1);
	be64 none = {{0}};
	uint32_t slot;

	(void)state;
	row.group = true;
	row.identity_len = (uint8_t)snprintf(row.identity, sizeof(row.identity), "group-17");
	assert_int_equal(install(f, &row), KEY_INSTALLED);
	sa_table_find_imsi(f->t, &none, 1, &slot);
	assert_int_equal(slot, SA_NONE);
	assert_int_equal(sa_table_find(f->t, 2), 2);
	remove_id(f, 2);
	free_table(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_has_a_size),
		cmocka_unit_test(a_key_id_that_is_in_no_slot_finds_nothing),
		cmocka_unit_test(any_combination_of_key_ids_finds_its_slots),
		cmocka_unit_test(a_key_id_in_use_is_refused_and_stays_what_it_was),
		cmocka_unit_test(a_row_that_is_refused_stops_no_other),
		cmocka_unit_test(free_slots_are_reused_oldest_first),
		cmocka_unit_test(sas_of_one_imsi_go_in_any_order),
		cmocka_unit_test(a_full_table_still_takes_a_second_sa_of_an_imsi),
		cmocka_unit_test(downlink_goes_to_the_sa_that_sdt_6_says),
		cmocka_unit_test(removing_wipes_keys_and_state),
		cmocka_unit_test(a_slot_used_again_remembers_nothing),
		cmocka_unit_test(a_group_has_no_imsi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
