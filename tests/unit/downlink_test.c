/* sdt.md 4, 6, 7: what a replay cannot show of MT data: full ports, clocks, the COUNT's end. */
#include "tests/unit/path_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

struct setup {
	struct rig *r;
	struct path_device d;
};

static struct sa_row some_row(void)
{
	struct sa_row row = rig_row(0x31, EEA3, EIA3, TAG_SHORT);

	endpoint_read("10.0.0.49:50000", &row.address);
	return row;
}

static void start(struct setup *s, const struct sa_row *row)
{
	struct config c;

	config_defaults(&c);
	s->r = rig_create(&c, 16, true);
	path_device_init(&s->d, s->r, row);
}

static unsigned put_mt(struct setup *s, uint8_t flags)
{
	struct {
		struct core_hdr h;
		uint8_t payload[9];
	} mt = {rig_mt(7, flags, 0, s->d.row.identity), "turn off"};

	return rig_down(s->r, 0, 7, &mt, sizeof(mt));
}

static enum fate fate_of(const struct setup *s, unsigned index)
{
	return (enum fate)s->r->trace[index].fate;
}

/* Opens the i-th DATA that went to the device. */
static struct message take(struct setup *s, unsigned i)
{
	struct message m;

	assert_true(i < s->r->sent_n[ACCESS]);
	assert_int_equal(path_device_take(&s->d, &s->r->sent[ACCESS][i], &m), VERDICT_OPENED);
	assert_int_equal(m.bearer, 7);
	assert_int_equal(m.len, 9);
	assert_memory_equal(path_device_payload(&m), "turn off", 9);
	return m;
}

static void the_last_counts_are_used_and_none_beyond(void **state)
{
	struct sa_row row = some_row();
	struct setup s;
	struct packet p;

	(void)state;
	row.has_count_down = true;
	row.count_down = COUNT_USED_UP - 2;
	start(&s, &row);
	for (unsigned i = 0; i < 5; i++)
		put_mt(&s, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, CORE, FATE_SENT), 2);
	assert_int_equal(rig_fate(s.r, CORE, FATE_EXHAUSTED), 3);
	for (unsigned i = 0; i < 2; i++) {
		struct message m = take(&s, i);

		assert_int_equal(m.count, COUNT_USED_UP - 2 + i);
		assert_true(m.rekey);
	}
	for (unsigned i = 0; i < 3; i++) {
		rig_read(&s.r->sent[CORE][i], &p);
		assert_int_equal(p.payload[3], REFUSED_EXHAUSTED);
	}
	rig_destroy(s.r);
}

static void half_of_the_counts_ask_for_a_new_key(void **state)
{
	struct sa_row row = some_row();
	struct setup s;

	(void)state;
	row.has_count_down = true;
	row.count_down = COUNT_REKEY_FROM - 1;
	start(&s, &row);
	put_mt(&s, 0);
	put_mt(&s, 0);
	assert_null(rig_run(s.r));
	assert_false(take(&s, 0).rekey);
	assert_true(take(&s, 1).rekey);
	rig_destroy(s.r);

	/* The same for uplink, whose COUNT the device learns about in downlink. */
	row = some_row();
	row.has_count_up = true;
	row.count_up = COUNT_REKEY_FROM - 2;
	start(&s, &row);
	path_device_data(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	put_mt(&s, 0);
	assert_null(rig_run(s.r));
	assert_false(take(&s, 0).rekey);
	path_device_data(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_SENT), 2);
	put_mt(&s, 0);
	assert_null(rig_run(s.r));
	assert_true(take(&s, 0).rekey);
	/* RESUME makes room again. */
	path_device_resume(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(path_device_take(&s.d, &s.r->sent[ACCESS][0], NULL), VERDICT_OPENED);
	put_mt(&s, 0);
	assert_null(rig_run(s.r));
	assert_false(take(&s, 0).rekey);
	rig_destroy(s.r);
}

static void a_full_port_uses_counts_up_and_none_twice(void **state)
{
	struct sa_row row = some_row();
	struct setup s;

	(void)state;
	start(&s, &row);
	s.r->room[ACCESS] = 2;
	for (unsigned i = 0; i < 5; i++)
		put_mt(&s, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, CORE, FATE_SENT), 2);
	assert_int_equal(rig_fate(s.r, CORE, FATE_TX_FULL), 3);
	assert_int_equal(rig_tally(s.r, ACCESS, TALLY_ANSWERS_LOST), 0);
	assert_int_equal(take(&s, 0).count, 0);
	assert_int_equal(take(&s, 1).count, 1);
	s.r->room[ACCESS] = 10;
	put_mt(&s, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(take(&s, 0).count, 5);
	rig_destroy(s.r);
}

static void a_full_port_loses_refusals(void **state)
{
	struct sa_row row = some_row();
	struct setup s;

	(void)state;
	row.address.family = 0;
	start(&s, &row);
	s.r->room[CORE] = 1;
	for (unsigned i = 0; i < 4; i++)
		put_mt(&s, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, CORE, FATE_NO_ADDRESS), 4);
	assert_int_equal(rig_tally(s.r, CORE, TALLY_TX), 1);
	assert_int_equal(rig_tally(s.r, CORE, TALLY_ANSWERS_LOST), 3);
	rig_destroy(s.r);
}

