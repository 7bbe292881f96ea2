/* What a worker tells of its SAs: counters that operators read, and events, each at its edge. */
#include "dataplane/events.h"

#include "tests/unit/path_device.h"

#include <rte_malloc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

enum { ID = 0x77, SAID = sizeof(path_device_says) };

struct setup {
	struct rig *r;
	struct path_device d;
	uint32_t slot;
};

static void start(struct setup *s, unsigned tag_len, uint32_t limit)
{
	struct sa_row row = rig_row(ID, EEA2, EIA2, tag_len);
	struct config c;

	config_defaults(&c);
	c.resume.limit = limit;
	s->r = rig_create(&c, 16, true);
	s->r->worker[0]->events = events_create();
	assert_non_null(s->r->worker[0]->events);
	path_device_init(&s->d, s->r, &row);
	s->slot = sa_table_find(s->r->sas, ID);
}

static void stop(struct setup *s)
{
	rte_free(s->r->worker[0]->events);
	s->r->worker[0]->events = NULL;
	rig_destroy(s->r);
}

static void run(struct setup *s)
{
	assert_null(rig_run(s->r));
}

static void expect_nothing(struct setup *s)
{
	struct key_event e;

	assert_int_equal(events_take(s->r->worker[0]->events, &e, 1), 0);
}

/* Exactly one event waits: this one. */
static void expect_event(struct setup *s, enum event_type type, uint32_t value)
{
	struct key_event e;

	assert_int_equal(events_take(s->r->worker[0]->events, &e, 1), 1);
	assert_string_equal(event_name(e.type), event_name(type));
	assert_int_equal(e.value, value);
	assert_int_equal(e.key_id, ID);
	assert_int_equal(be64_get(e.imsi), be64_get(s->r->sas->link[s->slot].imsi));
	assert_int_equal(e.time_ns, s->r->now_ns);
	assert_string_equal(e.reference, "");
	expect_nothing(s);
}

static void put_down(struct setup *s, unsigned len)
{
	struct {
		struct core_hdr h;
		uint8_t payload[100];
	} f = {.h = rig_mt(0, 0, ID, s->d.row.identity)};

	rig_down(s->r, 0, 0, &f, sizeof(f.h) + len);
}

static struct key_row row_of(struct setup *s)
{
	struct key_row row;

	assert_true(sa_table_describe(s->r->sas, s->slot, &row));
	return row;
}

static void what_comes_through_is_counted_for_its_sa(void **state)
{
	struct setup s;
	struct key_row row;

	(void)state;
	start(&s, TAG_LONG, 100);
	path_device_data(&s.d, s.r, 0, 0);
	path_device_again(&s.d, s.r, 0); /* replayed: counts nowhere */
	path_device_data(&s.d, s.r, 0, 0);
	run(&s);
	put_down(&s, 10);
	put_down(&s, 20);
	run(&s);
	row = row_of(&s);
	assert_int_equal(row.up_packets, 2);
	assert_int_equal(row.up_octets, 2 * SAID);
	assert_int_equal(row.down_packets, 2);
	assert_int_equal(row.down_octets, 30);
	assert_int_equal(row.bad_tags, 0);

	/* Wrong tags count, with a budget or without, of DATA and of RESUME. */
	path_device_data_at(&s.d, s.r, 0, 50, true);
	path_device_resume(&s.d, s.r, 0, 0);
	run(&s);
	assert_int_equal(row_of(&s).bad_tags, 1);
	s.d.msg[s.d.len - 1] ^= 1;
	path_device_again(&s.d, s.r, 0);
	run(&s);
	row = row_of(&s);
	assert_int_equal(row.bad_tags, 2);
	/* The payload of the RESUME came through, and of all epochs there is one sum. */
	assert_int_equal(row.up_packets, 3);
	assert_int_equal(row.up_octets, 3 * SAID);
	assert_int_equal(row.down_packets, 2);
	stop(&s);
}

static void held_data_counts_each_time_that_it_goes(void **state)
{
	struct setup s;
	struct core_hdr h;

	(void)state;
	start(&s, TAG_LONG, 100);
	h = rig_mt(0, CORE_HOLD, ID, s.d.row.identity);
	rig_down(s.r, 0, 0, &h, sizeof(h));
	run(&s);
	assert_int_equal(rig_fate(s.r, CORE, FATE_HELD), 1);
	assert_int_equal(row_of(&s).down_packets, 0);
	path_device_resume(&s.d, s.r, 0, 0);
	run(&s);
	assert_int_equal(row_of(&s).down_packets, 1);
	path_device_again(&s.d, s.r, 0);
	run(&s);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_RESUME_REPEATED), 1);
	assert_int_equal(row_of(&s).down_packets, 2);
	s.r->now_ns += 100 * SECOND;
	run(&s);
	stop(&s);
}

