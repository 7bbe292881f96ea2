/* sdt.md 3, 8: what may become an SA, under which key id and salt, and what may not. */
#include "tests/unit/sa_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* A row that control brings: no key id, no salt. */
static struct sa_row drawn_row(const char *reference, unsigned imsi)
{
	struct sa_row row = row_of(0, imsi);

	snprintf(row.reference, sizeof(row.reference), "%s", reference);
	return row;
}

static void a_reference_is_installed_once(void **state)
{
	struct fixture *f = make_table(8);
	struct sa_row row = drawn_row("a", 1), other = row;
	struct key_outcome first, o;

	(void)state;
	assert_int_equal(install_with(f, &any_row, &row, &first), KEY_INSTALLED);
	assert_int_not_equal(first.key_id, 0);
	assert_string_equal(first.reference, "a");
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(install_with(f, &any_row, &row, &o), KEY_KEPT);
		assert_int_equal(o.key_id, first.key_id);
		assert_memory_equal(o.salt, first.salt, SALT_LEN);
	}
	other.root_key[ROOT_KEY_LEN - 1] ^= 1;
	assert_int_equal(install_with(f, &any_row, &other, &o), KEY_OTHER_KEY);
	assert_int_equal(o.key_id, 0);
	assert_true(all_zero(o.salt, SALT_LEN));
	assert_int_equal(f->t->in_use, 1);
	free_table(f);
}

static void rows_of_one_batch_see_each_other(void **state)
{
	enum { ROWS = 200 };
	static const struct sa_install_limits two = {.per_device = 2};
	static struct key_outcome o[ROWS];
	static struct sa_row row[ROWS];
	struct fixture *f = make_table(100);

	(void)state;
	for (unsigned i = 0; i < ROWS; i++) {
		char reference[16];

		snprintf(reference, sizeof(reference), "r%u", i / 2);
		row[i] = drawn_row(reference, 1 + i / 8); /* four references, each twice */
	}
	assert_int_equal(sa_table_install(f->t, f->crypto, &two, row, ROWS, o), ROWS / 2);
	for (unsigned i = 0; i < ROWS; i++) {
		static const enum key_result want[] = {KEY_INSTALLED, KEY_KEPT,     KEY_INSTALLED,
						       KEY_KEPT,      KEY_TOO_MANY, KEY_TOO_MANY,
						       KEY_TOO_MANY,  KEY_TOO_MANY};

		assert_int_equal(o[i].result, want[i % 8]);
		if (want[i % 8] == KEY_KEPT)
			assert_int_equal(o[i].key_id, o[i - 1].key_id);
	}
	assert_int_equal(f->t->in_use, ROWS / 4);
	free_table(f);
}

static void key_ids_are_drawn_anew_over_the_oldest_slot(void **state)
{
	enum { SLOTS = 4, ROUNDS = 200 };
	struct fixture *f = make_table(SLOTS);
	uint8_t salt[ROUNDS][SALT_LEN];
	uint32_t id[ROUNDS], differ = 0;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct sa_row row = drawn_row("r", 1);
		struct key_outcome o;

		assert_int_equal(install_with(f, &any_row, &row, &o), KEY_INSTALLED);
		assert_int_equal(o.key_id & f->t->mask, i % SLOTS);
		id[i] = o.key_id;
		memcpy(salt[i], o.salt, SALT_LEN);
		remove_id(f, o.key_id);
	}
	for (unsigned i = SLOTS; i < ROUNDS; i++) {
		differ += id[i] != id[i - SLOTS];
		assert_memory_not_equal(salt[i], salt[i - 1], SALT_LEN);
	}
	assert_true(differ >= ROUNDS - SLOTS - 2); /* of 2^30, seldom one twice */
	free_table(f);
}

/* With 2^24 slots 8 bits are drawn; here all but one of a slot's key ids live in overflow. */
static void a_drawn_key_id_is_never_one_in_use(void **state)
{
	enum { SLOTS = 64 };
	struct fixture *f = make_table(SLOTS);

	(void)state;
	for (uint32_t i = 1; i < SLOTS; i++)
		assert_int_equal(install_id(f, i << 6), KEY_INSTALLED);
	for (unsigned i = 0; i < 300; i++) {
		struct sa_row row = drawn_row("r", 1);
		struct key_outcome o;

		assert_int_equal(install_with(f, &any_row, &row, &o), KEY_INSTALLED);
		assert_int_equal(sa_table_find(f->t, o.key_id), o.key_id & f->t->mask);
		remove_id(f, o.key_id);
	}
	free_table(f);
}

