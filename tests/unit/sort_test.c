#include "crypto/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A linear congruential generator: the same messages in each run. */
static unsigned draw(unsigned below)
{
	static uint32_t x = 1;

	x = x * 1664525 + 1013904223;
	return (x >> 8) % below;
}

static void fill(struct crypt *msg, unsigned n)
{
	memset(msg, 0, n * sizeof(*msg));
	for (unsigned i = 0; i < n; i++) {
		msg[i].eea = (uint8_t)draw(EEA_COUNT);
		msg[i].eia = (uint8_t)(EIA1 + draw(EIA_COUNT - EIA1));
		msg[i].tag_len = TAG_SHORT;
		msg[i].aad_len = (uint16_t)draw(30);
		msg[i].len = (uint16_t)draw(draw(2) ? 40 : BATCH_LEN_MAX - 30);
	}
	if (n > 1) {
		msg[n / 2].aad_len = 0;
		msg[n / 2].len = BATCH_LEN_MAX;
	}
}

static unsigned blocks_of(const struct crypt *m)
{
	return (m->len + 15u) / 16;
}

/* Whether b may stand behind a: pair, blocks, then the caller's order. */
static bool in_order(const struct sorted *s, unsigned i)
{
	unsigned a = blocks_of(s->msg[i]), b = blocks_of(s->msg[i + 1]);

	if (s->pair[i] != s->pair[i + 1])
		return s->pair[i] < s->pair[i + 1];
	return a < b || (a == b && s->from[i] < s->from[i + 1]);
}

static void check_sorted(const struct sorted *s, const struct crypt *msg, unsigned n, bool tags)
{
	bool seen[BATCH_MAX] = {false};

	for (unsigned i = 0; i < n; i++) {
		assert_ptr_equal(s->msg[i], &msg[s->from[i]]);
		assert_false(seen[s->from[i]]);
		seen[s->from[i]] = true;
		assert_int_equal(pair_eea(s->pair[i]), s->msg[i]->eea);
		assert_int_equal(pair_eia(s->pair[i]), tags ? s->msg[i]->eia : EIA0);
		assert_true(i + 1 == n || in_order(s, i));
	}
}

static void messages_come_by_pair_then_by_blocks_and_none_is_lost(void **state)
{
	struct crypt msg[BATCH_MAX];
	struct sorted s;

	(void)state;
	for (unsigned n = 0; n <= BATCH_MAX; n++) {
		fill(msg, n);
		sort_messages(&s, msg, n, true);
		check_sorted(&s, msg, n, true);
		sort_messages(&s, msg, n, false);
		check_sorted(&s, msg, n, false);
	}
}

static void runs_of_one_pair_cover_all_messages(void **state)
{
	struct crypt msg[BATCH_MAX];
	unsigned runs = 0, len;
	struct sorted s;

	(void)state;
	fill(msg, BATCH_MAX);
	sort_messages(&s, msg, BATCH_MAX, true);
	for (unsigned i = 0; i < BATCH_MAX; i += len, runs++) {
		len = sorted_run(&s, i, BATCH_MAX);
		for (unsigned k = i; k < i + len; k++)
			assert_int_equal(s.pair[k], s.pair[i]);
		if (i + len < BATCH_MAX)
			assert_int_not_equal(s.pair[i + len], s.pair[i]);
	}
	assert_int_equal(runs, EEA_COUNT * (EIA_COUNT - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_by_pair_then_by_blocks_and_none_is_lost),
		cmocka_unit_test(runs_of_one_pair_cover_all_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
