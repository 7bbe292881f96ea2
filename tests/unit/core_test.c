/* sdt.md 7: the frame between gateway and SCEF. */
#include "pcap/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define IMSI  0x00, 0x01, 0x41, 0x54, 0x66, 0x84, 0x20, 0xf8
#define NONE  0, 0, 0, 0, 0, 0, 0, 0
#define KEY   0x1d, 0xf3, 0x3e, 0x41
#define NOKEY 0, 0, 0, 0

static void frames_are_taken_as_their_type_allows(void **state)
{
	static const struct {
		const char *what;
		uint8_t octets[20];
		size_t n;
		bool good;
	} cases[] = {
		{"MO data", {0x11, 0x68, 0, 0, KEY, IMSI, 'h', 'i'}, 18, true},
		{"MO data without a payload", {0x11, 0x68, 0, 0, KEY, IMSI}, 16, true},
		{"MO data, EARLY", {0x11, 0x69, 0, 0, KEY, IMSI}, 16, true},
		{"MO data, HOLD", {0x11, 0x6a, 0, 0, KEY, IMSI}, 16, false},
		{"MO data without a key id", {0x11, 0x68, 0, 0, NOKEY, IMSI}, 16, false},
		{"MO data with a reason", {0x11, 0x68, 0, 1, KEY, IMSI}, 16, false},
		{"MT data", {0x12, 0x68, 0, 0, KEY, IMSI, 'h', 'i'}, 18, true},
		{"MT data by IMSI alone", {0x12, 0x68, 0, 0, NOKEY, IMSI}, 16, true},
		{"MT data, HOLD", {0x12, 0x6a, 0, 0, KEY, IMSI}, 16, true},
		{"MT data, EARLY", {0x12, 0x69, 0, 0, KEY, IMSI}, 16, false},
		{"MT data, the zero bit set", {0x12, 0x6c, 0, 0, KEY, IMSI}, 16, false},
		{"MT data without an IMSI", {0x12, 0x68, 0, 0, KEY, NONE}, 16, false},
		{"group data", {0x13, 0x68, 0, 0, KEY, NONE, 'h'}, 17, true},
		{"group data with an IMSI", {0x13, 0x68, 0, 0, KEY, IMSI}, 16, false},
		{"group data without a key id", {0x13, 0x68, 0, 0, NOKEY, NONE}, 16, false},
		{"group data, HOLD", {0x13, 0x6a, 0, 0, KEY, NONE}, 16, false},
		{"refused", {0x14, 0x68, 0, 6, KEY, IMSI}, 16, true},
		{"refused without a reason", {0x14, 0x68, 0, 0, KEY, IMSI}, 16, false},
		{"refused for a reason of none", {0x14, 0x68, 0, 7, KEY, IMSI}, 16, false},
		{"refused with a payload", {0x14, 0x68, 0, 6, KEY, IMSI, 'h'}, 17, false},
		{"type 0", {0x10, 0x68, 0, 0, KEY, IMSI}, 16, false},
		{"type 5", {0x15, 0x68, 0, 0, KEY, IMSI}, 16, false},
		{"version 2", {0x22, 0x68, 0, 0, KEY, IMSI}, 16, false},
		{"one octet short", {0x12, 0x68, 0, 0, KEY, IMSI}, 15, false},
		{"nothing", {0}, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t again[20];
		struct core c;
		bool good = core_read(&c, cases[i].octets, cases[i].n) == VERDICT_OPENED;

		if (good != cases[i].good)
			fail_msg("%s", cases[i].what);
		if (!good)
			continue;
		assert_int_equal(c.bearer, 13);
		assert_int_equal(core_write(&c, again), cases[i].n);
		assert_memory_equal(again, cases[i].octets, cases[i].n);
	}
}

static void types_have_names(void **state)
{
	(void)state;
	assert_string_equal(core_type_name(CORE_MO), "MO");
	assert_string_equal(core_type_name(CORE_REFUSED), "MT refused");
	assert_string_equal(core_type_name(0), "?");
	assert_string_equal(core_type_name(5), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_taken_as_their_type_allows),
		cmocka_unit_test(types_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