static void one_key_identity_and_salt_are_in_one_sa(void **state)
{
	struct fixture *f = make_table(16);
	struct sa_row row = row_of(5, 1), again, group = row_of(8, 1), drawn = drawn_row("d", 1);
	struct key_outcome o;

	(void)state;
	group.group = true;
	assert_int_equal(install(f, &row), KEY_INSTALLED);
	again = row;
	again.key_id = 6;
	assert_int_equal(install(f, &again), KEY_KEY_IN_USE);
	snprintf(again.identity, sizeof(again.identity), "999700000000002");
	assert_int_equal(install(f, &again), KEY_INSTALLED); /* another identity: other keys */
	again = row;
	again.key_id = 7;
	again.salt[7] ^= 1;
	assert_int_equal(install(f, &again), KEY_INSTALLED);
	assert_int_equal(install(f, &group), KEY_INSTALLED);
	group.key_id = 9;
	assert_int_equal(install(f, &group), KEY_KEY_IN_USE);
	group.root_key[0] ^= 1;
	assert_int_equal(install(f, &group), KEY_INSTALLED);
	/* What was drawn may be given again, by somebody who copied it. */
	assert_int_equal(install_with(f, &any_row, &drawn, &o), KEY_INSTALLED);
	again = drawn;
	again.key_id = 10;
	again.reference[0] = '\0';
	memcpy(again.salt, o.salt, SALT_LEN);
	assert_int_equal(install(f, &again), KEY_KEY_IN_USE);
	free_table(f);
}

enum spoiling {
	NOTHING,
	IMSI_SHORT,
	IMSI_LONG,
	IMSI_LETTER,
	GROUP_NAMELESS,
	GROUP_RECEIVED,
	GROUP_RESUMED,
	REFERENCE_BLANK,
	REFERENCE_ENDLESS,
	EIA0_INSTALLED,
	TAG_OF_6,
	LONG_TAG_WITH_EIA1,
	NO_COUNT,
	RAND_WITHOUT_RESUME,
	FAMILY_5,
	LATE,
	FROM_ELSEWHERE
};

static void spoil(struct sa_row *r, enum spoiling how)
{
	switch (how) {
	case NOTHING:
		break;
	case IMSI_SHORT:
		r->identity_len = IMSI_MIN - 1;
		break;
	case IMSI_LONG:
		r->identity_len = IMSI_MAX + 1;
		break;
	case IMSI_LETTER:
		r->identity[3] = 'a';
		break;
	case GROUP_NAMELESS:
		r->group = true, r->identity_len = 0;
		break;
	case GROUP_RECEIVED:
		r->group = r->has_count_up = true;
		break;
	case GROUP_RESUMED:
		r->group = true, r->resume_count = 2;
		break;
	case REFERENCE_BLANK:
		r->reference[1] = ' ', r->reference[2] = 'x';
		break;
	case REFERENCE_ENDLESS:
		memset(r->reference, 'x', sizeof(r->reference));
		break;
	case EIA0_INSTALLED:
		r->eia = EIA0;
		break;
	case TAG_OF_6:
		r->tag_len = 6;
		break;
	case LONG_TAG_WITH_EIA1:
		r->tag_len = TAG_LONG;
		break;
	case NO_COUNT:
		r->resume_count = 0;
		break;
	case RAND_WITHOUT_RESUME:
		r->has_resume_rand = true;
		break;
	case FAMILY_5:
		r->address.family = 5;
		break;
	case LATE:
		r->expires_ns = 999;
		break;
	case FROM_ELSEWHERE:
		r->key_id = 77;
		break;
	}
}

