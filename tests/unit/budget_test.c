/* sdt.md 4, failure budget: what forged DATA may cost, and what it may not do. */
#include "tests/unit/path_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

struct setup {
	struct rig *r;
	struct path_device d;
	uint32_t slot;
};

static void start(struct setup *s, unsigned tag_len, uint32_t burst)
{
	struct sa_row row = rig_row(0x77, EEA2, EIA2, tag_len);
	struct config c;

	config_defaults(&c);
	c.burst = burst;
	s->r = rig_create(&c, 16, true);
	path_device_init(&s->d, s->r, &row);
	s->slot = sa_table_find(s->r->sas, row.key_id);
	path_device_data(&s->d, s->r, 0, 0); /* gives the SA its address */
	assert_null(rig_run(s->r));
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_SENT), 1);
}

static struct sa_up *up_of(const struct setup *s)
{
	return &s->r->sas->up[s->slot];
}

/* Forged DATA from `from`, whose COUNT would be right. */
static void forge(struct setup *s, const struct endpoint *from, unsigned n)
{
	struct endpoint own = s->d.at;

	s->d.at = *from;
	while (n > 0) {
		unsigned now = n < RIG_FRAMES ? n : RIG_FRAMES;

		path_device_data_at(&s->d, s->r, 0, up_of(s)->top + 1, true);
		for (unsigned i = 1; i < now; i++)
			path_device_again(&s->d, s->r, 0);
		assert_null(rig_run(s->r));
		n -= now;
	}
	s->d.at = own;
}

static struct endpoint stranger(unsigned i)
{
	struct endpoint e = {.family = 4, .port = (uint16_t)(1000 + i), .addr = {10, 9, 9, 9}};

	return e;
}

static enum fate say(struct setup *s)
{
	unsigned index = path_device_data(&s->d, s->r, 0, 0);

	assert_null(rig_run(s->r));
	return (enum fate)s->r->trace[index].fate;
}

/* What a DATA to the device carries: 1 with REKEY. */
static bool downlink_rekeys(struct setup *s)
{
	struct core_hdr h = rig_mt(0, 0, 0, s->d.row.identity);
	struct message m;

	rig_down(s->r, 0, 0, &h, sizeof(h));
	assert_null(rig_run(s->r));
	assert_int_equal(s->r->sent_n[ACCESS], 1);
	assert_int_equal(path_device_take(&s->d, &s->r->sent[ACCESS][0], &m), VERDICT_OPENED);
	return m.rekey;
}

static void a_wrong_tag_changes_the_counts_of_failures_alone(void **state)
{
	struct setup s;
	struct sa_up before;
	struct sa_down down;
	struct sa_link link;
	struct endpoint from = stranger(0);

	(void)state;
	start(&s, TAG_SHORT, 32);
	before = *up_of(&s);
	down = s.r->sas->down[s.slot];
	link = s.r->sas->link[s.slot];
	forge(&s, &from, 200);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_BAD_TAG), 200);
	assert_int_equal(up_of(&s)->failures, 200);
	up_of(&s)->failures = 0;
	assert_int_equal(s.r->sas->down[s.slot].bad_tags, 200);
	s.r->sas->down[s.slot].bad_tags = 0;
	assert_memory_equal(up_of(&s), &before, sizeof(before));
	assert_memory_equal(&s.r->sas->down[s.slot], &down, sizeof(down));
	assert_memory_equal(&s.r->sas->link[s.slot], &link, sizeof(link));
	rig_destroy(s.r);
}

static void strangers_are_checked_once_a_second_from_256_on(void **state)
{
	static const uint32_t bursts[] = {1, 7, 32, 255, 256};

	(void)state;
	for (size_t i = 0; i < sizeof(bursts) / sizeof(bursts[0]); i++) {
		struct endpoint from = stranger(0), other = stranger(1);
		struct setup s;

		start(&s, TAG_SHORT, bursts[i]);
		forge(&s, &from, 255);
		forge(&s, &from, 600); /* the 256th, and the first one of the throttle */
		assert_int_equal(rig_fate(s.r, ACCESS, FATE_BAD_TAG), 257);
		assert_int_equal(rig_fate(s.r, ACCESS, FATE_THROTTLED), 598);
		s.r->now_ns += SECOND - 1;
		forge(&s, &other, 1);
		assert_int_equal(rig_fate(s.r, ACCESS, FATE_BAD_TAG), 257);
		s.r->now_ns += 1;
		forge(&s, &other, 3);
		assert_int_equal(rig_fate(s.r, ACCESS, FATE_BAD_TAG), 258);
		/* The device's own address is checked always, and moving away has to wait its turn.
		 */
		assert_int_equal(say(&s), FATE_SENT);
		forge(&s, &s.d.at, 3);
		assert_int_equal(rig_fate(s.r, ACCESS, FATE_BAD_TAG), 261);
		s.d.at = other;
		assert_int_equal(say(&s), FATE_THROTTLED);
		s.r->now_ns += SECOND;
		assert_int_equal(say(&s), FATE_SENT);
		assert_int_equal(say(&s), FATE_SENT);
		assert_int_equal(up_of(&s)->failures, 261);
		/* The clock of a process before this one may have been ahead (sdt.md 6). */
		s.r->now_ns -= 3600 * SECOND;
		s.d.at = from;
		assert_int_equal(say(&s), FATE_SENT);
		rig_destroy(s.r);
	}
}

