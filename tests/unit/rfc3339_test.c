#include "config/rfc3339.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void times_are_read_as_rfc_3339_writes_them(void **state)
{
	static const struct {
		const char *text;
		int64_t want; /* from date -u +%s; -1: refused */
		uint32_t ns;
	} cases[] = {
		/* clang-format off */
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:00-00:01", 60},
		{"1970-01-01T00:00:00+00:01", -1},
		{"1969-12-31T23:59:59Z", -1},
		{"1985-04-12T23:20:50.52Z", 482196050, 520000000},       /* RFC 3339 5.8 */
		{"1996-12-19T16:39:57-08:00", 851042397},     /* RFC 3339 5.8 */
		{"1990-12-31T23:59:60Z", 662688000},          /* RFC 3339 5.8 */
		{"1990-12-31T15:59:60-08:00", 662688000},     /* RFC 3339 5.8 */
		{"1937-01-01T12:00:27.87+00:20", -1},         /* RFC 3339 5.8: before 1970 */
		{"1990-12-31T23:58:60Z", -1},
		{"1990-12-31T23:59:60+01:00", -1},
		{"1990-12-31T23:59:61Z", -1},
		{"2000-02-29T00:00:00Z", 951782400},
		{"1900-02-29T00:00:00Z", -1},
		{"2100-02-29T00:00:00Z", -1},
		{"2024-02-29t00:00:00z", 1709164800},
		{"2023-02-29T00:00:00Z", -1},
		{"2026-01-02 03:04:05Z", 1767323045},
		{"2038-01-19T03:14:08Z", 2147483648},
		{"2106-02-07T06:28:16.9999999990Z", 4294967296, 999999999},
		{"2106-02-07T06:28:16.000000001999Z", 4294967296, 1},
		{"9999-12-31T23:59:59Z", 253402300799},
		{"9999-12-31T23:59:59-00:01", -1},
		{"9999-12-31T23:59:60Z", -1},
		{"0000-01-01T00:00:00Z", -1},
		{"2026-00-01T00:00:00Z", -1},
		{"2026-13-01T00:00:00Z", -1},
		{"2026-04-31T00:00:00Z", -1},
		{"2026-01-00T00:00:00Z", -1},
		{"2026-01-01T24:00:00Z", -1},
		{"2026-01-01T00:60:00Z", -1},
		{"2026-01-01T00:00:00", -1},
		{"2026-01-01T00:00:00.Z", -1},
		{"2026-01-01T00:00:00,5Z", -1},
		{"2026-01-01T00:00Z", -1},
		{"2026-01-01", -1},
		{"2026-1-1T00:00:00Z", -1},
		{"2026-01-01T00:00:00+24:00", -1},
		{"2026-01-01T00:00:00+01:60", -1},
		{"2026-01-01T00:00:00+0100", -1},
		{"2026-01-01T00:00:00Z+01:00", -1},
		{"12026-01-01T00:00:00Z", -1},
		{"-2026-01-01T00:00:00Z", -1},
		{"1767323045", -1},
		{"Never", -1},
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t t = -1;
		uint32_t ns = 0;

		if (rfc3339_read(cases[i].text, &t, &ns) != (cases[i].want >= 0))
			fail_msg("%s: %s", cases[i].text, cases[i].want < 0 ? "taken" : "refused");
		if (t != cases[i].want || ns != cases[i].ns)
			fail_msg("%s: %jd", cases[i].text, (intmax_t)t);
	}
}

/* gmtime_r behind rfc3339_write is the model: every day there is, at its first and last second. */
static void every_day_comes_back(void **state)
{
	static const int64_t end = 253402300800; /* 10000-01-01 */

	(void)state;
	for (int64_t day = 0; day < end; day += 86400) {
		char text[RFC3339_TEXT];
		int64_t t;
		uint32_t ns;

		assert_true(rfc3339_read(rfc3339_write(day, 0, text), &t, &ns) && t == day &&
			    ns == 0);
		assert_true(rfc3339_read(rfc3339_write(day + 86399, 7, text), &t, &ns));
		assert_true(t == day + 86399 && ns == 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read_as_rfc_3339_writes_them),
		cmocka_unit_test(every_day_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