static void what_may_not_be_is_refused_and_leaves_no_trace(void **state)
{
	static const struct sa_install_limits strict = {.per_device = 2, .now_ns = 1000};
	static const struct {
		const char *what;
		enum spoiling how;
		enum key_result want;
	} cases[] = {
		{"nothing wrong", NOTHING, KEY_INSTALLED},
		{"an IMSI of 5 digits", IMSI_SHORT, KEY_BAD_ROW},
		{"an IMSI of 16 digits", IMSI_LONG, KEY_BAD_ROW},
		{"an IMSI with a letter", IMSI_LETTER, KEY_BAD_ROW},
		{"a group without a name", GROUP_NAMELESS, KEY_BAD_ROW},
		{"a group that has received", GROUP_RECEIVED, KEY_BAD_ROW},
		{"a group that has resumed", GROUP_RESUMED, KEY_BAD_ROW},
		{"a reference with a blank", REFERENCE_BLANK, KEY_BAD_ROW},
		{"a reference of 25 octets", REFERENCE_ENDLESS, KEY_BAD_ROW},
		{"EIA0", EIA0_INSTALLED, KEY_BAD_ROW},
		{"a tag of 6 octets", TAG_OF_6, KEY_BAD_ROW},
		{"8 octets with EIA1", LONG_TAG_WITH_EIA1, KEY_BAD_ROW},
		{"Count 0", NO_COUNT, KEY_BAD_ROW},
		{"a RAND of no RESUME", RAND_WITHOUT_RESUME, KEY_BAD_ROW},
		{"an address that is none", FAMILY_5, KEY_BAD_ROW},
		{"past its expiry", LATE, KEY_ALREADY_EXPIRED},
		{"a key id from elsewhere", FROM_ELSEWHERE, KEY_NOT_ALLOWED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture *f = make_table(2);
		struct sa_row row = drawn_row("r", 1);
		struct key_outcome o;

		spoil(&row, cases[i].how);
		if (install_with(f, &strict, &row, &o) != cases[i].want)
			fail_msg("%s: %u", cases[i].what, o.result);
		if (cases[i].want != KEY_INSTALLED) {
			assert_int_equal(f->t->in_use, 0);
			assert_int_equal(find_imsi(f, 1), SA_NONE);
			assert_true(all_zero(f->t->root, 2 * sizeof(f->t->root[0])));
			assert_true(all_zero(o.salt, SALT_LEN));
		}
		free_table(f);
	}
}

static void removing_by_reference_says_what_was_there(void **state)
{
	static char reference[4][SAS_REFERENCE_MAX + 1] = {"a", "none", "a", ""};
	struct fixture *f = make_table(4);
	struct sa_row row = drawn_row("a", 1), nameless = drawn_row("", 2);
	struct key_outcome o[4];

	(void)state;
	assert_int_equal(install(f, &row), KEY_INSTALLED);
	assert_int_equal(install(f, &nameless), KEY_INSTALLED);
	assert_int_equal(sa_table_remove(f->t, reference, 4, o), 1);
	assert_int_equal(o[0].result, KEY_REMOVED);
	assert_string_equal(o[0].reference, "a");
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(o[i].result, KEY_NOT_FOUND);
	assert_int_equal(f->t->in_use, 1);
	assert_int_equal(find_imsi(f, 1), SA_NONE);
	assert_int_not_equal(find_imsi(f, 2), SA_NONE);
	free_table(f);
}

static void a_slot_named_twice_is_freed_once(void **state)
{
	struct fixture *f = make_table(4);
	uint32_t slot[3] = {1, 1, 3};

	(void)state;
	assert_int_equal(install_id(f, 1), KEY_INSTALLED);
	sa_table_remove_slots(f->t, slot, 3); /* 3 is free */
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(install_id(f, 16 + i), KEY_INSTALLED);
	assert_int_equal(install_id(f, 32), KEY_TABLE_FULL);
	free_table(f);
}

static void an_sa_is_described_without_its_keys(void **state)
{
	struct fixture *f = make_table(4);
	struct sa_row row = row_of(2, 1);
	struct key_row seen;

	(void)state;
	assert_false(sa_table_describe(f->t, 2, &seen));
	row.one_key_per_transmission = row.has_count_up = row.has_count_down = true;
	row.count_up = 77;
	row.count_down = 88;
	row.expires_ns = 12345;
	endpoint_read("[2001:db8::5]:99", &row.address);
	snprintf(row.reference, sizeof(row.reference), "static:hijklmnopqrstuvwx");
	assert_int_equal(install(f, &row), KEY_INSTALLED);
	assert_true(sa_table_describe(f->t, 2, &seen));
	assert_string_equal(seen.reference, row.reference);
	assert_int_equal(seen.key_id, 2);
	assert_int_equal(be64_get(seen.imsi),
			 be64_get(imsi_to_tbcd(row.identity, row.identity_len)));
	assert_memory_equal(seen.salt, row.salt, SALT_LEN);
	assert_int_equal(seen.installed, EEA1 << 4 | EIA1);
	assert_int_equal(seen.algs, EEA1 << 4 | EIA1);
	assert_int_equal(seen.tag_len, TAG_SHORT);
	assert_int_equal(seen.flags, KEY_ROW_ONE_KEY | KEY_ROW_HEARD | KEY_ROW_RECEIVED);
	assert_int_equal(seen.top, 77);
	assert_int_equal(seen.count_down, 88);
	assert_int_equal(seen.m, 1);
	assert_int_equal(seen.expires_ns, 12345);
	assert_true(endpoint_equal(&seen.address, &row.address));
	assert_null(memmem(&seen, sizeof(seen), row.root_key, 8));
	assert_null(memmem(&seen, sizeof(seen), f->t->up[2].enc_key, 8));
	free_table(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_is_installed_once),
		cmocka_unit_test(rows_of_one_batch_see_each_other),
		cmocka_unit_test(key_ids_are_drawn_anew_over_the_oldest_slot),
		cmocka_unit_test(a_drawn_key_id_is_never_one_in_use),
		cmocka_unit_test(one_key_identity_and_salt_are_in_one_sa),
		cmocka_unit_test(what_may_not_be_is_refused_and_leaves_no_trace),
		cmocka_unit_test(removing_by_reference_says_what_was_there),
		cmocka_unit_test(a_slot_named_twice_is_freed_once),
		cmocka_unit_test(an_sa_is_described_without_its_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
