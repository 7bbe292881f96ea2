#include "config/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void endpoints_come_back_as_they_were_written(void **state)
{
	static const struct {
		const char *text;
		uint8_t family;
		uint16_t port;
	} cases[] = {
		{"192.0.2.1:1", 4, 1},
		{"255.255.255.255:65535", 4, 65535},
		{"0.0.0.0:33868", 4, 33868},
		{"[2001:db8::1]:29128", 6, 29128},
		{"[::]:1", 6, 1},
		{"[::ffff:192.0.2.1]:5", 6, 5},
		{"[1:2:3:4:5:6:7:8]:80", 6, 80},
		{"[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535", 6, 65535},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint e, again;
		char text[ENDPOINT_TEXT];

		if (!endpoint_read(cases[i].text, &e))
			fail_msg("refused: %s", cases[i].text);
		assert_int_equal(e.family, cases[i].family);
		assert_int_equal(e.port, cases[i].port);
		assert_true(endpoint_read(endpoint_write(&e, text), &again));
		assert_true(endpoint_equal(&e, &again));
	}
}

static void octets_stand_in_network_order_and_the_rest_is_zero(void **state)
{
	static const uint8_t want[16] = {192, 0, 2, 129};
	struct endpoint e;

	(void)state;
	memset(&e, 0xff, sizeof(e));
	assert_true(endpoint_read("192.0.2.129:5", &e));
	assert_memory_equal(e.addr, want, sizeof(want));
}

static void anything_else_is_refused_and_changes_nothing(void **state)
{
	static const char *const cases[] = {
		"",
		":",
		"none",
		"192.0.2.1",
		"192.0.2.1:",
		"192.0.2.1:0",
		"192.0.2.1:00",
		"192.0.2.1:080",
		"192.0.2.1:+5",
		"192.0.2.1:-5",
		"192.0.2.1: 5",
		"192.0.2.1:5 ",
		"192.0.2.1:65536",
		"192.0.2.1:4294967297",
		"192.0.2.1:18446744073709551617",
		"192.0.2.1:5:6",
		" 192.0.2.1:5",
		"192.0.2:5",
		"192.0.2.256:5",
		"192.0.2.01:5",
		"0x7f.0.0.1:5",
		"localhost:5",
		"2001:db8::1",
		"2001:db8::1:5",
		"[2001:db8::1]",
		"[2001:db8::1]5",
		"[2001:db8::1]:",
		"[2001:db8::1]:0",
		"[2001:db8::1:5",
		"[2001:db8:::1]:5",
		"[fe80::1%eth0]:5",
		"[192.0.2.1]:5",
		"[]:5",
		"[2001:db8:1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18]:5",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint e, before;

		memset(&e, 0x5a, sizeof(e));
		memcpy(&before, &e, sizeof(e));
		if (endpoint_read(cases[i], &e))
			fail_msg("accepted: %s", cases[i]);
		assert_memory_equal(&e, &before, sizeof(e));
	}
}

static void addresses_alone_have_no_port(void **state)
{
	struct endpoint e;
	char text[ENDPOINT_TEXT];

	(void)state;
	assert_true(endpoint_read_address("192.0.2.1", &e));
	assert_int_equal(e.port, 0);
	assert_string_equal(endpoint_write(&e, text), "192.0.2.1");
	assert_true(endpoint_read_address("2001:DB8::1", &e));
	assert_string_equal(endpoint_write(&e, text), "2001:db8::1");
	assert_false(endpoint_read_address("192.0.2.1:5", &e));
	assert_false(endpoint_read_address("[2001:db8::1]", &e));
	assert_false(endpoint_read_address("", &e));
}

static void none_is_written_as_none(void **state)
{
	struct endpoint e = {0};
	char text[ENDPOINT_TEXT];

	(void)state;
	assert_string_equal(endpoint_write(&e, text), "none");
}

static void equal_means_family_address_and_port(void **state)
{
	static const char *const texts[] = {"192.0.2.1:5", "192.0.2.1:6", "192.0.2.2:5",
					    "[c000:201::]:5", "[::ffff:192.0.2.1]:5"};
	enum { N = sizeof(texts) / sizeof(texts[0]) };
	struct endpoint e[N];

	(void)state;
	for (size_t i = 0; i < N; i++)
		assert_true(endpoint_read(texts[i], &e[i]));
	for (size_t i = 0; i < N; i++) {
		for (size_t j = 0; j < N; j++)
			assert_int_equal(endpoint_equal(&e[i], &e[j]), i == j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_come_back_as_they_were_written),
		cmocka_unit_test(octets_stand_in_network_order_and_the_rest_is_zero),
		cmocka_unit_test(anything_else_is_refused_and_changes_nothing),
		cmocka_unit_test(addresses_alone_have_no_port),
		cmocka_unit_test(none_is_written_as_none),
		cmocka_unit_test(equal_means_family_address_and_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
