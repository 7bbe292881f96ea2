/* sdt.md 4 step 4: the window, against a list of all COUNTs that were accepted. */
#include "dataplane/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ACCEPTED_MAX = 20000 };

/* Slow on purpose, and in 64 bits, where nothing wraps. */
struct model {
	uint64_t highest;
	uint64_t seen_below; /* everything below it counts as seen */
	size_t n;
	uint32_t accepted[ACCEPTED_MAX];
};

static enum fate model_ask(const struct model *m, uint64_t count)
{
	bool nothing = m->n == 0 && m->seen_below == 0;

	if (nothing)
		return count > 65535 ? FATE_TOO_FAR : FATE_ALIVE;
	if (count > m->highest)
		return count > m->highest + 65536 || count >= (UINT64_C(1) << 32) - 65536
			       ? FATE_TOO_FAR
			       : FATE_ALIVE;
	if (count + 64 <= m->highest)
		return FATE_TOO_OLD;
	if (count < m->seen_below)
		return FATE_REPLAYED;
	for (size_t i = 0; i < m->n; i++) {
		if (m->accepted[i] == count)
			return FATE_REPLAYED;
	}
	return FATE_ALIVE;
}

static void model_accept(struct model *m, uint32_t count)
{
	assert_true(m->n < ACCEPTED_MAX);
	m->accepted[m->n++] = count;
	if (count > m->highest)
		m->highest = count;
}

static void check(struct sa_up *u, struct model *m, uint32_t count)
{
	enum fate want = model_ask(m, count), got = window_ask(u, count);
	bool raises = (m->n == 0 && m->seen_below == 0) || count > m->highest;

	if (got != want)
		fail_msg("COUNT %u above %u: %s, not %s", count, (unsigned)m->highest,
			 fate_name(got), fate_name(want));
	if (got != FATE_ALIVE)
		return;
	assert_int_equal(window_raises(u, count), raises);
	window_mark(u, count);
	model_accept(m, count);
	assert_int_equal(u->top, m->highest);
}

/* Deterministic; any seed but 0. */
static uint32_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (uint32_t)(*x >> 16);
}

static const struct {
	const char *what;
	bool received;
	uint32_t top;
} starts[] = {
	{"nothing received", false, 0},
	{"COUNT 0 received", true, 0},
	{"less than a window received", true, 40},
	{"a window received", true, 63},
	{"65,535 received", true, 65535},
	{"just below 2^31", true, INT32_MAX - 70},
	{"a jump before the end", true, COUNT_USED_UP - 65536 - 3},
	{"70 before the end", true, COUNT_USED_UP - 70},
	{"the last COUNT", true, COUNT_USED_UP - 1},
	{"used up", true, COUNT_USED_UP},
	{"the highest number there is", true, UINT32_MAX},
};

static void start_at(size_t i, struct sa_up *u, struct model *m)
{
	*u = (struct sa_up){.top = starts[i].top, .seen = starts[i].received ? UINT64_MAX : 0};
	*m = (struct model){.highest = starts[i].top};
	if (starts[i].received)
		m->seen_below = (uint64_t)starts[i].top + 1;
}

static void random_counts_fare_as_in_the_model(void **state)
{
	static struct model m;
	uint64_t seed = 0x5d7;

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct sa_up u;

		start_at(i, &u, &m);
		for (unsigned k = 0; k < 6000; k++) {
			uint32_t r = next_random(&seed), by = next_random(&seed);

			switch (r % 8) {
			case 0: /* anywhere */
				check(&u, &m, by);
				break;
			case 1: /* around the forward limit */
				check(&u, &m, u.top + 65536 - 2 + by % 5);
				break;
			case 2: /* a jump that empties the window, or nearly */
				check(&u, &m, u.top + 60 + by % 10);
				break;
			case 3: /* around the left edge */
				check(&u, &m, u.top - 66 + by % 5);
				break;
			default: /* in and around the window */
				check(&u, &m, u.top - 70 + by % 76);
				break;
			}
		}
	}
}

static void sweeps_fare_as_in_the_model(void **state)
{
	static struct model m;

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		/* Upward by steps of every size, and back down over all that was left out. */
		for (uint32_t step = 1; step <= 67; step++) {
			struct sa_up u;
			uint32_t base = starts[i].top;

			start_at(i, &u, &m);
			for (uint32_t k = 0; k < 130; k += step)
				check(&u, &m, base + k);
			for (uint32_t k = 140; k > 0; k--)
				check(&u, &m, base + k - 1);
		}
	}
}

static void the_number_space_ends_where_it_must(void **state)
{
	static const struct {
		const char *what;
		uint32_t top;
		uint64_t seen;
		uint32_t count;
		enum fate want;
	} cases[] = {
		/* clang-format off */
		{"the first one, the lowest", 0, 0, 0, FATE_ALIVE},
		{"the first one, the highest", 0, 0, 65535, FATE_ALIVE},
		{"the first one, too high", 0, 0, 65536, FATE_TOO_FAR},
		{"after COUNT 0 one more is in reach", 0, 1, 65536, FATE_ALIVE},
		{"and the one behind it is not", 0, 1, 65537, FATE_TOO_FAR},
		{"the last COUNT", COUNT_USED_UP - 2, 1, COUNT_USED_UP - 1, FATE_ALIVE},
		{"used up", COUNT_USED_UP - 1, 1, COUNT_USED_UP, FATE_TOO_FAR},
		{"no wrap to 0", COUNT_USED_UP - 1, 1, 0, FATE_TOO_OLD},
		{"no wrap from the highest to 0", UINT32_MAX, UINT64_MAX, 0, FATE_TOO_OLD},
		{"a gap before the end can be filled", COUNT_USED_UP - 1, 1, COUNT_USED_UP - 64, FATE_ALIVE},
		{"left of it", COUNT_USED_UP - 1, 1, COUNT_USED_UP - 65, FATE_TOO_OLD},
		{"below 0 there is nothing", 3, 15, UINT32_MAX, FATE_TOO_FAR},
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sa_up u = {.top = cases[i].top, .seen = cases[i].seen};

		if (window_ask(&u, cases[i].count) != cases[i].want)
			fail_msg("%s", cases[i].what);
	}
}

static void asking_changes_nothing(void **state)
{
	struct sa_up u = {.top = 100, .seen = 0x35}, before = u;

	(void)state;
	for (uint32_t count = 0; count < 300; count++)
		window_ask(&u, count);
	assert_memory_equal(&u, &before, sizeof(u));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_counts_fare_as_in_the_model),
		cmocka_unit_test(sweeps_fare_as_in_the_model),
		cmocka_unit_test(the_number_space_ends_where_it_must),
		cmocka_unit_test(asking_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
