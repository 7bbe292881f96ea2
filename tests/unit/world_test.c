/* Made traffic: what the frames by fate rely on. */
#include "pcap/world.h"

#include "pcap/args.h"
#include "pcap/bad.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct alg algs[] = {{EEA2, EIA2}, {EEA1, EIA1}};

static struct plan some_plan(size_t devices)
{
	struct plan plan = {.devices = devices,
			    .algs = algs,
			    .n_algs = 2,
			    .tag_len = TAG_LONG,
			    .ipv6 = 50,
			    .size_min = 3,
			    .size_max = 5,
			    .seed = 7,
			    .rate = 1000};

	for (enum special s = ORDINARY + 1; s < SPECIALS; s++)
		plan.special[s] = true;
	return plan;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void key_ids_are_all_different_and_never_that_of_nobody(void **state)
{
	enum { N = 100000 };
	struct plan plan = some_plan(N);
	struct world w;
	uint32_t *id;

	(void)state;
	assert_int_equal(world_begin(&w, &plan), 0);
	assert_int_equal(w.rows.n, N + SPECIALS - 1);
	id = calloc(w.rows.n + 1, sizeof(*id));
	assert_non_null(id);
	for (size_t i = 0; i < w.rows.n; i++)
		id[i] = w.rows.row[i].key_id;
	id[w.rows.n] = world_unknown_key_id();
	qsort(id, w.rows.n + 1, sizeof(*id), compare);
	assert_int_not_equal(id[0], 0);
	for (size_t i = 0; i < w.rows.n; i++)
		assert_int_not_equal(id[i], id[i + 1]);
	free(id);
	world_end(&w);
}

static void rows_are_what_the_plan_asks_for(void **state)
{
	struct plan plan = some_plan(1000);
	size_t ipv6 = 0;
	struct world w;

	(void)state;
	assert_int_equal(world_begin(&w, &plan), 0);
	for (size_t i = 0; i < 1000; i++) {
		const struct sa_row *row = &w.rows.row[i];

		assert_int_equal(row->eea, algs[i % 2].eea);
		assert_int_equal(row->tag_len, i % 2 ? TAG_SHORT : TAG_LONG);
		assert_true(row->expires_ns == SAS_NEVER);
		ipv6 += w.player[i].at.family == 6;
	}
	assert_in_range(ipv6, 400, 600);
	assert_true(world_player(&w, EXPIRED)->d.row->expires_ns < w.now_ns);
	assert_true(world_player(&w, ONE_KEY)->d.row->one_key_per_transmission);
	assert_int_equal(world_player(&w, SILENT)->d.row->address.family, 0);
	assert_int_equal(world_player(&w, COUNTED_OUT)->d.row->count_down, 0xffff0000);
	assert_int_not_equal(world_player(&w, COUNTED_OUT)->d.row->address.family, 0);
	world_end(&w);
}

static void payloads_have_every_length_asked_for_and_no_other(void **state)
{
	struct plan plan = some_plan(1);
	uint8_t payload[SDT_PAYLOAD_MAX];
	unsigned seen[7] = {0};
	struct world w;

	(void)state;
	assert_int_equal(world_begin(&w, &plan), 0);
	for (unsigned i = 0; i < 300; i++) {
		size_t n = world_payload(&w, payload);

		assert_in_range(n, 3, 5);
		seen[n]++;
	}
	assert_true(seen[3] > 50 && seen[4] > 50 && seen[5] > 50);
	world_end(&w);
}

static void fates_are_found_by_name_and_by_side(void **state)
{
	const struct recipe *r = bad_find("closed", NULL);

	(void)state;
	assert_int_equal(r->fate, FATE_CLOSED);
	assert_int_equal(r->side, ACCESS);
	r = bad_find("closed", r);
	assert_int_equal(r->side, CORE);
	assert_null(bad_find("closed", r));
	assert_ptr_equal(bad_find("core/closed", NULL), r);
	assert_null(bad_find("core/closed", r));
	assert_null(bad_find("core/runt", NULL));
	assert_null(bad_find("cor/closed", NULL));
	assert_null(bad_find("", NULL));
	assert_null(bad_find("held", NULL));
}

static void every_fate_that_a_replay_can_give_is_made(void **state)
{
	/* sdt.md 10: "A replay never gives" these, and those that only a link knows. */
	static const enum fate never[] = {FATE_HELD,          FATE_OVERLOAD,    FATE_UNKNOWN_SOURCE,
					  FATE_HANDOVER_FULL, FATE_NO_MBUF,     FATE_TX_FULL,
					  FATE_NOT_OURS,      FATE_NO_NEIGHBOUR};

	(void)state;
	for (unsigned side = 0; side < SIDES; side++) {
		for (unsigned f = 0; f < FATE_COUNT; f++) {
			bool want = fate_on(f, side), found;
			char name[64];

			for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
				want = want && never[i] != f;
			snprintf(name, sizeof(name), "%s/%s", side_name(side), fate_name(f));
			found = bad_find(name, NULL);
			if (found != want)
				fail_msg("%s", name);
		}
	}
}

static void numbers_are_digits_in_range(void **state)
{
	static const struct {
		const char *s;
		bool good;
	} cases[] = {{"0", false},  {"1", true},   {"10", true},   {"11", false},
		     {"", false},   {" 5", false}, {"+5", false},  {"-5", false},
		     {"5 ", false}, {"5x", false}, {"0x5", false}, {"99999999999999999999", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t v;

		if (args_uint(cases[i].s, 1, 10, &v) != cases[i].good)
			fail_msg("'%s'", cases[i].s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_ids_are_all_different_and_never_that_of_nobody),
		cmocka_unit_test(rows_are_what_the_plan_asks_for),
		cmocka_unit_test(payloads_have_every_length_asked_for_and_no_other),
		cmocka_unit_test(fates_are_found_by_name_and_by_side),
		cmocka_unit_test(every_fate_that_a_replay_can_give_is_made),
		cmocka_unit_test(numbers_are_digits_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
