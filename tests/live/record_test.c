/* What the live tests rely on: nothing that comes out wrongly passes unseen. */
#include "tests/live/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SIZE = 40 };

struct setup {
	struct record r;
	uint8_t payload[SIZE];
};

/* Three messages were sent; the payload of the second is at hand. */
static void start(struct setup *s)
{
	*s = (struct setup){.r = {.seed = 3, .mark_ns = 50}};
	for (uint64_t i = 0; i < 3; i++)
		record_send(&s->r,
			    &(struct sent){.at_ns = 40 + 10 * i, .len = SIZE, .way = UP_DATA});
	record_payload(&s->r, 1, s->payload, SIZE);
}

static void stop(struct setup *s)
{
	free(s->r.sent);
}

static void what_was_sent_may_come_out_once(void **state)
{
	struct setup s;

	(void)state;
	start(&s);
	assert_non_null(record_arrive(&s.r, s.payload, SIZE, 90));
	assert_int_equal(record_failures(&s.r), 0);
	assert_int_equal(record_lost(&s.r), 2);
	assert_null(record_arrive(&s.r, s.payload, SIZE, 91));
	assert_int_equal(s.r.broken[BROKEN_TWICE], 1);
	stop(&s);
}

static void every_other_payload_is_a_failure(void **state)
{
	static const struct {
		const char *what;
		unsigned octet; /* changed */
		size_t len;
		enum broken want;
	} cases[] = {
		{"an octet at the end", SIZE - 1, SIZE, BROKEN_ALTERED},
		{"its number, to one that is not", 3, SIZE, BROKEN_NOT_SENT},
		{"its number, to another one's", 7, SIZE, BROKEN_ALTERED},
		{"an octet less", SIZE - 1, SIZE - 1, BROKEN_ALTERED},
		{"too short for a number", 7, PAYLOAD_MIN - 1, BROKEN_NOT_SENT},
		{"nothing", 0, 0, BROKEN_NOT_SENT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct setup s;

		start(&s);
		s.payload[cases[i].octet] ^= 3;
		if (record_arrive(&s.r, s.payload, cases[i].len, 90) ||
		    s.r.broken[cases[i].want] != 1 || record_failures(&s.r) != 1)
			fail_msg("%s", cases[i].what);
		assert_int_equal(record_lost(&s.r), 3);
		stop(&s);
	}
}

static void the_gateway_is_back_with_what_was_sent_after_the_mark(void **state)
{
	struct setup s;

	(void)state;
	start(&s);
	record_arrive(&s.r, s.payload, SIZE, 90);
	assert_int_equal(s.r.back_ns, 0); /* sent at the mark, not after it */
	record_payload(&s.r, 2, s.payload, SIZE);
	record_arrive(&s.r, s.payload, SIZE, 95);
	assert_int_equal(s.r.back_ns, 95);
	stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sent_may_come_out_once),
		cmocka_unit_test(every_other_payload_is_a_failure),
		cmocka_unit_test(the_gateway_is_back_with_what_was_sent_after_the_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
