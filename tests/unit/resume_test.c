/* sdt.md 5: what a replay cannot show of RESUME: no buffers, full ports, rates, many at once. */
#include "tests/unit/path_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

enum { DEVICES = 80 };

struct setup {
	struct rig *r;
	struct path_device d[DEVICES];
};

static struct config config_of(uint32_t workers, uint32_t burst)
{
	struct config c;

	config_defaults(&c);
	c.workers = workers;
	c.burst = burst;
	return c;
}

static struct setup *start(const struct config *c, bool live, unsigned devices)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->r = rig_create(c, 128, live);
	for (unsigned i = 0; i < devices; i++) {
		unsigned eia = 1 + i % 3;
		struct sa_row row =
			rig_row(0x200 + i, i % 4, eia, eia == EIA2 && i % 2 ? TAG_LONG : TAG_SHORT);

		path_device_init(&s->d[i], s->r, &row);
	}
	return s;
}

static void stop(struct setup *s)
{
	rig_destroy(s->r);
	free(s);
}

static struct sa_root *root_of(struct setup *s, unsigned i)
{
	return &s->r->sas->root[sa_table_find(s->r->sas, s->d[i].row.key_id)];
}

/* All that there is of an SA, to see what changed. */
struct lines {
	struct sa_up up;
	struct sa_down down;
	struct sa_link link;
	struct sa_root root;
};

static void read_lines(struct setup *s, unsigned i, struct lines *l)
{
	uint32_t slot = sa_table_find(s->r->sas, s->d[i].row.key_id);

	memset(l, 0, sizeof(*l));
	memcpy(&l->up, &s->r->sas->up[slot], sizeof(l->up));
	memcpy(&l->down, &s->r->sas->down[slot], sizeof(l->down));
	memcpy(&l->link, &s->r->sas->link[slot], sizeof(l->link));
	memcpy(&l->root, &s->r->sas->root[slot], sizeof(l->root));
}

static void without_a_buffer_nothing_happened_and_a_retry_is_accepted(void **state)
{
	struct config c = config_of(1, 32);
	struct setup *s = start(&c, true, 3);
	struct lines before[3], after;
	unsigned index;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		path_device_data(&s->d[i], s->r, 0, 0);
		assert_null(rig_run(s->r));
		read_lines(s, i, &before[i]);
	}
	for (unsigned i = 0; i < 3; i++)
		path_device_resume(&s->d[i], s->r, 0, 0);
	rig_hoard(s->r, 0);
	assert_null(rig_run(s->r));
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_NO_MBUF), 3);
	assert_int_equal(s->r->sent_n[ACCESS] + s->r->sent_n[CORE], 0);
	for (unsigned i = 0; i < 3; i++) {
		read_lines(s, i, &after);
		assert_memory_equal(&after, &before[i], sizeof(after));
	}
	rig_release(s->r);

	/* With one buffer too few, one of them has to come again. */
	for (unsigned i = 0; i < 3; i++)
		path_device_again(&s->d[i], s->r, 0);
	rig_hoard(s->r, 2);
	assert_null(rig_run(s->r));
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_RESUMED), 2);
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_NO_MBUF), 4);
	rig_release(s->r);
	index = path_device_again(&s->d[2], s->r, 0);
	assert_null(rig_run(s->r));
	assert_int_equal(s->r->trace[index].fate, FATE_RESUMED);
	assert_int_equal(path_device_take(&s->d[2], &s->r->sent[ACCESS][0], NULL), VERDICT_OPENED);
	/* Answers in place need no buffer. */
	path_device_again(&s->d[2], s->r, 0);
	rig_hoard(s->r, 0);
	assert_null(rig_run(s->r));
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_RESUME_REPEATED), 1);
	stop(s);
}