static void a_failure_budget_is_told_at_its_two_steps(void **state)
{
	struct setup s;
	struct sa_up *u;

	(void)state;
	start(&s, TAG_SHORT, 100);
	path_device_data(&s.d, s.r, 0, 0); /* gives it the address that may go on failing */
	run(&s);
	u = &s.r->sas->up[s.slot];
	for (uint32_t failures = 254; failures < 259; failures++) {
		u->failures = failures;
		path_device_data_at(&s.d, s.r, 0, 50, true);
		run(&s);
		if (failures == 255)
			expect_event(&s, EVENT_BUDGET_SUSPECT, 256);
		expect_nothing(&s);
	}
	for (uint32_t failures = 65534; failures < 65538; failures++) {
		u->failures = failures;
		path_device_data_at(&s.d, s.r, 0, 50, true);
		run(&s);
		if (failures == 65535)
			expect_event(&s, EVENT_BUDGET_SPENT, 65536);
		expect_nothing(&s);
	}
	stop(&s);
}

static void half_of_the_counts_is_told_once_for_each_direction(void **state)
{
	struct setup s;

	(void)state;
	start(&s, TAG_LONG, 100);
	path_device_data(&s.d, s.r, 0, 0);
	run(&s);
	s.r->sas->up[s.slot].top = COUNT_REKEY_FROM - 3;
	s.r->sas->down[s.slot].count = COUNT_REKEY_FROM - 2;
	for (uint32_t count = COUNT_REKEY_FROM - 2; count < COUNT_REKEY_FROM + 3; count++) {
		path_device_data_at(&s.d, s.r, 0, count, false);
		run(&s);
		if (count == COUNT_REKEY_FROM)
			expect_event(&s, EVENT_COUNT_UP_HALF, count);
		put_down(&s, 1);
		run(&s);
		if (count == COUNT_REKEY_FROM)
			expect_event(&s, EVENT_COUNT_DOWN_HALF, count);
		expect_nothing(&s);
	}
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_SENT), 6);
	assert_int_equal(rig_fate(s.r, CORE, FATE_SENT), 5);
	stop(&s);
}

static void the_limit_of_resume_is_told_at_most_once_a_second(void **state)
{
	struct setup s;

	(void)state;
	start(&s, TAG_LONG, 2);
	path_device_resume(&s.d, s.r, 0, 0); /* 1 */
	run(&s);
	expect_nothing(&s);
	s.d.d.n = 2;
	path_device_resume(&s.d, s.r, 0, 0); /* the last that is allowed */
	run(&s);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_RESUMED), 2);
	expect_event(&s, EVENT_RESUME_LIMIT, 2);
	s.d.d.n = 3;
	path_device_resume(&s.d, s.r, 0, 0);
	s.r->now_ns += SECOND - 1;
	path_device_again(&s.d, s.r, 0);
	run(&s);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_RESUME_REFUSED), 2);
	expect_nothing(&s);
	s.r->now_ns += 1;
	path_device_again(&s.d, s.r, 0);
	path_device_again(&s.d, s.r, 0);
	run(&s);
	expect_event(&s, EVENT_RESUME_LIMIT, 3);
	stop(&s);
}

static void events_without_room_are_counted(void **state)
{
	enum { TOLD = 3000 };
	static struct key_event e[TOLD];
	struct setup s;
	unsigned got;

	(void)state;
	start(&s, TAG_LONG, 100);
	for (uint32_t i = 0; i < TOLD; i++)
		event_tell(s.r->worker[0], EVENT_COUNT_UP_HALF, s.slot, i, 1);
	got = events_take(s.r->worker[0]->events, e, TOLD);
	assert_true(got >= EVENTS_ROOM - 1);
	assert_int_equal(s.r->worker[0]->events_lost, TOLD - got);
	for (uint32_t i = 0; i < got; i++)
		assert_int_equal(e[i].value, i);
	/* And where nobody listens, nothing is lost. */
	rte_free(s.r->worker[0]->events);
	s.r->worker[0]->events = NULL;
	event_tell(s.r->worker[0], EVENT_COUNT_UP_HALF, s.slot, 1, 1);
	assert_int_equal(s.r->worker[0]->events_lost, TOLD - got);
	stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_through_is_counted_for_its_sa),
		cmocka_unit_test(held_data_counts_each_time_that_it_goes),
		cmocka_unit_test(a_failure_budget_is_told_at_its_two_steps),
		cmocka_unit_test(half_of_the_counts_is_told_once_for_each_direction),
		cmocka_unit_test(the_limit_of_resume_is_told_at_most_once_a_second),
		cmocka_unit_test(events_without_room_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
