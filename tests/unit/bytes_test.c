#include "crypto/bytes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void integers_are_big_endian_both_ways(void **state)
{
	static const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 8};
	be16 a = be16_of(0x0102);
	be32 b = be32_of(0x01020304);
	be64 c = be64_of(0x0102030405060708);

	(void)state;
	assert_memory_equal(a.b, want, sizeof(a));
	assert_memory_equal(b.b, want, sizeof(b));
	assert_memory_equal(c.b, want, sizeof(c));
	assert_int_equal(be16_get(be16_of(0xfffe)), 0xfffe);
	assert_int_equal(be32_get(be32_of(0xfffefdfc)), 0xfffefdfc);
	assert_true(be64_get(be64_of(0xfffefdfcfbfaf9f8)) == 0xfffefdfcfbfaf9f8);
}

static void a_read_beyond_the_end_spoils_all_later_ones(void **state)
{
	static const uint8_t in[] = {1, 2, 3, 4, 5};
	struct rd r = rd_of(in, sizeof(in));

	(void)state;
	assert_int_equal(rd_uint(&r, 2), 0x0102);
	assert_false(rd_done(&r));
	assert_int_equal(rd_uint(&r, 4), 0);
	assert_true(r.bad);
	assert_true(rd_done(&r));
	assert_int_equal(rd_uint(&r, 1), 0);
	assert_null(rd_take(&r, 0));
}

static void a_reader_ends_where_its_input_ends(void **state)
{
	static const uint8_t in[] = {1, 2, 3};
	struct rd r = rd_of(in, sizeof(in));

	(void)state;
	assert_ptr_equal(rd_take(&r, 3), in);
	assert_true(rd_done(&r));
	assert_false(r.bad);
	assert_non_null(rd_take(&r, 0));
}

static void a_write_beyond_the_end_writes_nothing_and_spoils_all_later_ones(void **state)
{
	uint8_t out[6] = {9, 9, 9, 9, 9, 9};
	static const uint8_t want[] = {1, 2, 3, 9, 9, 9};
	struct wr w = wr_of(out, 4);

	(void)state;
	wr_uint(&w, 0xaa010203, 3);
	wr_bytes(&w, want, 2);
	wr_uint(&w, 0, 1);
	assert_true(w.bad);
	assert_int_equal(w.len, 3);
	assert_memory_equal(out, want, sizeof(want));
}

static void hexadecimal_comes_back_and_takes_either_case(void **state)
{
	uint8_t octets[4];
	char text[9];

	(void)state;
	assert_true(hex_read("00aBCdFf", 8, octets, 4));
	hex_write(octets, 4, text);
	assert_string_equal(text, "00abcdff");
}

static void what_is_not_hexadecimal_is_refused(void **state)
{
	static const struct {
		const char *what;
		const char *text;
		size_t digits;
	} cases[] = {
		{"a digit short", "00aabbc", 7},
		{"a digit too many", "00aabbccd", 9},
		{"the letter g", "00aabbcg", 8},
		{"a blank", "00 abbcc", 8},
		{"a sign", "-0aabbcc", 8},
		{"the end of the string", "00aabb\0c", 8},
		{"nothing at all", "", 0},
		{"the octet before '0'", "/0aabbcc", 8},
		{"the octet behind '9'", ":0aabbcc", 8},
	};
	uint8_t octets[4];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (hex_read(cases[i].text, cases[i].digits, octets, 4))
			fail_msg("accepted: %s", cases[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_big_endian_both_ways),
		cmocka_unit_test(a_read_beyond_the_end_spoils_all_later_ones),
		cmocka_unit_test(a_reader_ends_where_its_input_ends),
		cmocka_unit_test(a_write_beyond_the_end_writes_nothing_and_spoils_all_later_ones),
		cmocka_unit_test(hexadecimal_comes_back_and_takes_either_case),
		cmocka_unit_test(what_is_not_hexadecimal_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
