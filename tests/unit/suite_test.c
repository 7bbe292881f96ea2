/* sdt.md 2: which algorithms and tags an SA may use. */
#include "crypto/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void only_eia2_has_long_tags(void **state)
{
	(void)state;
	for (unsigned eea = 0; eea < 20; eea++) {
		for (unsigned eia = 0; eia < 20; eia++) {
			for (unsigned len = 0; len < 20; len++) {
				bool want = eea <= 3 && eia >= 1 && eia <= 3 &&
					    (len == 4 || (len == 8 && eia == 2));

				assert_int_equal(suite_valid(eea, eia, len), want);
			}
		}
	}
}

static void ids_have_the_names_of_ts_33_401(void **state)
{
	(void)state;
	assert_string_equal(eea_name(0), "128-EEA0");
	assert_string_equal(eea_name(1), "128-EEA1");
	assert_string_equal(eea_name(2), "128-EEA2");
	assert_string_equal(eea_name(3), "128-EEA3");
	assert_string_equal(eea_name(4), "?");
	assert_string_equal(eia_name(1), "128-EIA1");
	assert_string_equal(eia_name(2), "128-EIA2");
	assert_string_equal(eia_name(3), "128-EIA3");
	assert_string_equal(eia_name(4), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_eia2_has_long_tags),
		cmocka_unit_test(ids_have_the_names_of_ts_33_401),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