static void full_ports_lose_answers_and_change_no_fate(void **state)
{
	static const struct {
		const char *what;
		unsigned room[SIDES];
	} cases[] = {
		{"nothing fits", {0, 0}},
		{"no RESUMED fits", {0, 3}},
		{"no payload fits", {3, 0}},
		{"some fit", {2, 1}},
	};

	(void)state;
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct config c = config_of(1, 32);
		struct setup *s = start(&c, true, 3);

		for (unsigned i = 0; i < 3; i++)
			path_device_resume(&s->d[i], s->r, 0, 0);
		memcpy(s->r->room, cases[k].room, sizeof(cases[k].room));
		if (rig_run(s->r) || rig_fate(s->r, ACCESS, FATE_RESUMED) != 3)
			fail_msg("%s", cases[k].what);
		for (unsigned side = 0; side < SIDES; side++) {
			assert_int_equal(rig_tally(s->r, side, TALLY_TX), cases[k].room[side]);
			assert_int_equal(rig_tally(s->r, side, TALLY_ANSWERS_LOST),
					 3 - cases[k].room[side]);
		}
		/* The device asks again until it knows. */
		s->r->room[ACCESS] = s->r->room[CORE] = 100;
		for (unsigned i = 0; i < 3; i++)
			path_device_again(&s->d[i], s->r, 0);
		assert_null(rig_run(s->r));
		assert_int_equal(rig_fate(s->r, ACCESS, FATE_RESUME_REPEATED), 3);
		for (unsigned i = 0; i < 3; i++) {
			assert_int_equal(path_device_take(&s->d[i], &s->r->sent[ACCESS][i], NULL),
					 VERDICT_OPENED);
			path_device_data(&s->d[i], s->r, 0, 0);
		}
		assert_null(rig_run(s->r));
		assert_int_equal(rig_fate(s->r, ACCESS, FATE_SENT), 3);
		stop(s);
	}
}

static void a_full_port_loses_payloads_as_tx_full_and_their_counts(void **state)
{
	struct config c = config_of(1, 32);
	struct setup *s = start(&c, true, 1);

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		path_device_data(&s->d[0], s->r, 0, 0);
	s->r->room[CORE] = 2;
	assert_null(rig_run(s->r));
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_SENT), 2);
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_TX_FULL), 3);
	assert_int_equal(rig_tally(s->r, CORE, TALLY_ANSWERS_LOST), 0);
	s->r->room[CORE] = 100;
	path_device_again(&s->d[0], s->r, 0);
	path_device_data(&s->d[0], s->r, 0, 0);
	assert_null(rig_run(s->r));
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_REPLAYED), 1);
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_SENT), 3);
	stop(s);
}

static void a_worker_checks_so_many_a_second_and_no_more(void **state)
{
	static const struct {
		const char *what;
		bool live;
		uint32_t workers, per_second;
		unsigned now; /* resumed at once, and as many a second later */
	} cases[] = {
		{"three a second", true, 1, 3, 3},
		{"three a second and worker", true, 2, 3, 6},
		{"no limit", true, 1, 0, 20},
		{"a replay has none", false, 1, 3, 20},
	};

	(void)state;
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct config c = config_of(cases[k].workers, 4);
		struct setup *s;

		c.resume.per_second = cases[k].per_second;
		s = start(&c, cases[k].live, 40);
		for (unsigned i = 0; i < 20; i++)
			path_device_resume(&s->d[i], s->r, 0, 0);
		assert_null(rig_run(s->r));
		if (rig_fate(s->r, ACCESS, FATE_RESUMED) != cases[k].now ||
		    rig_fate(s->r, ACCESS, FATE_THROTTLED) != 20 - cases[k].now)
			fail_msg("%s", cases[k].what);
		/* The second begins with the first one checked. */
		s->r->now_ns += SECOND - 1;
		path_device_resume(&s->d[39], s->r, 0, 0);
		assert_null(rig_run(s->r));
		assert_int_equal(rig_fate(s->r, ACCESS, FATE_RESUMED),
				 cases[k].now + (cases[k].now == 20));
		s->r->now_ns += 1;
		for (unsigned i = 0; i < 20; i++)
			path_device_resume(&s->d[i], s->r, 0, 0);
		assert_null(rig_run(s->r));
		assert_int_equal(rig_fate(s->r, ACCESS, FATE_RESUMED),
				 2 * cases[k].now + (cases[k].now == 20));
		stop(s);
	}
}

