/* Which pcapng files have time stamps finer than a microsecond (pcapng, if_tsresol). */
#include "pcap/pcapng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECTION_LE                                                                                 \
	"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0"
#define SECTION_BE                                                                                 \
	"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\1\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\x1c"
#define PLAIN_LE "\1\0\0\0\x14\0\0\0\1\0\0\0\0\0\4\0\x14\0\0\0"
/* an interface whose options are a name of three octets, then the resolution */
#define FINE_LE(v)                                                                                 \
	"\1\0\0\0\x28\0\0\0\1\0\0\0\0\0\4\0"                                                       \
	"\2\0\3\0abc\0"                                                                            \
	"\x09\0\1\0" v "\0\0\0"                                                                    \
	"\0\0\0\0\x28\0\0\0"
#define FINE_BE(v)                                                                                 \
	"\0\0\0\1\0\0\0\x20\0\1\0\0\0\4\0\0"                                                       \
	"\0\x09\0\1" v "\0\0\0"                                                                    \
	"\0\0\0\0\0\0\0\x20"

static const struct {
	const char *what;
	const char *octets;
	size_t len;
	bool nano;
} cases[] = {
#define CASE(what, octets, nano)                                                                   \
	{                                                                                          \
		what, octets, sizeof(octets) - 1, nano                                             \
	}
	CASE("no resolution is microseconds", SECTION_LE PLAIN_LE, false),
	CASE("10^-6 is microseconds", SECTION_LE FINE_LE("\6"), false),
	CASE("10^-9 is nanoseconds", SECTION_LE FINE_LE("\x09"), true),
	CASE("big-endian 10^-9 is nanoseconds", SECTION_BE FINE_BE("\x09"), true),
	CASE("2^-10 is coarse", SECTION_LE FINE_LE("\x8a"), false),
	CASE("2^-30 is fine", SECTION_LE FINE_LE("\x9e"), true),
	CASE("one fine interface among two is enough", SECTION_LE PLAIN_LE FINE_LE("\x09"), true),
	CASE("a fine interface behind another block counts",
	     SECTION_LE PLAIN_LE "\4\0\0\0\x0c\0\0\0\x0c\0\0\0" FINE_LE("\x09"), true),
	CASE("a second section has an order of its own",
	     SECTION_LE PLAIN_LE SECTION_BE FINE_BE("\x09"), true),
	CASE("a section without interfaces is not fine", SECTION_LE, false),
	CASE("a block of length 0 ends the search", SECTION_LE "\1\0\0\0\0\0\0\0\1\0\0\0", false),
	CASE("an option that runs out of its block ends the search",
	     SECTION_LE "\1\0\0\0\x14\0\0\0\1\0\0\0\0\0\4\0\x09\0\1\0", false),
	CASE("four octets are nothing yet", "\x0a\x0d\x0d\x0a", false),
};

static void resolution_of_the_interfaces_decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char copy[256];
		FILE *f;

		memcpy(copy, cases[i].octets, cases[i].len);
		f = fmemopen(copy, cases[i].len, "rb");
		assert_non_null(f);
		if (pcapng_is_nano(f) != cases[i].nano)
			fail_msg("%s", cases[i].what);
		assert_int_equal(ftell(f), 4);
		fclose(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolution_of_the_interfaces_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
