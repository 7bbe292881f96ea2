#include "dataplane/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void pci_addresses_are_told_from_virtual_devices(void **state)
{
	static const struct {
		const char *what, *device;
		bool pci;
	} rows[] = {
		{"with its domain", "0000:03:00.0", true},
		{"without a domain", "03:00.0", true},
		{"with arguments", "0000:af:1f.7,mprq_en=1", true},
		{"a virtual device", "net_af_packet0,iface=eth0", false},
		{"text behind the function", "0000:03:00.0x", false},
		{"no function", "0000:03:00", false},
		{"an address among arguments", "net_failsafe0,dev=0000:03:00.0", false},
		{"nothing", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (device_is_pci(rows[i].device) != rows[i].pci)
			fail_msg("%s: %s", rows[i].what, rows[i].device);
	}
}

static void a_name_ends_where_arguments_begin(void **state)
{
	char out[DEVICE_NAME_MAX];

	(void)state;
	assert_string_equal(device_name("net_af_packet12,iface=eth0", out), "net_af_packet12");
	assert_string_equal(device_name("", out), "");
	assert_string_equal(device_driver("net_af_packet12,iface=eth0", out), "net_af_packet");
	assert_string_equal(device_driver("net_null", out), "net_null");
	assert_string_equal(device_driver("12", out), "");
}

static void arguments_are_found_by_their_whole_name(void **state)
{
	static const char device[] = "net_af_packet0,xqpairs=9,iface=veth0,qpairs=2,framesz=0x800";
	char out[8];

	(void)state;
	assert_string_equal(device_argument(device, "iface", out, sizeof(out)), "veth0");
	assert_int_equal(device_number(device, "qpairs"), 2);
	assert_int_equal(device_number(device, "framesz"), 2048);
	assert_null(device_argument(device, "face", out, sizeof(out)));
	assert_null(device_argument("net_null0", "iface", out, sizeof(out)));
	assert_null(device_argument("iface=a", "iface", out, sizeof(out)));
	assert_int_equal(device_number(device, "iface"), 0);
	assert_int_equal(device_number("d,n=-1", "n"), 0);
	assert_int_equal(device_number("d,n=4294967296", "n"), 0);
	assert_int_equal(device_number("d,n=5x", "n"), 0);
	assert_string_equal(device_argument("d,n=0123456789", "n", out, sizeof(out)), "0123456");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pci_addresses_are_told_from_virtual_devices),
		cmocka_unit_test(a_name_ends_where_arguments_begin),
		cmocka_unit_test(arguments_are_found_by_their_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
