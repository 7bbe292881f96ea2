#include "crypto/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 70 };

static void one_differing_bit_anywhere_is_seen(void **state)
{
	uint8_t a[LONGEST], b[LONGEST];

	(void)state;
	for (size_t i = 0; i < LONGEST; i++)
		a[i] = b[i] = (uint8_t)(37 * i);
	for (size_t n = 1; n <= LONGEST; n++) {
		assert_true(ct_equal(a, b, n));
		for (size_t bit = 0; bit < 8 * n; bit++) {
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(ct_equal(a, b, n));
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void what_lies_behind_does_not_count(void **state)
{
	static const uint8_t a[] = {1, 2, 3, 4}, b[] = {1, 2, 3, 5};

	(void)state;
	assert_true(ct_equal(a, b, 3));
	assert_false(ct_equal(a, b, 4));
	assert_true(ct_equal(a, b, 0));
}

static void wiping_reaches_each_octet_and_no_other(void **state)
{
	uint8_t p[LONGEST];

	(void)state;
	for (size_t n = 0; n <= LONGEST - 2; n++) {
		memset(p, 0xee, sizeof(p));
		secret_wipe(p + 1, n);
		for (size_t i = 0; i < LONGEST; i++)
			assert_int_equal(p[i], i >= 1 && i <= n ? 0 : 0xee);
	}
}

static void random_octets_differ_and_fill_the_buffer(void **state)
{
	uint8_t a[1024] = {0}, b[1024] = {0};

	(void)state;
	assert_int_equal(secret_random(a, sizeof(a)), 0);
	assert_int_equal(secret_random(b, sizeof(b)), 0);
	assert_int_equal(secret_random(NULL, 0), 0);
	/* Right by chance once in 2^128: no run of 16 octets may still be zero, or come twice. */
	for (size_t i = 0; i < sizeof(a); i += 16) {
		static const uint8_t zero[16];

		assert_memory_not_equal(a + i, zero, 16);
		assert_memory_not_equal(a + i, b + i, 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_differing_bit_anywhere_is_seen),
		cmocka_unit_test(what_lies_behind_does_not_count),
		cmocka_unit_test(wiping_reaches_each_octet_and_no_other),
		cmocka_unit_test(random_octets_differ_and_fill_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
