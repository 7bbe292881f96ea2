/* sdt.md 4, 6: DATA of one SA in one burst or in many, and where a transmission ends. */
#include "tests/unit/path_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint32_t bursts[] = {1, 2, 3, 32, 256};

enum { BURSTS = sizeof(bursts) / sizeof(bursts[0]) };

struct setup {
	struct rig *r;
	struct path_device d;
};

static void start(struct setup *s, uint32_t burst)
{
	struct sa_row row = rig_row(0x51, EEA1, EIA1, TAG_SHORT);
	struct config c;

	config_defaults(&c);
	c.burst = burst;
	row.one_key_per_transmission = true;
	s->r = rig_create(&c, 16, true);
	path_device_init(&s->d, s->r, &row);
}

static void send(struct setup *s, uint32_t count, uint8_t flags)
{
	s->d.d.next_up = count;
	path_device_data(&s->d, s->r, 0, flags);
}

static void expect(struct setup *s, const enum fate *want, unsigned n)
{
	assert_null(rig_run(s->r));
	assert_int_equal(s->r->frames, n);
	for (unsigned i = 0; i < n; i++) {
		enum fate got = (enum fate)s->r->trace[i].fate;

		if (got != want[i])
			fail_msg("burst %u, frame %u: %s, not %s", s->r->config.burst, i,
				 fate_name(got), fate_name(want[i]));
	}
}

static void copies_in_one_burst_are_delivered_once(void **state)
{
	static const enum fate want[] = {FATE_SENT, FATE_REPLAYED, FATE_REPLAYED, FATE_SENT,
					 FATE_REPLAYED};

	(void)state;
	for (unsigned b = 0; b < BURSTS; b++) {
		struct setup s;

		start(&s, bursts[b]);
		send(&s, 0, 0);
		path_device_again(&s.d, s.r, 0);
		path_device_again(&s.d, s.r, 0);
		send(&s, 1, 0);
		path_device_again(&s.d, s.r, 0);
		expect(&s, want, 5);
		rig_destroy(s.r);
	}
}

/* A forged copy in front does not use the COUNT up, and one behind is not even checked. */
static void forged_copies_take_nothing_away(void **state)
{
	static const enum fate want[] = {FATE_BAD_TAG, FATE_SENT, FATE_REPLAYED};

	(void)state;
	for (unsigned b = 0; b < BURSTS; b++) {
		struct setup s;

		start(&s, bursts[b]);
		path_device_data_at(&s.d, s.r, 0, 7, true);
		path_device_data_at(&s.d, s.r, 0, 7, false);
		path_device_data_at(&s.d, s.r, 0, 7, true);
		expect(&s, want, 3);
		assert_int_equal(s.r->sas->up[sa_table_find(s.r->sas, 0x51)].failures, 1);
		rig_destroy(s.r);
	}
}

static void a_jump_brings_counts_into_reach_and_out_of_it(void **state)
{
	static const enum fate want[] = {FATE_SENT,    FATE_TOO_FAR, FATE_SENT,
					 FATE_TOO_OLD, FATE_SENT,    FATE_SENT};

	(void)state;
	for (unsigned b = 0; b < BURSTS; b++) {
		struct setup s;

		start(&s, bursts[b]);
		send(&s, 0, 0);
		send(&s, 65537, 0);
		send(&s, 65536, 0);
		send(&s, 1, 0);
		send(&s, 65537, 0);
		send(&s, 65537 + 65536, 0);
		expect(&s, want, 6);
		rig_destroy(s.r);
	}
}

static void the_first_end_stands_and_older_counts_come_through(void **state)
{
	static const enum fate want[] = {FATE_SENT, FATE_SENT,   FATE_SENT,   FATE_SENT,
					 FATE_SENT, FATE_CLOSED, FATE_CLOSED, FATE_REPLAYED};
	struct packet p;

	(void)state;
	for (unsigned b = 0; b < BURSTS; b++) {
		struct setup s;

		start(&s, bursts[b]);
		send(&s, 1, 0);
		send(&s, 10, SDT_END);
		send(&s, 5, 0);
		send(&s, 3, SDT_END); /* does not end it earlier */
		send(&s, 9, 0);
		send(&s, 11, 0);
		send(&s, 12, SDT_END); /* nor later */
		send(&s, 10, 0);
		expect(&s, want, 8);
		path_device_resume(&s.d, s.r, 0, 0);
		assert_null(rig_run(s.r));
		assert_int_equal(path_device_take(&s.d, &s.r->sent[ACCESS][0], NULL),
				 VERDICT_OPENED);
		rig_read(&s.r->sent[CORE][0], &p);
		assert_int_equal(p.payload[1] & CORE_EARLY, CORE_EARLY);
		send(&s, 20, 0);
		expect(&s, want, 1);
		rig_destroy(s.r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_in_one_burst_are_delivered_once),
		cmocka_unit_test(forged_copies_take_nothing_away),
		cmocka_unit_test(a_jump_brings_counts_into_reach_and_out_of_it),
		cmocka_unit_test(the_first_end_stands_and_older_counts_come_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
