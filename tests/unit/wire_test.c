/* sdt.md 7: IMSI as TBCD; RFC 1071: the checksum; sdt.md 10: the sums. */
#include "dataplane/api/wire.h"

#include "dataplane/api/fate.h"
#include "dataplane/api/inet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void imsi_digits_come_back_for_every_length(void **state)
{
	const char digits[] = "001014456648028";

	(void)state;
	for (size_t n = 0; n <= 16; n++) {
		char back[IMSI_MAX + 1];
		be64 imsi = imsi_to_tbcd(digits, n);

		if (n < IMSI_MIN || n > IMSI_MAX) {
			assert_false(imsi_tbcd_valid(imsi));
			continue;
		}
		assert_true(imsi_tbcd_valid(imsi));
		assert_int_equal(imsi_from_tbcd(imsi, back), n);
		assert_memory_equal(back, digits, n);
	}
}

static void imsi_is_laid_out_as_in_the_worked_example(void **state)
{
	/* sdt.json, first SA: mo_frame 1168 0000 1df33e41 00 01 41 54 66 84 20 f8 */
	static const uint8_t want[8] = {0x00, 0x01, 0x41, 0x54, 0x66, 0x84, 0x20, 0xf8};
	be64 imsi = imsi_to_tbcd("001014456648028", 15);

	(void)state;
	assert_memory_equal(imsi.b, want, sizeof(want));
}

static void malformed_imsis_are_refused(void **state)
{
	static const struct {
		const char *what;
		uint64_t tbcd;
	} cases[] = {
		{"all zero is sixteen digits", 0},
		{"all filler", UINT64_MAX},
		{"five digits", 0x2143f5ffffffffff},
		{"sixteen digits", 0x2143658709214365},
		{"a digit behind the filler", 0x214365ff1fffffff},
		{"a nibble of 10", 0x21436ab5ffffffff},
		{"a nibble of 14 instead of filler", 0x214365feffffffff},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (imsi_tbcd_valid(be64_of(cases[i].tbcd)))
			fail_msg("accepted: %s", cases[i].what);
	}
	assert_true(imsi_tbcd_valid(be64_of(0x214365ffffffffff)));
}

static void checksum_of_the_rfc_1071_example_is_right(void **state)
{
	/* RFC 1071 section 3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2, so its checksum is 220d. */
	static const uint8_t data[8] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(be16_get(inet_fold(inet_add(0, data, 8))), 0x220d);
	/* In parts of even length it is the same. */
	assert_int_equal(be16_get(inet_fold(inet_add(inet_add(0, data, 6), data + 6, 2))), 0x220d);
	/* An odd last octet counts as the high half of a word. */
	assert_int_equal(be16_get(inet_fold(inet_add(0, data, 3))), 0xffff - 0xf201);
}

static void a_frame_without_a_fate_is_an_imbalance(void **state)
{
	struct counts c = {0};

	(void)state;
	assert_null(counts_imbalance(&c));
	c.tally[ACCESS][TALLY_RX] = 1;
	assert_non_null(counts_imbalance(&c));
	c.fate[ACCESS][FATE_RESUMED] = 1;
	assert_non_null(counts_imbalance(&c));
	c.tally[CORE][TALLY_TX] = 1;
	assert_non_null(counts_imbalance(&c));
	c.tally[ACCESS][TALLY_TX] = 1;
	assert_null(counts_imbalance(&c));
	c.tally[ACCESS][TALLY_TX] = 0;
	c.tally[ACCESS][TALLY_ANSWERS_LOST] = 1;
	assert_null(counts_imbalance(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imsi_digits_come_back_for_every_length),
		cmocka_unit_test(imsi_is_laid_out_as_in_the_worked_example),
		cmocka_unit_test(malformed_imsis_are_refused),
		cmocka_unit_test(checksum_of_the_rfc_1071_example_is_right),
		cmocka_unit_test(a_frame_without_a_fate_is_an_imbalance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