static void downlink_stays_open_for_30_s_after_end(void **state)
{
	static const struct {
		const char *what;
		int64_t after_ns;
		enum fate want;
	} cases[] = {
		{"at once", 0, FATE_SENT},
		{"in time", 30 * (int64_t)SECOND - 1, FATE_SENT},
		{"too late", 30 * (int64_t)SECOND, FATE_CLOSED},
		/* Frames that crossed from another worker may carry a clock that is a little
		   behind. */
		{"before END, by a clock that lags behind", -1000, FATE_SENT},
	};

	(void)state;
	for (unsigned by_resume = 0; by_resume < 2; by_resume++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct sa_row row = some_row();
			struct setup s;
			unsigned index;

			row.one_key_per_transmission = true;
			start(&s, &row);
			if (by_resume)
				path_device_resume(&s.d, s.r, 0, SDT_END);
			else
				path_device_data(&s.d, s.r, 0, SDT_END);
			assert_null(rig_run(s.r));
			s.r->now_ns += (uint64_t)cases[i].after_ns;
			index = put_mt(&s, 0);
			assert_null(rig_run(s.r));
			if (fate_of(&s, index) != cases[i].want)
				fail_msg("%s: %s", cases[i].what, fate_name(fate_of(&s, index)));
			rig_destroy(s.r);
		}
	}
}

static void an_address_moves_with_the_highest_count_alone(void **state)
{
	struct sa_row row = some_row();
	struct endpoint home, away;
	struct setup s;
	struct packet p;

	(void)state;
	start(&s, &row);
	home = away = s.d.at;
	away.addr[3]++;
	path_device_data_at(&s.d, s.r, 0, 10, false);
	s.d.at = away;
	path_device_data_at(&s.d, s.r, 0, 9, false); /* right, but late */
	path_device_data_at(&s.d, s.r, 0, 11, true); /* newer, but forged */
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_SENT), 2);
	put_mt(&s, 0);
	assert_null(rig_run(s.r));
	rig_read(&s.r->sent[ACCESS][0], &p);
	assert_true(endpoint_equal(&p.dst, &home));
	path_device_data_at(&s.d, s.r, 0, 11, false);
	assert_null(rig_run(s.r));
	put_mt(&s, 0);
	assert_null(rig_run(s.r));
	rig_read(&s.r->sent[ACCESS][0], &p);
	assert_true(endpoint_equal(&p.dst, &away));
	rig_destroy(s.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_counts_are_used_and_none_beyond),
		cmocka_unit_test(half_of_the_counts_ask_for_a_new_key),
		cmocka_unit_test(a_full_port_uses_counts_up_and_none_twice),
		cmocka_unit_test(a_full_port_loses_refusals),
		cmocka_unit_test(downlink_stays_open_for_30_s_after_end),
		cmocka_unit_test(an_address_moves_with_the_highest_count_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