/* Frames that crossed from another worker may carry a clock that is a little behind. */
static void a_clock_that_lags_behind_opens_no_budget(void **state)
{
	struct endpoint from = stranger(0);
	struct setup s;

	(void)state;
	start(&s, TAG_SHORT, 32);
	forge(&s, &from, 257);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_BAD_TAG), 257);
	s.r->now_ns -= 1000;
	forge(&s, &from, 10);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_BAD_TAG), 257);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_THROTTLED), 10);
	rig_destroy(s.r);
}

static void after_65536_failures_only_a_resume_helps(void **state)
{
	struct setup s;

	(void)state;
	start(&s, TAG_SHORT, 256);
	forge(&s, &s.d.at, BUDGET_SPENT - 1);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_BAD_TAG), BUDGET_SPENT - 1);
	assert_int_equal(say(&s), FATE_SENT);
	assert_false(downlink_rekeys(&s));
	forge(&s, &s.d.at, 3);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_BAD_TAG), BUDGET_SPENT);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_THROTTLED), 2);
	assert_int_equal(say(&s), FATE_THROTTLED);
	s.r->now_ns += 3600 * SECOND;
	assert_int_equal(say(&s), FATE_THROTTLED);
	assert_true(downlink_rekeys(&s));

	path_device_resume(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(path_device_take(&s.d, &s.r->sent[ACCESS][0], NULL), VERDICT_OPENED);
	assert_int_equal(up_of(&s)->failures, 0);
	assert_int_equal(say(&s), FATE_SENT);
	assert_false(downlink_rekeys(&s));
	forge(&s, &s.d.at, 10);
	assert_int_equal(up_of(&s)->failures, 10);
	rig_destroy(s.r);
}

static void a_forged_resume_neither_costs_nor_gives_budget(void **state)
{
	struct asked asked = {.n = 1};
	struct setup s;
	int len;

	(void)state;
	start(&s, TAG_SHORT, 32);
	forge(&s, &s.d.at, 300);
	len = device_resume(&s.d.d, &asked, 0, path_device_says, sizeof(path_device_says), s.d.msg);
	assert_true(len > 0);
	s.d.len = (size_t)len;
	s.d.msg[len - 1] ^= 1;
	for (unsigned i = 0; i < 500; i++)
		path_device_again(&s.d, s.r, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_BAD_TAG), 800);
	assert_int_equal(up_of(&s)->failures, 300);
	s.d.msg[len - 1] ^= 1;
	path_device_again(&s.d, s.r, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_RESUMED), 1);
	assert_int_equal(up_of(&s)->failures, 0);
	rig_destroy(s.r);
}

static void tags_of_8_octets_have_no_budget(void **state)
{
	struct endpoint from = stranger(0);
	struct setup s;

	(void)state;
	start(&s, TAG_LONG, 256);
	forge(&s, &from, BUDGET_SPENT + 1000);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_BAD_TAG), BUDGET_SPENT + 1000);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_THROTTLED), 0);
	s.d.at = from;
	assert_int_equal(say(&s), FATE_SENT);
	assert_false(downlink_rekeys(&s));
	rig_destroy(s.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_tag_changes_the_counts_of_failures_alone),
		cmocka_unit_test(strangers_are_checked_once_a_second_from_256_on),
		cmocka_unit_test(a_clock_that_lags_behind_opens_no_budget),
		cmocka_unit_test(after_65536_failures_only_a_resume_helps),
		cmocka_unit_test(a_forged_resume_neither_costs_nor_gives_budget),
		cmocka_unit_test(tags_of_8_octets_have_no_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