static void repeats_are_answered_ten_times_a_second(void **state)
{
	struct config c = config_of(1, 8);
	struct setup *s = start(&c, true, 1);
	struct endpoint home = s->d[0].at, away = home;
	struct lines before, after;
	struct rig_sent first;
	struct packet p;

	(void)state;
	away.port++;
	path_device_resume(&s->d[0], s->r, 0, 0);
	assert_null(rig_run(s->r));
	first = s->r->sent[ACCESS][0];
	assert_int_equal(path_device_take(&s->d[0], &first, NULL), VERDICT_OPENED);
	read_lines(s, 0, &before);

	s->d[0].at = away;
	for (unsigned second = 1; second <= 3; second++) {
		for (unsigned i = 0; i < 15; i++)
			path_device_again(&s->d[0], s->r, 0);
		assert_null(rig_run(s->r));
		assert_int_equal(rig_fate(s->r, ACCESS, FATE_RESUME_REPEATED), 10 * second);
		assert_int_equal(rig_fate(s->r, ACCESS, FATE_THROTTLED), 5 * second);
		s->r->now_ns += SECOND;
	}
	/* A process before this one may have had a clock that was ahead (sdt.md 6). */
	s->r->now_ns -= 3600 * SECOND;
	path_device_again(&s->d[0], s->r, 0);
	assert_null(rig_run(s->r));
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_RESUME_REPEATED), 31);
	/* The same answer, to where the repeat came from; no payload, and nothing has moved. */
	assert_int_equal(s->r->sent_n[ACCESS], 1);
	assert_int_equal(s->r->sent_n[CORE], 0);
	rig_read(&s->r->sent[ACCESS][0], &p);
	assert_true(endpoint_equal(&p.dst, &away));
	assert_memory_equal(p.payload, first.octets + 42, p.len);
	assert_int_equal(p.len, first.len - 42);
	read_lines(s, 0, &after);
	after.root.repeats = before.root.repeats;
	after.root.repeat_ns = before.root.repeat_ns;
	assert_memory_equal(&after, &before, sizeof(after));
	stop(s);
}

/* Frames that crossed from another worker may carry a clock that is a little behind. */
static void a_clock_that_lags_behind_allows_no_more_repeats(void **state)
{
	struct config c = config_of(1, 8);
	struct setup *s = start(&c, true, 1);

	(void)state;
	path_device_resume(&s->d[0], s->r, 0, 0);
	assert_null(rig_run(s->r));
	for (unsigned i = 0; i < 10; i++)
		path_device_again(&s->d[0], s->r, 0);
	assert_null(rig_run(s->r));
	s->r->now_ns -= 1000;
	path_device_again(&s->d[0], s->r, 0);
	assert_null(rig_run(s->r));
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_RESUME_REPEATED), 10);
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_THROTTLED), 1);
	stop(s);
}

static void many_resumes_of_all_algorithms_fit_one_burst(void **state)
{
	struct config c = config_of(1, 256);
	struct setup *s = start(&c, true, DEVICES);
	struct message m;

	(void)state;
	for (uint32_t n = 1; n <= 3; n++) {
		/* In front of each RESUME DATA of the old epoch, and behind it another. */
		for (unsigned i = 0; i < DEVICES; i++) {
			path_device_data(&s->d[i], s->r, 0, 0);
			path_device_resume(&s->d[i], s->r, 0, 0);
			path_device_data_at(&s->d[i], s->r, 0, 9, false);
		}
		assert_null(rig_run(s->r));
		assert_int_equal(rig_fate(s->r, ACCESS, FATE_SENT), n * DEVICES);
		assert_int_equal(rig_fate(s->r, ACCESS, FATE_RESUMED), n * DEVICES);
		assert_int_equal(rig_fate(s->r, ACCESS, FATE_WRONG_EPOCH), n * DEVICES);
		for (unsigned i = 0; i < DEVICES; i++) {
			assert_int_equal(path_device_take(&s->d[i], &s->r->sent[ACCESS][i], &m),
					 VERDICT_OPENED);
			assert_int_equal(m.type, SDT_RESUMED);
			assert_int_equal(m.count, n);
			assert_int_equal(root_of(s, i)->m, n + 1);
		}
	}
	stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_buffer_nothing_happened_and_a_retry_is_accepted),
		cmocka_unit_test(full_ports_lose_answers_and_change_no_fate),
		cmocka_unit_test(a_full_port_loses_payloads_as_tx_full_and_their_counts),
		cmocka_unit_test(a_worker_checks_so_many_a_second_and_no_more),
		cmocka_unit_test(repeats_are_answered_ten_times_a_second),
		cmocka_unit_test(a_clock_that_lags_behind_allows_no_more_repeats),
		cmocka_unit_test(many_resumes_of_all_algorithms_fit_one_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
